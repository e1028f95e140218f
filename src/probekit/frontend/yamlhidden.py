"""Characters that nobody sees, which make a file read otherwise than it works."""

from __future__ import annotations

import re

from probekit.diagnostics import Diagnostic, Edit, Label
from probekit.source import Source, Span

# Spaces that YAML takes for letters: of no fixed width, not to be broken, ideographic.
SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
# Quotes as word processors make them, which open or close nothing here.
QUOTES = "\u201c\u201d\u201e\u00ab\u2018\u2019\u2039"

# Control and bidirectional characters, characters without a width, and line ends that only
# YAML takes for such.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
    "|\r(?!\n)"
)
_MOST_LINES = 10_000  # that are worth an edit each


def hidden_character(source: Source) -> Diagnostic | None:
    """The first character that nobody sees, None where there is none."""
    found = _HIDDEN.search(source.text)
    if found is None:
        return None
    before = source.text[: found.start()]
    column = found.start() - before.rfind("\n")
    if found.group() == "\r" and "\n" not in source.text:
        return _other_line_ends(source, found.start() + 1)
    code = ord(found.group())
    escape = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    span = Span.point(before.count("\n") + 1, column)
    return Diagnostic(
        "hidden-character",
        f"the invisible character U+{code:04X}",
        Label(source, span),
        help=f'remove it, or write it as an escape in double quotes: "{escape}"',
        edits=(Edit(span, ""),) if _is_empty(found.group()) else (),
    )


def _other_line_ends(source: Source, column: int) -> Diagnostic:
    """A file of one line, whose lines end with a carriage return alone."""
    text = source.text
    at = [number for number, character in enumerate(text, 1) if character == "\r"]
    message = "the lines end with U+000D alone, and so are one"
    help = "write U+000A in place of each, as `tr '\\r' '\\n'` does"
    edits = tuple(Edit(Span.point(1, number), "\n") for number in at if len(at) < _MOST_LINES)
    label = Label(source, Span.point(1, column))
    return Diagnostic("hidden-character", message, label, help=help, edits=edits)


def _is_empty(character: str) -> bool:
    """Whether a text is the same without it: it has no width, and does nothing."""
    return character in "\u00ad\u200b\u2060\ufeff"
