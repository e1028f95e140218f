"""What a session says of itself on standard error: when it begins, and when it ends."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence

from probekit.ir import Probe
from probekit.runtime.command import Command
from probekit.runtime.live import Totals
from probekit.runtime.session import ProbeSummary
from probekit.show import show_text
from probekit.words import count

MAX_NAMES = 4  # of programs and of maps, in the line that says that they are attached


def attached_line(probes: Sequence[Probe], backend: str, stage_seconds: Mapping[str, float]) -> str:
    """The line that says what is attached, by what, and how long each stage took."""
    what = ", ".join(f"{probe.name} ({_parts(probe)})" for probe in probes)
    times = ", ".join(f"{name} {seconds * 1e3:.0f} ms" for name, seconds in stage_seconds.items())
    return f"probekit: attached {what} by {backend}: {times}"


def _parts(probe: Probe) -> str:
    programs = _named("program", [program.name for program in probe.programs])
    maps = _named("map", [target.name for target in probe.maps])
    return f"{programs}; {maps}" if probe.maps else programs


def _named(noun: str, names: list[str]) -> str:
    """`program a`, `programs a, b, c and 5 more`."""
    shown = ", ".join(names[:MAX_NAMES])
    rest = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f"{noun}{'' if len(names) == 1 else 's'} {shown}{rest}"


def command_lines(command: Command | None, is_interrupted: bool) -> list[str]:
    """What became of the command, where that needs saying: Ctrl-C ends it too, as asked for."""
    if command is None or (is_interrupted and command.status == -signal.SIGINT):
        return []
    name = show_text(command.name.encode(errors="surrogateescape"))
    if command.failure is not None and not command.was_ended:
        return [f"probekit: the command `{name}` failed: {command.failure}"]
    if command.was_ended:
        return [f"probekit: the command `{name}` was still running: ended it"]
    if command.status is None:
        return [f"probekit: the command `{name}` is still running, though SIGTERM was sent to it"]
    return []


def unwritten_lines(number: int) -> list[str]:
    """What was shown and did not reach its reader, which stopped reading."""
    if not number:
        return []
    return [f"probekit: {count(number, 'line')} not written: standard output takes no more"]


def _missed(totals: Totals) -> str:
    if totals.missed is None:
        return "missed runs not known"
    return f"{totals.missed} {'' if totals.missed_is_exact else 'known '}missed runs"


def summary_line(summary: ProbeSummary) -> str:
    """What one probe saw, lost and could not do."""
    totals, schedules = summary.totals, summary.schedules
    parts = [
        count(totals.events, "event"),
        f"{totals.lost + summary.printk_lost} lost",
        f"{totals.failed_updates} failed updates",
        _missed(totals),
        f"{count(schedules.runs, 'schedule run')}"
        f" ({schedules.late} late, {schedules.failed} failed)",
    ]
    if totals.divisions_by_zero:
        parts.append(f"{count(totals.divisions_by_zero, 'division')} by zero")
    return f"probekit: {summary.probe}: {', '.join(parts)} in {summary.seconds:.1f} s"
