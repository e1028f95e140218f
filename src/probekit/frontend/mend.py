"""Does what diagnostics offer as text to paste, and keeps only what kept its promise. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from probekit.diagnostics import Diagnostic, DiagnosticError, Edit
from probekit.frontend.yamlparse import parse
from probekit.record import Record, replace
from probekit.source import Source

MAX_CHECKS = 200  # of one spec; a check of a large one may take a second
Check: TypeAlias = Callable[[Source], Sequence[Diagnostic]]


class Mended(Record):
    """A spec with what could be mended mended; `fixed` in the order it was done."""

    source: Source
    fixed: tuple[Diagnostic, ...]
    left: tuple[Diagnostic, ...]


def mend(source: Source, check: Check) -> Mended:
    """Applies edits until none is left that does what it promises.

    `check` says what is wrong with a source, in the file's order. An edit is kept only where the
    fault it mends is gone after it and no other one has come.
    """
    work = _Work(source, check)
    while work.checks < MAX_CHECKS and (chosen := work.choice()):
        work.attempt(chosen)
    return Mended(work.source, tuple(work.fixed), work.found)


class _Work:
    """The spec as it is by now, what is wrong with it, and the edits that broke their promise."""

    def __init__(self, source: Source, check: Check) -> None:
        self.source = source
        self.checks = 0
        self._check = check
        self.found = self._look(source)
        self.fixed: list[Diagnostic] = []
        self._refused: set[tuple[object, ...]] = set()

    def _look(self, source: Source) -> tuple[Diagnostic, ...]:
        self.checks += 1
        return tuple(self._check(source))

    def choice(self) -> list[Diagnostic]:
        """Those whose edits may be tried and do not meet each other."""
        taken: list[tuple[int, int]] = []
        chosen: list[Diagnostic] = []
        for one in self.found:
            ranges = _ranges(self.source, one) if self._known(one) not in self._refused else None
            if ranges and not any(_meet(a, b) for a in ranges for b in taken):
                taken += ranges
                chosen.append(one)
        return chosen

    def attempt(self, chosen: list[Diagnostic]) -> None:
        """Applies all; where that is no good, half of them, down to the one that is to blame."""
        while True:
            text, after = self._applied(chosen)
            if after is not None:
                self.source, self.found = text, after
                self.fixed += chosen
                return
            if len(chosen) == 1 or self.checks >= MAX_CHECKS:
                self._refused |= {self._known(one) for one in chosen}
                return
            chosen = chosen[: (len(chosen) + 1) // 2]

    def _applied(self, chosen: list[Diagnostic]) -> tuple[Source, tuple[Diagnostic, ...] | None]:
        """The source with the edits of `chosen`, and what is wrong with it; None for no good."""
        edits = [edit for one in chosen for edit in one.edits]
        made = replace(self.source, text=apply_edits(self.source.text, edits))
        after = self._look(made)
        places = _Places(self.source.text, edits)
        left = _by_words(made, after)
        good = all(_is_gone(one, self.source, places, left) for one in chosen)
        if good and self._is_no_worse(made, after, max(places.end_of(one) for one in chosen)):
            return made, after
        return made, None

    def _is_no_worse(self, made: Source, after: Sequence[Diagnostic], end: int) -> bool:
        """Nothing new is wrong; where it was no YAML, only what could not be seen before."""
        if _is_yaml(self.source):
            return _is_yaml(made) and len(after) <= len(self.found)
        if _is_yaml(made) or len(after) < len(self.found):
            return True
        return all(_start(made, one) > end for one in after[len(self.found) - 1 :])

    def _known(self, one: Diagnostic) -> tuple[object, ...]:
        line = self.source.line(one.label.span.line).strip() if one.label else ""
        return one.code, one.message, line, tuple(edit.text for edit in one.edits)


class _Places:
    """Where offsets of a text are after its edits."""

    def __init__(self, text: str, edits: Iterable[Edit]) -> None:
        self._starts = _line_starts(text)
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

    def end_of(self, one: Diagnostic) -> int:
        """The end of all that is new for one diagnostic."""
        return max(self.moved(_range(self._starts, edit)[1]) for edit in one.edits)


def _by_words(source: Source, found: Sequence[Diagnostic]) -> dict[tuple[str, str], list[int]]:
    """Where each fault stands, by its code and message."""
    places: dict[tuple[str, str], list[int]] = {}
    for one in found:
        places.setdefault((one.code, one.message), []).append(_start(source, one))
    return places


def _is_gone(
    one: Diagnostic, before: Source, places: _Places, left: dict[tuple[str, str], list[int]]
) -> bool:
    """Whether no fault of the same words stands where `one` stood, or in what is new."""
    ends = sorted((places.moved(_start(before, one)), places.end_of(one)))
    return not any(ends[0] <= at <= ends[1] for at in left.get((one.code, one.message), ()))


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """`text` with all edits made, which do not overlap; new lines end as the text's own do."""
    starts = _line_starts(text)
    line_end = "\r\n" if "\r\n" in text else "\n"
    parts: list[str] = []
    at = 0
    for start, end, new in sorted((*_range(starts, edit), edit.text) for edit in edits):
        parts += (text[at:start], new.replace("\n", line_end))
        at = end
    return "".join(parts) + text[at:]


@lru_cache(maxsize=4)  # asked for each diagnostic of a text, and of what is made of it
def _line_starts(text: str) -> list[int]:
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


def _start(source: Source, one: Diagnostic) -> int:
    if one.label is None:
        return -1
    return _offset(_line_starts(source.text), one.label.span.line, one.label.span.column)


def _ranges(source: Source, one: Diagnostic) -> list[tuple[int, int]]:
    """The offsets of a diagnostic's edits; none where they meet each other, or are no change."""
    if one.label is None or one.label.source.name != source.name:
        return []
    starts = _line_starts(source.text)
    ranges = sorted(_range(starts, edit) for edit in one.edits)
    if any(a > b for a, b in ranges) or any(_meet(*pair) for pair in pairwise(ranges)):
        return []
    is_change = any(source.text[slice(*_range(starts, edit))] != edit.text for edit in one.edits)
    return ranges if is_change else []


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two edits share a character, or begin at the same place."""
    return one[0] == other[0] or (one[0] < other[1] and other[0] < one[1])


def _is_yaml(source: Source) -> bool:
    try:
        parse(source)
    except DiagnosticError:
        return False
    return True
