"""The checked, typed model of a probe: every name resolved, every type known."""

from __future__ import annotations

from typing import TypeAlias

from probekit.expr.syntax import Syntax
from probekit.expr.typed import Param, Typed
from probekit.maps import MapKind
from probekit.record import Record
from probekit.source import Source, Span
from probekit.types import StructType, Type

# A value of a map as Python has it: a number, text, or the fields of a struct by name.
Value: TypeAlias = "int | bytes | dict[str, Value]"


class Map(Record):
    """`key` is None for a map of one value. `entries` are what it holds at the start."""

    name: str
    kind: MapKind
    key: Type | None
    value: Type
    max_entries: int
    entries: tuple[tuple[Value, Value], ...]
    span: Span
    max_entries_span: Span


class StructValue(Record):
    """A struct given field by field, in the order of its type."""

    type: StructType
    fields: tuple[tuple[str, Stored], ...]


# What is written somewhere: an expression, or a struct's fields.
Stored: TypeAlias = Typed | StructValue


class Site(Record):
    """A step that can fail at run time: its counters are numbered by `index`."""

    index: int
    verb: str
    map: str
    span: Span


class Let(Record):
    span: Span
    name: str
    value: Typed


class Lookup(Record):
    """`default` None: a missing entry ends the handler."""

    span: Span
    map: Map
    key: Stored | None
    name: str
    default: Stored | None


class Update(Record):
    """`mode` is `any`, `create` or `exist`."""

    span: Span
    map: Map
    key: Stored | None
    value: Stored
    mode: str
    site: Site


class Delete(Record):
    span: Span
    map: Map
    key: Stored


class Count(Record):
    span: Span
    map: Map
    key: Stored | None
    by: Typed
    site: Site


class Hole(Record):
    """A `{expression:format}` of a print: the value's index in the record, and its format."""

    index: int
    format: str


class Print(Record):
    """`parts` are text and holes in order; `values` what travels, `record` its layout.

    The record starts with the print's `index`, an u32 that tells the probe's prints apart.
    """

    span: Span
    index: int
    parts: tuple[str | Hole, ...]
    values: tuple[Typed, ...]
    record: StructType


class Printk(Record):
    """`format` is the kernel's, with one conversion for each of `values`."""

    span: Span
    format: bytes
    values: tuple[Typed, ...]


class If(Record):
    span: Span
    condition: Typed
    then: tuple[Step, ...]
    otherwise: tuple[Step, ...]


class Stop(Record):
    span: Span


Step: TypeAlias = Let | Lookup | Update | Delete | Count | Print | Printk | If | Stop


class Program(Record):
    """One attach point and its handler. `group` and `event` name a tracepoint."""

    index: int
    name: str
    group: str
    event: str
    when: Typed | None
    when_span: Span
    steps: tuple[Step, ...]
    span: Span


class Expression(Record):
    """An expression that user space evaluates; `span` is its place in the spec."""

    syntax: Syntax
    span: Span


# What a schedule writes: an expression, or a struct's fields by name.
Written: TypeAlias = "Expression | dict[str, Written]"


class When(Record):
    """When a schedule runs; times in nanoseconds.

    `start` and `stop` run at the probe's start and stop; else first after `delay`, and with
    a `period` again and again, at most `times` times in all.
    """

    start: bool = False
    stop: bool = False
    delay: int = 0
    period: int | None = None
    times: int | None = None


class WriteEntries(Record):
    map: Map
    entries: tuple[tuple[Written | None, Written], ...]


class DeleteEntry(Record):
    map: Map
    key: Written


class Clear(Record):
    map: Map


class Show(Record):
    map: Map
    top: int | None
    by: Expression | None


class PrintLine(Record):
    """`parts`: text, and expressions with their formats."""

    parts: tuple[str | tuple[Expression, str], ...]


Action: TypeAlias = WriteEntries | DeleteEntry | Clear | Show | PrintLine


class Schedule(Record):
    name: str
    when: When
    action: Action
    span: Span


class Probe(Record):
    """One checked probe."""

    source: Source
    name: str
    description: str
    params: tuple[Param, ...]
    maps: tuple[Map, ...]
    programs: tuple[Program, ...]
    schedules: tuple[Schedule, ...]
    sites: tuple[Site, ...] = ()

    @property
    def prints(self) -> tuple[Print, ...]:
        """Every `print` of every handler, by index."""
        found: list[Print] = []
        for program in self.programs:
            _collect(program.steps, found)
        return tuple(sorted(found, key=lambda step: step.index))

    @property
    def has_printk(self) -> bool:
        """Whether any handler writes to the kernel's trace pipe."""
        return any(_uses_printk(program.steps) for program in self.programs)


def _collect(steps: tuple[Step, ...], found: list[Print]) -> None:
    for step in steps:
        if isinstance(step, Print):
            found.append(step)
        elif isinstance(step, If):
            _collect(step.then, found)
            _collect(step.otherwise, found)


def _uses_printk(steps: tuple[Step, ...]) -> bool:
    return any(
        isinstance(step, Printk)
        or (isinstance(step, If) and (_uses_printk(step.then) or _uses_printk(step.otherwise)))
        for step in steps
    )
