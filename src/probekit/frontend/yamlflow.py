"""YAML's own brackets: a comma that is missing, one that is never closed, an expression in them."""

from __future__ import annotations

import re

from probekit.diagnostics import Diagnostic, Edit, Label
from probekit.frontend.schemachoice import OPTIONS
from probekit.frontend.yamlquote import in_quotes, quoted, syntax_error
from probekit.source import Source, Span

_TEXTS = ("print", "printk", "description")
_SEMICOLON = re.compile(r";(?=\s*[A-Za-z_]\w*\s*:)")
_NOT_CLOSED = "a `{` or `[` is not closed, or a comma is missing"
_IN_QUOTES = "put an expression that holds a comma or brackets in quotes"
# `hash key` before the `:`, where a comma should stand between the two.
_TWO_WORDS = re.compile(r"(\S+) +([A-Za-z_]\w*)$")
_CLOSES = {"{": "}", "[": "]"}
_CUT = re.compile(r"(: *)?[ \t](#(?!\s).*)")
_STRING = re.compile(r"\"[^\"\\]*\"|'[^']*'")
_PAIRS_BEHIND = re.compile(r"\}((?:, *[A-Za-z_]\w*: +[^\s,:{}#]+)+) *$")
_FLOW_KEY = re.compile(r"(\"[^\"]*\"|[A-Za-z_]\w*) *:(?=\s|[\"\[{]|$)")
_IS_KEY = re.compile(r"[{,]\s*(?:\"[^\"]*\"|'[^']*')$")
_FARTHEST = 200  # characters of a key in quotes
_OUTSIDE = re.compile(r"\{\"([^\"{}\\]+)\}\" *$")
_TEXT_KEY = re.compile(r"\b(?:printk?|description) *: *$")
_IN_ROUND = re.compile(r"\((\w+: [^(){}]*(?:\([^(){}]*\)[^(){}]*)*)\)")
_NEXT_KEY = re.compile(r"\s*(?:\"[^\"]*\"|[A-Za-z_]\w*)\s*:")


def flow_fault(source: Source, span: Span, begun: Span) -> Diagnostic:
    """No comma and no closing bracket at `span`, inside of what `begun` opened."""
    known = _beside_quotes(source, span) or _quote_outside(source, begun)
    if known is not None:
        return known
    if span == begun:
        return _not_closed(source, begun)
    if span.line != begun.line:
        return _over_lines(source, span, begun)
    line = source.line(span.line)
    known = _other_bracket(source, span, begun)
    if known is not None:
        return known
    words = _TWO_WORDS.search(line[: span.column - 1])
    if line[span.column - 1 : span.column] == ":" and words and words[1].endswith(";"):
        return _semicolons(source, span, begun)
    if line[span.column - 1 : span.column] == ":" and words and not words[1].endswith(":"):
        place = Span(span.line, words.start() + 1, span.line, span.column)
        pair = f"{words[1]}, {words[2]}"
        help = f"write one between them: `{pair}`"
        return syntax_error(source, place, "a comma is missing", help, Edit(place, pair))
    found = in_quotes(source, span, _NOT_CLOSED, is_flow=True)
    if found is not None and found.message != _NOT_CLOSED:
        return found
    if found is not None:
        key, _, text = found.help.partition("`")[2].partition(": ")
        array = re.fullmatch(r"\"?(char)\[([0-9]+)\]\"?`", text)
        if array:
            type = f"{array[1]}({array[2]})"
            edit = Edit(found.edits[0].span, type)
            message = f"`{array[1]}[{array[2]}]` is no type"
            return syntax_error(source, found.edits[0].span, message, f"write `{type}`", edit)
        place = found.edits[0].span
        known = _type(source, place, begun, key.strip("\"'"))
        if known is not None:
            return known
        value = line[place.column - 1 : place.end_column - 1]
        what = "a text" if key in _TEXTS else "an expression"
        has_comma = "," in value
        holds = "a comma" if has_comma else "brackets or `: `"
        message, place = (
            f"{what} with {holds} stands here without quotes",
            place if has_comma else span,
        )
        return syntax_error(source, place, message, found.help, *found.edits, code="unquoted-comma")
    return syntax_error(source, span, _NOT_CLOSED, _IN_QUOTES)


def _beside_quotes(source: Source, span: Span) -> Diagnostic | None:
    """`{"type": "hash" "key": "u32"}` and `{"type"= "hash"}`, as in JSON."""
    line = source.line(span.line)
    before, rest = line[: span.column - 1].rstrip(), line[span.column - 1 :]
    assigned = re.match(r":?=\s*", rest)
    if assigned and _IS_KEY.search(before[-_FARTHEST:]):
        place = Span(span.line, len(before) + 1, span.line, span.column + assigned.end())
        message = "a `:` is missing between a key and its value"
        sign = Span(span.line, span.column, span.line, span.column + len(assigned.group().strip()))
        return syntax_error(source, sign, message, "write `: ` in its place", Edit(place, ": "))
    # What stood there may be longer than the fault's place: that is at the `:` then.
    name = re.search(r"(?:\"[^\"]*\"|[A-Za-z_]\w*)$", before[-_FARTHEST:])
    if rest.startswith(":") and name:
        start = len(before) - len(name.group())
        before, rest = line[:start].rstrip(), line[start:]
    key = _FLOW_KEY.match(rest)
    if key is None or before[-1:] not in ('"', "'", "}", "]"):
        return None
    if key[1][0] != '"' and key[1] not in OPTIONS:
        return None
    at = Span(span.line, len(before) + 1, span.line, len(before) + 1)
    start = len(line) - len(rest)
    place = Span(span.line, start + 1, span.line, start + 1 + len(key[1]))
    help = f"write one before it: `, {key[1]}:`"
    return syntax_error(source, place, "a comma is missing", help, Edit(at, ","))


def _quote_outside(source: Source, begun: Span) -> Diagnostic | None:
    """`print: {"comm}"`"""
    line = source.line(begun.line)
    found = _OUTSIDE.match(line, begun.column - 1)
    if found is None or not _TEXT_KEY.search(line[: begun.column - 1]):
        return None
    place = Span(begun.line, begun.column, begun.line, begun.column + len(found.group().rstrip()))
    text = f'"{{{found[1]}}}"'
    message = "a text begins with its quote"
    return syntax_error(source, place, message, f"write `{text}`", Edit(place, text))


def _type(source: Source, place: Span, begun: Span, key: str) -> Diagnostic | None:
    """A type, as C or a tuple has it: no quotes make it one."""
    line = source.line(place.line)
    value = line[place.column - 1 : place.end_column - 1]
    is_struct = value[0] == "{" and key in ("key", "value")
    inside = line[begun.column - 1 : place.column - 1]
    is_declared = key in ("key", "value") and re.search(r"\btype\"? *:", inside)
    if key != "type" and not is_struct and not is_declared:
        return None
    if key == "type":
        help = "a map is written `{type: hash, key: u32, value: u64, max_entries: 1024}`"
        return syntax_error(source, place, "a type is one word", help)
    pairs = _IN_ROUND.fullmatch(value)
    help, edits = "a struct is `{pid: u32, comm: char(16)}`", tuple[Edit, ...]()
    if pairs:
        help, edits = f"write `{{{pairs[1]}}}`", (Edit(place, f"{{{pairs[1]}}}"),)
    return syntax_error(source, place, "the fields of a struct are not written so", help, *edits)


def _over_lines(source: Source, span: Span, begun: Span) -> Diagnostic:
    """A bracket of an earlier line: its next line lacks a comma before it, or it is not closed."""
    line, opening = source.line(span.line), source.line(begun.line)
    is_last = re.search(r": +[{\[]$", opening.rstrip()) and begun.column == len(opening.rstrip())
    if is_last and not re.search(r"^\s*[}\]]", source.text, re.MULTILINE):
        return _no_bracket(source, begun)
    is_deeper = len(line) - len(line.lstrip()) > len(opening) - len(opening.lstrip())
    above = source.line(span.line - 1).rstrip()
    if is_deeper and _NEXT_KEY.match(line) and above and above[-1] not in ",{[":
        word = re.split(r"\s", above)[-1]
        place = Span(span.line - 1, len(above) - len(word) + 1, span.line - 1, len(above) + 1)
        help = f"write one at the end of the line: `{word},`"
        return syntax_error(source, place, "a comma is missing", help, Edit(place, f"{word},"))
    return _closed_above(source, span, begun) or _not_closed(source, begun)


def _closed_above(source: Source, span: Span, begun: Span) -> Diagnostic | None:
    """`let: {a: 1,`, more of its pairs below, and then lines of block style."""
    last, line, opening = span.line - 1, source.line(span.line), source.line(begun.line)
    while last > begun.line and not source.line(last).strip():
        last -= 1
    indentation = len(line) - len(line.lstrip())
    inside = [opening[begun.column - 1 :], *map(source.line, range(begun.line + 1, last + 1))]
    text = "".join(inside)
    is_one = text.count("{") + text.count("[") == 1 and not set(text) & set("]}'\"#")
    if last == begun.line or not is_one or indentation > len(opening) - len(opening.lstrip()):
        return None
    above = inside[-1].rstrip().rstrip(",")
    word = re.split(r"\s", above)[-1]
    end = len(source.line(last).rstrip()) + 1
    place = Span(last, len(above) - len(word) + 1, last, end)
    right = _CLOSES[text[0]]
    help = f"close it at the end of line {last}: `{word}{right}`"
    edit = Edit(place, word + right)
    return syntax_error(source, begun, f"a `{text[0]}` is not closed", help, edit)


def _no_bracket(source: Source, begun: Span) -> Diagnostic:
    """`maps: {`, and below it lines in block style."""
    line = source.line(begun.line).rstrip()
    start = len(line[: begun.column - 1].rstrip())
    edit = Edit(Span(begun.line, start + 1, begun.line, len(line) + 1), "")
    message = f"a `{line[-1]}` is not closed"
    help = "remove it: lines below their key need none"
    return syntax_error(source, begun, message, help, edit)


def _other_bracket(source: Source, span: Span, begun: Span) -> Diagnostic | None:
    """`{n: pid]`"""
    line = source.line(span.line)
    opening, closing = line[begun.column - 1], line[span.column - 1 : span.column]
    if closing not in ("}", "]") or closing == _CLOSES.get(opening):
        return None
    right = _CLOSES[opening]
    without = _STRING.sub("", line)
    counts = [without.count(bracket) for bracket in "{}[]"]
    counts[1 if closing == "}" else 3] -= 1
    if counts[0] == counts[1] and counts[2] == counts[3]:
        place = Span.point(span.line, span.column)
        message = f"one `{closing}` too many"
        return syntax_error(source, place, message, "remove it", Edit(place, ""))
    inside = line[begun.column : span.column - 1]
    is_alone = (
        not any(bracket in inside for bracket in "[]{}\"'") and right not in line[span.column :]
    )
    edits = (Edit(span, right),) if is_alone else ()
    message = f"this `{closing}` closes no `{opening}`"
    return syntax_error(
        source, Span.point(span.line, span.column), message, f"write `{right}`", *edits
    )


def cut_by_comment(source: Source, begun: Span) -> Diagnostic | None:
    """`{description: #1 of all}`: what closes the bracket is in a comment."""
    line = source.line(begun.line).rstrip()
    found = _CUT.search(line, begun.column)
    if found is None or line[-1] != _CLOSES.get(line[begun.column - 1]):
        return None
    before = line[begun.column - 1 : found.start(2)]
    if any(character in before for character in "\"'[]}"):
        return None
    message = "a ` #` begins a comment, and cuts this value short"
    place = Span(begun.line, found.start(2) + 1, begun.line, len(line))
    if not found[1] or "," in found[2]:
        help = "put all of the value in quotes; a comment has a space after its `#`"
        return syntax_error(source, place, message, help, code="cut-by-comment")
    text = quoted(found[2][:-1])
    help = f"put it in quotes: `{text}`"
    return syntax_error(source, place, message, help, Edit(place, text), code="cut-by-comment")


def _semicolons(source: Source, span: Span, begun: Span) -> Diagnostic:
    """`{type: hash; key: u32}`: all of the line's, for each would be a fault of its own."""
    line = source.line(span.line)
    places = [
        Span(span.line, found.start() + 1, span.line, found.end() + 1)
        for found in _SEMICOLON.finditer(line, begun.column)
    ]
    edits = [Edit(place, ",") for place in places]
    return syntax_error(
        source, places[0], "a `;` stands between two pairs", "write `,` in place of `;`", *edits
    )


def one_too_many(source: Source, span: Span) -> Diagnostic | None:
    """A `}` or `]` that closes nothing."""
    line = source.line(span.line)
    bracket = line[span.column - 1 : span.column]
    if bracket not in ("}", "]") or line[span.column :].strip():
        return None
    place = Span.point(span.line, span.column)
    message = f"one `{bracket}` too many"
    return syntax_error(source, place, message, "remove it", Edit(place, ""))


def closed_early(source: Source, span: Span) -> Diagnostic | None:
    """`{type: hash, key: u32}, max_entries: 64`"""
    line = source.line(span.line)
    start = len(line[: span.column - 1].rstrip()) - 1
    found = _PAIRS_BEHIND.match(line, start) if start >= 0 else None
    if found is None:
        return None
    place = Span.point(span.line, start + 1)
    end = Span(span.line, found.end(1) + 1, span.line, found.end(1) + 1)
    message, help = "this `}` stands before the last pairs", "move it to the end of the line"
    return syntax_error(source, place, message, help, Edit(place, ""), Edit(end, "}"))


def not_opened(source: Source, span: Span) -> Diagnostic | None:
    """`calls: type: hash, key: u32}`, which has lost its `{`."""
    line = source.line(span.line).rstrip()
    found = re.match(r" *(?:- +)*[\w.-]+ *: +(?=([A-Za-z_]\w*) *: +[^\s{])", line)
    if found is None or not line.endswith("}") or line.count("{") + 1 != line.count("}"):
        return None
    place = Span(span.line, found.end() + 1, span.line, found.end() + 1 + len(found[1]))
    edit = Edit(Span(span.line, found.end() + 1, span.line, found.end() + 1), "{")
    message = f"a `{{` is missing before `{found[1]}`"
    return syntax_error(source, place, message, f"write `{{{found[1]}: ...}}`", edit)


def _wrong_bracket(source: Source, begun: Span) -> Diagnostic | None:
    """A line that ends with `)` in place of `}`."""
    line = source.line(begun.line).rstrip()
    inside = line[begun.column - 1 :]
    if not line.endswith(")") or inside.count("(") >= inside.count(")"):
        return None
    closing = {"{": "}", "[": "]"}.get(inside[:1])
    if closing is None or inside.count("{") + inside.count("[") != 1:
        return None
    place = Span.point(begun.line, len(line))
    message = f"this `)` closes no `{inside[0]}`"
    return syntax_error(source, place, message, f"write `{closing}`", Edit(place, closing))


def _of_two(source: Source, begun: Span) -> Diagnostic | None:
    """Two brackets, and the one that closes stands where both may end."""
    line = source.line(begun.line).rstrip()
    inner = line.rfind("{")
    if line.count("{") != 2 or line.count("}") != 1 or not line.endswith("}"):
        return None
    if inner < begun.column or line[begun.column - 1] != "{":
        return None
    message = "of these two `{` one is not closed"
    related = (Label(source, Span.point(begun.line, inner + 1), "the other one"),)
    help = "write a `}` where it ends"
    return Diagnostic("yaml-syntax", message, Label(source, begun), related, help)


def _not_closed(source: Source, begun: Span) -> Diagnostic:
    found = _wrong_bracket(source, begun) or _of_two(source, begun)
    if found is not None:
        return found
    line = source.line(begun.line).rstrip()
    bracket = line[begun.column - 1 : begun.column]
    opened = [{"{": "}", "[": "]"}[c] for c in line[begun.column - 1 :] if c in "{["]
    closed = sum(line[begun.column - 1 :].count(c) for c in "}]")
    missing = "".join(reversed(opened[: len(opened) - closed])) if closed < len(opened) else ""
    if len(missing) != 1 or '"' in line or "'" in line or line.endswith(","):
        return syntax_error(source, begun, _NOT_CLOSED, _IN_QUOTES)
    word = re.split(r"\s", line)[-1]
    place = Span(begun.line, len(line) - len(word) + 1, begun.line, len(line) + 1)
    help = f"close it at the end of the line: `{word}{missing}`"
    edit = Edit(place, word + missing)
    return syntax_error(source, begun, f"a `{bracket}` is not closed", help, edit)
