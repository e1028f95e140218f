"""What is wrong with text that is no YAML, in our own words."""

from __future__ import annotations

import re
from typing import Any

import yaml

from probekit.diagnostics import Diagnostic, Label
from probekit.source import Source, Span

# libyaml's and PyYAML's words for what people really get wrong → cause and fix in ours.
_ADVICE = (
    (
        "mapping values are not allowed",
        "a `:` stands where no key can be",
        "put text that holds `: ` in quotes, and check the indentation",
    ),
    (
        "did not find expected key",
        "this line does not fit the lines above it",
        "line its key up with the other keys of the same mapping",
    ),
    (
        "did not find expected '-' indicator",
        "this line does not fit the list above it",
        "line its `-` up with the other items, or indent it under the item above",
    ),
    (
        "expected ',' or",
        "a `{` or `[` is not closed, or a comma is missing",
        "put an expression that holds a comma or brackets in quotes",
    ),
    ("found unexpected end of stream", "a quote is not closed", "close it with the same quote"),
    (
        "found unexpected document indicator",
        "a quote is not closed before `---`",
        "close it with the same quote",
    ),
    (
        "invalid Unicode character escape",
        "an escape that is half of a character, or none",
        "remove it",
    ),
    (
        "escape",
        "an unknown `\\` escape in double quotes",
        "use single quotes, in which a `\\` is just a `\\`",
    ),
    ("undefined tag handle", "tags are not used here", "write the value itself"),
    ("directive", "directives (`%`) are not used here", "remove the line"),
    (
        "did not find expected <document start>",
        "this is not part of the document above it",
        "a spec is one mapping: check the indentation, and remove `%` lines",
    ),
)


def syntax_fault(source: Source, error: yaml.YAMLError) -> Diagnostic:
    """The diagnostic for what PyYAML raised."""
    problem = str(getattr(error, "problem", None) or "")
    span = _place(source, error)
    tab = _tab(source, span.line)
    if tab is not None:
        label = Label(source, tab)
        return Diagnostic(
            "yaml-syntax", "a tab in the indentation", label, help="indent with spaces"
        )
    if "could not find expected ':'" in problem:
        return _no_colon(source, error, span)
    message, help = _special_cause(source, problem, span) or _advice(problem)
    if "expected ',' or" in problem:
        span = _opened(error, span)
    if message == _NO_PAIR:
        span = _line_above(source, span)
    return Diagnostic("yaml-syntax", message, Label(source, span), help=help)


def _advice(problem: str) -> tuple[str, str]:
    for words, message, help in _ADVICE:
        if words in problem:
            return message, help
    return "this is not YAML", "check the quotes, the indentation and the brackets around here"


_NO_PAIR = "this line is no `key: value`, and the next one begins with a key"


def _special_cause(source: Source, problem: str, span: Span) -> tuple[str, str] | None:
    """What only a look at the line tells."""
    line = source.line(span.line)
    before, here = line[: span.column - 1], line[span.column - 1 : span.column]
    if "cannot start any token" in problem:
        return f"a value cannot begin with `{here}`", "put it in quotes"
    if _ENDED.search(problem) and before.strip(" -"):
        help = "put the whole value in quotes; in single quotes a `'` is written `''`"
        return "the value ended before this", help
    if "mapping values are not allowed" in problem and _KEY.fullmatch(before):
        above = _line_above(source, span)
        if _PAIR.search(source.line(above.line)):
            help = f"line it up with the key of line {above.line}, which has its value already"
            return "this line is indented too deep", help
        return _NO_PAIR, "write a `:` and a space after the key"
    return None


def _tab(source: Source, line: int) -> Span | None:
    """The first tab before the text of a line, or of the one above it."""
    for number in (line - 1, line):
        text = source.line(number)
        indentation = text[: len(text) - len(text.lstrip(" \t-"))]
        if "\t" in indentation:
            return Span.point(number, indentation.index("\t") + 1)
    return None


def _no_colon(source: Source, error: yaml.YAMLError, span: Span) -> Diagnostic:
    """A key that was begun, and whose `: ` never came."""
    mark: Any = getattr(error, "context_mark", None)
    number = mark.line + 1 if mark is not None else span.line
    line = source.line(number).rstrip()
    start = len(line) - len(line.lstrip(" "))
    label = Label(source, Span(number, start + 1, number, max(len(line), start + 1) + 1))
    name, colon, value = line.strip().partition(":")
    if colon and value:
        help = f"write a space after it: `{name}: {value}`"
        return Diagnostic("yaml-syntax", "no space after the `:`", label, help=help)
    return Diagnostic("yaml-syntax", "a key without a `:`", label, help="write `key: value`")


_PAIR = re.compile(r":\s+\S")
_ENDED = re.compile("did not find expected (key|'-' indicator)")
_KEY = re.compile(r"\s*[A-Za-z_]+")


def _line_above(source: Source, span: Span) -> Span:
    """What stands on the last line with something on it."""
    number = span.line - 1
    while number > 1 and not source.line(number).strip():
        number -= 1
    line = source.line(number).rstrip()
    start = len(line) - len(line.lstrip(" -"))
    return Span(number, start + 1, number, len(line) + 1)


def _opened(error: yaml.YAMLError, span: Span) -> Span:
    """The bracket, where what is missing was only missed on a later line."""
    mark: Any = getattr(error, "context_mark", None)
    if mark is None or mark.line + 1 == span.line:
        return span
    return Span.point(mark.line + 1, mark.column + 1)


def _place(source: Source, error: yaml.YAMLError) -> Span:
    """Where it was found; an unclosed quote or bracket where it was opened, not at the end."""
    mark: Any = getattr(error, "problem_mark", None)
    opened: Any = getattr(error, "context_mark", None)
    lines = source.text.split("\n")
    at_end = mark is not None and not "".join(lines[mark.line :])[mark.column :].strip()
    if mark is None or (at_end and opened is not None):
        mark = opened
    if mark is None:
        return Span.point(1, 1)
    line = min(mark.line, len(lines) - 1)
    column = mark.column if line == mark.line else len(lines[line].rstrip())
    return Span.point(line + 1, column + 1)


# Control and bidirectional characters, characters without a width, and line ends that only
# YAML takes for such, make a file read otherwise than it works.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
    "|\r(?!\n)"
)


def hidden_character(source: Source) -> Diagnostic | None:
    """The first character that nobody sees, None where there is none."""
    found = _HIDDEN.search(source.text)
    if found is None:
        return None
    before = source.text[: found.start()]
    column = found.start() - before.rfind("\n")
    code = ord(found.group())
    escape = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    return Diagnostic(
        "hidden-character",
        f"the invisible character U+{code:04X}",
        Label(source, Span.point(before.count("\n") + 1, column)),
        help=f'remove it, or write it as an escape in double quotes: "{escape}"',
    )
