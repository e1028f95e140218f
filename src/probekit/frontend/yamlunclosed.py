"""Quotes that are never closed, or closed by the first one of a later line.

Imported on the way to an error only.
"""

from __future__ import annotations

import re

from probekit.diagnostics import Diagnostic, Edit
from probekit.frontend.yamllines import slip_of_line
from probekit.frontend.yamlquote import syntax_error
from probekit.source import Source, Span

_MESSAGE, _HELP = "a quote is not closed", "close it with the same quote"
_KEY_LINE = re.compile(r"\s*(?:- +)*[\w.-]+ *:(?: |$)|\s*- ")


def runaway(source: Source, span: Span, quoted: Span | None) -> Diagnostic | None:
    """Text in quotes that goes on over lines with keys, up to the quote before `span`.

    `quoted` is the last text in quotes before the fault, if it has more than one line.
    """
    if quoted is None or quoted.end_line > span.line or not _has_keys(source, quoted):
        return None
    begun = Span.point(quoted.line, quoted.column)
    return slip_of_line(source, quoted.line) or unclosed(source, begun)


def _has_keys(source: Source, quoted: Span) -> bool:
    lines = range(quoted.line + 1, quoted.end_line + 1)
    return any(_KEY_LINE.match(source.line(number)) for number in lines)


def unclosed(source: Source, span: Span, *, is_flow: bool = False) -> Diagnostic:
    """A quote at `span`; closed at its line's end where the text can only end there."""
    text = source.line(span.line)[span.column - 1 :].rstrip()
    quote, is_unclear = text[:1], is_flow or "\\" in text or " #" in text
    if quote and text[-1] in "'\"" and text[-1] != quote:
        help = f"the text begins with `{quote}` and ends with `{text[-1]}`: use one of them"
        return syntax_error(source, span, _MESSAGE, help)
    before = source.line(span.line)[: span.column - 1]
    begun = re.match(r"[\"']([\w.-]+):(?: [^\"']*)?$", text)
    if begun and not before.strip(" -"):  # a key
        key = f"{quote}{begun[1]}{quote}:"
        place = Span(span.line, span.column, span.line, span.column + begun.end(1) + 1)
        return syntax_error(source, span, _MESSAGE, f"{_HELP}: `{key}`", Edit(place, key))
    if not quote or text.count(quote) != 1 or is_unclear:
        return syntax_error(source, span, _MESSAGE, _HELP)
    place = Span(span.line, span.column, span.line, span.column + len(text))
    edit = Edit(place, text + quote)
    return syntax_error(source, span, _MESSAGE, f"{_HELP}: `{edit.text}`", edit)
