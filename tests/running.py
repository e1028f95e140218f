"""Probes run for real, as users run them: through the command line, in a process of their own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probekit.kernel import bpf

Argv = Sequence[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run of `probekit` ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    def number(self, words: str) -> int:
        """The number that stands before `words` in the summary."""
        match = re.search(rf"(\d+) {words}", self.err)
        assert match, f"no {words!r} in {self.err}"
        return int(match.group(1))

    def value(self, name: str) -> int:
        """What the map of one value `name` was shown as at the end."""
        return int(self.lines[len(self.lines) - self.lines[::-1].index(f"{name}: one value")])


class Runner:
    """Runs `probekit`; ends what it started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[subprocess.Popen[str]] = []

    def spec(self, text: str, name: str = "spec.yaml") -> Path:
        """A spec file; `text` without the `probekit:` line."""
        path = self.folder / name
        path.write_text("probekit: 1\n" + text)
        return path

    def start(self, *arguments: str | Path, **pipes: Any) -> subprocess.Popen[str]:
        """Starts it; `pipes` are what Popen takes, standard output and error are pipes else."""
        argv = [sys.executable, "-m", "probekit", *map(str, arguments)]
        ends = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **pipes}
        process: subprocess.Popen[str] = subprocess.Popen(argv, text=True, **ends)
        self._started.append(process)
        return process

    def run(self, *arguments: str | Path, timeout: float = 300) -> Outcome:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=timeout)
        return Outcome(process.returncode, out, err)

    def apply(self, spec: str | Path, *arguments: str, command: Argv = ()) -> Outcome:
        """`probekit apply`, of the spec text or file, with the command after `--`."""
        path = spec if isinstance(spec, Path) else self.spec(spec)
        after = ["--", *command] if command else []
        return self.run("apply", path, *arguments, *after)

    def close(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether `condition` became true in time; the time is a limit, not an expectation."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def wait_for_line(process: subprocess.Popen[str], words: str) -> str:
    """Reads standard error up to the line that holds `words`."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return line
    raise AssertionError(f"ended without {words!r}")


def kernel_objects() -> set[tuple[str, int]]:
    """Every program, map and link that is in the kernel."""
    return (
        {("program", number) for number in bpf.prog_ids()}
        | {("map", number) for number in bpf.map_ids()}
        | {("link", number) for number in bpf.link_ids()}
    )


def processes_with(token: str) -> list[int]:
    """The processes, zombies left out, that have `token` in their command line."""
    found: list[int] = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            try:
                command = Path("/proc", entry, "cmdline").read_bytes()
            except OSError:
                continue
            if token.encode() in command:
                found.append(int(entry))
    return found


def end(process: subprocess.Popen[str], number: signal.Signals = signal.SIGINT) -> Outcome:
    """Sends the signal and waits."""
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    return Outcome(process.returncode, out, err)
