"""Single lines that no spec has: marks of Markdown, comments and prompts of others, other dashes.

Imported on the way to an error only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from probekit.diagnostics import Diagnostic, Edit
from probekit.frontend.schemachoice import OPTIONS
from probekit.frontend.schemahelp import for_call, for_line
from probekit.frontend.yamlcolon import LOOKS as OF_COLONS
from probekit.frontend.yamlpairs import LOOKS
from probekit.frontend.yamlquote import (
    LONGEST,
    arguments,
    as_scalar,
    needs_quotes,
    quoted,
    syntax_error,
)
from probekit.frontend.yamltraps import typographic
from probekit.source import Source, Span

TOP_LEVEL = frozenset("probekit params maps programs schedules".split())
_NO_SPACE = re.compile(r" *(-)([A-Za-z_]\w*)(?=\s*:(?:\s|$))")
_OTHER_DASH = re.compile(r" *([\u2013\u2014\u2022\u00b7\u2023*])[ \t\u00a0]*([A-Za-z_]\w*)(?=\s*:)")
_FENCE = re.compile(r" *(?:```|~~~)[\w-]* *$")
_COMMENT = re.compile(r" *(//+|/\*+) *(.*?) *(?:\*/)? *$")
_PROMPT = re.compile(r"(?:[\w.-]+@[\w.-]+(?::\S*)?[$%>#]|[$%]) +\S")
_PREFIXED = re.compile(r" *(?:- +)*\w+ *: +([fFrRbBuU]{1,2})([\"'])(.*)\2\s*$")
_CALL = re.compile(r" *- +(\w+ *\(.*\) *;?) *$")
_SPECIAL_QUOTE = re.compile(
    r" *(?:- +)*\w+ *: +([\u201c\u201d\u201e\u00ab\u2018\u2019\u2039].*?) *$"
)
_BRACED = re.compile(r"\{%\s*(.*?)\s*%\}|\$?\{\{\s*(.*?)\s*\}\}")
_VALUE = re.compile(r"( *(?:- +)*)(\w+) *: +")
_TEXTS = ("print", "printk", "description")
_LIST_BELOW = re.compile(r"( *)((?:- +)*)(do|then|else|programs|schedules): +(- +)?(\w+):(?= |$)")
_COMPLETE = r" *(?:- +)*[\w.-]+ *:(?: +(?:[\w./]+|\"[^\"]*\"|'[^']*'|[\[{].*[\]}]))?"
_TOO_MANY = re.compile(
    rf"(?:{_COMPLETE}(?<=[:\"'}}\]]) *([;,:\"']) *$"
    r"| *(?:- +)*\w+ *: +(: +)\S"
    r"| *(?:- +)*\w+ *: +(\")\"[^\"]+\" *$)"
)
_JOINED = re.compile(r"( *)- +\w+ *: +(?:[^\s\"'{}]+|\"[^\"]*\") +(- +)(\w+) *:(?: |$)")
_LET = re.compile(r" *(?:- +)*let *: +([A-Za-z_]\w*) *: +([^\s\"'#{}][^\"'#{}]*?) *$")
_TWICE = re.compile(r" *(?:- +)*((\w+): +)\2: +\S")
_ENDS_SO = re.compile(
    r" *(?:- +)*(tracepoint|count|update|delete|lookup|show|clear|name|if|when|key|value"
    r"|every|after|delay|at|type|max_entries) *: +"
    r"([^\s\"':#{\[][^\"':#{]*)(:)\s*$"
)


def slip_of_line(source: Source, number: int) -> Diagnostic | None:
    """What is certainly wrong with a line, wherever the parser stumbled over it."""
    if len(source.line(number)) > LONGEST:
        return None
    found = (look(source, number, source.line(number)) for look in _LOOKS)
    return next((one for one in found if one is not None), None)


def _place(number: int, start: int, end: int) -> Span:
    """A part of a line, by offsets in it."""
    return Span(number, start + 1, number, end + 1)


def _without(source: Source, number: int, message: str) -> Diagnostic:
    """A line that is to go."""
    line = source.line(number).rstrip()
    place = _place(number, len(line) - len(line.lstrip()), len(line))
    is_last = source.text.count("\n") < number
    end = (number, len(line) + 1) if is_last else (number + 1, 1)
    edit = Edit(Span(number, 1, *end), "")
    return syntax_error(source, place, message, "remove this line", edit)


def _fence(source: Source, number: int, line: str) -> Diagnostic | None:
    found = _FENCE.match(line)
    return _without(source, number, "a fence of Markdown is no YAML") if found else None


def _prompt(source: Source, number: int, line: str) -> Diagnostic | None:
    found = _PROMPT.match(line)
    return _without(source, number, "a command of a shell is no YAML") if found else None


def _comment(source: Source, number: int, line: str) -> Diagnostic | None:
    found = _COMMENT.match(line)
    if found is None or (found[1][:2] == "/*" and "*/" not in line):
        return None
    text = f"# {found[2]}".rstrip()
    place = _place(number, found.start(1), len(line.rstrip()))
    help = f"comments begin with `#`: `{text}`"
    return syntax_error(source, place, f"`{found[1]}` begins no comment", help, Edit(place, text))


def _comment_after(source: Source, number: int, line: str) -> Diagnostic | None:
    """`8 // eight: ...` behind a value that is one word."""
    found = re.match(rf"{_COMPLETE} +(//+) *(.*?) *$", line)
    if found is None:
        return None
    place = _place(number, found.start(1), len(line.rstrip()))
    text = f"# {found[2]}"
    help = f"a comment begins with `#`: `{text}`"
    return syntax_error(source, place, "`//` begins no comment", help, Edit(place, text))


def _after_value(source: Source, number: int, line: str) -> Diagnostic | None:
    """A `;`, a `,` or a quote too many behind a value, or a `:` or a quote before it."""
    found = _TOO_MANY.match(line)
    if found is None:
        return None
    at = 1 if found[1] else 2 if found[2] else 3
    if found[at] in "\"'" and at == 1 and line.count(found[at]) % 2 == 0:
        return None  # it closes another
    place = _place(number, *found.span(at))
    message = f"one `{found[at]}` too many"
    return syntax_error(source, place, message, "remove it", Edit(place, ""))


def _joined(source: Source, number: int, line: str) -> Diagnostic | None:
    """Another item behind a value."""
    found = _JOINED.match(line)
    if found is None or found[3] not in OPTIONS:
        return None
    place = _place(number, found.start(2), found.end(3))
    message = f"`{found[3]}` begins another item"
    help = "write it on a line of its own, below"
    gap = len(line[: found.start(2)]) - len(line[: found.start(2)].rstrip())
    edit = Edit(_place(number, found.start(2) - gap, found.start(2)), f"\n{found[1]}")
    return syntax_error(source, place, message, help, edit)


def _dash(source: Source, number: int, line: str) -> Diagnostic | None:
    """`-every:`, and dashes of word processors and lists of Markdown."""
    glued, other = _NO_SPACE.match(line), _OTHER_DASH.match(line)
    found = glued or other
    if found is None or (found[2] not in OPTIONS and not glued):
        return None
    message = "no space after the `-`" if glued else f"`{found[1]}` is not YAML's `-`"
    place = _place(number, found.start(1), found.end(2))
    help = f"write `- {line[found.start(2) :].strip()}`"
    return syntax_error(source, place, message, help, Edit(place, f"- {found[2]}"))


def _prefix(source: Source, number: int, line: str) -> Diagnostic | None:
    """Text with a letter before its quotes, as in Python."""
    found = _PREFIXED.match(line)
    if found is None or found[2] in found[3]:
        return None
    place = _place(number, found.start(1), len(line.rstrip()))
    text = line[found.start(2) : len(line.rstrip())]
    if "\\" in text and "r" in found[1].lower():
        text = quoted(found[3])
    message = f"`{found[1]}` stands before a quote, and makes it none"
    help = f"remove the `{found[1]}`: `{text}`"
    return syntax_error(source, place, message, help, Edit(place, text))


def _quotes(source: Source, number: int, line: str) -> Diagnostic | None:
    found = _SPECIAL_QUOTE.match(line)
    if found is None or ": " not in found[1]:
        return None
    return typographic(source, _place(number, *found.span(1)), found[1])


def _arguments(source: Source, number: int, line: str) -> Diagnostic | None:
    return arguments(source, number)


def _call(source: Source, number: int, line: str) -> Diagnostic | None:
    """A step as a line of another language."""
    found = _CALL.match(line)
    if found is None or for_line(found[1]) is None:
        return None
    place = _place(number, *found.span(1))
    fix = for_call(place, found[1])
    return syntax_error(source, place, "a step is not written so here", fix.help, *fix.edits)


def _braces(source: Source, number: int, line: str) -> Diagnostic | None:
    """`when: {% pid == 1 %}`, as templates have it."""
    found = _VALUE.match(line)
    braced = _BRACED.match(line, found.end()) if found else None
    if found is None or braced is None or line[braced.end() :].strip():
        return None
    return without_braces(source, _place(number, *braced.span()), found[2])


def without_braces(source: Source, place: Span, key: str) -> Diagnostic | None:
    """The expression, or the text to print, at `place`, which has braces of templates."""
    line = source.line(place.line)
    braced = _BRACED.match(line, place.column - 1)
    inner = (braced[1] or braced[2] or "") if braced else ""
    is_other = "{" in inner if key in _TEXTS else inner[:1] == "{" or ": " in inner
    if braced is None or not inner or is_other:
        return None
    place = _place(place.line, *braced.span())
    if key in _TEXTS:
        text = quoted(inner if key == "description" else f"{{{inner}}}")
        message = "text with braces stands in quotes, and a value in one pair of them"
        return syntax_error(source, place, message, f"write `{key}: {text}`", Edit(place, text))
    is_in_flow = "{" in line[: place.column - 1]
    text = inner if not needs_quotes(inner) else quoted(inner)
    text = text if is_in_flow or ": " in inner or " #" in inner or inner[0] in "!@&*%'\"" else inner
    help = f"write `{key}: {text}`"
    return syntax_error(source, place, "an expression has no braces", help, Edit(place, text))


def _list_below(source: Source, number: int, line: str) -> Diagnostic | None:
    """`then: print: x`: a list that begins behind its key."""
    found = _LIST_BELOW.match(line)
    if found is None:
        return None
    column = len(found[1]) + len(found[2]) + 2
    below = re.match(r" *(\w+)", source.line(number + 1))
    is_alone = below is None or below[1] not in OPTIONS or below[1] in ("then", "else", "do")
    edit = Edit(_place(number, found.end(3) + 1, found.start(5)), f"\n{' ' * column}- ")
    place = _place(number, found.start(4) if found[4] else found.start(5), found.end(5))
    help = f"write `- {line[found.start(5) :].strip()}` on a line of its own, below"
    message = f"the list of `{found[3]}` begins on a line of its own"
    return syntax_error(source, place, message, help, *((edit,) if is_alone else ()))


def _twice(source: Source, number: int, line: str) -> Diagnostic | None:
    found = _TWICE.match(line)
    if found is None:
        return None
    place = _place(number, found.end(1), found.end(1) + len(found[2]) + 1)
    rest = line[found.end(1) + len(found[1]) :].strip()
    edit = Edit(_place(number, *found.span(1)), "")
    help = f"write it once: `{found[2]}: {rest}`"
    return syntax_error(source, place, f"`{found[2]}:` stands twice", help, edit)


def _ending(source: Source, number: int, line: str) -> Diagnostic | None:
    """`tracepoint: a/b:`"""
    found = _ENDS_SO.match(line)
    if found is None:
        return None
    if " " in found[2] and found[2].split()[-1] in OPTIONS | {*TOP_LEVEL}:
        word = found[2].split()[-1]
        place = _place(number, found.end(2) - len(word), found.end(2))
        help = f"write `{word}:` on a line of its own, below"
        return syntax_error(source, place, "two keys on one line", help)
    place = _place(number, *found.span(3))
    help = f"remove it: `{found[1]}: {found[2]}`"
    return syntax_error(source, place, "a `:` ends this value", help, Edit(place, ""))


def _let(source: Source, number: int, line: str) -> Diagnostic | None:
    """`let: a: pid`"""
    found = _LET.match(line)
    if found is None:
        return None
    text = f"{{{found[1]}: {as_scalar(found[2])}}}"
    place = _place(number, found.start(1), len(line.rstrip()))
    message = "a name and its value stand in braces here"
    return syntax_error(source, place, message, f"write `let: {text}`", Edit(place, text))


def _top_level(source: Source, number: int, line: str) -> Diagnostic | None:
    """`probekit: 1` behind spaces, where the keys below begin at column 1."""
    found = re.match(r" +(probekit)(?=\s*:)", line)
    if found is None or not re.search(r"^(?:name|programs)\b", source.text, re.MULTILINE):
        return None
    place = _place(number, *found.span(1))
    edit = Edit(_place(number, 0, found.start(1)), "")
    message = "`probekit` is a top-level key"
    return syntax_error(source, place, message, "begin it at column 1", edit)


_Look: TypeAlias = Callable[[Source, int, str], Diagnostic | None]
_LOOKS: tuple[_Look, ...] = (
    *LOOKS,
    *OF_COLONS,
    _fence,
    _prompt,
    _comment,
    _comment_after,
    _after_value,
    _joined,
    _top_level,
    _dash,
    _prefix,
    _quotes,
    _arguments,
    _call,
    _braces,
    _list_below,
    _twice,
    _ending,
    _let,
)
