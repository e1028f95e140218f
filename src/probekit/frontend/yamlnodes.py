"""YAML's nodes, which know where they stand: mappings, lists and scalars."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Map
from typing import Any, TypeAlias

from probekit.frontend.yamlplaces import Spot, spots
from probekit.record import Record
from probekit.source import Span

MAX_BYTES = 1 << 20

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    re.ASCII,
)
_NULLS = ("", "~", "null", "Null", "NULL")
_MAX_DIGITS = 100


class Scalar(Record):
    """Text, with YAML's quoting and escapes undone; `plain` where it had no quotes.

    `raw` is how it stands in the file, from the span's start on, quotes and all.
    """

    span: Span
    text: str
    plain: bool
    raw: str

    @property
    def inside(self) -> Span:
        """Where its text stands: without quotes, a block's mark, and spaces around it."""
        before = len(self.text) - len(self.text.lstrip())
        return self.part(before, len(self.text.rstrip())) if self.text.strip() else self.span

    def part(self, start: int, end: int) -> Span:
        """The span of `text[start:end]`; of the whole scalar where its places are not known."""
        found = spots(self.raw, self.text)
        if not found:
            return self.span
        first = found[min(start, len(found) - 1)]
        last = found[min(max(end - 1, start), len(found) - 1)]
        return Span(*self._place(first), *self._place(last, last.width))

    def _place(self, spot: Spot, width: int = 0) -> tuple[int, int]:
        """Line and column in the file; only the first line begins where the scalar does."""
        before = self.span.column - 1 if spot.line == 0 else 0
        return self.span.line + spot.line, before + spot.column + 1 + width


class Mapping(Record):
    """Keys and values in the order they were written; keys are unique."""

    span: Span
    items: tuple[tuple[Scalar, Node], ...]

    def get(self, key: str) -> Node | None:
        """The value of `key`, None where it is absent."""
        return next((value for name, value in self.items if name.text == key), None)

    def key(self, key: str) -> Scalar | None:
        """The key node itself, for its place."""
        return next((name for name, _ in self.items if name.text == key), None)

    def __iter__(self) -> Iterator[tuple[Scalar, Node]]:
        return iter(self.items)


class Sequence(Record):
    """A list of nodes."""

    span: Span
    items: tuple[Node, ...]

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


Node: TypeAlias = Scalar | Mapping | Sequence
# The keys and indices that lead to a node from the root.
Path: TypeAlias = tuple[str | int, ...]


def start_of(node: Node) -> Span:
    """Where a node begins, for pointing at all of it."""
    if isinstance(node, Mapping) and node.items:
        return node.items[0][0].span
    if node.span.line == node.span.end_line:
        return node.span
    return Span.point(node.span.line, node.span.column)


def scalar_value(scalar: Scalar) -> bool | int | float | str | None:
    """What a scalar is by YAML 1.2's core schema, as editors show it.

    Quoted text is text. Only `true` and `false` are booleans, and `010` is ten.
    """
    text = scalar.text
    if not scalar.plain:
        return text
    if text in _NULLS:
        return None
    if text in ("true", "false"):
        return text == "true"
    if len(text) <= _MAX_DIGITS and _INTEGER.fullmatch(text):
        return integer(text)
    if len(text) <= _MAX_DIGITS and _FLOAT.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def integer(text: str) -> int:
    """A YAML 1.2 integer's value: decimal also with leading zeros, `0x` and `0o`."""
    for prefix, base in (("0x", 16), ("0o", 8)):
        if text.startswith(prefix):
            return int(text[2:], base)
    return int(text, 10)


def plain_data(node: Node) -> Any:
    """The node as dicts, lists and scalars, as the schema validator wants them."""
    if isinstance(node, Scalar):
        return scalar_value(node)
    if isinstance(node, Sequence):
        return [plain_data(item) for item in node]
    return {key.text: plain_data(value) for key, value in node}


def renamed(node: Node, names: Map[Span, str]) -> Node:
    """The same node with other keys, by the places of the keys."""
    if isinstance(node, Scalar):
        return node
    if isinstance(node, Sequence):
        return Sequence(node.span, tuple(renamed(item, names) for item in node))
    items = (
        (Scalar(key.span, names.get(key.span, key.text), key.plain, key.raw), renamed(value, names))
        for key, value in node
    )
    return Mapping(node.span, tuple(items))
