"""Expressions that YAML cannot take as they stand, and that are none in quotes either.

Imported on the way to an error only.
"""

from __future__ import annotations

import re

from probekit.diagnostics import Diagnostic, Edit, Label
from probekit.expr.parse import ExpressionError, parse
from probekit.frontend.yamlquote import LONGEST, as_scalar
from probekit.source import Source, Span

# Keys whose values are no expressions.
_OTHERS = frozenset(
    "print printk description name type tracepoint default lookup update delete count as mode show"
    " clear every after at delay".split()
)
_COMMENTED = re.compile(r" *(?:- +)*[\w.-]+: +[^\s#\"'\[\]{}|>][^#\"'\[\]{}]* (#.*)")
_IS_PAIR = re.compile(r" *(?:- |[\w.\"'-]+ *:(?: |$)|#)")
_KEY = re.compile(r"([\w.-]+)[\"']? *: *$")
_COMPARED = re.compile(r"[<>]=? *(?=[^\s<>=])|[!=]= *(?=\S)")


def no_expression(source: Source, quoted: Diagnostic) -> Diagnostic | None:
    """What is wrong with the expression that `quoted` would put in quotes; None for nothing."""
    place = quoted.edits[0].span if quoted.edits else None
    line = source.line(place.line) if place else ""
    key = _KEY.search(line[: place.column - 1]) if place else None
    if place is None or key is None or key[1] in _OTHERS:
        return None
    text = line[place.column - 1 : place.end_column - 1]
    compared = _COMPARED.match(text) if key[1] in ("if", "when") else None
    if compared:
        sign = compared.group().rstrip()
        message, help = f"what is compared is missing before `{sign}`", f"as in `pid {sign} 5`"
        label = Label(source, Span(place.line, place.column, place.line, place.column + len(sign)))
        return Diagnostic("bad-expression", message, label, help=f"write it, {help}")
    try:
        parse(text)
    except ExpressionError as error:
        return _as_the_check(source, place, text, error)
    return None


def comment_inside(source: Source, number: int) -> Diagnostic | None:
    """`when: pid > 0 # big and`, which goes on in line `number`."""
    line, above = source.line(number), source.line(number - 1)
    found = _COMMENTED.match(above) if len(above) <= LONGEST else None
    is_deeper = len(line) - len(line.lstrip(" ")) > len(above) - len(above.lstrip(" "))
    if found is None or not is_deeper or _IS_PAIR.match(line) or not line.strip():
        return None
    place = Span(number - 1, found.start(1) + 1, number - 1, len(above.rstrip()) + 1)
    message = f"this comment ends the value, and line {number} was to go on with it"
    help = "write the comment on a line of its own, above"
    return Diagnostic("cut-by-comment", message, Label(source, place), help=help)


def _as_the_check(source: Source, place: Span, text: str, error: ExpressionError) -> Diagnostic:
    """The error, at its place; what all of its mends make of the text is one edit."""
    start = place.column + error.place.start
    span = Span(place.line, start, place.line, place.column + error.place.end)
    edits: tuple[Edit, ...] = ()
    if error.mends and not error.others:
        made = text
        for part, new in sorted(error.mends, key=lambda mend: mend[0].start, reverse=True):
            made = made[: part.start] + new + made[part.end :]
        edits = (Edit(place, as_scalar(made)),)
    return Diagnostic(error.code, error.message, Label(source, span), help=error.help, edits=edits)
