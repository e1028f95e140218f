"""The text of `print` and `printk`: `text {expression} {expression:format}`."""

from __future__ import annotations

import re
from typing import TypeAlias

from probekit.expr.parse import ExpressionError, parse
from probekit.expr.syntax import Place, Syntax
from probekit.record import Record

_TOO_WIDE = re.compile(r"[1-9]\d{3}")  # a width or a precision of 1000 or more


class Gap(Record):
    """A `{expression:format}`: its tree (places count from `start`), and its format."""

    syntax: Syntax
    start: int
    format: str
    format_place: Place


Part: TypeAlias = str | Gap


_PIECE = re.compile(r"\{\{|\}\}|\{|\}|[^{}]+")


def parse_template(text: str) -> list[Part]:
    """The parts in order. `{{` and `}}` stand for single braces. Raises ExpressionError."""
    parts: list[Part] = []
    literal, at = "", 0
    while found := _PIECE.match(text, at):
        piece = found.group()
        at = found.end()
        if piece == "}":
            what, help = "a `}` without its `{`", "write `}}` for a brace"
            raise ExpressionError("bad-template", what, Place(at - 1, at), help)
        if piece != "{":
            literal += piece[0] if piece in ("{{", "}}") else piece
            continue
        if literal:
            parts.append(literal)
        gap, at = _gap(text, at - 1)
        parts.append(gap)
        literal = ""
    return [*parts, literal] if literal else parts


def _gap(text: str, brace: int) -> tuple[Gap, int]:
    colon, end = _ends(text, brace)
    stop = colon if colon is not None else end
    inside = text[brace + 1 : stop]
    try:
        syntax = parse(inside)
    except ExpressionError as error:
        raise _shifted(error, brace + 1) from None
    format_start = (colon + 1) if colon is not None else end
    spec = text[format_start:end]
    place = Place(format_start, max(end, format_start + 1))
    if "{" in spec or _TOO_WIDE.search(spec):
        what = "a `{` inside a format" if "{" in spec else "a width or precision above 999"
        raise ExpressionError("bad-format", what, place, "as in Python: `<16`, `08x`, `>6`")
    return Gap(syntax, brace + 1, spec, place), end + 1


def _ends(text: str, brace: int) -> tuple[int | None, int]:
    """Where the expression's `:` is, None without one, and where the closing brace is."""
    depth, quote, colon = 0, "", None
    at = brace + 1
    while at < len(text):
        character = text[at]
        if quote:
            at += character == "\\"
            quote = "" if character == quote else quote
        elif character in "'\"" and colon is None:
            quote = character
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "}":
            return colon, at
        elif character == ":" and depth <= 0 and colon is None:
            colon = at
        at += 1
    raise ExpressionError(
        "bad-template",
        "a `{` is not closed",
        Place(brace, brace + 1),
        "close it, or write `{{` for a brace",
    )


def _shifted(error: ExpressionError, by: int) -> ExpressionError:
    """The same error with its place counted from `by` characters earlier."""
    place = Place(error.place.start + by, error.place.end + by)
    return ExpressionError(error.code, error.message, place, error.help)
