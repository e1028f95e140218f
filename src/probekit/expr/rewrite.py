"""Mistakes that are mended by writing a whole piece of the expression another way.

`found` is a match in the text without what stands in quotes; the piece reaches over brackets.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from probekit.expr.builtins import CASTS
from probekit.expr.syntax import Mend, Place
from probekit.foreign_types import OTHER_TYPES

Advice: TypeAlias = tuple[str, tuple[Mend, ...]]

_BRACKET = r"(?P<open>[(\[{])|(?P<close>[)\]}])"
# What ends the value that a `between` is asked of.
_ENDS = r"&&|\|\||[,?:;]|\b(?i:and|or|not|if|else)\b"


def _start(text: str, at: int, ends: str) -> int:
    """Where the piece around `at` begins: after a bracket that is open there, or one of `ends`."""
    starts = [0]
    for found in re.finditer(f"{_BRACKET}|{ends}", text[:at]):
        if found["open"]:
            starts.append(found.end())
        elif not found["close"]:
            starts[-1] = found.end()
        elif len(starts) > 1:
            starts.pop()
    return starts[-1]


def _end(text: str, at: int, ends: str) -> int:
    depth = 0
    for found in re.finditer(f"{_BRACKET}|{ends}", text[at:]):
        if depth == 0 and not found["open"]:
            return at + found.start()
        depth += bool(found["open"]) - bool(found["close"])
    return len(text)


def _written(text: str, start: int, end: int, written: str) -> Advice:
    """`written` in place of what stands there, without the spaces around it."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    place = Place(start, start + len(piece.strip()))
    return f"write `{written}`", ((place, written),)


def between(found: re.Match[str], text: str) -> Advice:
    """`X between A and B`; X is all of a sum, and not what is compared or decided there."""
    low, high = found["low"], found["high"]
    start = _start(found.string, found.start("at"), _ENDS)
    value = text[start : found.start("at")].strip()
    if not value or re.search(r"[<>=!]", value):
        return "write `A <= X <= B`", ()
    negated = "not " if found["not"] else ""
    return _written(text, start, found.end(), f"{negated}{low} <= {value} <= {high}")


def conditional(found: re.Match[str], text: str) -> Advice:
    """C's `condition ? then : otherwise`, which reaches as far as brackets and commas let it."""
    start, end = (find(found.string, found.start(), ",") for find in (_start, _end))
    parts = re.fullmatch(r"([^?:]+)\?([^?:]+):([^?:]+)", found.string[start:end])
    if parts is None or not all(map(_is_whole, parts.groups())):
        return "write `A if CONDITION else B`", ()
    condition, then, otherwise = (
        text[start:end][slice(*parts.span(number))].strip() for number in (1, 2, 3)
    )
    return _written(text, start, end, f"{then} if {condition} else {otherwise}")


def _is_whole(part: str) -> bool:
    """Whether all brackets of it are closed, and no other conditional begins or ends there."""
    is_balanced = all(part.count(a) == part.count(b) for a, b in ("()", "[]", "{}"))
    return is_balanced and not re.search(r"\b(?:if|else)\b", part)


def negation(found: re.Match[str], text: str) -> Advice:
    """`!` binds closer than `not`: behind an operator it needs brackets, before one it is left."""
    before, after, value = text[: found.start()], text[found.end() :], found["value"]
    if value and re.search(r"[-+*/%^<>=~]\s*$|(?<!&)&\s*$|(?<!\|)\|\s*$", before):
        return _written(text, *found.span(), f"(not {value})")
    if not value or not re.match(r"\s*(?:$|\)|&&|\|\||and\b|or\b)", after):
        return "write `not`", ()
    left = " " if re.search(r"[^\s(]$", before) else ""
    at = Place(found.start(), found.start("value"))
    return "write `not`", ((at, f"{left}not "),)


CAST_NAMES = "|".join(
    map(re.escape, [*CASTS, *(other for other, name in OTHER_TYPES.items() if name in CASTS)])
)


def cast(found: re.Match[str], text: str) -> Advice:
    """C's `(u32)x`."""
    name = OTHER_TYPES.get(found["type"], found["type"])
    return _written(text, *found.span(), f"{name}({found['value']})")
