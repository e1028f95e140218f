"""A probe that is in the kernel: its maps, its counters, its prints, its gate."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence

from probekit.backends import Descriptors
from probekit.codegen.counters import counters_of
from probekit.codegen.names import map_name
from probekit.codegen.render import (
    EXEC_TRACKER,
    FORK_TRACKER,
    PRINTS_BYTES,
    Scope,
    Seen,
    program_function,
)
from probekit.ir import Hole, Print, Probe, Program, Site
from probekit.kernel import bpf
from probekit.kernel.feature import answer
from probekit.kernel.profile import YES
from probekit.record import Record
from probekit.runtime import codec
from probekit.runtime.attach import AttachPoint
from probekit.runtime.gate import Gate
from probekit.runtime.livemap import LiveMap
from probekit.runtime.ringbuf import RingBuffer
from probekit.show import format_value
from probekit.types import Type

_ONLY = bytes(4)
_NEVER_NESTED = ("syscalls", "raw_syscalls")
_TREE_PAGE = 4096
_WILL_BELONG, _BELONGS = 1, 2


class SiteFailures(Record):
    """How often a step's write failed: because its map was full, and for other reasons."""

    site: Site
    full: int
    other: int


class Totals(Record):
    """What a probe has counted of itself.

    `missed` is None where the kernel does not count, and more than it says where not
    `missed_is_exact`: an event that happens while the kernel hands over another one of the
    same context is dropped uncounted (perf_swevent_get_recursion_context). No system call
    can begin there; allocations, locks and printk can.
    """

    events: int
    lost: int
    divisions_by_zero: int
    missed: int | None
    missed_is_exact: bool
    failures: tuple[SiteFailures, ...]

    @property
    def failed_updates(self) -> int:
        """Writes of all steps that failed."""
        return sum(failure.full + failure.other for failure in self.failures)


class LiveProbe:
    """Owns the descriptors of one loaded probe. Closing it removes the probe from the kernel."""

    def __init__(self, probe: Probe, scope: Scope, descriptors: Descriptors, self_pid: int) -> None:
        self.probe = probe
        self.scope = scope
        self._descriptors = descriptors
        self._self_pid = self_pid
        self.gate = Gate(descriptors.maps["pk_control"], self_pid)
        self.maps = {
            spec.name: LiveMap(spec, descriptors.maps[str(map_name(spec.name))])
            for spec in probe.maps
        }
        ring = descriptors.maps.get("pk_prints")
        self.ring = RingBuffer(ring, PRINTS_BYTES) if ring is not None else None
        self._prints = [_Line(step) for step in probe.prints]

    def write_entries(self) -> None:
        """Writes what the spec's `entries` say. Raises BpfError."""
        for target in self.maps.values():
            if target.spec.entries:
                target.set_all(target.spec.entries)

    def attach_points(self) -> list[AttachPoint]:
        """What to attach, in order: a tree's trackers run before the programs they serve."""
        points: list[AttachPoint] = []
        span = self.probe.programs[0].span
        if self.scope.seen is Seen.TREE:
            for function, event in (
                (FORK_TRACKER, "sched_process_fork"),
                (EXEC_TRACKER, "sched_process_exec"),
            ):
                fd = self._descriptors.programs[function]
                points.append(AttachPoint(fd, "sched", event, span))
        for program in self.probe.programs:
            fd = self._program_fd(program)
            points.append(AttachPoint(fd, program.group, program.event, program.span))
        return points

    def _program_fd(self, program: Program) -> int:
        return self._descriptors.programs[str(program_function(program))]

    def plant_tree(self, pid: int, *, include_self: bool) -> None:
        """Makes the process `pid` (of the initial namespace) the root of the tree that is seen.

        It belongs to it from the start of its next program on. Nothing of the tree runs yet,
        so no byte of these pages is being written.
        """
        pages: dict[int, bytearray] = {}
        states = {pid: _WILL_BELONG}
        if include_self:
            states[self._self_pid] = _BELONGS
        for member, state in states.items():
            page = pages.setdefault(member // _TREE_PAGE, bytearray(_TREE_PAGE))
            page[member % _TREE_PAGE] = state
        for number, page in pages.items():
            bpf.map_update(
                self._descriptors.maps["pk_tree"], struct.pack("=I", number), bytes(page)
            )

    def read_lines(self) -> list[str]:
        """The prints that have come, in order, as text."""
        if self.ring is None:
            return []
        return [self._line(record) for record in self.ring.read(PRINTS_BYTES)]

    def _line(self, record: bytes) -> str:
        (index,) = struct.unpack_from("=I", record)
        return self._prints[int(index)].text(record)

    def totals(self) -> Totals:
        """The counters, summed over CPUs."""
        counters = counters_of(self.probe)
        size = bpf.percpu_value_size(8 * counters.size)
        raw = bpf.map_lookup(self._descriptors.maps["pk_counts"], _ONLY, size) or bytes(size)
        count = [sum(column) for column in zip(*_rows(raw, counters.size), strict=True)]
        programs = range(counters.programs)
        return Totals(
            events=sum(count[counters.events(p)] for p in programs),
            lost=sum(count[counters.lost(p)] for p in programs),
            divisions_by_zero=sum(count[counters.divisions_by_zero(p)] for p in programs),
            missed=self._missed(),
            missed_is_exact=all(program.group in _NEVER_NESTED for program in self.probe.programs),
            failures=tuple(
                SiteFailures(
                    site, count[counters.full(site.index)], count[counters.failed(site.index)]
                )
                for site in self.probe.sites
            ),
        )

    def _missed(self) -> int | None:
        """Runs that the kernel skipped because another program was running on that CPU."""
        if answer("missed_runs") != YES:
            return None
        stats = [bpf.prog_stats(fd) for fd in self._descriptors.programs.values()]
        misses = [stat.recursion_misses for stat in stats]
        return None if None in misses else sum(miss or 0 for miss in misses)

    def close(self) -> None:
        """Closes all descriptors."""
        if self.ring is not None:
            self.ring.close()
        for fd in (*self._descriptors.maps.values(), *self._descriptors.programs.values()):
            os.close(fd)


def _rows(raw: bytes, count: int) -> list[tuple[int, ...]]:
    stride = 8 * count
    return [struct.unpack_from(f"={count}Q", raw, at) for at in range(0, len(raw), stride)]


class _Line:
    """Formats the records of one print."""

    def __init__(self, step: Print) -> None:
        self._unpack = struct.Struct("=" + codec.struct_code(step.record)).unpack_from
        self._types: Sequence[Type] = [field.type for field in step.record.fields[1:]]
        self._parts = step.parts

    def text(self, record: bytes) -> str:
        values = self._unpack(record)[1:]
        return "".join(
            part if isinstance(part, str) else self._hole(part, values) for part in self._parts
        )

    def _hole(self, hole: Hole, values: tuple[int | bytes, ...]) -> str:
        value = values[hole.index]
        if isinstance(value, bytes):
            value = codec.text_of(value)
        return format_value(value, self._types[hole.index], hole.format)
