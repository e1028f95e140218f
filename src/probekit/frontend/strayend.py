"""A character too many behind a value of one word: `max_entries: 1,`, `name: close;`.

Imported on the way to an error only.
"""

from __future__ import annotations

import re

from probekit.diagnostics import Diagnostic, Edit, Label
from probekit.frontend.yamlnodes import Mapping, Node, Scalar, Sequence
from probekit.source import Source, Span

_WORDS = frozenset("probekit name max_entries top times as mode".split())
_ENDS = re.compile(r"[\w.-]+([,;:\"'})\]])", re.ASCII)


def stray_ends(source: Source, root: Node) -> tuple[tuple[Diagnostic, ...], Node]:
    """What is said of each, and the spec without them."""
    faults: list[Diagnostic] = []

    def whole(node: Node) -> Node:
        if isinstance(node, Sequence):
            return Sequence(node.span, tuple(whole(item) for item in node))
        if not isinstance(node, Mapping):
            return node
        return Mapping(node.span, tuple((key, value_of(key, value)) for key, value in node))

    def value_of(key: Scalar, value: Node) -> Node:
        if not isinstance(value, Scalar) or not value.plain or key.text not in _WORDS:
            return whole(value)
        found = _ENDS.fullmatch(value.text)
        if found is None or value.raw != value.text:
            return value
        faults.append(_too_many(source, value.span, found[1]))
        return Scalar(value.span, value.text[:-1], True, value.raw[:-1])

    made = whole(root)
    return tuple(faults), made if faults else root


def _too_many(source: Source, span: Span, character: str) -> Diagnostic:
    place = Span.point(span.line, span.end_column - 1)
    label = Label(source, place)
    message = f"one `{character}` too many"
    return Diagnostic("bad-value", message, label, help="remove it", edits=(Edit(place, ""),))
