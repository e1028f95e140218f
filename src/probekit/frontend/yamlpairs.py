"""Single lines that are no pair: a `:` that is missing or another one, marks of other tools.

Imported on the way to an error only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from probekit.diagnostics import Diagnostic, Edit
from probekit.frontend.schemachoice import OPTIONS
from probekit.frontend.yamlquote import syntax_error
from probekit.source import Source, Span

_TEMPLATE = re.compile(r" *(\{\{-?|\{%-?) *\w")
_QUOTED = re.compile(r" *(?:- +)*((\w+)( *:)? *)((\"|').*\5) *$")
_NO_COLON = re.compile(r" *(?:- +)*([A-Za-z_][\w.-]*) +\{(?= *[\w\"']+ *: ).*\} *$")
_ROUND = re.compile(r" *(?:- +)*(?:[\w.-]+: +)?(\((\w+: [^()]*(?:\([^()]*\)[^()]*)*)\)) *$")
_TEXT = re.compile(r" *(?:- +)*(?:print|printk|description): ")  # what follows is for people
_NESTED = re.compile(r"( *)[\w.-]+:( +)(type): +[^\s,:{}\[\]]+ *$")
_WIDE = re.compile(r" *(?:- +)*\w+ *(\uff1a\s*)")
_CLOSES = re.compile(r" *(?:- +)*[\w.-]+ *: *([}\])]) *$")


def _place(number: int, start: int, end: int) -> Span:
    """A part of a line, by offsets in it."""
    return Span(number, start + 1, number, end + 1)


def _template(source: Source, number: int, line: str) -> Diagnostic | None:
    """`{{- if ... }}` at the start of a line; behind a key it is a value."""
    found = _TEMPLATE.match(line)
    if found is None:
        return None
    message = "a line of a template is no YAML"
    help = "give probekit what the template makes, such as that of `helm template`"
    return syntax_error(source, _place(number, found.start(1), len(line.rstrip())), message, help)


def _quoted_text(source: Source, number: int, line: str) -> Diagnostic | None:
    """`print "called: {pid}"` and `print:"called: {pid}"`."""
    found = _QUOTED.match(line)
    if found is None or found[2] not in OPTIONS or (found[3] and found[1][-1] == " "):
        return None
    place = _place(number, found.start(1), len(line.rstrip()))
    pair = f"{found[2]}: {found[4]}"
    message = "no space after the `:`" if found[3] else f"a `:` is missing after `{found[2]}`"
    edit = Edit(_place(number, *found.span(1)), f"{found[2]}: ")
    return syntax_error(source, place, message, f"write `{pair}`", edit)


def _no_colon(source: Source, number: int, line: str) -> Diagnostic | None:
    """`calls {type: hash, ...}`"""
    found = _NO_COLON.match(line)
    if found is None:
        return None
    place = _place(number, *found.span(1))
    message = f"a `:` is missing after `{found[1]}`"
    return syntax_error(source, place, message, f"write `{found[1]}: {{`", _behind(place, ":"))


def _behind(place: Span, text: str) -> Edit:
    return Edit(Span(place.line, place.end_column, place.line, place.end_column), text)


def _round(source: Source, number: int, line: str) -> Diagnostic | None:
    """`(type: hash, key: u32)`"""
    found = _ROUND.match(line)
    if found is None or _TEXT.match(line):
        return None
    message, help = "pairs stand in braces", f"write `{{{found[2]}}}`"
    edits = (
        Edit(_place(number, found.start(1), found.start(1) + 1), "{"),
        Edit(_place(number, found.end(1) - 1, found.end(1)), "}"),
    )
    return syntax_error(source, _place(number, *found.span(1)), message, help, *edits)


def _nested(source: Source, number: int, line: str) -> Diagnostic | None:
    """`calls: type: hash`, and the rest of the map below."""
    found = _NESTED.match(line)
    if found is None or _TEXT.match(line):
        return None
    below = source.line(number + 1)
    indentation = len(below) - len(below.lstrip(" "))
    edit = Edit(_place(number, *found.span(2)), "\n" + " " * indentation)
    edits = (edit,) if indentation > len(found[1]) else ()
    help = f"write `{found[3]}:` on a line of its own, below"
    place = _place(number, *found.span(3))
    return syntax_error(source, place, "two keys on one line", help, *edits)


def _wide_colon(source: Source, number: int, line: str) -> Diagnostic | None:
    """The `:` of Chinese and Japanese keyboards."""
    found = _WIDE.match(line)
    if found is None:
        return None
    place = _place(number, found.start(1), found.start(1) + 1)
    edit = Edit(_place(number, *found.span(1)), ": " if line[found.end() :] else ":")
    message = "`\uff1a` (U+FF1A) is not YAML's `:`"
    return syntax_error(source, place, message, "write `:` and a space", edit)


def _closes_nothing(source: Source, number: int, line: str) -> Diagnostic | None:
    """`maps:}`"""
    found = _CLOSES.match(line)
    if found is None:
        return None
    place = _place(number, *found.span(1))
    message = f"one `{found[1]}` too many"
    return syntax_error(source, place, message, "remove it", Edit(place, ""))


_Look: TypeAlias = Callable[[Source, int, str], Diagnostic | None]
LOOKS: tuple[_Look, ...] = (
    _template,
    _quoted_text,
    _no_colon,
    _round,
    _nested,
    _wide_colon,
    _closes_nothing,
)
