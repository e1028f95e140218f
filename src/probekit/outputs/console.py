"""Lines and tables on standard output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import IO

from probekit import codec
from probekit.expr.evaluate import Value as Names
from probekit.expr.evaluate import evaluate
from probekit.expr.parse import ExpressionError
from probekit.ir import Expression, Map, Value
from probekit.outputs import OutputError
from probekit.report import display_width
from probekit.show import show_value
from probekit.types import IntType, StructType, Type

MAX_ROWS = 1000  # more are counted, not shown


class Console:
    """Writes to `stream`; with `named`, each line begins with its probe's name."""

    def __init__(self, stream: IO[str], *, named: bool) -> None:
        self._stream = stream
        self._named = named

    @property
    def watched(self) -> tuple[int, ...]:
        return (self._stream.fileno(),)

    def lines(self, probe: str, lines: Sequence[str]) -> None:
        prefix = f"{probe}: " if self._named else ""
        if lines:
            self._write("".join(f"{prefix}{line}\n" for line in lines))

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(error.strerror or str(error)) from None

    def table(
        self,
        probe: str,
        spec: Map,
        entries: Sequence[tuple[Value, Value]],
        top: int | None = None,
        by: Expression | None = None,
        params: dict[str, Names] | None = None,
    ) -> None:
        rows = _sorted(spec, entries, top, by, params or {})
        shown, rest = _shown(spec, rows, top)
        self.lines(
            probe, [f"{spec.name}: {_size(spec, len(entries))}", *_table(spec, shown), *rest]
        )

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(error.strerror or str(error)) from None


def _size(spec: Map, count: int) -> str:
    if spec.key is None:
        return "one value"
    if spec.kind.indexed:
        return f"{count} entries" if count != 1 else "1 entry"
    return f"{count} of {spec.max_entries} entries"


def _sorted(
    spec: Map,
    entries: Sequence[tuple[Value, Value]],
    top: int | None,
    by: Expression | None,
    params: dict[str, Names],
) -> list[tuple[Value, Value]]:
    """By key; with `by` or `top` by that expression or the value, the largest first."""
    if by is None and top is None:
        return sorted(entries, key=lambda entry: _order(entry[0]))
    value_of: Callable[[tuple[Value, Value]], object] = lambda entry: _order(entry[1])  # noqa: E731 - one of two
    if by is not None:
        syntax = by.syntax

        def value_of(entry: tuple[Value, Value]) -> object:
            names = {**params, "key": codec.named(entry[0]), "value": codec.named(entry[1])}
            try:
                found = evaluate(syntax, names)
            except ExpressionError:
                return ()
            return (found,) if isinstance(found, int) else ()

    return sorted(entries, key=value_of, reverse=True)  # type: ignore[arg-type]  # tuples


def _order(value: Value) -> tuple[object, ...]:
    """Something to sort by: a struct by its fields in order."""
    if isinstance(value, dict):
        return tuple(part for inner in value.values() for part in _order(inner))
    return (value,)


def _shown(
    spec: Map, rows: list[tuple[Value, Value]], top: int | None
) -> tuple[list[tuple[Value, Value]], list[str]]:
    """The rows to show, and lines about those left out."""
    rest: list[str] = []
    zero = codec.zero_of(spec.value)
    if spec.kind.indexed and len(rows) > 16:
        filled = [row for row in rows if row[1] != zero]
        if len(filled) < len(rows):
            rest.append(f"  ({len(rows) - len(filled)} entries are 0)")
        rows = filled
    limit = top or MAX_ROWS
    if len(rows) > limit:
        rest.append(f"  ({len(rows) - limit} more entries)")
    return rows[:limit], rest


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
