"""Attached probes at work: one loop over their rings, their schedules and the end."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator, Sequence

from probekit.diagnostics import Diagnostic, Label, Severity
from probekit.ir import Schedule
from probekit.kernel.printk import PrintkReader
from probekit.kernel.timer import Timer
from probekit.kernel.tracefs import Tracefs
from probekit.outputs import Output
from probekit.record import Record
from probekit.runtime.actions import Actor, Refused, showing
from probekit.runtime.attach import Links
from probekit.runtime.command import Command
from probekit.runtime.interrupts import Interrupts
from probekit.runtime.live import LiveProbe, SiteFailures, Totals
from probekit.runtime.schedule import Due, Timetable
from probekit.show import show_text
from probekit.words import count

Report = Callable[[Diagnostic], None]
WATCH_NS = 1_000_000_000  # how often the programs' failure counters are looked at


class ScheduleCounts:
    """What became of a probe's schedule runs."""

    def __init__(self) -> None:
        self.runs = 0
        self.late = 0
        self.failed = 0


class Running:
    """One probe of the session."""

    def __init__(self, live: LiveProbe, actor: Actor, timetable: Timetable) -> None:
        self.live = live
        self.actor = actor
        self.timetable = timetable
        self.printk: PrintkReader | None = None
        self.counts = ScheduleCounts()
        self.warned: set[str] = set()


class ProbeSummary(Record):
    """How one probe's time ended. `seconds` is how long its gate was open."""

    probe: str
    seconds: float
    totals: Totals
    schedules: ScheduleCounts
    printk_lost: int


class Session:
    """Runs loaded probes until something ends them. The caller closes what it was given."""

    def __init__(
        self, probes: Sequence[LiveProbe], output: Output, report: Report, session_id: int
    ) -> None:
        self._output = output
        self._report = report
        self._timer = Timer()
        self._running = [self._prepare(live, session_id) for live in probes]
        self._opened = 0
        self._next_watch = 0

    def _prepare(self, live: LiveProbe, session_id: int) -> Running:
        probe = live.probe
        params = {param.name: _shown_param(param.value) for param in probe.params}
        actor = Actor(probe.name, live.maps, params, self._output)
        running = Running(live, actor, Timetable((), 0))  # nothing is due before the start
        if probe.has_printk:
            running.printk = PrintkReader(f"{probe.name}[{session_id}]: ".encode())
        return running

    def start(self, links: Links, tracefs: Tracefs) -> None:
        """Writes what is there before the first event, and attaches; the gates stay closed."""
        for running in self._running:
            running.live.write_entries()
            for schedule in running.live.probe.schedules:
                if schedule.when.start:
                    self._run(running, schedule, Due(0, 0, False))
            now = time.monotonic_ns()
            running.timetable = Timetable(running.live.probe.schedules, now)
            self._run_due(running, now)
            links.attach(running.live.probe.source, tracefs, running.live.attach_points())

    def open(self) -> None:
        """From now on the probes see events."""
        for running in self._running:
            running.live.gate.open()
        self._opened = time.monotonic_ns()

    def run(self, interrupts: Interrupts, stop_at: int | None, command: Command | None) -> None:
        """Until a signal, the time `stop_at` (ns, monotonic), or the command's end."""
        poller = select.poll()
        for fd in (interrupts.fd, self._timer.fd):
            poller.register(fd, select.POLLIN)
        if command is not None:
            poller.register(command.end_fd, select.POLLIN)
        while not self._ended(interrupts, stop_at, command):
            self._register_flow(poller)
            self._timer.set(self._next_time(stop_at))
            for fd, event in poller.poll():
                if fd == self._output.fd and event & (select.POLLERR | select.POLLHUP):
                    raise BrokenPipeError
            self._work()

    def _register_flow(self, poller: select.poll) -> None:
        """Rings are read while the output has room; else what comes waits, or is lost, in them.

        The output is asked about only while something waits for it; errors always come.
        """
        poller.register(self._output.fd, select.POLLOUT if self._output.has_pending else 0)
        for fd in self._descriptors():
            poller.register(fd, select.POLLIN if self._output.has_room else 0)

    def _ended(self, interrupts: Interrupts, stop_at: int | None, command: Command | None) -> bool:
        if command is not None:
            command.reap()
            if command.status is not None:
                return True
        return interrupts.requested or (stop_at is not None and time.monotonic_ns() >= stop_at)

    def _work(self) -> None:
        now = time.monotonic_ns()
        for running in self._running:
            self._show_lines(running)
            self._run_due(running, now)
            if now >= self._next_watch:
                self._watch(running)
        if now >= self._next_watch:
            self._next_watch = now + WATCH_NS
        self._output.push()

    def _descriptors(self) -> Iterator[int]:
        for running in self._running:
            if running.live.ring is not None:
                yield running.live.ring.fd
            if running.printk is not None:
                yield from running.printk.fds

    def _next_time(self, stop_at: int | None) -> int:
        """When there is something to do by the clock, in ns."""
        times = [self._next_watch]
        times += [due for r in self._running if (due := r.timetable.next_due) is not None]
        times += [stop_at] if stop_at is not None else []
        return min(times)

    def _show_lines(self, running: Running) -> None:
        """What has come until now. Writing it may bring more, which waits for the next turn."""
        if not self._output.has_room:
            return
        self._output.lines(running.live.probe.name, running.live.read_lines())
        self._show_printk(running)

    def _show_printk(self, running: Running) -> None:
        if running.printk is not None:
            texts = [text.partition(b"]: ")[2] for _, text in running.printk.read()]
            self._output.lines(running.live.probe.name, [show_text(text) for text in texts])

    def _run_due(self, running: Running, now: int) -> None:
        for due in running.timetable.take_due(now):
            self._run(running, running.live.probe.schedules[due.index], due)

    def _run(self, running: Running, schedule: Schedule, due: Due) -> None:
        running.counts.runs += 1
        running.counts.late += due.is_late
        try:
            running.actor.run(schedule, due.tick, time.time_ns())
        except Refused as refused:
            running.counts.failed += 1
            label = Label(running.live.probe.source, refused.span)
            self._warn(
                running,
                f"schedule:{schedule.span}",
                "schedule-failed",
                f"a run of `{schedule.name}` failed: {refused.message}",
                label,
                help=refused.help,
            )

    def _watch(self, running: Running) -> None:
        """Says once what the programs could not do, as soon as it happens."""
        totals = running.live.totals()
        for failures in totals.failures:
            if failures.full:
                self._warn_full(running, failures)
            if failures.other:
                self._warn_failed(running, failures)
        if running.printk is not None and running.printk.lost:
            self._warn(
                running,
                "printk-lost",
                "printk-lost",
                f"{count(running.printk.lost, 'line')} of `printk` not shown: they come too fast",
                Label(running.live.probe.source, running.live.probe.programs[0].span),
                help="they are in the kernel's trace pipe; use `print`, or narrow `when:`",
            )
        if totals.lost:
            self._warn(
                running,
                "lost",
                "prints-lost",
                f"{count(totals.lost, 'printed line')} lost: they come too fast to show",
                Label(running.live.probe.source, running.live.probe.prints[0].span),
                help="print less: narrow `when:`, or count in a map",
            )

    def _warn_full(self, running: Running, failures: SiteFailures) -> None:
        probe = running.live.probe
        target = running.live.maps[failures.site.map].spec
        if target.kind.indexed:
            self._warn_index(running, failures)
            return
        self._warn(
            running,
            f"full:{failures.site.index}",
            "map-full",
            f"the map `{target.name}` is full: {count(failures.full, 'write')} refused so far",
            Label(probe.source, failures.site.span, "this step could not write"),
            related=(Label(probe.source, target.max_entries_span, "raise this number"),),
            help=f"`max_entries` is {target.max_entries}; the summary has the final count",
        )

    def _warn_index(self, running: Running, failures: SiteFailures) -> None:
        probe = running.live.probe
        target = running.live.maps[failures.site.map].spec
        self._warn(
            running,
            f"index:{failures.site.index}",
            "index-outside",
            f"{count(failures.full, 'write')} to `{target.name}` had an index outside of it",
            Label(probe.source, failures.site.span),
            related=(Label(probe.source, target.max_entries_span, "it ends before this"),),
            help="raise `max_entries`, or keep the index below it: `% N`",
        )

    def _warn_failed(self, running: Running, failures: SiteFailures) -> None:
        self._warn(
            running,
            f"failed:{failures.site.index}",
            "write-failed",
            f"{count(failures.other, 'write')} to `{failures.site.map}` failed",
            Label(running.live.probe.source, failures.site.span),
            help="the entry was taken away, or the kernel had no memory for it, at that moment",
        )

    def _warn(
        self,
        running: Running,
        key: str,
        code: str,
        message: str,
        label: Label,
        *,
        related: tuple[Label, ...] = (),
        help: str = "",
    ) -> None:
        if key not in running.warned:
            running.warned.add(key)
            self._report(Diagnostic(code, message, label, related, help, Severity.WARNING))

    def finish(self) -> list[ProbeSummary]:
        """Closes the gates, shows what is left and the maps, and tells how it was."""
        for running in self._running:
            running.live.gate.close()
        seconds = (time.monotonic_ns() - self._opened) / 1e9
        summaries: list[ProbeSummary] = []
        for running in self._running:
            self._watch(running)
            summaries.append(self._summary(running, seconds))
        return summaries

    def show_rest(self) -> None:
        """Gives the output the last lines, what `at: stop` schedules show, and the maps."""
        for running in self._running:
            self._output.lines(running.live.probe.name, running.live.read_lines())
            self._show_printk(running)
            for schedule in running.live.probe.schedules:
                if schedule.when.stop:
                    self._run(running, schedule, Due(0, 0, False))
            self._show_maps(running)

    def _show_maps(self, running: Running) -> None:
        probe = running.live.probe
        stops = [schedule for schedule in probe.schedules if schedule.when.stop]
        shown = {spec.name for schedule in stops if (spec := showing(schedule)) is not None}
        for name, target in running.live.maps.items():
            if name not in shown:
                self._output.table(probe.name, target.spec, target.items())

    def _summary(self, running: Running, seconds: float) -> ProbeSummary:
        lost = running.printk.lost if running.printk is not None else 0
        name = running.live.probe.name
        return ProbeSummary(name, seconds, running.live.totals(), running.counts, lost)

    def close(self) -> None:
        """Closes what the session opened itself."""
        self._timer.close()
        for running in self._running:
            if running.printk is not None:
                running.printk.close()


def _shown_param(value: int | bytes) -> int | str:
    return value.decode() if isinstance(value, bytes) else value
