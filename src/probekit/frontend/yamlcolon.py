"""Single lines with a `:` in the wrong place, and pairs that lack their braces.

Imported on the way to an error only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from probekit.diagnostics import Diagnostic, Edit
from probekit.frontend.yamlquote import syntax_error
from probekit.source import Source, Span

_BEHIND_SPACE = re.compile(r" *(?:- +)*([A-Za-z_][\w.-]*)( +:)(?=[^\s:=])")
_DASHES = re.compile(r" *(--) *(?=[A-Za-z_]\w*:(?: |$))")
_PART = r"[\w\"']+: +(?:[^\s,:{}\[\]#][^,:{}\[\]#]*|\{[^{}]*\})"
_NO_BRACES = re.compile(
    rf" *(?:- +)*([A-Za-z_][\w.-]*): +({_PART}(?:, *{_PART})*) *(?:\s#.*)?$", re.ASCII
)
# The keys that may have one pair.
_OF_PAIRS = ("key", "value", "entries")
_TEXTS = ("print", "printk", "description")
_STRUCT = re.compile(r" *(?:- +)*(?:key|value): +(struct(?: +\w+)? +)(?=\{)")


def _place(number: int, start: int, end: int) -> Span:
    """A part of a line, by offsets in it."""
    return Span(number, start + 1, number, end + 1)


def _behind_space(source: Source, number: int, line: str) -> Diagnostic | None:
    """`as :found`"""
    found = _BEHIND_SPACE.match(line)
    if found is None:
        return None
    return colon_behind_space(source, _place(number, found.start(1), found.end()), line)


def colon_behind_space(source: Source, place: Span, line: str) -> Diagnostic:
    """`max_entries :64`: `place` is from the key up to its `:`."""
    key = line[place.column - 1 : place.end_column - 1].rstrip(": ")
    value = re.match(r"[\w./'\"-]+(?= *(?:[,}]|$))", line[place.end_column - 1 :])
    help = (
        f"write `{key}: {value.group()}`" if value else f"write `{key}:`, and the space behind it"
    )
    gap = Span(place.line, place.column + len(key), place.line, place.end_column)
    message = f"the space stands before the `:` of `{key}`, and not behind it"
    return syntax_error(source, place, message, help, Edit(gap, ": "))


def _dashes(source: Source, number: int, line: str) -> Diagnostic | None:
    """`-- tracepoint: a/b`"""
    found = _DASHES.match(line)
    if found is None:
        return None
    edit = Edit(_place(number, found.start(1), found.end()), "- ")
    message = f"`{found[1]}` begins no item of a list"
    return syntax_error(source, _place(number, *found.span(1)), message, "write `- `", edit)


def _struct(source: Source, number: int, line: str) -> Diagnostic | None:
    """`key: struct {uid: u32}`"""
    found = _STRUCT.match(line)
    if found is None:
        return None
    place = _place(number, *found.span(1))
    message = f"no `{found[1].strip()}` stands before the fields of a struct"
    return syntax_error(source, place, message, "remove it", Edit(place, ""))


def _no_braces(source: Source, number: int, line: str) -> Diagnostic | None:
    """`calls: type: hash, key: u32, value: u64`"""
    found = _NO_BRACES.match(line)
    if found is None or found[1] in _TEXTS:
        return None
    if found[1] not in _OF_PAIRS and not re.search(r", *[\w\"']+: ", found[2]):
        return None
    pairs = found[2].rstrip()
    place = _place(number, found.start(2), found.start(2) + len(pairs))
    message = f"the pairs of `{found[1]}` have no braces around them"
    text = f"{{{pairs}}}"
    help = f"write `{found[1]}: {text}`"
    return syntax_error(source, place, message, help, Edit(place, text))


_Look: TypeAlias = Callable[[Source, int, str], Diagnostic | None]
LOOKS: tuple[_Look, ...] = (_behind_space, _dashes, _struct, _no_braces)
