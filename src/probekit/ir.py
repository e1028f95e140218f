"""The checked, typed model of a probe: every name resolved, every type known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from probekit.expr.syntax import Syntax
from probekit.expr.typed import Param, Typed
from probekit.maps import MapKind
from probekit.source import Source, Span
from probekit.types import StructType, Type

# A value of a map as Python has it: a number, text, or the fields of a struct by name.
Value: TypeAlias = "int | bytes | dict[str, Value]"


@dataclass(frozen=True, slots=True)
class Map:
    """`key` is None for a map of one value. `entries` are what it holds at the start."""

    name: str
    kind: MapKind
    key: Type | None
    value: Type
    max_entries: int
    entries: tuple[tuple[Value, Value], ...]
    span: Span
    max_entries_span: Span


@dataclass(frozen=True, slots=True)
class StructValue:
    """A struct given field by field, in the order of its type."""

    type: StructType
    fields: tuple[tuple[str, Stored], ...]


# What is written somewhere: an expression, or a struct's fields.
Stored: TypeAlias = Typed | StructValue


@dataclass(frozen=True, slots=True)
class Site:
    """A step that can fail at run time: its counters are numbered by `index`."""

    index: int
    verb: str
    map: str
    span: Span


@dataclass(frozen=True, slots=True)
class Let:
    span: Span
    name: str
    value: Typed


@dataclass(frozen=True, slots=True)
class Lookup:
    """`default` None: a missing entry ends the handler."""

    span: Span
    map: Map
    key: Stored | None
    name: str
    default: Stored | None


@dataclass(frozen=True, slots=True)
class Update:
    """`mode` is `any`, `create` or `exist`."""

    span: Span
    map: Map
    key: Stored | None
    value: Stored
    mode: str
    site: Site


@dataclass(frozen=True, slots=True)
class Delete:
    span: Span
    map: Map
    key: Stored


@dataclass(frozen=True, slots=True)
class Count:
    span: Span
    map: Map
    key: Stored | None
    by: Typed
    site: Site


@dataclass(frozen=True, slots=True)
class Hole:
    """A `{expression:format}` of a print: the value's index in the record, and its format."""

    index: int
    format: str


@dataclass(frozen=True, slots=True)
class Print:
    """`parts` are text and holes in order; `values` what travels, `record` its layout.

    The record starts with the print's `index`, an u32 that tells the probe's prints apart.
    """

    span: Span
    index: int
    parts: tuple[str | Hole, ...]
    values: tuple[Typed, ...]
    record: StructType


@dataclass(frozen=True, slots=True)
class Printk:
    """`format` is the kernel's, with one conversion for each of `values`."""

    span: Span
    format: bytes
    values: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class If:
    span: Span
    condition: Typed
    then: tuple[Step, ...]
    otherwise: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    span: Span


Step: TypeAlias = Let | Lookup | Update | Delete | Count | Print | Printk | If | Stop


@dataclass(frozen=True, slots=True)
class Program:
    """One attach point and its handler. `group` and `event` name a tracepoint."""

    index: int
    name: str
    group: str
    event: str
    when: Typed | None
    when_span: Span
    steps: tuple[Step, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that user space evaluates; `span` is its place in the spec."""

    syntax: Syntax
    span: Span


# What a schedule writes: an expression, or a struct's fields by name.
Written: TypeAlias = "Expression | dict[str, Written]"


@dataclass(frozen=True, slots=True)
class When:
    """When a schedule runs; times in nanoseconds.

    `start` and `stop` run at the probe's start and stop; else first after `delay`, and with
    a `period` again and again, at most `times` times in all.
    """

    start: bool = False
    stop: bool = False
    delay: int = 0
    period: int | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class WriteEntries:
    map: Map
    entries: tuple[tuple[Written | None, Written], ...]


@dataclass(frozen=True, slots=True)
class DeleteEntry:
    map: Map
    key: Written


@dataclass(frozen=True, slots=True)
class Clear:
    map: Map


@dataclass(frozen=True, slots=True)
class Show:
    map: Map
    top: int | None
    by: Expression | None


@dataclass(frozen=True, slots=True)
class PrintLine:
    """`parts`: text, and expressions with their formats."""

    parts: tuple[str | tuple[Expression, str], ...]


Action: TypeAlias = WriteEntries | DeleteEntry | Clear | Show | PrintLine


@dataclass(frozen=True, slots=True)
class Schedule:
    name: str
    when: When
    action: Action
    span: Span


@dataclass(frozen=True, slots=True)
class Probe:
    """One checked probe."""

    source: Source
    name: str
    description: str
    params: tuple[Param, ...]
    maps: tuple[Map, ...]
    programs: tuple[Program, ...]
    schedules: tuple[Schedule, ...]
    sites: tuple[Site, ...] = field(default=())

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
