"""Values that YAML takes only in quotes: where they stand, and how they are written then."""

from __future__ import annotations

import re

from probekit.diagnostics import Diagnostic, Edit, Label
from probekit.source import Source, Span

# `key: ` at the start of a line in block style, behind any number of `- `.
_BLOCK_KEY = re.compile(r" *(?:- +)*(?:\"[^\"]*\"|'[^']*'|[^\s#'\"\[\]{},:][^:]*?) *:[ \t]+(?=\S)")
_FLOW_KEY = re.compile(r"[{,]\s*(?:\"[^\"]*\"|'[^']*'|[\w.-]+)\s*:\s+(?=\S)")
_COMMENT = re.compile(r"\s+#(?:\s.*)?$")
_PRINTED = re.compile(r" *(?:- +)*(?:print|printk|description) *:")
_TO_PRINT = re.compile(r" *(?:- +)*(printk?) *: +(?=[\"'])")
LONGEST = 2000  # characters of a line that is worth a look: nobody wrote a longer one by hand
_CLOSED_BY = {"(": ")", "[": "]", "{": "}"}


def quoted(text: str) -> str:
    """`text` as a scalar in quotes, with as few escapes as can be."""
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def needs_quotes(text: str) -> bool:
    """Whether plain `text` would not be the same value inside of YAML's own brackets."""
    return (
        not text.strip()
        or text != text.strip()
        or any(part in text for part in (",", "[", "]", "{", "}", ": ", " #"))
        or text[0] in "'\"&*!|>%@`#"
        or text.startswith(("- ", "? "))
        or text.endswith(":")
    )


def as_scalar(text: str) -> str:
    """`text` as it is where YAML takes it so, else in quotes."""
    return quoted(text) if needs_quotes(text) else text


def syntax_error(
    source: Source, span: Span, message: str, help: str, *edits: Edit, code: str = "yaml-syntax"
) -> Diagnostic:
    """The diagnostic for text that is no YAML, or another than it seems."""
    return Diagnostic(code, message, Label(source, span), help=help, edits=edits)


def block_value(line: str) -> tuple[int, int] | None:
    """Where the value of a line's first `key: ` begins and ends, without a comment after it."""
    found = _BLOCK_KEY.match(line)
    if found is None:
        return None
    value = line[found.end() :].rstrip()
    comment = _COMMENT.search(value)
    if comment and value[: comment.start()].count('"') % 2 == 0:
        value = value[: comment.start()]
    return found.end(), found.end() + len(value)


def flow_value(line: str, column: int) -> tuple[int, int] | None:
    """Where the value in `{key: value}` that holds `column` (from 0) begins and ends."""
    starts = [found.end() for found in _FLOW_KEY.finditer(line) if found.end() <= column]
    if not starts:
        return None
    start, expected = starts[-1], list[str]()
    for at in range(start, len(line)):
        character = line[at]
        if not expected and character in ",]}":
            return start, at
        if expected and character == expected[-1]:
            expected.pop()
        elif character in _CLOSED_BY:
            expected.append(_CLOSED_BY[character])
    return None


def may_be_text(line: str, column: int) -> bool:
    """Whether what stands at `column` of a line may be part of a text that lacks its quotes.

    That is so for what is printed or described, and inside of an expression's own text.
    """
    found = block_value(line)
    if _PRINTED.match(line) or found is None:
        return found is not None
    value = line[found[0] : found[1]]
    before = line[found[0] : column - 1]
    is_inside = any(before.count(quote) % 2 for quote in ("'", '"'))
    return value[:1] not in "{[" and (is_inside or value[:1] in "'\"")


def in_quotes(
    source: Source, span: Span, message: str, *, is_flow: bool = False
) -> Diagnostic | None:
    """The value at `span` needs quotes: says so with all of it in them; None where it ends
    elsewhere.
    """
    line = source.line(span.line)
    if len(line) > LONGEST:
        return None
    found = flow_value(line, span.column - 1) if is_flow else block_value(line)
    if found is None or (not is_flow and found[0] > span.column):
        return None
    start, end = found
    value = line[start:end].rstrip()
    if not value:
        return None
    text = _whole(value, is_printed=bool(_PRINTED.match(line)))
    if text is None:
        return None
    key = line[:start].rstrip().rstrip(":").split()[-1].lstrip("{,") or ""
    place = Span(span.line, start + 1, span.line, start + 1 + len(value))
    made = _of_parts(source, place, key) if key in ("print", "printk") else None
    if made is not None:
        return made
    help = f"put it in quotes: `{key}: {text}`"
    return syntax_error(source, span, message, help, Edit(place, text))


def arguments(source: Source, number: int) -> Diagnostic | None:
    """`print: "%d calls", n` and its kin: values after the text, which stand in it here."""
    line = source.line(number)
    found = _TO_PRINT.match(line) if len(line) <= LONGEST else None
    value = block_value(line) if found else None
    if found is None or value is None or value[0] != found.end():
        return None
    place = Span(number, value[0] + 1, number, value[1] + 1)
    return _of_parts(source, place, found[1])


def _of_parts(source: Source, place: Span, key: str) -> Diagnostic | None:
    """The line to print at `place`, where it is a text with its values behind it."""
    from probekit.frontend.yamljoin import is_made_of_parts, with_values

    value = source.line(place.line)[place.column - 1 : place.end_column - 1]
    if not is_made_of_parts(value):
        return None
    message, whole = "the values of a text stand in it", with_values(value)
    if whole is None:
        return syntax_error(source, place, message, 'write them in braces, as in `"{pid}"`')
    return syntax_error(source, place, message, f"write `{key}: {whole}`", Edit(place, whole))


def _whole(value: str, *, is_printed: bool) -> str | None:
    """A value in one pair of quotes, also one that has some already: `'it's'`, `"a" b`.

    None where it is not clear which of its quotes are part of the text.
    """
    quote = value[0] if value[0] in "'\"" else ""
    if not quote:
        is_open = value[-1] in "'\"" and value.count(value[-1]) == 1 and is_printed
        if is_open and value[-1] == "'" and value[-2:-1].isalnum():  # it may be an apostrophe
            return None
        return quoted(value[:-1] if is_open else value)
    is_closed = len(value) > 1 and value[-1] == quote
    inner = value[1:-1] if is_closed else value[1:]
    first, found, rest = inner.partition(quote)
    is_ended = found and not re.match(r"\w" if first[-1:].isalnum() else r"\S", rest)
    if is_ended and not is_printed:
        return quoted(value)
    if is_closed:
        return None if is_ended else quoted(inner.replace("''", "'") if quote == "'" else inner)
    if quote in rest or (is_ended and quote == "'"):  # it may be an apostrophe
        return None
    return quoted(first + rest if is_ended else inner)
