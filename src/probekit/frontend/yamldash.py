"""Items of lists that lack their `-`.

Imported on the way to an error only.
"""

from __future__ import annotations

import re

from probekit.diagnostics import Diagnostic, Edit
from probekit.frontend.schemachoice import ACTIONS, KINDS, LATER_KINDS, LATER_VERBS, TIMES, VERBS
from probekit.frontend.yamlnodes import Scalar
from probekit.frontend.yamlquote import syntax_error
from probekit.source import Source, Span

_STEPS = VERBS + LATER_VERBS
# The key of a list → what an item of it begins with.
_STARTS = {
    "programs": KINDS + LATER_KINDS,
    "schedules": TIMES + ACTIONS,
    **dict.fromkeys(("do", "then", "else"), _STEPS),
}
_LIST_KEY = re.compile(rf" *(?:- +)*({'|'.join(_STARTS)}) *:\s*(?:#.*)?$")
_KEY = re.compile(r" *([A-Za-z_]\w*) *:(?: |$)")


def first_without_dash(source: Source, number: int) -> Diagnostic | None:
    """The first item of the list that line `number` belongs to, where that has no `-`."""
    here = source.line(number)
    indentation = _indentation(here)
    at = _list_above(source, number, indentation)
    first = _below(source, at) if at else number
    found = _KEY.match(source.line(first))
    list_key = _LIST_KEY.match(source.line(at))
    if first >= number or not found or not list_key or found[1] not in _STARTS[list_key[1]]:
        return None
    column = found.start(1)
    edits: tuple[Edit, ...] = ()
    if here.startswith("- ", indentation) and column == indentation + 2:
        edits = (Edit(Span(first, indentation + 1, first, column + 1), "- "),)
    elif column == indentation - 2 and _below(source, first) == number:
        edits = (Edit(Span(first, column + 1, first, column + 1), "- "),)
    return missing(source, Span(first, column + 1, first, found.end(1) + 1), *edits)


def _list_above(source: Source, number: int, indentation: int) -> int:
    """The nearest line above, at `indentation` or left of it, that a list stands under; or 0."""
    for at in range(number - 1, 0, -1):
        line = source.line(at)
        if _LIST_KEY.match(line) and len(line) - len(line.lstrip(" -")) <= indentation:
            return at
        if line.strip() and line[0] not in " #-":
            return 0
    return 0


def _below(source: Source, number: int) -> int:
    """The next line with something on it that is no comment; past the end where there is none."""
    last = source.text.count("\n") + 1
    number += 1
    while number <= last and re.match(r"\s*(?:#|$)", source.line(number)):
        number += 1
    return number


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def item_begins(source: Source, key: Scalar, first: Scalar) -> Diagnostic:
    """`key`, in the item that begins with `first`, begins another one."""
    line, column = source.line(first.span.line), first.span.column - 1
    dash = line.rfind("-", 0, column)
    before = source.line(key.span.line)[: key.span.column - 1]
    is_so = dash >= 0 and len(before) == column and not before.strip()
    place = Span(key.span.line, dash + 1, key.span.line, column + 1)
    edits = (Edit(place, line[dash:column]),) if is_so else ()
    return missing(source, key.span, *edits)


def missing(source: Source, place: Span, *edits: Edit) -> Diagnostic:
    """`place` is that of the key that an item begins with."""
    word = source.line(place.line)[place.column - 1 : place.end_column - 1]
    help = f"an item of a list begins with `-`: `- {word}`"
    return syntax_error(source, place, "the `-` of an item is missing", help, *edits)
