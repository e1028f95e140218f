"""The benchmarks run and say something about everybody who is there; no time is judged."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
STARTUP = BENCHMARKS / "startup.py"

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(not STARTUP.exists(), reason="needs the checkout"),
]


def run(*arguments: str, script: Path = STARTUP) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, str(script), *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def row(outcome: subprocess.CompletedProcess[str], name: str) -> list[float]:
    lines = [line.split() for line in outcome.stdout.splitlines()]
    (numbers,) = (line[1:] for line in lines if line[:1] == [name])
    return [float(number) for number in numbers if number != "-"]


def test_startup_measures_whoever_is_there(tmp_path: Path) -> None:
    mounts = Path("/proc/self/mounts").read_text()
    outcome = run("--rounds", "1", "--json", str(tmp_path / "startup.json"))
    assert outcome.returncode == 0, outcome.stderr
    assert min(row(outcome, "probekit")) > 0
    assert Path("/proc/self/mounts").read_text() == mounts
    saved: dict[str, Any] = json.loads((tmp_path / "startup.json").read_text())
    assert {*saved["results"], *saved["left_out"]} == {"bpftrace", "bcc", "probekit"}
    for figures in saved["results"].values():
        for figure in figures.values():
            assert len(figure["samples"]) == 1
            assert figure["median"] == figure["min"] > 0


def test_a_peer_that_is_not_installed_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(STARTUP.parent))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("machine.DISTRIBUTION_PYTHON", str(tmp_path / "python3"))
    here, missing = importlib.import_module("contestant").contestants(os.getpid())
    assert [one.name for one in here] == ["probekit"]
    assert missing == {
        "bpftrace": "not installed: `apt install bpftrace`",
        "bcc": "not installed: `apt install python3-bpfcc`",
    }


def test_startup_takes_no_round_count_below_one() -> None:
    outcome = run("--rounds", "0")
    assert outcome.returncode == 2
    assert "--rounds" in outcome.stderr


def test_check_is_measured_with_each_profile(tmp_path: Path) -> None:
    mounts = Path("/proc/self/mounts").read_text()
    saved = tmp_path / "check.json"
    outcome = run("--rounds", "2", "--json", str(saved), script=BENCHMARKS / "check.py")
    assert outcome.returncode == 0, outcome.stderr
    assert Path("/proc/self/mounts").read_text() == mounts
    samples: dict[str, list[float]] = json.loads(saved.read_text())
    assert list(samples)[:4] == [
        "python -c pass",
        "check, this host's profile",
        "check, the shipped profile",
        "check --kernel FILE",
    ]
    for name, milliseconds in samples.items():
        assert len(milliseconds) == 2
        assert min(milliseconds) > 0
        assert f"\n{name} " in outcome.stdout
