"""A character too many behind a value of one word: `max_entries: 1,`, `name: close;`.

Imported on the way to an error only.
"""

from __future__ import annotations

import re

from probekit.diagnostics import Diagnostic, Edit, Label
from probekit.frontend.yamlnodes import Mapping, Node, Scalar, Sequence
from probekit.source import Source, Span

_ENDS = re.compile(r"[\w.-]+([,;:\"'})\]])", re.ASCII)
# Where words stand that are keys of the format; other mappings have the users' own names.
_TOP = ("probekit", "name")
_SECTIONS = {"maps": ("max_entries",), "programs": ("name",), "schedules": ("name", "top", "times")}
_STEP = ("as", "mode")
_BLOCKS = ("do", "then", "else")


def stray_ends(source: Source, root: Mapping) -> tuple[tuple[Diagnostic, ...], Mapping]:
    """What is said of each, and the spec without them."""
    faults: list[Diagnostic] = []

    def part(node: Node, words: tuple[str, ...]) -> Node:
        if not isinstance(node, Mapping):
            return node
        pairs = (
            (key, block(value) if key.text in _BLOCKS else _cut(source, value, faults))
            if key.text in (*words, *_BLOCKS)
            else (key, value)
            for key, value in node
        )
        return Mapping(node.span, tuple(pairs))

    def block(node: Node) -> Node:
        return parts(node, _STEP) if isinstance(node, Sequence) else node

    def parts(node: Node, words: tuple[str, ...]) -> Node:
        if isinstance(node, Sequence):
            return Sequence(node.span, tuple(part(item, words) for item in node))
        if isinstance(node, Mapping):
            return Mapping(node.span, tuple((key, part(item, words)) for key, item in node))
        return node

    top = part(root, _TOP)
    assert isinstance(top, Mapping)
    pairs = ((key, parts(value, _SECTIONS.get(key.text, ()))) for key, value in top)
    made = Mapping(root.span, tuple(pairs))
    return tuple(faults), made if faults else root


def _cut(source: Source, value: Node, faults: list[Diagnostic]) -> Node:
    """The value without the character too many; adds what is said of it."""
    found = _ENDS.fullmatch(value.text) if isinstance(value, Scalar) and value.plain else None
    if found is None or not isinstance(value, Scalar) or value.raw != value.text:
        return value
    faults.append(_too_many(source, value.span, found[1]))
    return Scalar(value.span, value.text[:-1], True, value.raw[:-1])


def _too_many(source: Source, span: Span, character: str) -> Diagnostic:
    place = Span.point(span.line, span.end_column - 1)
    label = Label(source, place)
    message = f"one `{character}` too many"
    return Diagnostic("bad-value", message, label, help="remove it", edits=(Edit(place, ""),))
