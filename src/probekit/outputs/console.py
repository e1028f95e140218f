"""Lines and tables on standard output."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from probekit.expr.evaluate import Value as Names
from probekit.expr.evaluate import evaluate
from probekit.expr.parse import ExpressionError
from probekit.ir import Expression, Map, Value
from probekit.outputs.writer import Writer
from probekit.record import Record
from probekit.report import display_width
from probekit.runtime import codec
from probekit.show import show_value
from probekit.types import IntType, StructType, Type

MAX_ROWS = 1000  # more are counted, not shown


class Console:
    """Writes to the descriptor `fd`; with `named`, each line begins with its probe's name."""

    def __init__(self, fd: int, *, named: bool) -> None:
        self.writer = Writer(fd)
        self._named = named

    @property
    def fd(self) -> int:
        return self.writer.fd

    @property
    def has_pending(self) -> bool:
        return self.writer.has_pending

    @property
    def has_room(self) -> bool:
        return self.writer.has_room

    def lines(self, probe: str, lines: Sequence[str]) -> None:
        prefix = f"{probe}: " if self._named else ""
        self.writer.write("".join(f"{prefix}{line}\n" for line in lines))

    def table(
        self,
        probe: str,
        spec: Map,
        entries: Iterable[tuple[Value, Value]],
        top: int | None = None,
        by: Expression | None = None,
        params: dict[str, Names] | None = None,
    ) -> None:
        """`entries` may come one by one: no more than the rows to show are kept."""
        counted = _Counted(entries)
        rows = _chosen(counted, top or MAX_ROWS, _sort_key(top, by, params or {}))
        head = f"{spec.name}: {_size(spec, counted.number)}"
        rest = _left_out(spec, counted.number, len(rows))
        self.lines(probe, [head, *_table(spec, rows), *rest])

    def push(self) -> None:
        self.writer.push()


class _Counted:
    """Counts what is taken from it."""

    def __init__(self, entries: Iterable[tuple[Value, Value]]) -> None:
        self._entries = entries
        self.number = 0

    def __iter__(self) -> Iterator[tuple[Value, Value]]:
        for entry in self._entries:
            self.number += 1
            yield entry


def _chosen(
    entries: Iterable[tuple[Value, Value]], limit: int, key: _SortKey
) -> list[tuple[Value, Value]]:
    """The first `limit` in order; by value, the largest come first."""
    if key.largest_first:
        return heapq.nlargest(limit, entries, key=key.of)
    return heapq.nsmallest(limit, entries, key=key.of)


class _SortKey(Record):
    of: Callable[[tuple[Value, Value]], Any]
    largest_first: bool


def _sort_key(top: int | None, by: Expression | None, params: dict[str, Names]) -> _SortKey:
    """By key; with `by` or `top` by that expression or the value, the largest first."""
    if by is not None:
        return _SortKey(lambda entry: _evaluated(by, params, entry), True)
    if top is not None:
        return _SortKey(lambda entry: _order(entry[1]), True)
    return _SortKey(lambda entry: _order(entry[0]), False)


def _evaluated(
    by: Expression, params: dict[str, Names], entry: tuple[Value, Value]
) -> tuple[int, ...]:
    """What `by` gives for an entry; entries that it fails for come last."""
    names = {**params, "key": codec.named(entry[0]), "value": codec.named(entry[1])}
    try:
        found = evaluate(by.syntax, names)
    except ExpressionError:
        return ()
    return (found,) if isinstance(found, int) else ()


def _left_out(spec: Map, number: int, shown: int) -> list[str]:
    """Lines about the entries that are not shown."""
    rest = [f"  ({number - shown} more entries)"] if number > shown else []
    if spec.kind.indexed and spec.max_entries > number:
        rest.append(f"  ({spec.max_entries - number} entries are 0)")
    return rest


def _size(spec: Map, count: int) -> str:
    if spec.key is None:
        return "one value"
    if spec.kind.indexed:
        return "1 entry" if spec.max_entries == 1 else f"{spec.max_entries} entries"
    return f"{count} of {spec.max_entries} entries"


def _order(value: Value) -> tuple[object, ...]:
    """Something to sort by: a struct by its fields in order."""
    if isinstance(value, dict):
        return tuple(part for inner in value.values() for part in _order(inner))
    return (value,)


def _table(spec: Map, rows: Sequence[tuple[Value, Value]]) -> list[str]:
    """Aligned columns, numbers to the right, with a line of headings."""
    types = _columns("key", spec.key) + _columns("value", spec.value)
    texts = [
        [show_value(part, type) for part, (_, type) in zip(_parts(spec, *row), types, strict=True)]
        for row in rows
    ]
    if not rows:
        return []
    if len(types) == 1:
        return [f"  {texts[0][0]}"]
    headings = [name for name, _ in types]
    widths = [max(display_width(row[at]) for row in [headings, *texts]) for at in range(len(types))]
    rights = [isinstance(type, IntType) for _, type in types]
    return [_row(cells, widths, rights) for cells in [headings, *texts]]


def _row(cells: list[str], widths: list[int], rights: list[bool]) -> str:
    padded: list[str] = []
    for cell, width, right in zip(cells, widths, rights, strict=True):
        space = " " * (width - display_width(cell))
        padded.append(space + cell if right else cell + space)
    return ("  " + "  ".join(padded)).rstrip()


def _columns(name: str, type: Type | None) -> list[tuple[str, Type]]:
    """A struct has a column for each of its fields, also inside it."""
    if type is None:
        return []
    if not isinstance(type, StructType):
        return [(name, type)]
    columns: list[tuple[str, Type]] = []
    for field in type.fields:
        columns += _columns(field.name, field.type)
    return columns


def _parts(spec: Map, key: Value, value: Value) -> list[Value]:
    keys = [] if spec.key is None else _flat(key)
    return keys + _flat(value)


def _flat(value: Value) -> list[Value]:
    if not isinstance(value, dict):
        return [value]
    return [part for inner in value.values() for part in _flat(inner)]
