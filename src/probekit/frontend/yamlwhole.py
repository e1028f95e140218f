"""What a text is as a whole that is no YAML: two versions merged, a directive, nothing at all.

Imported on the way to an error only.
"""

from __future__ import annotations

import re

from probekit.diagnostics import Diagnostic, Edit, Label
from probekit.frontend.yamllines import slip_of_line
from probekit.frontend.yamlquote import syntax_error
from probekit.source import Source, Span

# What git writes around the two sides.
_MARK = re.compile(r"^(<{7}|>{7})(?: .*)?\r?$", re.MULTILINE)
_NOTHING = re.compile(r"(?:[ \t]*(?:#.*)?|---|\.\.\.)\r?\n?")
_DIRECTIVE = re.compile(r"^%.*$", re.MULTILINE)


def conflict(source: Source) -> Diagnostic | None:
    """Marks of a merge that is not done."""
    found = _MARK.search(source.text)
    if found is None:
        return None
    number = source.text.count("\n", 0, found.start()) + 1
    span = Span(number, 1, number, len(source.line(number)) + 1)
    help = "keep one of the two sides, and remove the lines with the marks"
    return syntax_error(source, span, "a mark of a merge conflict", help)


def nothing(source: Source) -> Diagnostic | None:
    """Marks of documents, and nothing in them."""
    if not all(_NOTHING.fullmatch(line) for line in source.text.splitlines()):
        return None
    help = "start with `probekit: 1`, `name:` and `programs:`"
    label = Label(source, Span.point(1, 1))
    return Diagnostic("empty-spec", "the file is empty", label, help=help)


def directive(source: Source) -> Diagnostic | None:
    """A line `%...` that the parser stumbled over."""
    found = _DIRECTIVE.search(source.text)
    if found is None:
        return None
    number = source.text.count("\n", 0, found.start()) + 1
    span = Span(number, 1, number, len(source.line(number).rstrip()) + 1)
    edit = Edit(Span(number, 1, number + 1, 1), "")
    edits = (edit,) if source.text.count("\n") >= number else ()
    message, help = "directives are not used here", "remove the lines that begin with `%`"
    return syntax_error(source, span, message, help, *edits, code="yaml-directive")


def first_line(source: Source) -> Diagnostic | None:
    """A slip in the first line with something on it, of which the parser made all the document."""
    for number, line in enumerate(source.text.split("\n"), 1):
        if not re.match(r"\s*(?:#|$)|---", line):
            return slip_of_line(source, number)
    return None
