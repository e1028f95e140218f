"""Diagnostics as text: the excerpt of the source, the place underlined, and the way out."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import IO

from probekit.diagnostics import Diagnostic, Label, Origin, Severity
from probekit.show import escaped
from probekit.source import Source, Span

_COLOURS = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "frame": "\x1b[1;34m",
    "bold": "\x1b[1m",
    "off": "\x1b[0m",
}
_LONGEST_LINE = 160  # characters of a line that are shown
MOST = 50  # diagnostics of one file that are shown as text
_KERNELS_NAMED = 8
_LONG_QUOTE = re.compile(r"`([^`]{120,})`")
_ISSUES = "this is a mistake in probekit: please report it, with the spec and this output"


def wants_colour(stream: IO[str]) -> bool:
    """Whether `stream` is a terminal that is not told to do without (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def render_text(
    diagnostics: Iterable[Diagnostic],
    *,
    colour: bool,
    verbose: bool = False,
    width: int | None = None,
) -> str:
    """Those that are read, a blank line after each: MOST of one file, and how many more it has.

    Errors come before warnings where not all are shown; with `verbose` all are. A help longer than
    `width`, the terminal's columns, goes over several lines; for None it does not.
    """
    paint = _Paint(colour)
    found = list(diagnostics)
    shown, more = (found, {}) if verbose else _shown(found)
    text = "".join("\n".join(_lines(d, paint, verbose, width)) + "\n\n" for d in shown)
    rest = (_more(name, number) for name, number in more.items())
    return text + "".join(f"{line}\n\n" for line in rest)


def _shown(found: list[Diagnostic]) -> tuple[list[Diagnostic], dict[str, int]]:
    """The first errors of each file, then its first warnings, in order; and how many more."""
    by_name: dict[str, list[Diagnostic]] = {}
    for one in found:
        by_name.setdefault(one.place[0], []).append(one)
    hidden: set[int] = set()
    for all_of_one in by_name.values():
        first = sorted(all_of_one, key=lambda one: one.severity is not Severity.ERROR)
        hidden |= {id(one) for one in first[MOST:]}
    more = {name: len(ones) - MOST for name, ones in by_name.items() if len(ones) > MOST}
    return [one for one in found if id(one) not in hidden], more


def _more(name: str, number: int) -> str:
    file = f" in {visible(name)}" if name else ""
    return f"... and {number} more{file}: `check --format json` has all of them"


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """One JSON object a line, the same content."""
    return "".join(json.dumps(_as_data(d)) + "\n" for d in diagnostics)


def fixed_as_json(diagnostics: Iterable[Diagnostic]) -> str:
    """The same for what was mended: each has `"fixed": true`."""
    return "".join(json.dumps({**_as_data(d), "fixed": True}) + "\n" for d in diagnostics)


class _Paint:
    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, style: str, text: str) -> str:
        return f"{_COLOURS[style]}{text}{_COLOURS['off']}" if self.colour else text


def _lines(
    diagnostic: Diagnostic, paint: _Paint, verbose: bool, width: int | None
) -> Iterator[str]:
    kind = diagnostic.severity.value
    head = paint(kind, f"{kind}[{diagnostic.code}]")
    yield head + paint("bold", f": {_message(diagnostic.message)}")
    labels = ([diagnostic.label] if diagnostic.label else []) + list(diagnostic.related)
    margin = len(str(max((label.span.line for label in labels), default=0)))
    for index, label in enumerate(labels):
        yield from _excerpt(label, margin, paint, index == 0, kind)
    help = diagnostic.help
    if diagnostic.origin is Origin.BUG:
        help = f"{help}; {_ISSUES}" if help else _ISSUES
    if help:
        before = " " * (margin + len(" = help: "))
        first, *more = wrapped(_message(help), width - len(before) if width else None)
        yield f"{' ' * margin} {paint('frame', '=')} help: {first}"
        yield from (before + line for line in more)
    if diagnostic.kernels:
        yield f"{' ' * margin} {paint('frame', '=')} on: {visible(_kernels(diagnostic.kernels))}"
    if diagnostic.details:
        yield from _details(diagnostic, margin, paint, verbose)


def wrapped(text: str, width: int | None) -> list[str]:
    """The text in lines of at most `width` columns; what stands in backticks is not broken."""
    if width is None or display_width(text) <= width:
        return [text]
    lines: list[str] = []
    for piece in re.findall(r"(?:`[^`]*`|[^ ])+", text):
        longer = f"{lines[-1]} {piece}" if lines else ""
        if longer and display_width(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(piece)
    return lines


def _kernels(names: tuple[str, ...]) -> str:
    """A fleet may have hundreds; the table has each."""
    more = len(names) - _KERNELS_NAMED
    return ", ".join(names[:_KERNELS_NAMED]) + (f" and {more} more" if more > 0 else "")


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
    line, before, width = _window(_line(label.source.text, label.span.line), label.span)
    number = paint("frame", f"{label.span.line:>{margin}}")
    yield f"{number} {bar} {line}".rstrip()
    mark = ("^" if is_first else "-") * width
    style = kind if is_first else "frame"
    text = f" {visible(label.text)}" if label.text else ""
    yield f"{gutter} {bar} {' ' * before}{paint(style, mark + text)}"


@lru_cache(maxsize=8)
def _lines_of(text: str) -> list[str]:
    return text.split("\n")


def _line(text: str, number: int) -> str:
    """Line `number` without its end; many diagnostics of a long file split it once."""
    lines = _lines_of(text)
    return lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else ""


def _window(line: str, span: Span) -> tuple[str, int, int]:
    """The line as shown, or the part of a long one around the span; the span's column and width."""
    cut = "..."
    start = max(0, span.column - 1 - _LONGEST_LINE // 2) if len(line) > _LONGEST_LINE else 0
    part = line[start : start + _LONGEST_LINE]
    end = span.end_column if span.end_line == span.line else len(line) + 1
    inside = Span(1, span.column - start, 1, max(end, span.column + 1) - start)
    before, width = _columns(part, inside)
    shown = visible(part) + (cut if start + len(part) < len(line) else "")
    return (cut + shown, before + len(cut), width) if start else (shown, before, width)


def _columns(line: str, span: Span) -> tuple[int, int]:
    """How many terminal columns stand before the span, and how many it takes on its line."""
    before, inside = line[: span.column - 1], line[span.column - 1 : span.end_column - 1]
    return display_width(visible(before)), max(1, display_width(visible(inside)))


def display_width(text: str) -> int:
    """Columns of a terminal: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(ch) else 2 if unicodedata.east_asian_width(ch) in "WF" else 1
        for ch in text
    )


def visible(text: str) -> str:
    """A line that a terminal shows as it is: tabs are one space, control characters escaped."""
    return text if text.isprintable() else escaped(text.replace("\t", " "))


def _message(text: str) -> str:
    """A message on one line, in which what was quoted from the spec is not endless."""
    return visible(_LONG_QUOTE.sub(lambda found: f"`{found[1][:60]}...{found[1][-20:]}`", text))


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
    if diagnostic.kernels:
        data["kernels"] = list(diagnostic.kernels)
    if diagnostic.details:
        data["details"] = diagnostic.details
    if diagnostic.edits:
        data["edits"] = [{**_span(edit.span), "text": edit.text} for edit in diagnostic.edits]
    return data


def _place(source: Source, span: Span) -> dict[str, object]:
    return {"file": source.name, **_span(span)}


def _span(span: Span) -> dict[str, object]:
    return {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
