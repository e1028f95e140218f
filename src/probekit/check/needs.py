"""What a checked probe asks of a kernel: features, and tracepoints' fields, with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probekit.expr.typed import EventField
from probekit.ir import If, Map, Print, Printk, Probe, Program, Step
from probekit.kernel.feature import EVERY_PROGRAM, LONG_PRINTK, PRINT, PRINTK
from probekit.record import Record
from probekit.source import Source, Span

_SHORT_PRINTK = 3  # values that every kernel's bpf_trace_printk takes


class FieldUse(Record):
    """A field that a handler reads: its tracepoint, where it is read, and how on this kernel."""

    tracepoint: str
    field: EventField
    span: Span

    @property
    def name(self) -> str:
        """As it stands in the spec."""
        return f"args.{self.field.name}"


def needs_of(probe: Probe) -> dict[str, Span]:
    """What `kernel/feature.py` calls needs, each with the first place that has it."""
    found: dict[str, Span] = {}
    for map in probe.maps:
        found.setdefault(f"map:{map.kind.name}", map.span)
    for program in probe.programs:
        found.setdefault(EVERY_PROGRAM, program.span)
        for step in _steps(program.steps):
            for need in _needs_of_step(step):
                found.setdefault(need, step.span)
    return found


def _needs_of_step(step: Step) -> tuple[str, ...]:
    if isinstance(step, Print):
        return (PRINT,)
    if isinstance(step, Printk):
        return (PRINTK, LONG_PRINTK) if len(step.values) > _SHORT_PRINTK else (PRINTK,)
    return ()


def fields_of(probe: Probe) -> dict[tuple[str, str], FieldUse]:
    """The fields that the handlers read, by tracepoint and name."""
    found: dict[tuple[str, str], FieldUse] = {}
    for program in probe.programs:
        for field, near in _fields_of_program(program):
            use = FieldUse(f"{program.group}/{program.event}", field, near)
            if (use.tracepoint, use.name) not in found:
                place = _written(probe.source, use.name, near)
                found[use.tracepoint, use.name] = FieldUse(use.tracepoint, field, place)
    return found


def _fields_of_program(program: Program) -> Iterator[tuple[EventField, Span]]:
    """The fields that it reads, each with the step that does."""
    yield from ((field, program.when_span) for field in _fields_in(program.when))
    for step in _steps(program.steps):
        own = step.condition if isinstance(step, If) else step
        yield from ((field, step.span) for field in _fields_in(own))


def _steps(steps: tuple[Step, ...]) -> Iterator[Step]:
    """All steps, also those inside others."""
    for step in steps:
        yield step
        if isinstance(step, If):
            yield from _steps(step.then)
            yield from _steps(step.otherwise)


def _fields_in(value: object) -> Iterator[EventField]:
    """The fields in an expression, or in any of a step's."""
    if isinstance(value, EventField):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _fields_in(part)
    elif isinstance(value, Record) and not isinstance(value, Map | Span):
        for name in type(value).__match_args__:
            yield from _fields_in(getattr(value, name))


def _written(source: Source, name: str, near: Span) -> Span:
    """Where `name` stands, in the step at `near` or after it; `near` where it is written oddly."""
    wanted = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
    for number, line in enumerate(source.text.split("\n")[near.line - 1 :], near.line):
        found = wanted.search(line)
        if found and not re.search(r"(^|\s)#", line[: found.start()]):
            return Span(number, found.start() + 1, number, found.end() + 1)
    return near
