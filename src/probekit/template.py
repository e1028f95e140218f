"""The text of `print` and `printk`: `text {expression} {expression:format}`."""

from __future__ import annotations

from typing import TypeAlias

from probekit.expr.parse import ExpressionError, parse
from probekit.expr.syntax import Place, Syntax, together
from probekit.record import Record


class Gap(Record):
    """A `{expression:format}`: its tree (places count from `start`), and its format."""

    syntax: Syntax
    start: int
    format: str
    format_place: Place


Part: TypeAlias = str | Gap


def parse_template(text: str) -> list[Part]:
    """The parts in order. `{{` and `}}` stand for single braces.

    Raises ExpressionError, one for all that is wrong with it.
    """
    found = pieces(text)
    errors = [piece for piece in found if isinstance(piece, ExpressionError)]
    if errors:
        raise together(errors)
    return [piece for piece in found if not isinstance(piece, ExpressionError)]


def pieces(text: str) -> list[Part | ExpressionError]:
    """The same, with the errors in their places."""
    found: list[Part | ExpressionError] = []
    literal, at = "", 0
    json = _json(text)
    if json is not None:
        return [json]
    while at < len(text):
        end = _literal_end(text, at)
        literal += text[at:end]
        at = end
        if text[at : at + 2] in ("{{", "}}"):
            literal += text[at]
            at += 2
        elif at < len(text):
            found += [literal] if literal else []
            literal = ""
            piece, at = _piece(text, at)
            found.append(piece)
    return [*found, literal] if literal else found


def _piece(text: str, brace: int) -> tuple[Gap | ExpressionError, int]:
    """The gap that begins at `brace`, or what is wrong with it, and where the text goes on."""
    end = len(text)
    try:
        colon, end = _ends(text, brace)
        return _gap(text, brace, colon, end), end + 1
    except ExpressionError as error:
        is_nested = "{" in text[brace + 1 : end]  # then it is not known where the gap ends
        return error, len(text) if is_nested else end + 1


def _json(text: str) -> ExpressionError | None:
    """Braces before a quoted name are those of JSON, and would begin a value here."""
    close = text.replace(" ", "")
    if '{"' in close or "{'" in close:
        from probekit.misprint import json_error  # only on the way to an error

        return json_error(text)
    return None


def _literal_end(text: str, at: int) -> int:
    """Where the next brace is, or the text's end."""
    return min(found if (found := text.find(brace, at)) >= 0 else len(text) for brace in "{}")


def _gap(text: str, brace: int, colon: int | None, end: int) -> Gap:
    """What stands in a `{ }`: its braces and its colon are at these places."""
    stop = colon if colon is not None else end
    inside = text[brace + 1 : stop]
    try:
        syntax = parse(inside)
    except ExpressionError as error:
        from probekit.misprint import gap_error  # only on the way to an error

        raise gap_error(text, inside, Place(brace, end + 1), error.moved(brace + 1)) from None
    format_start = (colon + 1) if colon is not None else end
    spec = text[format_start:end]
    place = Place(format_start, max(end, format_start + 1))
    if "{" in spec or _is_too_wide(spec):
        what = "a `{` inside a format" if "{" in spec else "a width or precision above 999"
        raise ExpressionError("bad-format", what, place, "as in Python: `<16`, `08x`, `>6`")
    return Gap(syntax, brace + 1, spec, place)


def _is_too_wide(spec: str) -> bool:
    """Whether a width or a precision has more than three digits."""
    if len(spec) < 4:
        return False
    numbers = "".join(c if c.isdigit() else " " for c in spec).split()
    return any(len(number.lstrip("0")) > 3 for number in numbers)


def _ends(text: str, brace: int) -> tuple[int | None, int]:
    """Where the expression's `:` is, None without one, and where the closing brace is."""
    from_here = text[brace]
    depth, quote, colon = 0, "", None
    at = brace + 1
    while at < len(text) and from_here == "{":
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
    from probekit.misprint import brace_error  # only on the way to an error

    raise brace_error(text, brace)
