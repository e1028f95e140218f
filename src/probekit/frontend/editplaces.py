"""Where edits stand in a text: their offsets, the text with them made, and what moved by them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from probekit.diagnostics import Diagnostic, Edit
from probekit.source import Source


class Places:
    """Where offsets of a text are after its edits."""

    def __init__(self, text: str, edits: Iterable[Edit]) -> None:
        self._starts = line_starts(text)
        self._edits = sorted((*_range(self._starts, edit), len(edit.text)) for edit in edits)

    def moved(self, offset: int) -> int:
        """Where the character at `offset` is: of one that was replaced, what is new begins."""
        shift = 0
        for start, end, length in self._edits:
            if start > offset:
                break
            if offset < end:
                return start + shift
            shift += length - (end - start)
        return offset + shift

    @property
    def end(self) -> int:
        """The end of all that is new."""
        return max(self.moved(end) for _, end, _ in self._edits)

    def lines(self, made: Source) -> set[int]:
        """The lines of `made`, the text after the edits, that have something new."""
        starts, found = line_starts(made.text), set[int]()
        for start, end, _ in self._edits:
            first, last = (bisect_right(starts, self.moved(at)) for at in (start, end))
            found.update(range(first, last + 1))
        return found

    def made_of(self, one: Diagnostic) -> list[tuple[int, int]]:
        """What is new for one diagnostic."""
        ranges = (_range(self._starts, edit) for edit in one.edits)
        return [(self.moved(start), self.moved(end)) for start, end in ranges]

    def end_of(self, one: Diagnostic) -> int:
        """The end of all that is new for one diagnostic."""
        return max(end for _, end in self.made_of(one))


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """`text` with all edits made, which do not overlap; new lines end as the text's own do."""
    starts = line_starts(text)
    line_end = "\r\n" if "\r\n" in text else "\n"
    parts: list[str] = []
    at = 0
    for start, end, new in sorted((*_range(starts, edit), edit.text) for edit in edits):
        parts += (text[at:start], new.replace("\n", line_end))
        at = end
    return "".join(parts) + text[at:]


@lru_cache(maxsize=4)  # asked for each diagnostic of a text, and of what is made of it
def line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _range(starts: list[int], edit: Edit) -> tuple[int, int]:
    """An edit's offsets; lines and columns that the text has not end with it."""
    span = edit.span
    return (
        _offset(starts, span.line, span.column),
        _offset(starts, span.end_line, span.end_column),
    )


def _offset(starts: list[int], line: int, column: int) -> int:
    line = min(max(line, 1), len(starts) - 1)
    return min(starts[line - 1] + column - 1, starts[line] - 1)


def start_of(source: Source, one: Diagnostic) -> int:
    if one.label is None:
        return -1
    return _offset(line_starts(source.text), one.label.span.line, one.label.span.column)


def covered(source: Source, one: Diagnostic) -> tuple[int, int]:
    """The offsets of what a diagnostic is about."""
    return _range(line_starts(source.text), Edit(one.label.span, "")) if one.label else (-1, -1)


def ranges_of(source: Source, one: Diagnostic) -> list[tuple[int, int]]:
    """The offsets of a diagnostic's edits; none where they meet each other, or are no change."""
    if one.label is None or one.label.source.name != source.name:
        return []
    starts = line_starts(source.text)
    ranges = sorted(_range(starts, edit) for edit in one.edits)
    if any(a > b for a, b in ranges) or any(meet(*pair) for pair in pairwise(ranges)):
        return []
    is_change = any(source.text[slice(*_range(starts, edit))] != edit.text for edit in one.edits)
    return ranges if is_change else []


def meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two edits share a character, or begin at the same place."""
    return one[0] == other[0] or (one[0] < other[1] and other[0] < one[1])
