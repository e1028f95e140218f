"""Does what diagnostics offer as text to paste, and keeps only what kept its promise. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

from probekit.diagnostics import Diagnostic, DiagnosticError, Severity
from probekit.frontend.editplaces import Places, apply_edits, covered, meet, ranges_of, start_of
from probekit.frontend.spec import read
from probekit.frontend.yamlparse import parse
from probekit.record import Record, replace
from probekit.source import Source

MAX_CHECKS = 200  # of one spec; of a large one, which takes seconds each time, fewer
_MIN_CHECKS = 10
_MAX_CHECKED = 5 << 20  # characters, all checks together
Check: TypeAlias = Callable[[Source], Sequence[Diagnostic]]


class Mended(Record):
    """A spec with what could be mended mended; `fixed` in the order it was done.

    It `is_part` where there was too much to try all of it.
    """

    source: Source
    fixed: tuple[Diagnostic, ...]
    left: tuple[Diagnostic, ...]
    is_part: bool = False


def mend(source: Source, check: Check) -> Mended:
    """Applies edits until none is left that does what it promises.

    `check` says what is wrong with a source, in the file's order. An edit is kept only where the
    fault it mends is gone after it and no other one has come; what could not be seen as long as
    the text was no YAML is no such one, where it stands apart from what was changed.
    """
    work = _Work(source, check)
    while work.checks < work.most:
        if chosen := work.choice():
            work.attempt(chosen)
        elif not work.take_back():
            break
    work.take_back()
    is_part = work.checks >= work.most and bool(work.choice())
    return Mended(work.source, tuple(work.fixed), work.found, is_part)


class _Work:
    """The spec as it is by now, what is wrong with it, and the edits that broke their promise."""

    def __init__(self, source: Source, check: Check) -> None:
        self.source = source
        self.checks = 0
        self.most = min(MAX_CHECKS, max(_MIN_CHECKS, _MAX_CHECKED // (len(source.text) + 1)))
        self._check = check
        self.found = self._look(source)
        self.fixed: list[Diagnostic] = []
        self._refused: set[tuple[object, ...]] = set()
        self._before: _State | None = None  # of the first edit that may have done no good

    def _look(self, source: Source) -> tuple[Diagnostic, ...]:
        self.checks += 1
        return tuple(self._check(source))

    def choice(self) -> list[Diagnostic]:
        """Those whose edits may be tried and do not meet each other."""
        taken: list[tuple[int, int]] = []
        chosen: list[Diagnostic] = []
        for one in self.found:
            ranges = ranges_of(self.source, one) if self._known(one) not in self._refused else None
            if ranges and not any(meet(a, b) for a in ranges for b in taken):
                taken += ranges
                chosen.append(one)
        return chosen

    def attempt(self, chosen: list[Diagnostic]) -> None:
        """Applies all; where that is no good, half of them, down to the one that is to blame."""
        while True:
            text, after = self._applied(chosen)
            if after is not None:
                self._take(text, after, chosen)
                return
            if self.checks >= self.most:
                return
            if len(chosen) == 1:
                self._refused |= {self._known(one) for one in chosen}
                return
            chosen = chosen[: (len(chosen) + 1) // 2]

    def _take(self, made: Source, after: tuple[Diagnostic, ...], chosen: list[Diagnostic]) -> None:
        """The next state; where the next line is no YAML now, it has to become some yet."""
        before = self._before or _State(self.source, self.found, len(self.fixed), tuple(chosen))
        self.source, self.found = made, after
        self.fixed += chosen
        changed = _changed_lines(before.source, made)
        if not _is_yaml(made) and not _is_yaml(before.source):
            below = _text_below(made, max(changed, default=0))
            is_near = _fault_lines(after, before) & {*changed, below}
            self._before = before if is_near else None
        elif self._before is not None:
            near = _near(made, changed)
            if any(_line(one) in near for one in _shape_faults(before.source, made)):
                self.take_back()
            self._before = None

    def take_back(self) -> bool:
        """What was done since the first edit that did no good after all; False for nothing."""
        before, self._before = self._before, None
        if before is None:
            return False
        self.source, self.found = before.source, before.found
        del self.fixed[before.fixed :]
        self._refused |= {self._known(one) for one in before.chosen}
        return True

    def _applied(self, chosen: list[Diagnostic]) -> tuple[Source, tuple[Diagnostic, ...] | None]:
        """The source with the edits of `chosen`, and what is wrong with it; None for no good."""
        edits = [edit for one in chosen for edit in one.edits]
        made = replace(self.source, text=apply_edits(self.source.text, edits))
        after = self._look(made)
        places = Places(self.source.text, edits)
        left = _by_words(made, after)
        good = all(_is_gone(one, self.source, places, left) for one in chosen)
        good = good and self._is_no_worse(made, after, places)
        if good and not self._makes_another(chosen, made, after, places):
            return made, after
        return made, None

    def _makes_another(
        self,
        chosen: Sequence[Diagnostic],
        made: Source,
        after: Sequence[Diagnostic],
        places: Places,
    ) -> bool:
        """Whether a new fault, which nothing mends, touches what an expression was changed to.

        Of the shape that is no sign: what a key's value means is looked at only where it is right.
        """
        shape = {_words(one) for one in _faults(self.source)}
        meant = [one for one in chosen if _words(one) not in shape]
        new = [one for one in _new(self.found, after) if one.severity is Severity.ERROR]
        stuck = [covered(made, one) for one in new if not one.edits]
        ranges = [found for one in meant for found in places.made_of(one)]
        return any(a <= d and c <= b for a, b in stuck for c, d in ranges)

    def _is_no_worse(self, made: Source, after: Sequence[Diagnostic], places: Places) -> bool:
        """Whether nothing new is wrong with the shape, but for what could not be seen before.

        What names and expressions mean is looked at only where the shape is right: there as many
        new faults may come as old ones went.
        """
        was_yaml, is_yaml = _is_yaml(self.source), _is_yaml(made)
        if was_yaml:
            is_same = is_yaml and not _new_faults(self.source, made)
            return is_same and len(after) <= len(self.found)
        if not is_yaml:
            new = _new_faults(self.source, made)
            return all(start_of(made, one) > places.end for one in new)
        near = _near(made, places.lines(made))
        return not any(_line(one) in near for one in _shape_faults(self.source, made))

    def _known(self, one: Diagnostic) -> tuple[object, ...]:
        line = self.source.line(one.label.span.line).strip() if one.label else ""
        return one.code, one.message, line, tuple(edit.text for edit in one.edits)


class _State(Record):
    """What there was before the edits of `chosen`; `fixed` is how many faults were mended."""

    source: Source
    found: tuple[Diagnostic, ...]
    fixed: int
    chosen: tuple[Diagnostic, ...]


def _new_faults(before: Source, after: Source) -> list[Diagnostic]:
    """What is wrong with the shape after edits and was not before, by its words."""
    return _new(_faults(before), _faults(after))


def _new(before: Iterable[Diagnostic], after: Iterable[Diagnostic]) -> list[Diagnostic]:
    """What is in `after` and not in `before`, by its words."""
    known = Counter(map(_words, before))
    new: list[Diagnostic] = []
    for one in after:
        known[_words(one)] -= 1
        if known[_words(one)] < 0:
            new.append(one)
    return new


def _shape_faults(before: Source, after: Source) -> list[Diagnostic]:
    """What edits may have made: not the misspelt keys, which stood there before."""
    return [one for one in _new_faults(before, after) if not _is_slip(before, one)]


def _fault_lines(found: Iterable[Diagnostic], before: _State) -> set[int]:
    """The lines of faults that `before` did not know of, but those that were to be mended."""
    others = Counter(_words(one) for one in before.found)
    others -= Counter(_words(one) for one in before.chosen)
    lines: set[int] = set()
    for one in found:
        others[_words(one)] -= 1
        if others[_words(one)] < 0 and one.severity is Severity.ERROR:
            lines.add(_line(one))
    return lines


def _words(one: Diagnostic) -> tuple[str, str]:
    return one.code, one.message


def _line(one: Diagnostic) -> int:
    return one.label.span.line if one.label else 0


def _changed_lines(before: Source, after: Source) -> set[int]:
    """The lines of `after` that differ from those of `before`, or stand where one is gone."""
    old, new = before.text.split("\n"), after.text.split("\n")
    start = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
    pairs = zip(reversed(old[start:]), reversed(new[start:]), strict=False)
    end = next((at for at, (a, b) in enumerate(pairs) if a != b), 0)
    return set(range(start + 1, max(start + 1, len(new) - end) + 1))


@lru_cache(maxsize=4)
def _faults(source: Source) -> tuple[Diagnostic, ...]:
    """The errors of a source's text and shape."""
    try:
        found = read(source).faults
    except DiagnosticError as error:
        found = error.diagnostics
    return tuple(one for one in found if one.severity is Severity.ERROR)


def _is_slip(before: Source, one: Diagnostic) -> bool:
    """A misspelt key that stood there before."""
    word = one.message.partition("`")[2].partition("`")[0]
    was_there = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", before.text) is not None
    return one.code == "unknown-key" and bool(one.edits) and was_there


def _near(source: Source, lines: set[int]) -> set[int]:
    """`lines`, and those that they hang on: what is wrong there is what was made of it."""
    near = set(lines)
    for line in lines:
        if line - 1 in lines and _indentation(source.line(line - 1)) <= _indentation(
            source.line(line)
        ):
            continue  # that one hangs on the same
        above = _text_above(source, line)
        near.add(above)
        column = _indentation(source.line(line))
        while above and column:
            if _indentation(source.line(above)) < column:
                near.add(above)
                column = _indentation(source.line(above))
            above = _text_above(source, above)
    return near


def _text_above(source: Source, number: int) -> int:
    """The next line above with something on it, 0 where there is none."""
    number -= 1
    while number and not source.line(number).strip():
        number -= 1
    return number


def _text_below(source: Source, number: int) -> int:
    last = source.text.count("\n") + 1
    number += 1
    while number < last and not source.line(number).strip():
        number += 1
    return number


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _by_words(source: Source, found: Sequence[Diagnostic]) -> dict[tuple[str, str], list[int]]:
    """Where each fault stands, by its code and message."""
    places: dict[tuple[str, str], list[int]] = {}
    for one in found:
        places.setdefault((one.code, one.message), []).append(start_of(source, one))
    return places


def _is_gone(
    one: Diagnostic, before: Source, places: Places, left: dict[tuple[str, str], list[int]]
) -> bool:
    """Whether no fault of the same words stands where `one` stood, or in what is new."""
    ends = sorted((places.moved(start_of(before, one)), places.end_of(one)))
    return not any(ends[0] <= at <= ends[1] for at in left.get((one.code, one.message), ()))


def _is_yaml(source: Source) -> bool:
    try:
        parse(source)
    except DiagnosticError:
        return False
    return True
