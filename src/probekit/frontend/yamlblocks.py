"""Blocks of YAML that lack the line above them, or have it in the wrong place.

Imported on the way to an error only. Each looks at the line where the parser stumbled.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from probekit.diagnostics import Diagnostic, Edit
from probekit.frontend.schemachoice import KINDS, LATER_KINDS, LATER_VERBS, TIMES, VERBS
from probekit.frontend.yamlindent import moved
from probekit.frontend.yamllines import TOP_LEVEL
from probekit.frontend.yamlquote import syntax_error
from probekit.source import Source, Span

_LINE = re.compile(r"( *)((?:- +)*)([A-Za-z_]\w*)( *:)(?= |$) *(.*?) *$")
_BLOCKS = frozenset(("do", "then", "else"))
# The key that an item begins with, or that stands in it → the one its list stands under.
_LIST_OF = {**dict.fromkeys(KINDS + LATER_KINDS + ("when", "repeat"), "do"), "if": "then"}


class _Line:
    """A line `key: value`, by what is in it; `column` (from 0) is that of its key."""

    def __init__(self, source: Source, number: int) -> None:
        found = _LINE.match(source.line(number))
        self.number = number
        self.has_dash = bool(found and found[2])
        self.key = found[3] if found else ""
        self.value = found[5] if found else ""
        self.dash = len(found[1]) if found else 0
        self.column = found.start(3) if found else 0


def misplaced_block(source: Source, number: int) -> Diagnostic | None:
    """What line `number` and those above it should have been; None where that is not certain."""
    here, above = _Line(source, number), _Line(source, _above(source, number))
    found = (look(source, here, above) for look in _LOOKS)
    return next((one for one in found if one is not None), None)


def _above(source: Source, number: int) -> int:
    number -= 1
    while number > 0 and re.match(r"\s*(?:#|$)", source.line(number)):
        number -= 1
    return number


def _key_span(line: _Line) -> Span:
    return _from_key(line, len(line.key))


def _from_key(line: _Line, length: int) -> Span:
    return Span(line.number, line.column + 1, line.number, line.column + 1 + length)


def _dash_span(line: _Line) -> Span:
    return Span.point(line.number, line.dash + 1)


def _top_level(source: Source, here: _Line, above: _Line) -> Diagnostic | None:
    """`  schedules:`, where the other top-level keys are at column 1."""
    if here.key not in TOP_LEVEL or here.has_dash or here.column == 0:
        return None
    if not re.search(r"^(?:probekit|name|programs)\b", source.text, re.MULTILINE):
        return None
    message, help = f"`{here.key}` is a top-level key", "begin it at column 1"
    edits = moved(source, here.number, 0)
    return syntax_error(source, _key_span(here), message, help, *edits)


def _no_list_key(source: Source, here: _Line, above: _Line) -> Diagnostic | None:
    """A list of steps directly below `tracepoint:` or `if:`."""
    name = _LIST_OF.get(above.key)
    if not name or not above.value or not here.has_dash or here.key not in VERBS + LATER_VERBS:
        return None
    if above.key in ("if", "repeat") and here.dash <= above.dash:
        return None  # a step after it
    over = _Line(source, _above(source, above.number))
    if over.key == name and not over.value and not over.has_dash:
        return _lines_swapped(source, over, above)
    message = f"`{name}:` is missing above this list"
    help = f"write `{name}:` above it, in the column of `{above.key}`"
    edit = Edit(Span(here.number, 1, here.number, 1), f"{' ' * above.column}{name}:\n")
    edits = (edit,) if here.dash >= above.column else ()
    return syntax_error(source, _dash_span(here), message, help, *edits)


def _lines_swapped(source: Source, upper: _Line, lower: _Line) -> Diagnostic:
    """`then:`, and only below it the `- if:` that it belongs to."""
    one, other = (source.line(line.number).rstrip() for line in (upper, lower))
    edits = (
        Edit(Span(upper.number, 1, upper.number, len(one) + 1), other),
        Edit(Span(lower.number, 1, lower.number, len(other) + 1), one),
    )
    message = f"`{upper.key}:` stands above the `{lower.key}` that it belongs to"
    help = f"write `{one.strip()}` below `{other.strip()}`"
    return syntax_error(source, _key_span(upper), message, help, *edits)


def _block_above_item(source: Source, here: _Line, above: _Line) -> Diagnostic | None:
    """`do:`, and only below it the `- tracepoint:` that it belongs to."""
    is_so = here.has_dash and here.value and not (above.has_dash or above.value)
    if not is_so or _LIST_OF.get(here.key) != above.key or above.column != here.column:
        return None
    return _lines_swapped(source, above, here)


def _no_then(source: Source, here: _Line, above: _Line) -> Diagnostic | None:
    """A step directly below `if:`, without a `-`."""
    is_below = above.key == "if" and above.value and here.column > above.column
    if not is_below or here.has_dash or here.key not in VERBS:
        return None
    message = "`then:` is missing above this step"
    help = f"write `then:` in the column of `if`, and `- {here.key}:` below it"
    return syntax_error(source, _key_span(here), message, help)


def _swapped(source: Source, here: _Line, above: _Line) -> Diagnostic | None:
    """`do:`, then another key of the program, then the steps."""
    empty = _Line(source, _above(source, above.number))
    is_so = here.has_dash and empty.key in _BLOCKS and not empty.value and above.value
    if not is_so or above.has_dash or empty.column != above.column or here.dash < above.column:
        return None
    message = f"`{empty.key}` of line {empty.number} is empty"
    help = f"move `{above.key}` above it"
    one, other = (source.line(line.number)[line.column :].rstrip() for line in (empty, above))
    edits = (
        Edit(_from_key(empty, len(one)), other),
        Edit(_from_key(above, len(other)), one),
    )
    return syntax_error(source, _key_span(above), message, help, *edits)


def _dash_too_low(source: Source, here: _Line, above: _Line) -> Diagnostic | None:
    """`every: 1s`, and below it `- show: n`, one item in truth."""
    is_item = here.has_dash and not above.has_dash and here.column == above.column
    if not is_item or above.key not in TIMES + KINDS + ("if",) or here.key in TIMES + KINDS:
        return None
    width = here.column - here.dash
    dashes = "-" + " " * (width - 1)
    edits = (
        Edit(Span(above.number, here.dash + 1, above.number, above.column + 1), dashes),
        Edit(Span(here.number, here.dash + 1, here.number, here.column + 1), " " * width),
    )
    message = f"the `-` belongs before `{above.key}` of line {above.number}"
    help = f"write `- {above.key}:` there, and `{here.key}:` here"
    return syntax_error(source, _dash_span(here), message, help, *edits)


def _has_value(source: Source, here: _Line, above: _Line) -> Diagnostic | None:
    """`maps: {}`, and its items below."""
    if above.value not in ("{}", "[]") or not here.key or here.dash < above.column:
        return None
    if here.dash == above.column and not here.has_dash:
        return None
    line = source.line(above.number)
    start = line.index(above.value, above.column)
    place = Span(above.number, start + 1, above.number, start + 3)
    edit = Edit(Span(above.number, len(line[:start].rstrip()) + 1, above.number, start + 3), "")
    message = f"`{above.key}` has its value already"
    help = f"remove the `{above.value}`, or what stands below"
    return syntax_error(source, place, message, help, edit)


def _no_section(source: Source, here: _Line, above: _Line) -> Diagnostic | None:
    """A list of programs or schedules, and nothing above it."""
    if not here.has_dash or here.key not in KINDS + TIMES or here.dash > 2:
        return None
    name = "programs" if here.key in KINDS else "schedules"
    if re.search(rf"^ *{name}\b", source.text, re.MULTILINE):
        return None
    message = f"`{name}:` is missing above this list"
    edit = Edit(Span(here.number, 1, here.number, 1), f"{name}:\n")
    help = f"write `{name}:` above it, at column 1"
    return syntax_error(source, _dash_span(here), message, help, edit)


def _no_map_section(source: Source, here: _Line, above: _Line) -> Diagnostic | None:
    """Maps or params, and nothing above them."""
    block = _block(source, here) if here.column and not here.has_dash else ""
    if not re.search(r"\btype *:", block):
        return None
    name = "params" if re.search(r"\bdefault *:", block) else "maps"
    if name == "maps" and not re.search(r"\b(?:value|max_entries) *:", block):
        return None
    if re.search(rf"^{name}\b", source.text, re.MULTILINE):
        return None
    message = f"`{name}:` is missing above `{here.key}`"
    edit = Edit(Span(here.number, 1, here.number, 1), f"{name}:\n")
    help = f"write `{name}:` above it, at column 1"
    return syntax_error(source, _key_span(here), message, help, edit)


def _block(source: Source, here: _Line) -> str:
    """The line `here`, and those that hang on it."""
    lines = [source.line(here.number)]
    for text in source.text.split("\n")[here.number :]:
        if text.strip() and len(text) - len(text.lstrip(" ")) <= here.column:
            break
        lines.append(text)
    return "\n".join(lines)


def _step_at_left(source: Source, here: _Line, above: _Line) -> Diagnostic | None:
    """A step to the left of the `do:` that it belongs under."""
    if not here.has_dash or here.key not in VERBS or above.key not in _BLOCKS or above.value:
        return None
    if here.dash >= above.column:
        return None
    help = f"indent it under `{above.key}` of line {above.number}"
    edits = _block_moved(source, here, above.column + 2)
    message = "this step stands outside of its list"
    return syntax_error(source, _dash_span(here), message, help, *edits)


def _block_moved(source: Source, here: _Line, column: int) -> tuple[Edit, ...]:
    """The list that begins `here`, all of it, moved to `column` (from 0)."""
    edits: list[Edit] = []
    for number, text in enumerate(source.text.split("\n")[here.number - 1 :], here.number):
        before = len(text) - len(text.lstrip(" "))
        if text.strip() and (before < here.dash or (before == here.dash and text[before] != "-")):
            break
        if text.strip():
            gap = " " * (before + column - here.dash)
            edits.append(Edit(Span(number, 1, number, before + 1), gap))
    return tuple(edits)


def _name_above(source: Source, here: _Line, above: _Line) -> Diagnostic | None:
    """A map's name above `maps:`, an item's first line above `programs:`."""
    below = _Line(source, here.number + 1)
    sections = ("programs", "schedules") if here.has_dash else ("maps", "params")
    if below.key not in sections or below.value or below.column or not here.column:
        return None
    if here.value and not here.has_dash:
        return None
    if here.has_dash and _Line(source, below.number + 1).has_dash:
        return None  # the items stand there
    one, other = (source.line(line.number).rstrip() for line in (here, below))
    edits = (
        Edit(Span(here.number, 1, here.number, len(one) + 1), other),
        Edit(Span(below.number, 1, below.number, len(other) + 1), one),
    )
    message = f"`{here.key}` stands above `{below.key}:`"
    help = f"move it below: `{below.key}:` is line {here.number}"
    if here.has_dash:
        help = f"write `{one.strip()}` below `{below.key}:`"
    return syntax_error(source, _key_span(here), message, help, *edits)


def _part_at_left(source: Source, here: _Line, above: _Line) -> Diagnostic | None:
    """A pair in the column of the key that it belongs under, and deeper than it `here`."""
    name = _Line(source, _above(source, above.number))
    is_so = name.key and not name.value and above.value and not (above.has_dash or name.has_dash)
    if not is_so or here.has_dash or not 0 < name.column == above.column < here.column:
        return None
    message = f"`{above.key}` stands beside `{name.key}`, which has no value"
    help = f"indent it, in the column of `{here.key}` of line {here.number}"
    edits = moved(source, above.number, here.column)
    return syntax_error(source, _key_span(above), message, help, *edits)


_Look: TypeAlias = Callable[[Source, _Line, _Line], Diagnostic | None]
_LOOKS: tuple[_Look, ...] = (
    _name_above,
    _has_value,
    _top_level,
    _block_above_item,
    _dash_too_low,
    _swapped,
    _no_section,
    _no_map_section,
    _no_list_key,
    _no_then,
    _step_at_left,
    _part_at_left,
)
