"""Where each character of a scalar's text stands in the file, for underlining a part of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple


class Spot(NamedTuple):
    """A character: its line and column from the scalar's start, from 0; its width in the file.

    A column counts from the scalar's start on its first line, from the line's start on others.
    """

    line: int
    column: int
    width: int


_BLANKS = re.compile(r"[ \t]+")
_FOLD = re.compile(r"(?:\r?\n[ \t]*)+")
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
_ESCAPED_LINE_END = re.compile(r"\\\r?\n[ \t]*")


@lru_cache(maxsize=4)  # a line to print asks again for each of its expressions
def spots(raw: str, text: str) -> list[Spot]:
    """A spot for each character of `text`, which YAML made of `raw`; none where it is unclear."""
    found = list(_STYLES.get(raw[:1], _flow)(raw, text))
    written = [character for character, _ in found]
    if len(written) != len(text):
        return []
    if any(a is not None and a != b for a, b in zip(written, text, strict=True)):
        return []
    return [spot for _, spot in found]


def _flow(raw: str, _: str) -> Iterator[tuple[str | None, Spot]]:
    """Plain and quoted text: its characters, None for one that is written as an escape."""
    quote = raw[0] if raw[:1] in ("'", '"') else ""
    at, end = len(quote), len(raw) - len(quote)
    line, line_start = 0, 0
    unblank = at  # where the blanks at `at` end: each run of them is looked at once
    while at < end:
        if unblank <= at:
            blanks = _BLANKS.match(raw, at, end)
            unblank = blanks.end() if blanks else at
        spot = Spot(line, at - line_start, 1)
        if skipped := quote == '"' and _ESCAPED_LINE_END.match(raw, at, end):
            line, line_start, at = line + 1, skipped.end(), skipped.end()
            line_start = raw.rfind("\n", 0, at) + 1
        elif fold := _FOLD.match(raw, unblank, end):
            lines = fold.group().count("\n")
            yield from ((c, spot) for c in (" " if lines == 1 else "\n" * (lines - 1)))
            line, at = line + lines, fold.end()
            line_start = raw.rfind("\n", 0, at) + 1
        elif quote == '"' and (escape := _ESCAPE.match(raw, at, end)):
            yield None, spot._replace(width=len(escape.group()))
            at = escape.end()
        else:
            width = 2 if quote == "'" and raw.startswith("''", at) else 1
            yield raw[at], spot._replace(width=width)
            at += width


def _literal_block(raw: str, text: str) -> Iterator[tuple[str | None, Spot]]:
    """A `|` block keeps its lines; each begins after the block's indentation."""
    lines = raw.split("\n")[1:]
    for number, kept in enumerate(text.split("\n")):
        line = lines[number].rstrip("\r") if number < len(lines) else ""
        indentation = len(line) - len(kept)
        if number and number <= len(lines):
            yield "\n", Spot(number, len(lines[number - 1]), 1)
        if indentation < 0 or line[:indentation].strip() or not line.endswith(kept):
            return
        for at, character in enumerate(kept):
            yield character, Spot(number + 1, indentation + at, 1)


def _folded_block(raw: str, text: str) -> Iterator[tuple[str | None, Spot]]:
    """A `>` block: a line's end is a space of the text, empty lines after it are line ends."""
    lines = [line.rstrip("\r") for line in raw.split("\n")]
    number = _next_line(lines, 1)
    if number == len(lines):
        return
    # Lines that are indented more keep what they have more; the first one has that in the text.
    spaces = len(lines[number]) - len(lines[number].lstrip(" "))
    base = column = spaces - (len(text) - len(text.lstrip(" ")))
    for at, character in enumerate(text, 1):
        line = lines[number] if number < len(lines) else ""
        yield character, Spot(number, column, 1)
        if column < len(line):
            if line[column] != character:
                return
            column += 1
        elif not (character == "\n" and text.startswith("\n", at)):
            number, column = _next_line(lines, number + 1), base


def _next_line(lines: list[str], number: int) -> int:
    """The first line from `number` on that is not empty."""
    while number < len(lines) and not lines[number].strip(" "):
        number += 1
    return number


_STYLES = {"|": _literal_block, ">": _folded_block}
