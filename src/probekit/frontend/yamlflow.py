"""YAML's own brackets: a comma that is missing, one that is never closed, an expression in them."""

from __future__ import annotations

import re

from probekit.diagnostics import Diagnostic, Edit
from probekit.frontend.yamlquote import in_quotes, syntax_error
from probekit.source import Source, Span

_NOT_CLOSED = "a `{` or `[` is not closed, or a comma is missing"
_IN_QUOTES = "put an expression that holds a comma or brackets in quotes"
# `hash key` before the `:`, where a comma should stand between the two.
_TWO_WORDS = re.compile(r"(\S+) +([A-Za-z_]\w*)$")
_NEXT_KEY = re.compile(r"\s*(?:\"[^\"]*\"|[A-Za-z_]\w*)\s*:")


def flow_fault(source: Source, span: Span, begun: Span) -> Diagnostic:
    """No comma and no closing bracket at `span`, inside of what `begun` opened."""
    if span.line != begun.line:
        return _over_lines(source, span, begun)
    line = source.line(span.line)
    words = _TWO_WORDS.search(line[: span.column - 1])
    if line[span.column - 1 : span.column] == ":" and words and not words[1].endswith(":"):
        place = Span(span.line, words.start() + 1, span.line, span.column)
        pair = f"{words[1]}, {words[2]}"
        help = f"write one between them: `{pair}`"
        return syntax_error(source, place, "a comma is missing", help, Edit(place, pair))
    found = in_quotes(source, span, _NOT_CLOSED, is_flow=True)
    if found is not None:
        message = "an expression with brackets or `: ` stands here without quotes"
        return syntax_error(source, span, message, found.help, *found.edits, code="unquoted-comma")
    return syntax_error(source, span, _NOT_CLOSED, _IN_QUOTES)


def _over_lines(source: Source, span: Span, begun: Span) -> Diagnostic:
    """A bracket of an earlier line: its next line lacks a comma before it, or it is not closed."""
    line, opening = source.line(span.line), source.line(begun.line)
    is_deeper = len(line) - len(line.lstrip()) > len(opening) - len(opening.lstrip())
    above = source.line(span.line - 1).rstrip()
    if is_deeper and _NEXT_KEY.match(line) and above and above[-1] not in ",{[":
        word = re.split(r"\s", above)[-1]
        place = Span(span.line - 1, len(above) - len(word) + 1, span.line - 1, len(above) + 1)
        help = f"write one at the end of the line: `{word},`"
        return syntax_error(source, place, "a comma is missing", help, Edit(place, f"{word},"))
    return _not_closed(source, begun)


def _not_closed(source: Source, begun: Span) -> Diagnostic:
    line = source.line(begun.line).rstrip()
    bracket = line[begun.column - 1 : begun.column]
    opened = [{"{": "}", "[": "]"}[c] for c in line[begun.column - 1 :] if c in "{["]
    closed = sum(line[begun.column - 1 :].count(c) for c in "}]")
    missing = "".join(reversed(opened[: len(opened) - closed])) if closed < len(opened) else ""
    if len(missing) != 1 or '"' in line or "'" in line or line.endswith(","):
        return syntax_error(source, begun, _NOT_CLOSED, _IN_QUOTES)
    word = re.split(r"\s", line)[-1]
    place = Span(begun.line, len(line) - len(word) + 1, begun.line, len(line) + 1)
    help = f"close it at the end of the line: `{word}{missing}`"
    edit = Edit(place, word + missing)
    return syntax_error(source, begun, f"a `{bracket}` is not closed", help, edit)
