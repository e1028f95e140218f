#!/usr/bin/env python3
"""The time of `probekit check specs/close.yaml` as a whole process, beside `python -c pass`.

Run as root: `.venv/bin/python benchmarks/check.py [--rounds N] [--json FILE]`. Every round runs
each contestant once, one after the other, so that what disturbs the machine disturbs all.
Each is measured from before the fork until it is reaped; each must succeed, and say which kernel
profile it used.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import machine

ROOT = Path(__file__).resolve().parents[1]
SPEC = ROOT / "specs/close.yaml"
SHIPPED = next((ROOT / "src/probekit/kernel/profiles").glob("*.profile"))
YARDSTICK = "python -c pass"
NOBODY = 65534  # whom tracefs is closed to
TIMEOUT = 60.0  # s


@dataclass(frozen=True, slots=True)
class Contestant:
    """A command, who runs it, and what stands in the line that it prints."""

    name: str
    argv: tuple[str, ...]
    says: str = ""
    user: int | None = None


class RunError(Exception):
    """A contestant did not do what it is measured for; the text says what it printed."""


def main() -> int:
    """Measures, prints the table, returns the exit status."""
    options = _options()
    if os.geteuid() != 0:
        print("check.py: needs root, to read this kernel's tracepoints", file=sys.stderr)
        return 2
    try:
        machine.show_tracefs()
        here = contestants()
        samples: dict[str, list[float]] = {one.name: [] for one in here}
        for number in range(options.rounds + 1):
            for one in here:
                seconds = _time(one)
                if number > 0:  # the first warms up
                    samples[one.name].append(seconds * 1e3)
    except (OSError, RunError) as error:
        print(f"check.py: {error}", file=sys.stderr)
        return 1
    print(f"check {SPEC.name} as a whole process, ms; {options.rounds} rounds after one to warm up")
    print(f"{machine.kernel()}\n")
    print("\n".join(table(samples)))
    if options.json is not None:
        options.json.write_text(json.dumps(samples, indent=2) + "\n")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare whole runs of `check`.")
    parser.add_argument("--rounds", type=int, default=20, help="how many (20)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    return parser.parse_args()


def contestants() -> list[Contestant]:
    """The yardstick first; bpftrace where it is installed."""
    probekit = (str(ROOT / ".venv/bin/probekit"), "check", str(SPEC))
    found = [
        Contestant(YARDSTICK, (str(ROOT / ".venv/bin/python"), "-c", "pass")),
        Contestant("check, this host's profile", probekit, "against this host"),
        Contestant("check, the shipped profile", probekit, "shipped profile", NOBODY),
        Contestant("check --kernel FILE", (*probekit, "--kernel", str(SHIPPED)), "ok"),
    ]
    bpftrace = shutil.which("bpftrace")
    if bpftrace is not None:
        program = "tracepoint:syscalls:sys_enter_close { @[args->fd] = count(); }"
        found.append(Contestant("bpftrace -d", (bpftrace, "-d", "-e", program), "sys_enter_close"))
    return found


def _time(contestant: Contestant) -> float:
    """Seconds from before the fork until it is reaped. Raises RunError."""
    begin = time.perf_counter()
    done = subprocess.run(
        contestant.argv,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        user=contestant.user,
        timeout=TIMEOUT,
        check=False,
    )
    seconds = time.perf_counter() - begin
    said = done.stdout + done.stderr
    if done.returncode != 0 or contestant.says not in said:
        raise RunError(f"`{contestant.name}` ended with {done.returncode}: {said.strip()}")
    return seconds


def table(samples: dict[str, list[float]]) -> Sequence[str]:
    """A row for each contestant; ratios are of the medians, to the yardstick's."""
    unit = median(samples[YARDSTICK])
    rows = [f"{'':<28}{'median':>8}{'min':>8}{'max':>8}{'ratio':>8}"]
    for name, mine in samples.items():
        figures = (median(mine), min(mine), max(mine), median(mine) / unit)
        rows.append(f"{name:<28}" + "".join(f"{figure:>8.1f}" for figure in figures))
    return rows


if __name__ == "__main__":
    sys.exit(main())
