"""Lines of YAML that stand in the wrong column, and what they were to line up with."""

from __future__ import annotations

import re

from probekit.diagnostics import Diagnostic, Edit
from probekit.frontend.schemachoice import (
    ACTIONS,
    KINDS,
    LATER_KINDS,
    LATER_VERBS,
    OPTIONS,
    TIMES,
    VERBS,
    options_beside,
)
from probekit.frontend.yamldash import missing
from probekit.frontend.yamlhidden import SPACES
from probekit.frontend.yamlquote import syntax_error
from probekit.record import Record
from probekit.source import Source, Span

_STARTS_ITEM = frozenset((*VERBS, *LATER_VERBS, *KINDS, *LATER_KINDS, "every", "after", "at"))
_TOP = frozenset(
    "probekit name description params maps programs schedules types metrics tests limits".split()
)
_WORD = re.compile(r"(?:- *)?([A-Za-z_]\w*)")
_NAME = re.compile(r"[\w.-]+")
_FARTHEST = 6  # columns that a line is moved


class Opened(Record):
    """A mapping or list in block or flow style, by the place of its first character."""

    is_list: bool
    is_flow: bool
    line: int
    column: int


def tab(source: Source, number: int) -> Diagnostic | None:
    """The first tab before the text of a line, or of the one above it."""
    for at in (number - 1, number):
        line = source.line(at)
        indentation = line[: len(line) - len(line.lstrip(" \t-"))]
        if "\t" in indentation:
            span = Span.point(at, indentation.index("\t") + 1)
            edits = _untabbed(source, at, indentation)
            help = "indent with spaces"
            return syntax_error(source, span, "a tab in the indentation", help, *edits)
    return None


def _untabbed(source: Source, number: int, indentation: str) -> tuple[Edit, ...]:
    """Two spaces for each tab where the file uses nothing else; else the column above."""
    if "-" in indentation:
        dash = indentation.rindex("-")
        if "\t" in indentation[:dash]:
            return _untabbed(source, number, indentation[: indentation.index("-")])
        return (Edit(Span(number, dash + 2, number, len(indentation) + 1), " "),)
    leading = [re.match(r"[ \t]*", line) for line in source.text.split("\n")]
    indents = [found.group() for found in leading if found]
    if any(indent.startswith(" ") for indent in indents):
        return _level_with(source, number, indents)
    return tuple(
        Edit(Span(at, 1, at, len(indent) + 1), "  " * len(indent))
        for at, indent in enumerate(indents, 1)
        if indent
    )


def _level_with(source: Source, number: int, indents: list[str]) -> tuple[Edit, ...]:
    """All lines with tabs of one block, in the column that the lines around it have."""
    last = number
    while last < len(indents) and "\t" in indents[last]:
        last += 1
    if len(set(indents[number - 1 : last])) > 1:
        return ()
    above, below = source.line(number - 1), source.line(last + 1)
    column = _key_column(above) or 0
    if above.rstrip().endswith(":"):
        below_column = len(below) - len(below.lstrip(" "))
        if source.line(number).lstrip().startswith("- "):
            below_column -= 2
        is_last = not source.line(last).rstrip().endswith(":")
        is_known = is_last and below_column > column and not below.lstrip().startswith("- ")
        column = below_column if is_known else column + 2
    return tuple(
        Edit(Span(at, 1, at, len(indents[at - 1]) + 1), " " * column)
        for at in range(number, last + 1)
    )


def strange_space(source: Source, number: int) -> Diagnostic | None:
    """A space that is none for YAML, before the text of a line or the one above, or after a `:`."""
    for at in (number - 1, number):
        line = source.line(at)
        found = re.match(rf"[ \-]*([{SPACES}]+)", line)
        found = found or re.search(rf":([{SPACES}]+)", line)
        if found:
            start, end = found.span(1)
            return no_space(source, Span(at, start + 1, at, end + 1), found[1])
    return None


def no_space(source: Source, span: Span, characters: str) -> Diagnostic:
    """Spaces as word processors and web pages have them."""
    message = f"a space that YAML does not take for one (U+{ord(characters[0]):04X})"
    help = "write a plain space"
    edit = Edit(span, " " * len(characters))
    return syntax_error(source, span, message, help, edit, code="hidden-character")


def too_deep(source: Source, span: Span, above: int) -> Diagnostic:
    """A key below a pair that is complete."""
    help = f"line it up with the key of line {above}, which has its value already"
    column = _key_column(source.line(above))
    edits = () if column is None else moved(source, span.line, column)
    return syntax_error(source, span, "this line is indented too deep", help, *edits)


def misfit(source: Source, span: Span, opened: tuple[Opened, ...]) -> Diagnostic | None:
    """A line that fits neither the mapping nor the list above it."""
    line = source.line(span.line)
    column = len(line) - len(line.lstrip(" "))
    if column != span.column - 1:
        return None
    blocks = [one for one in opened if not one.is_flow and one.line < span.line]
    if line.startswith("- ", column):
        return _item_misfit(source, span, blocks)
    found = _WORD.match(line[column:])
    word = found[1] if found else ""
    if word in _STARTS_ITEM and any(one.is_list and one.column == span.column for one in blocks):
        place = Span(span.line, span.column, span.line, span.column + len(word))
        return missing(source, place, Edit(place, f"- {word}"))
    return _key_misfit(source, span, word, blocks)


def _key_misfit(source: Source, span: Span, word: str, blocks: list[Opened]) -> Diagnostic | None:
    """A key between the columns of the mappings above it."""
    columns = [one for one in blocks if not one.is_list and (one.column > 1 or word in _TOP)]
    if not columns:
        return None
    named = [(one, _NAME.match(source.line(one.line)[one.column - 1 :])) for one in columns]
    fitting = [pair for pair in named if pair[1] and _fits(word, pair[1].group())]
    nearest, name = min(
        fitting or named, key=lambda pair: (abs(pair[0].column - span.column), -pair[0].column)
    )
    dash = _dash_before(source, nearest, span)
    if any(
        _indentation(source.line(number)) == nearest.column - 1
        for number in range(nearest.line + 1, span.line)
    ):
        dash = None  # keys below the item do belong to it
    if dash is not None and word in OPTIONS and name and name.group() not in _STARTS_ITEM:
        message = f"`{name.group()}` begins an item, and the keys below it do not belong to it"
        help = f"remove its `-`: `{name.group()}`"
        place = Span(nearest.line, span.column, nearest.line, nearest.column + len(name.group()))
        return syntax_error(source, place, message, help, Edit(dash, ""))
    if name is None or abs(nearest.column - span.column) > _FARTHEST:
        return None
    help = f"line it up with `{name.group()}` of line {nearest.line}"
    edits = moved(source, span.line, nearest.column - 1)
    message = f"{_called(word)} does not line up with the keys above it"
    return syntax_error(source, _word_span(span, word), message, help, *edits)


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _dash_before(source: Source, opened: Opened, span: Span) -> Span | None:
    """The `- ` before a mapping that stands in the column of `span`, and all that is before it."""
    found = re.match(r"( *)(- +)", source.line(opened.line))
    if found is None or found.end() != opened.column - 1 or found.start(2) != span.column - 1:
        return None
    return Span(opened.line, span.column, opened.line, opened.column)


def _fits(word: str, name: str) -> bool:
    """Whether `word` may stand in what begins with `name`."""
    return name == "if" if word in ("then", "else") else word in options_beside(name)


def _item_misfit(source: Source, span: Span, blocks: list[Opened]) -> Diagnostic | None:
    """A `- ` in the column of a mapping's keys, or of no list."""
    line = source.line(span.line)
    found = _WORD.match(line[span.column - 1 :])
    word = found[1] if found else ""
    lists = [one for one in blocks if one.is_list]
    is_among_keys = any(not one.is_list and one.column == span.column for one in blocks)
    is_option = word in OPTIONS if not lists else bool(word)
    if is_among_keys and is_option and word not in _STARTS_ITEM - {"at"}:
        width = len(line[span.column - 1 :]) - len(line[span.column - 1 :][1:].lstrip(" "))
        place = Span(span.line, span.column, span.line, span.column + width + len(word))
        help = f"remove its `-`, for it belongs to the item above: `{word}`"
        message = f"`{word}` begins an item in the middle of another"
        if not lists:
            help = f"remove its `-`: `{word}`"
            message = f"`{word}` begins an item, and this is no list"
        return syntax_error(source, place, message, help, Edit(place, word))
    if not lists:
        return None
    fitting = [one for one in lists if _kind(word) & _kind(_first_word(source, one))]
    if not fitting and _kind(word):
        return None
    nearest = min(fitting or lists, key=lambda one: (abs(one.column - span.column), -one.column))
    help = f"line its `-` up with that of line {nearest.line}"
    edits = moved(source, span.line, nearest.column - 1)
    if nearest.column < span.column and _has_more(source, span):
        edits = ()  # it may be the one above that stands wrong
    message = "this item does not line up with the list above it"
    return syntax_error(source, Span.point(span.line, span.column), message, help, *edits)


def _has_more(source: Source, span: Span) -> bool:
    """Whether more items stand below, in the column of the one at `span`."""
    for text in source.text.split("\n")[span.line :]:
        before = _indentation(text)
        if text.strip() and before < span.column:
            return before == span.column - 1 and text.startswith("- ", before)
    return False


def _kind(word: str) -> set[int]:
    """The kinds of lists that an item may stand in that begins with `word`."""
    kinds = (KINDS + LATER_KINDS, VERBS + LATER_VERBS, TIMES + ACTIONS)
    return {number for number, words in enumerate(kinds) if word in words}


def _first_word(source: Source, opened: Opened) -> str:
    found = _WORD.match(source.line(opened.line)[opened.column - 1 :])
    return found[1] if found else ""


def _called(word: str) -> str:
    return f"`{word}`" if word else "this line"


def _word_span(span: Span, word: str) -> Span:
    return Span(span.line, span.column, span.line, span.column + max(1, len(word)))


def _key_column(line: str) -> int | None:
    """The column (from 0) of a line's first key."""
    found = re.match(r" *(?:- +)*", line)
    at = found.end() if found else 0
    return at if at < len(line) else None


def moved(source: Source, number: int, column: int) -> tuple[Edit, ...]:
    """A line, and the lines below that hang on it, moved to `column` (from 0)."""
    line = source.line(number)
    before = len(line) - len(line.lstrip(" "))
    edits = [_indented(number, before, column)]
    if not line.rstrip().endswith(":"):
        return tuple(edits)
    for below, text in enumerate(source.text.split("\n")[number:], number + 1):
        indentation = len(text) - len(text.lstrip(" "))
        if text.strip() and indentation <= before:
            break
        if text.strip():
            edits.append(_indented(below, indentation, indentation + column - before))
    return tuple(edits)


def _indented(number: int, before: int, after: int) -> Edit:
    return Edit(Span(number, 1, number, before + 1), " " * after)
