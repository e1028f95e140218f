#!/usr/bin/env python3
"""Start-up time and memory: `probekit apply` beside bpftrace and a minimal bcc script.

Run as root: `python3 benchmarks/startup.py [--rounds N] [--json FILE]`. All count close() of
one process, this one, by descriptor in a hash. Every round runs each contestant once for each
figure, one after the other, so that what disturbs the machine disturbs all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import machine
from contestant import Contestant, contestants
from trial import CLOSES, TrialError, memory_to_attached, time_of_whole_run, time_to_attached

REFERENCE = "bpftrace"
SUBJECT = "probekit"
MIB = 1 << 20

LEGEND = f"""\
attached:  from before the fork and exec until the line that says so can be read. Each had to
           count {CLOSES} closes made right after it, to the unit, or the run fails.
whole run: a run that attaches and ends at once, until it is reaped. bpftrace runs `-c true`,
           whose end it may notice up to 100 ms late; its own exit() costs more.
largest:   the peak resident set of the largest process (getrusage), exact.
together:  the peak until attached of the summed resident sets of all its processes, sampled
           every ms; a page that a process and its fork share counts twice.
ratios:    of the medians, to {REFERENCE}'s."""

Samples = dict[str, list[float]]  # by figure, in the order of the rounds


@dataclass(frozen=True, slots=True)
class Figure:
    """What is measured, its column's title, and how many decimals it is worth."""

    key: str
    title: str
    decimals: int


FIGURES = (
    Figure("attached_ms", "attached, ms", 0),
    Figure("whole_run_ms", "whole run, ms", 0),
    Figure("largest_mib", "largest, MiB", 1),
    Figure("together_mib", "together, MiB", 1),
)


def main() -> int:
    """Measures, prints the table, returns the exit status."""
    options = _options()
    if os.geteuid() != 0:
        print("startup.py: needs root, to trace", file=sys.stderr)
        return 2
    try:
        machine.show_tracefs()
        here, missing = contestants(os.getpid())
        here = _warm_up(here, missing)
        samples: dict[str, Samples] = {one.name: {} for one in here}
        for number in range(options.rounds):
            _tell(f"round {number + 1} of {options.rounds}")
            for one in here:
                _measure(one, samples[one.name])
    except (OSError, TrialError) as error:
        print(f"startup.py: {error}", file=sys.stderr)
        return 1
    facts = {"kernel": machine.kernel(), **{one.name: one.version for one in here}}
    print("\n".join(_report(facts, missing, samples, options.rounds)))
    if options.json is not None:
        _save(options.json, facts, missing, samples)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare start-up times and memory.")
    parser.add_argument("--rounds", type=_positive, default=10, help="how many (10)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _warm_up(here: Sequence[Contestant], missing: dict[str, str]) -> list[Contestant]:
    """A run that does not count. A peer that fails it is left out, with what it said."""
    working = []
    for one in here:
        _tell(f"warm-up of {one.name}")
        try:
            time_to_attached(one)
            working.append(one)
        except TrialError as error:
            if one.name == SUBJECT:
                raise
            missing[one.name] = str(error)
    return working


def _measure(contestant: Contestant, samples: Samples) -> None:
    """Runs the contestant once for each time and once for its memory."""
    largest, together = memory_to_attached(contestant)
    values = {
        "attached_ms": time_to_attached(contestant) * 1e3,
        "whole_run_ms": time_of_whole_run(contestant) * 1e3,
        "largest_mib": largest / MIB,
        "together_mib": together / MIB,
    }
    for key, value in values.items():
        samples.setdefault(key, []).append(value)


def _tell(progress: str) -> None:
    """What is going on, for who waits at a terminal."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{progress}", end="\r", file=sys.stderr, flush=True)


def _report(
    facts: dict[str, str], missing: dict[str, str], samples: dict[str, Samples], rounds: int
) -> Iterator[str]:
    yield "Start-up: count close() of one process by descriptor in a hash"
    yield f"{rounds} round{'s' * (rounds != 1)} after a run to warm up; Python {_python()}"
    yield ""
    yield from (f"{name + ':':<11}{fact}" for name, fact in facts.items())
    yield from (f"{name + ':':<11}left out: {why}" for name, why in missing.items())
    yield ""
    yield _row("", [figure.title for figure in FIGURES])
    yield _row("", ["median   min  ratio"] * len(FIGURES))
    for name, values in samples.items():
        yield _row(name, [_cell(figure, values, samples.get(REFERENCE)) for figure in FIGURES])
    yield ""
    yield LEGEND


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _row(name: str, cells: Sequence[str]) -> str:
    return f"{name:<9}" + "".join(f"{cell:>23}" for cell in cells)


def _cell(figure: Figure, values: Samples, reference: Samples | None) -> str:
    mine, digits = values[figure.key], figure.decimals
    ratio = _ratio(mine, reference[figure.key]) if reference else None
    shown = "-" if ratio is None else f"{ratio:.2f}"
    return f"{median(mine):.{digits}f} {min(mine):>5.{digits}f} {shown:>6}"


def _ratio(mine: Sequence[float], reference: Sequence[float]) -> float:
    return median(mine) / median(reference)


def _save(
    path: Path, facts: dict[str, str], missing: dict[str, str], samples: dict[str, Samples]
) -> None:
    """Every sample with its median, minimum, and ratio (null where bpftrace is left out)."""
    reference = samples.get(REFERENCE)
    results = {
        name: {
            key: {
                "median": median(mine),
                "min": min(mine),
                "ratio": _ratio(mine, reference[key]) if reference else None,
                "samples": mine,
            }
            for key, mine in values.items()
        }
        for name, values in samples.items()
    }
    content = {"facts": facts, "left_out": missing, "results": results}
    path.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
