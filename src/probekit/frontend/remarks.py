"""What a spec may say and hardly means: numbers like octal ones, text with quotes of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice

from probekit.diagnostics import MOST_ERRORS, Diagnostic, Edit, Label, Severity
from probekit.frontend.yamlnodes import Mapping, Node, Scalar, Sequence
from probekit.source import Source, Span
from probekit.types import IntType, scalar_type

_NOT_NUMBERS = ("name", "description")
_TEXTS = ("description", "print", "printk")
_ANY_COMMENT = re.compile(r"(?<=[ \t])#(?=[^\s#!])")  # which has no space after its `#`
_COMMENT = re.compile(r"[ \t]+#(?=[^\s#!])")  # the same, right behind a text
_GOES_ON = re.compile(r"[ \t]+#(?:and |or |[=!<>]=|[<>+])")  # an expression


def find_remarks(source: Source, root: Node) -> tuple[Diagnostic, ...]:
    """Warnings, in the file's order."""
    if not isinstance(root, Mapping):
        return ()
    found = chain(
        _quoted_data(source, root),
        _cut(source, root) if _ANY_COMMENT.search(source.text) else (),
        (_octal(source, scalar) for scalar in _scalars(root) if _looks_octal(scalar)),
    )
    return tuple(islice(found, MOST_ERRORS + 1))


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node:
            yield from _scalars(item)
    else:
        left_out = (*_NOT_NUMBERS, "default", "entries") if _is_text(node) else _NOT_NUMBERS
        for key, value in node:
            if key.text not in left_out:
                yield key
                yield from _scalars(value)


def _is_text(node: Mapping) -> bool:
    """Whether a param, or a map's key or value, is text: in it zeros are letters."""
    types = (node.get(name) for name in ("type", "key", "value"))
    return any(isinstance(type, Scalar) and type.text.startswith("char") for type in types)


def _is_number(node: Mapping) -> bool:
    """Whether it is a param or map of numbers alone: text in it is an error, and said to be one."""
    types = [one for one in (node.get(name) for name in ("type", "key", "value")) if one]
    kinds = [scalar_type(one.text) if isinstance(one, Scalar) else None for one in types]
    if "type" in {key.text for key, _ in node} and len(types) > 1:
        kinds = kinds[1:]  # a map's type
    return bool(kinds) and all(isinstance(one, IntType) for one in kinds)


def _looks_octal(scalar: Scalar) -> bool:
    text = scalar.text
    return text[:1] in ("0", "-", "+") and scalar.plain and _has_leading_zero(text.lstrip("-+"))


def _has_leading_zero(digits: str) -> bool:
    return len(digits) > 1 and digits[0] == "0" and digits.isascii() and digits.isdigit()


def _octal(source: Source, scalar: Scalar) -> Diagnostic:
    digits = scalar.text.lstrip("-+")
    sign = scalar.text[: len(scalar.text) - len(digits)]
    plain = sign + (digits.lstrip("0") or "0")
    help = f"write `{plain}` without the zeros"
    if set(digits) <= set("01234567") and len(digits.lstrip("0")) > 1:
        help = f"write `{plain}`, or for the octal number `0o{digits.lstrip('0')}`"
    message = f"`{scalar.text[:40]}` is {plain[:40]}: leading zeros do not make it octal"
    return _warning(source, scalar, "leading-zeros", message, help)


def _quoted_data(source: Source, root: Mapping) -> Iterator[Diagnostic]:
    """Params' defaults and maps' entries are data: quotes inside of quotes are part of the text."""
    for section, name in (("params", "default"), ("maps", "entries")):
        for part in _parts(root.get(section)):
            node = None if _is_number(part) else part.get(name)
            for scalar in _scalars(node) if node is not None else ():
                text = scalar.text
                if len(text) > 2 and not scalar.plain and text[0] == text[-1] and text[0] in "'\"":
                    yield _with_quotes(source, scalar)


def _cut(source: Source, root: Mapping) -> Iterator[Diagnostic]:
    """Texts and expressions that go on behind a ` #`, as it seems."""
    for name in ("description", "programs", "schedules"):
        node = root.get(name)
        for scalar, is_text in _values(node, name in _TEXTS) if node is not None else ():
            rest = source.line(scalar.span.end_line)[scalar.span.end_column - 1 :]
            found = (_COMMENT if is_text else _GOES_ON).match(rest)
            if found is not None and scalar.plain and scalar.raw:
                start = scalar.span.end_column + rest.index("#")
                line = scalar.span.end_line
                span = Span(line, start, line, scalar.span.end_column + len(rest.rstrip()))
                message = "a ` #` begins a comment, and may cut this value short"
                help = "put all of the value in quotes, or write a space after the `#`"
                label = Label(source, span)
                yield Diagnostic("cut-by-comment", message, label, (), help, Severity.WARNING)


def _values(node: Node, is_text: bool) -> Iterator[tuple[Scalar, bool]]:
    """All scalars that are values, and whether they are text to print or to read."""
    if isinstance(node, Scalar):
        yield node, is_text
    elif isinstance(node, Sequence):
        for item in node:
            yield from _values(item, is_text)
    else:
        for key, value in node:
            yield from _values(value, key.text in _TEXTS)


def _parts(node: Node | None) -> Iterator[Mapping]:
    if isinstance(node, Mapping):
        yield from (value for _, value in node if isinstance(value, Mapping))


def _with_quotes(source: Source, scalar: Scalar) -> Diagnostic:
    from probekit.frontend.yamlquote import quoted

    text = quoted(scalar.text[1:-1])
    message = "this is data, not an expression: the inner quotes are part of the text"
    help = f"write `{text}`"
    return _warning(source, scalar, "quotes-in-data", message, help, Edit(scalar.span, text))


def _warning(
    source: Source, scalar: Scalar, code: str, message: str, help: str, *edits: Edit
) -> Diagnostic:
    label = Label(source, scalar.span)
    return Diagnostic(code, message, label, help=help, severity=Severity.WARNING, edits=edits)
