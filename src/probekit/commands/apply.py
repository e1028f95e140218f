"""`probekit apply`: a session in the foreground, from the first line to the summary."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress

from probekit import pipeline
from probekit.codegen.render import Scope, Seen
from probekit.commands.summary import attached_line, command_lines, summary_line, unwritten_lines
from probekit.diagnostics import Diagnostic, DiagnosticError, Origin, host_error
from probekit.ir import Probe
from probekit.kernel import bpf
from probekit.kernel.profile import LiveProfile
from probekit.kernel.tracefs import find_tracefs
from probekit.outputs import OutputError
from probekit.outputs.console import Console
from probekit.record import Record
from probekit.runtime import command as commands
from probekit.runtime import host
from probekit.runtime.attach import Links
from probekit.runtime.interrupts import Interrupts
from probekit.runtime.live import LiveProbe
from probekit.runtime.memory import require_memory
from probekit.runtime.session import Session

BACKEND = "bcc"
PATIENCE_SECONDS = 2.0  # how long, after a signal, a reader may take nothing before it is left


class Wish(Record):
    """What the command line asks for. `duration` in ns, None: until something ends it."""

    paths: tuple[str, ...]
    settings: Mapping[str, str]
    duration: int | None
    include_self: bool
    argv: tuple[str, ...]
    trusted: tuple[str, ...] = ()  # of `paths`: read whoever can write them


def apply(wish: Wish, report: Callable[[Diagnostic], None]) -> None:
    """Runs it to its end. Raises DiagnosticError, or Interrupted before it is attached."""
    stopwatch = pipeline.Stopwatch()
    path = commands.find(wish.argv) if wish.argv else None
    with ExitStack() as stack, _explained():
        interrupts = Interrupts()
        stack.callback(interrupts.close)
        _require_host()
        self_pid = bpf.current_pid()
        with stopwatch.stage("check"):
            tracefs = stack.enter_context(find_tracefs())
            profile = LiveProfile(tracefs)
            checked = pipeline.check_files(wish.paths, wish.settings, profile, wish.trusted)
            probes = pipeline.probes_of(checked)
            for warning in pipeline.warnings_of(checked):
                report(warning)
            _require_own_names(probes)
            for probe in probes:
                require_memory(probe, bpf.possible_cpus())
        scope = _scope(wish, profile)
        live = pipeline.load_probes(probes, scope, BACKEND, stopwatch, self_pid, stack)
        output = Console(sys.stdout.fileno(), named=len(probes) > 1)
        session = Session(live, output, report, self_pid)
        stack.callback(session.close)
        links = Links()
        stack.callback(links.close)
        with stopwatch.stage("attach"):
            session.start(links, tracefs)
        command = _start_command(wish, path, live, interrupts, stack)
        _serve(session, output, interrupts, wish, probes, stopwatch, command)


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


def _require_host() -> None:
    """Raises DiagnosticError where something is missing that would show as something else."""
    host.require_files()
    host.require_descriptors()
    system = os.uname()
    host.require_kernel(system.release, system.machine)


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


@contextmanager
def _explained() -> Iterator[None]:
    """What the host refuses, or a full disk, as the diagnostic that says so."""
    try:
        with host.explained():
            yield
    except OutputError as error:
        raise _cannot_write(str(error)) from None


def _cannot_write(why: str) -> DiagnosticError:
    return host_error(
        "cannot-write",
        f"standard output cannot be written: {why}",
        help="what came after that is lost; make room, or write elsewhere",
    )


def _start_command(
    wish: Wish,
    path: str | None,
    live: Sequence[LiveProbe],
    interrupts: Interrupts,
    stack: ExitStack,
) -> commands.Command | None:
    """The command, waiting to be released, as the root of the tree that the probes see."""
    if path is None:
        return None
    command = commands.start(path, wish.argv, interrupts.before)
    stack.callback(command.close)
    for probe in live:
        probe.plant_tree(command.pid, include_self=wish.include_self)
    return command


def _serve(
    session: Session,
    output: Console,
    interrupts: Interrupts,
    wish: Wish,
    probes: Sequence[Probe],
    stopwatch: pipeline.Stopwatch,
    command: commands.Command | None,
) -> None:
    """From the opening of the gates to the summary."""
    interrupts.attached()
    session.open()
    _tell(attached_line(probes, BACKEND, stopwatch.seconds))
    if command is not None:
        command.release()
    stop_at = None if wish.duration is None else time.monotonic_ns() + wish.duration
    ending = _Ending(output, interrupts)
    with ending.writing():
        session.run(interrupts, stop_at, command)
    summaries = session.finish()
    if command is not None:
        command.end()
    with ending.writing():
        session.show_rest()
        ending.drain()
    for line in [
        *map(summary_line, summaries),
        *command_lines(command, interrupts.requested),
        *unwritten_lines(ending.unwritten),
    ]:
        _tell(line)
    if ending.failure is not None:
        raise _cannot_write(ending.failure)


class _Ending:
    """How writing ends: all is written, or nobody reads any more, or `failure` says why not."""

    def __init__(self, output: Console, interrupts: Interrupts) -> None:
        self.output = output
        self.interrupts = interrupts
        self.failure: str | None = None
        self.is_read = True

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A block that ends where writing does; what is still shown then goes nowhere."""
        try:
            yield
        except BrokenPipeError:
            self.is_read = False
            self.output.writer.stop()
        except OutputError as error:
            self.failure = str(error)
            self.output.writer.stop()

    def drain(self) -> None:
        """Waits for the reader: as long as it likes, but after a signal not for ever."""
        writer, fd = self.output.writer, self.interrupts.fd
        if not self.interrupts.requested and writer.drain(patience=None, stop_fd=fd):
            return
        writer.drain(patience=PATIENCE_SECONDS)

    @property
    def unwritten(self) -> int:
        """Lines that were to be written and are not. A reader that went away wanted no more."""
        return self.output.writer.pending_lines if self.is_read else 0


def _tell(line: str) -> None:
    """A line to standard error, which may be closed: that ends nothing."""
    with suppress(OSError):
        os.write(2, f"{line}\n".encode(errors="backslashreplace"))
