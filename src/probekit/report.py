"""Diagnostics as text: the excerpt of the source, the place underlined, and the way out."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Iterable, Iterator
from typing import IO

from probekit.diagnostics import Diagnostic, Label, Origin, Severity
from probekit.source import Source, Span

_COLOURS = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "frame": "\x1b[1;34m",
    "bold": "\x1b[1m",
    "off": "\x1b[0m",
}
_ISSUES = "this is a mistake in probekit: please report it, with the spec and this output"


def wants_colour(stream: IO[str]) -> bool:
    """Whether `stream` is a terminal that is not told to do without (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def render_text(diagnostics: Iterable[Diagnostic], *, colour: bool, verbose: bool = False) -> str:
    """All of them, a blank line after each."""
    paint = _Paint(colour)
    return "".join("\n".join(_lines(d, paint, verbose)) + "\n\n" for d in diagnostics)


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """One JSON object a line, the same content."""
    return "".join(json.dumps(_as_data(d), ensure_ascii=False) + "\n" for d in diagnostics)


class _Paint:
    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, style: str, text: str) -> str:
        return f"{_COLOURS[style]}{text}{_COLOURS['off']}" if self.colour else text


def _lines(diagnostic: Diagnostic, paint: _Paint, verbose: bool) -> Iterator[str]:
    kind = diagnostic.severity.value
    head = paint(kind, f"{kind}[{diagnostic.code}]")
    yield head + paint("bold", f": {visible(diagnostic.message)}")
    labels = ([diagnostic.label] if diagnostic.label else []) + list(diagnostic.related)
    margin = len(str(max((label.span.line for label in labels), default=0)))
    for index, label in enumerate(labels):
        yield from _excerpt(label, margin, paint, index == 0, kind)
    help = diagnostic.help
    if diagnostic.origin is Origin.BUG:
        help = f"{help}; {_ISSUES}" if help else _ISSUES
    if help:
        yield f"{' ' * margin} {paint('frame', '=')} help: {visible(help)}"
    if diagnostic.details:
        yield from _details(diagnostic, margin, paint, verbose)


def _details(diagnostic: Diagnostic, margin: int, paint: _Paint, verbose: bool) -> Iterator[str]:
    if not verbose and diagnostic.origin is not Origin.BUG:
        yield f"{' ' * margin} {paint('frame', '=')} note: `-v` shows the whole log"
        return
    for line in diagnostic.details.splitlines():
        yield f"{' ' * margin} {paint('frame', '|')} {visible(line)}"


def _excerpt(label: Label, margin: int, paint: _Paint, is_first: bool, kind: str) -> Iterator[str]:
    gutter = " " * margin
    bar = paint("frame", "|")
    if is_first:
        place = f"{visible(label.source.name)}:{label.span.line}:{label.span.column}"
        yield f"{gutter}{paint('frame', '-->')} {place}"
    yield f"{gutter} {bar}"
    line = label.source.line(label.span.line)
    number = paint("frame", f"{label.span.line:>{margin}}")
    yield f"{number} {bar} {visible(line)}".rstrip()
    before, width = _columns(line, label.span)
    mark = ("^" if is_first else "-") * width
    style = kind if is_first else "frame"
    text = f" {visible(label.text)}" if label.text else ""
    yield f"{gutter} {bar} {' ' * before}{paint(style, mark + text)}"


def _columns(line: str, span: Span) -> tuple[int, int]:
    """How many terminal columns stand before the span, and how many it takes on its line."""
    end = span.end_column if span.end_line == span.line else len(line) + 1
    before, inside = line[: span.column - 1], line[span.column - 1 : max(end - 1, span.column)]
    return display_width(visible(before)), max(1, display_width(visible(inside)))


def display_width(text: str) -> int:
    """Columns of a terminal: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(ch) else 2 if unicodedata.east_asian_width(ch) in "WF" else 1
        for ch in text
    )


def visible(text: str) -> str:
    """A line that a terminal shows as it is: tabs are one space, control characters escaped."""
    if text.isprintable():
        return text
    return "".join(
        ch if ch.isprintable() else " " if ch == "\t" else f"\\x{ord(ch):02x}" for ch in text
    )


def _as_data(diagnostic: Diagnostic) -> dict[str, object]:
    data: dict[str, object] = {
        "severity": diagnostic.severity.value,
        "code": diagnostic.code,
        "message": diagnostic.message,
    }
    if diagnostic.label:
        data |= _place(diagnostic.label.source, diagnostic.label.span)
    if diagnostic.related:
        data["related"] = [
            {**_place(label.source, label.span), "message": label.text}
            for label in diagnostic.related
        ]
    if diagnostic.help:
        data["help"] = diagnostic.help
    if diagnostic.details:
        data["details"] = diagnostic.details
    return data


def _place(source: Source, span: Span) -> dict[str, object]:
    return {
        "file": source.name,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def is_error(diagnostic: Diagnostic) -> bool:
    """Whether it stops the work."""
    return diagnostic.severity is Severity.ERROR
