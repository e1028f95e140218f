"""The fuzzers' short runs, always the same, and all that their long ones ever found."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

FUZZ = Path(__file__).parent / "fuzz"
sys.path.append(str(FUZZ))

from seeds import seeds_of  # noqa: E402  # it is found only now
from targets import TARGETS  # noqa: E402

FOUND = sorted(path for path in (FUZZ / "found").rglob("*") if path.is_file())
# How many inputs each target is given: some seconds' worth.
RUNS = {"yaml": 2000, "expressions": 2000, "profiles": 3000, "rows": 2000, "specs": 700}


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Python with these arguments; texts have the same hashes each time."""
    command = [sys.executable, *map(str, arguments)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_seeds(target: str) -> None:
    seeds = seeds_of(target)
    assert seeds
    for seed in seeds:
        TARGETS[target](seed)


@pytest.fixture
def atheris() -> None:
    """Has it, or skips. PROBEKIT_KERNEL_TESTS=1 turns the skip into a failure."""
    if find_spec("atheris") is None:
        if os.environ.get("PROBEKIT_KERNEL_TESTS") == "1":
            pytest.fail("atheris is missing, and PROBEKIT_KERNEL_TESTS=1 allows no skip")
        pytest.skip("atheris has no wheel for this machine")


@pytest.mark.usefixtures("atheris")
@pytest.mark.parametrize("target", TARGETS)
def test_short_run(target: str, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    # The same every time, whatever else the machine does: time is no limit here.
    options = ("-seed=1", "-timeout=100", "-print_final_stats=1", f"-artifact_prefix={tmp_path}/")
    ran = run(FUZZ / "fuzz.py", target, corpus, f"-runs={RUNS[target]}", *options)
    assert ran.returncode == 0, ran.stderr[-3000:]
    executed = re.search(r"^stat::number_of_executed_units: (\d+)", ran.stderr, re.MULTILINE)
    assert executed is not None
    assert int(executed[1]) >= RUNS[target]
    assert len(list(corpus.iterdir())) > len(seeds_of(target)), "it never got anywhere"


@pytest.mark.usefixtures("atheris")
def test_a_fault_ends_a_run(tmp_path: Path) -> None:
    """What the targets raise reaches the fuzzer: one that always fails does so at once."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import fuzz\n"
        "def fail(data): assert not data\n"
        "fuzz.TARGETS['yaml'] = fail\n"
        "fuzz.main(['yaml', sys.argv[2], '-runs=10', '-artifact_prefix=' + sys.argv[2] + '/'])\n"
    )
    ran = run("-c", script, FUZZ, tmp_path)
    assert ran.returncode != 0
    assert "AssertionError" in ran.stdout + ran.stderr
    assert list(tmp_path.glob("crash-*"))
