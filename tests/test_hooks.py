"""The pre-commit hook: its definition fits the command line, and many files go into one call."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from running import Runner
from typer.main import get_command

from probekit.cli import app

ROOT = Path(__file__).resolve().parent.parent
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
FAULTY = "probekit: 1\nname: p{}\nprograms: [{{tracepoint: syscalls/sys_enter_close, do: []}}]\n"


def test_the_hook_has_what_pre_commit_asks_for() -> None:
    assert {"id", "name", "entry", "language"} <= set(HOOK)
    known = "id name description entry language files types require_serial".split()
    assert set(HOOK) <= set(known)
    assert HOOK["language"] == "python"
    assert HOOK["types"] == ["yaml"]


def test_the_hook_runs_a_command_that_there_is() -> None:
    script, verb = HOOK["entry"].split()
    assert script in PROJECT["scripts"]
    commands = get_command(app).commands  # type: ignore[attr-defined]  # of click's group
    assert "specs" in [parameter.name for parameter in commands[verb].params]


@pytest.mark.parametrize(
    ("path", "is_spec"),
    [
        ("specs/close.yaml", True),
        ("specs/web/close.yml", True),
        ("specs/notes.txt", False),
        ("deploy/specs/close.yaml", False),
        (".pre-commit-config.yaml", False),
    ],
)
def test_the_hook_takes_specs(path: str, is_spec: bool) -> None:
    assert (re.search(HOOK["files"], path) is not None) == is_spec


def test_many_files_in_one_call_are_told_of_in_order(probekit: Runner) -> None:
    assert HOOK["require_serial"] is True
    paths = [probekit.folder / f"p{number}.yaml" for number in range(300)]
    for number, path in enumerate(paths):
        path.write_text(FAULTY.format(number))
    paths[7].write_text((ROOT / "specs" / "close.yaml").read_text())
    outcome = probekit.run(*HOOK["entry"].split()[1:], *paths)
    assert outcome.code == 1
    named = re.findall(r"--> (\S+):\d+:\d+$", outcome.err, re.MULTILINE)
    assert named == [str(path) for path in paths if path is not paths[7]]
    assert outcome.out.startswith(f"{paths[7]}: ok, ")


def test_the_hook_needs_only_what_the_package_declares() -> None:
    """pre-commit makes an environment without the distribution's bcc."""
    assert not any(name.lower().startswith("bcc") for name in PROJECT["dependencies"])
    _, verb = HOOK["entry"].split()
    spec = ROOT / "specs" / "close.yaml"
    code = (
        "import sys; sys.modules['bcc'] = None\n"
        f"sys.argv = ['probekit', {verb!r}, {str(spec)!r}]\n"
        "from probekit.entry import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{spec}: ok, ")
