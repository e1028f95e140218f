"""Text that YAML reads without a word, and otherwise than it was meant.

Imported only where the first characters of such a trap are there.
"""

from __future__ import annotations

import re

from probekit.diagnostics import Diagnostic, Edit, Label
from probekit.frontend.schemachoice import OPTIONS
from probekit.frontend.yamlhidden import SPACES
from probekit.frontend.yamlindent import no_space
from probekit.frontend.yamlnodes import Mapping, Node, Scalar
from probekit.frontend.yamlquote import LONGEST, block_value, in_quotes, quoted, syntax_error
from probekit.source import Source, Span

# What closes each of the quotes that word processors make: double, single, and angles.
_TYPOGRAPHIC = {
    "\u201c": "\u201d",
    "\u201d": "\u201d",
    "\u201e": "\u201c\u201d",
    "\u00ab": "\u00bb",
    "\u2018": "\u2019",
    "\u2019": "\u2019",
    "\u2039": "\u203a",
}
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_PRINTED = re.compile(r"\bprintk? *: *\{[^{}]*$")
_TEXT = re.compile(r"\b(?:printk?|description) *: *$")
_COMMENT = re.compile(r"\s+#\s.*$")
_ASSIGNED = re.compile(r"([A-Za-z_]\w*|[0-9]+) *:?= *([^=\s].*)")
_IN_THOUSANDS = re.compile(r"(?<=: )[1-9][0-9]{0,2}(?:,[0-9]{3})+(?=\s*[,}])", re.ASCII)
_APART = re.compile(rf"([0-9]+|{'|'.join(sorted(OPTIONS))});? +([\w'\"].*)")
_BEHIND_SPACE = re.compile(r"[\w.-]+ +:(?=[^\s:=])")
_GLUED = re.compile(r"([\w.]+):(\S.*)")


def cut_by_comment(source: Source, scalar: Scalar, rest: str) -> Diagnostic | None:
    """A value after which a ` #` takes away what was its end; None where it is a comment.

    `rest` is the line after the value. It is no comment where it begins with `#{`, or closes a
    quote or a bracket of the value.
    """
    found = re.match(r"([ \t]*)(#.*)", rest)
    if found is None or not (found[2].startswith("#{") or _closes(scalar.text, found[2])):
        return None
    span = scalar.span
    if span.line != span.end_line:
        return _comment(source, span, "put all of the value in quotes")
    line = source.line(span.line)
    start = span.column - 1 if scalar.raw else span.column - 1 + len(found[1])
    place = Span(span.line, start + 1, span.line, len(line.rstrip()) + 1)
    if len(line) > LONGEST or block_value(line) is None:
        return _comment(source, place, "put all of the value in quotes")
    value = line[start:].rstrip()
    comment = _COMMENT.search(value, value.index("#") + 1)
    if comment and not any(value[: comment.start()].count(quote) % 2 for quote in ("'", '"')):
        value = value[: comment.start()]
        place = Span(span.line, start + 1, span.line, start + 1 + len(value))
    text = quoted(value)
    help = f"put it in quotes: `{text}`; a comment has a space after its `#`"
    return _comment(source, place, help, Edit(place, text))


def _comment(source: Source, span: Span, help: str, *edits: Edit) -> Diagnostic:
    message = "a ` #` begins a comment, and cuts this value short"
    return syntax_error(source, span, message, help, *edits, code="cut-by-comment")


def glued_comment(
    source: Source, begun: tuple[int, int], place: tuple[int, int]
) -> Diagnostic | None:
    """A `#` at `place`, directly behind the end of what began at `begun`."""
    number, column = place
    line = source.line(number)
    span = Span.point(number, column)
    message = f"a `#` directly behind a `{line[column - 2 : column - 1]}` begins no comment"
    start = begun[1] - 1
    is_value = begun[0] == number and _TEXT.search(line[:start]) is not None
    if not is_value or line[column : column + 1] in ("", " ") or len(line) > LONGEST:
        help, edit = "write a space before it", Edit(Span(number, column, number, column), "  ")
        return syntax_error(source, span, message, help, edit, code="cut-by-comment")
    value = line[start:].rstrip()
    if value[0] != "{" or " #" in value:
        help = "put all of the text in quotes, or write a space before the `#`"
        return syntax_error(source, span, message, help, code="cut-by-comment")
    span, text = Span(number, start + 1, number, start + 1 + len(value)), quoted(value)
    help = f"put it in quotes: `{text}`"
    return syntax_error(source, span, message, help, Edit(span, text), code="cut-by-comment")


def _closes(text: str, comment: str) -> bool:
    """Whether `text` has a quote or a bracket open that `comment` closes."""
    without = _APOSTROPHE.sub("", text)
    if any(without.count(quote) % 2 and quote in comment for quote in ("'", '"')):
        return True
    pairs = (("(", ")"), ("[", "]"), ("{", "}"))
    return any(text.count(a) > text.count(b) and b in comment for a, b in pairs)


def misread(source: Source, scalar: Scalar, *, is_key: bool) -> Diagnostic | None:
    """Plain text with quotes or spaces in it that are none for YAML."""
    if "\n" in scalar.raw or len(scalar.raw) > LONGEST:
        return None
    if scalar.text[:1] in _TYPOGRAPHIC:
        return typographic(source, scalar.span, scalar.text)
    found = re.search(rf"^-?[{SPACES}]+|:[{SPACES}]+|(?<![{SPACES}])[{SPACES}]+$", scalar.raw)
    if found is None and is_key:
        found = re.search(rf"[{SPACES}]+", scalar.raw)
    if found is None:
        return None
    spaces = found.group().lstrip("-:")
    end = scalar.span.column + found.end()
    place = Span(scalar.span.line, end - len(spaces), scalar.span.line, end)
    return no_space(source, place, spaces)


def typographic(source: Source, span: Span, text: str) -> Diagnostic:
    """`text`, at `span`, which begins with a quote as word processors make it."""
    message = "typographic quotes are letters for YAML, and no quotes"
    label = Label(source, span)
    if text[-1:] not in tuple(_TYPOGRAPHIC[text[0]]):
        help = 'write plain quotes, as in `"text"`'
        inner = re.sub("[\u2018\u2019\u201c\u201d]", "'", text)
        if inner.count("'") % 2 == 0:
            help = f"write plain quotes, and others around all of it: `{quoted(inner)}`"
        return Diagnostic("typographic-quotes", message, label, help=help)
    plain = quoted(text[1:-1])
    help = f"write plain ones: `{plain}`"
    edits = (Edit(span, plain),)
    return Diagnostic("typographic-quotes", message, label, help=help, edits=edits)


def in_two_braces(source: Source, span: Span) -> Diagnostic | None:
    """`when: {{ pid == 1 }}`, a mapping for YAML."""
    from probekit.frontend.yamllines import without_braces

    line = source.line(span.line)
    start = span.column - 1
    key = re.search(r"(\w+) *: +$", line[:start]) if len(line) < LONGEST else None
    if key is None or span.line != span.end_line or not line.startswith("{{", start):
        return None
    return without_braces(source, span, key[1])


def one_in_braces(source: Source, span: Span, key: Node) -> Diagnostic | None:
    """`entries: {{0: true}}`: braces in braces, of which the outer ones hold nothing else."""
    line = source.line(span.line)
    if len(line) > LONGEST:
        return None
    start, end = span.column - 1, span.end_column - 1
    is_one = line.startswith("{{", start) and line[:end].endswith("}}")
    if span.line != span.end_line or not is_one or key.span.end_column != span.end_column - 1:
        return None
    if not isinstance(key, Mapping):
        return None
    place = Span.point(span.line, span.column)
    edits = [Edit(place, "")]
    message, help = "one `{` too many", "remove it"
    if line.count("{") <= line.count("}"):
        edits.append(Edit(Span.point(span.line, end), ""))
        help = "remove it, and one of those that close it"
    return syntax_error(source, place, message, help, *edits)


def in_thousands(source: Source, key: Scalar) -> Diagnostic | None:
    """`1,000` in YAML's own brackets, where each comma ends a value; `key` is one of its parts."""
    line = source.line(key.span.line)
    for found in _IN_THOUSANDS.finditer(line[:LONGEST]):
        if found.start() < key.span.column - 1 < found.end():
            number = found.group().replace(",", "")
            place = Span(key.span.line, found.start() + 1, key.span.line, found.end() + 1)
            message = "numbers have no commas: here one ends the value"
            return syntax_error(
                source, place, message, f"write `{number}`", Edit(place, number),
                code="unquoted-comma",
            )  # fmt: skip
    return None


def no_pair(source: Source, key: Scalar) -> Diagnostic | None:
    """A key in YAML's own brackets that was to be a pair: `{a = pid}`, `{0 7}`, `{type:hash}`."""
    found = _ASSIGNED.fullmatch(key.text) or _APART.fullmatch(key.text)
    span, before = key.span, source.line(key.span.line)[: key.span.column - 1]
    is_text = re.search(r"\b(?:printk?|description) *: *[^{}]*$", before)
    behind = _BEHIND_SPACE.match(key.raw) if not is_text else None
    if behind is not None:
        from probekit.frontend.yamlcolon import colon_behind_space

        place = Span(span.line, span.column, span.line, span.column + behind.end())
        return colon_behind_space(source, place, source.line(span.line))
    if found is None or key.text != key.raw or is_text:
        return glued_pair(source, key)
    pair = f"{found[1]}: {found[2]}"
    message = "a `:` is missing between a key and its value"
    return syntax_error(source, key.span, message, f"write `{pair}`", Edit(key.span, pair))


def text_with_comma(
    source: Source, text: tuple[Scalar, Node], key: Scalar, rest: Node, *, is_last: bool
) -> Diagnostic | None:
    """`{description: reads, and those that: write}`: a comma ends the text, which has a `: `."""
    name, value = text
    if not isinstance(value, Scalar) or not value.plain or not key.plain:
        return None
    end = rest.span
    span = Span(value.span.line, value.span.column, end.end_line, end.end_column)
    written = source.line(span.line)[span.column - 1 : span.end_column - 1]
    is_whole = is_last and isinstance(rest, Scalar) and rest.plain and span.line == span.end_line
    help, edits = "put all of it in quotes", tuple[Edit, ...]()
    if is_whole:
        help = f"{help}: `{name.text}: {quoted(written)}`"
        edits = (Edit(span, quoted(written)),)
    message = "a comma ends a value here"
    return syntax_error(source, value.span, message, help, *edits, code="unquoted-comma")


def glued_pair(source: Source, key: Scalar) -> Diagnostic | None:
    """`{type:hash}`: without a space all of it is a key, and there is no value."""
    found = _GLUED.fullmatch(key.text)
    before = source.line(key.span.line)[: key.span.column - 1]
    if found is None or key.text != key.raw or _PRINTED.search(before):
        return None
    pair = f"{found[1]}: {found[2]}"
    help = f"write a space after it: `{pair}`"
    return syntax_error(source, key.span, "no space after the `:`", help, Edit(key.span, pair))


def not_here(
    source: Source, span: Span, raw: str, code: str, message: str, *, is_flow: bool
) -> Diagnostic:
    """An anchor, alias or tag; often it is text without quotes."""
    plain = Diagnostic(code, message, Label(source, span), help="write the value itself")
    line = source.line(span.line)
    before, mark = line[: span.column - 1], raw[:1]
    words = raw.split(maxsplit=1)
    if raw.startswith("!!") and len(words) == 2 and words[1][0] not in "[{":
        return syntax_error(
            source, span, message, f"write the value itself: `{words[1]}`",
            Edit(span, words[1]), code=code,
        )  # fmt: skip
    is_used = {"&": f"*{words[0][1:]}", "*": f"&{words[0][1:]}"}.get(mark, "\n!!")
    if is_used in source.text or raw.startswith("!!") or "\n" in raw:
        return plain
    if mark == "!" and re.search(r"\b(?:if|when) *: *$", before):
        return _negated(source, span, raw, plain)
    found = in_quotes(source, span, message, is_flow=is_flow)
    if found is None or not _TEXT.search(before):
        return plain
    help = f"text that begins with `{mark}` stands in quotes: {found.help.partition(': ')[2]}"
    return syntax_error(source, span, message, help, *found.edits, code=code)


def _negated(source: Source, span: Span, raw: str, plain: Diagnostic) -> Diagnostic:
    """`!uid` where a condition stands."""
    if not re.fullmatch(r"![\w.]+", raw):
        help = "write what is compared before the `!=`, as in `uid != 0`; `!x` is `not x`"
        return syntax_error(source, span, plain.message, help, code=plain.code)
    text = f"not {raw[1:]}"
    edit = Edit(span, text)
    return syntax_error(source, span, plain.message, f"write `{text}`", edit, code=plain.code)
