"""`probekit apply`: a session in the foreground, from the first line to the summary."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from probekit import command as commands
from probekit import pipeline
from probekit.attach import Links
from probekit.diagnostics import Diagnostic, DiagnosticError, Origin, host_error
from probekit.interrupts import Interrupts
from probekit.ir import Probe
from probekit.kernel import bpf
from probekit.kernel.profile import LiveProfile
from probekit.kernel.tracefs import Tracefs, find_tracefs
from probekit.live import LiveProbe, Totals
from probekit.outputs import OutputError
from probekit.outputs.console import Console
from probekit.render import Scope, Seen
from probekit.session import ProbeSummary, Session
from probekit.show import show_text

BACKEND = "bcc"
MAX_NAMES = 4  # of programs and of maps, in the line that says that they are attached


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for. `duration` in ns, None: until something ends it."""

    paths: tuple[Path, ...]
    settings: Mapping[str, str]
    duration: int | None
    include_self: bool
    argv: tuple[str, ...]


def apply(wish: Wish, report: Callable[[Diagnostic], None]) -> None:
    """Runs it to its end. Raises DiagnosticError, or Interrupted before it is attached."""
    stopwatch = pipeline.Stopwatch()
    path = commands.find(wish.argv) if wish.argv else None
    with ExitStack() as stack:
        interrupts = Interrupts()
        stack.callback(interrupts.close)
        self_pid = own_pid()
        with stopwatch.stage("check"):
            tracefs = stack.enter_context(find_tracefs())
            profile = LiveProfile(tracefs)
            checked = pipeline.check_files(wish.paths, wish.settings, profile)
            probes = pipeline.probes_of(checked)
            _require_own_names(probes)
        scope = _scope(wish, profile)
        live = pipeline.load_probes(probes, scope, BACKEND, stopwatch, self_pid, stack)
        output = Console(sys.stdout, named=len(probes) > 1)
        session = Session(live, output, report, self_pid)
        stack.callback(session.close)
        links = Links()
        stack.callback(links.close)
        with stopwatch.stage("attach"):
            _attach(session, links, tracefs)
        command = _start_command(wish, path, live, stack)
        _serve(session, interrupts, wish, probes, stopwatch, command)


def _require_own_names(probes: Sequence[Probe]) -> None:
    """Lines are told apart by their probe's name. Raises DiagnosticError where two share one."""
    names = [probe.name for probe in probes]
    for name in names:
        if names.count(name) > 1:
            raise DiagnosticError(
                [
                    Diagnostic(
                        "duplicate-probe",
                        f"two of the specs are named `{name}`",
                        help="give each a `name:` of its own, or run them one by one",
                        origin=Origin.USAGE,
                    )
                ]
            )


def own_pid() -> int:
    """This process's pid as the kernel has it.

    Raises DiagnosticError where this process may not load programs at all.
    """
    try:
        return bpf.current_pid()
    except OSError as error:
        raise host_error(
            "no-privilege",
            f"the kernel refuses to load a program: {error.strerror}",
            help="run it as root: `sudo probekit ...`"
            if not pipeline.is_root()
            else "`probekit doctor` says what is missing",
        ) from None


def _scope(wish: Wish, profile: LiveProfile) -> Scope:
    if wish.argv:
        fork = profile.tracepoint("sched", "sched_process_fork")
        if fork is None:
            raise host_error(
                "tracepoint-missing",
                "this kernel has no tracepoint `sched/sched_process_fork`",
                help="without it a command's children cannot be told: leave the command away",
            )
        return Scope(Seen.TREE, fork)
    return Scope(Seen.ALL if wish.include_self else Seen.OTHERS)


def _attach(session: Session, links: Links, tracefs: Tracefs) -> None:
    try:
        session.start(links, tracefs)
    except bpf.BpfError as error:
        raise DiagnosticError(
            [
                Diagnostic(
                    "map-refused",
                    f"the kernel refuses to write a map's first entries: {error.strerror}",
                    origin=Origin.HOST,
                )
            ]
        ) from None


def _start_command(
    wish: Wish, path: str | None, live: Sequence[LiveProbe], stack: ExitStack
) -> commands.Command | None:
    """The command, waiting to be released, as the root of the tree that the probes see."""
    if path is None:
        return None
    command = commands.start(path, wish.argv)
    stack.callback(command.close)
    for probe in live:
        probe.plant_tree(command.pid, include_self=wish.include_self)
    return command


def _serve(
    session: Session,
    interrupts: Interrupts,
    wish: Wish,
    probes: Sequence[Probe],
    stopwatch: pipeline.Stopwatch,
    command: commands.Command | None,
) -> None:
    """From the opening of the gates to the summary."""
    interrupts.attached()
    session.open()
    _tell(_attached_line(probes, stopwatch))
    if command is not None:
        command.release()
    stop_at = None if wish.duration is None else time.monotonic_ns() + wish.duration
    failures: list[str] = []
    with _writing(failures):
        session.run(interrupts, stop_at, command)
    summaries = session.finish()
    with _writing(failures):
        session.show_rest()
    if command is not None:
        command.reap()
    failure = _command_line(command, interrupts.requested)
    for line in [*map(_summary_line, summaries), *failure]:
        _tell(line)
    if failures:
        raise host_error(
            "cannot-write",
            f"standard output cannot be written: {failures[0]}",
            help="what came after that is lost; make room, or write elsewhere",
        )


@contextmanager
def _writing(failures: list[str]) -> Iterator[None]:
    """Ends the block where output fails, and lets what is still written go nowhere.

    A pipe that nobody reads any more is an ordinary end; other failures are kept.
    """
    try:
        yield
    except BrokenPipeError:
        _stop_writing()
    except OutputError as error:
        failures.append(str(error))
        _stop_writing()


def _tell(line: str) -> None:
    """A line to standard error, which may be closed: that ends nothing."""
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def _stop_writing() -> None:
    """Nobody reads standard output any more: what is still written goes nowhere."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def _attached_line(probes: Sequence[Probe], stopwatch: pipeline.Stopwatch) -> str:
    what = ", ".join(f"{probe.name} ({_parts(probe)})" for probe in probes)
    times = ", ".join(
        f"{name} {seconds * 1e3:.0f} ms" for name, seconds in stopwatch.seconds.items()
    )
    return f"probekit: attached {what} by {BACKEND}: {times}"


def _parts(probe: Probe) -> str:
    programs = _named("program", [program.name for program in probe.programs])
    maps = _named("map", [target.name for target in probe.maps])
    return f"{programs}; {maps}" if probe.maps else programs


def _named(noun: str, names: list[str]) -> str:
    """`program a`, `programs a, b, c and 5 more`."""
    shown = ", ".join(names[:MAX_NAMES])
    rest = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f"{noun}{'' if len(names) == 1 else 's'} {shown}{rest}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _command_line(command: commands.Command | None, is_interrupted: bool) -> list[str]:
    """What became of the command, where that needs saying: Ctrl-C ends it too, as asked for."""
    if command is None or (is_interrupted and command.status == -signal.SIGINT):
        return []
    name = show_text(command.name.encode(errors="surrogateescape"))
    if command.failure is not None:
        return [f"probekit: the command `{name}` failed: {command.failure}"]
    if command.status is None:
        return [f"probekit: the command `{name}` was still running: ended it"]
    return []


def _missed(totals: Totals) -> str:
    if totals.missed is None:
        return "missed runs not known"
    return f"{'' if totals.missed_is_exact else 'at least '}{totals.missed} missed runs"


def _summary_line(summary: ProbeSummary) -> str:
    totals, schedules = summary.totals, summary.schedules
    parts = [
        _count(totals.events, "event"),
        f"{totals.lost + summary.printk_lost} lost",
        f"{totals.failed_updates} failed updates",
        _missed(totals),
        f"{_count(schedules.runs, 'schedule run')}"
        f" ({schedules.late} late, {schedules.failed} failed)",
    ]
    if totals.divisions_by_zero:
        parts.append(f"{totals.divisions_by_zero} divisions by zero")
    return f"probekit: {summary.probe}: {', '.join(parts)} in {summary.seconds:.1f} s"
