"""YAML text → nodes that know where they stand. Knows nothing of probes.

Nodes are built from PyYAML's parse events, on a stack of our own: depth, size and the
features that specs do without are refused before anything is composed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from probekit.diagnostics import Diagnostic, DiagnosticError, Label
from probekit.source import Source, Span

MAX_BYTES = 1 << 20
MAX_DEPTH = 64

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    re.ASCII,
)
_NULLS = ("", "~", "null", "Null", "NULL")
_MAX_DIGITS = 100


@dataclass(frozen=True, slots=True)
class Scalar:
    """Text, with YAML's quoting and escapes undone; `plain` where it had no quotes.

    `exact` says that character i of `text` stands at column `first_column` + i of the
    span's first line; where it is false (escapes, several lines) only the span is known.
    """

    span: Span
    text: str
    plain: bool
    exact: bool
    first_column: int

    def part(self, start: int, end: int) -> Span:
        """The span of `text[start:end]`, or of the whole scalar where it is not exact."""
        if not self.exact:
            return self.span
        column = self.first_column + start
        width = max(1, end - start)
        return Span(self.span.line, column, self.span.line, column + width)


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order they were written; keys are unique."""

    span: Span
    items: tuple[tuple[Scalar, Node], ...]

    def get(self, key: str) -> Node | None:
        """The value of `key`, None where it is absent."""
        return next((value for name, value in self.items if name.text == key), None)

    def key(self, key: str) -> Scalar | None:
        """The key node itself, for its place."""
        return next((name for name, _ in self.items if name.text == key), None)

    def __iter__(self) -> Iterator[tuple[Scalar, Node]]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    span: Span
    items: tuple[Node, ...]

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


Node: TypeAlias = Scalar | Mapping | Sequence


def scalar_value(scalar: Scalar) -> None | bool | int | float | str:
    """What a scalar is by YAML 1.2's core schema, as editors show it.

    Quoted text is text. Only `true` and `false` are booleans, and `010` is ten.
    """
    text = scalar.text
    if not scalar.plain:
        return text
    if text in _NULLS:
        return None
    if text in ("true", "false"):
        return text == "true"
    if len(text) <= _MAX_DIGITS and _INTEGER.fullmatch(text):
        return integer(text)
    if len(text) <= _MAX_DIGITS and _FLOAT.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def integer(text: str) -> int:
    """A YAML 1.2 integer's value: decimal also with leading zeros, `0x` and `0o`."""
    for prefix, base in (("0x", 16), ("0o", 8)):
        if text.startswith(prefix):
            return int(text[2:], base)
    return int(text, 10)


def plain_data(node: Node) -> Any:
    """The node as dicts, lists and scalars, as the schema validator wants them."""
    if isinstance(node, Scalar):
        return scalar_value(node)
    if isinstance(node, Sequence):
        return [plain_data(item) for item in node]
    return {key.text: plain_data(value) for key, value in node}


def parse(source: Source) -> Node:
    """The one document of `source`. Raises DiagnosticError on what is not YAML or not ours."""
    if len(source.text.encode()) > MAX_BYTES:
        raise DiagnosticError(
            [_fault(source, "yaml-too-large", "the file is larger than 1 MiB", Span.point(1, 1))]
        )
    _refuse_hidden_characters(source)
    builder = _Builder(source)
    try:
        for event in yaml.parse(source.text, Loader=_event_loader()):
            builder.feed(event)
    except yaml.MarkedYAMLError as error:
        raise DiagnosticError([_syntax_fault(source, error)]) from None
    except yaml.YAMLError as error:
        raise DiagnosticError(
            [_fault(source, "yaml-syntax", _first_line(str(error)), Span.point(1, 1))]
        ) from None
    if builder.diagnostics:
        raise DiagnosticError(builder.diagnostics)
    if builder.root is None:
        raise DiagnosticError(
            [
                _fault(
                    source,
                    "empty-spec",
                    "the file is empty",
                    Span.point(1, 1),
                    help="start with `probekit: 1`, `name:` and `programs:`",
                )
            ]
        )
    return builder.root


def _event_loader() -> type[yaml.SafeLoader]:
    """libyaml's parser where PyYAML was built with it (it yields the same events, faster)."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Builder:
    """Builds nodes from events; collects faults and goes on where it can."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.root: Node | None = None
        self.diagnostics: list[Diagnostic] = []
        self._open: list[tuple[Any, list[Node]]] = []
        self._documents = 0
        self._lines = source.text.split("\n")

    def feed(self, event: yaml.Event) -> None:
        self._refuse_foreign(event)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._report(event, "yaml-documents", "a spec file holds one document")
        elif isinstance(event, yaml.ScalarEvent):
            self._add(self._scalar(event))
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(self._open) >= MAX_DEPTH:
                raise DiagnosticError(
                    [
                        _fault(
                            self.source,
                            "yaml-too-deep",
                            f"nested more than {MAX_DEPTH} levels deep",
                            _span(event),
                        )
                    ]
                )
            self._open.append((event, []))
        elif isinstance(event, yaml.CollectionEndEvent):
            start, children = self._open.pop()
            self._add(self._collection(start, event, children))

    def _add(self, node: Node) -> None:
        if self._open:
            self._open[-1][1].append(node)
        elif self.root is None:
            self.root = node

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        span = _span(event)
        plain = not event.style  # None, or empty from libyaml
        column = span.column if plain else span.column + 1
        line = self._lines[span.line - 1] if span.line <= len(self._lines) else ""
        exact = line.startswith(event.value, column - 1) and event.style not in ("|", ">")
        return Scalar(span, event.value, plain, exact, column)

    def _collection(self, start: Any, end: Any, children: list[Node]) -> Node:
        mark = start.start_mark
        span = Span(mark.line + 1, mark.column + 1, end.end_mark.line + 1, end.end_mark.column + 1)
        if isinstance(start, yaml.SequenceStartEvent):
            return Sequence(span, tuple(children))
        items: list[tuple[Scalar, Node]] = []
        seen: dict[str, Scalar] = {}
        for key, value in zip(children[::2], children[1::2], strict=True):
            if not isinstance(key, Scalar):
                self._report_at(key.span, "bad-key", "a key is a list or a mapping", "keys are text")
            elif key.text in seen:
                self._duplicate(key, seen[key.text])
            else:
                seen[key.text] = key
                items.append((key, value))
        return Mapping(span, tuple(items))

    def _duplicate(self, key: Scalar, first: Scalar) -> None:
        self.diagnostics.append(
            Diagnostic(
                "duplicate-key",
                f"the key `{key.text}` is given twice",
                Label(self.source, key.span, "again here"),
                related=(Label(self.source, first.span, "first here"),),
                help="keep one of the two",
            )
        )

    def _refuse_foreign(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._report(event, "yaml-alias", f"aliases such as `*{event.anchor}` are not used here")
            self._add(Scalar(_span(event), "", False, False, 1))
        elif getattr(event, "anchor", None):
            self._report(event, "yaml-alias", f"anchors such as `&{event.anchor}` are not used here")
        elif getattr(event, "tag", None):
            self._report(event, "yaml-tag", f"tags such as `{event.tag}` are not used here")

    def _report(self, event: Any, code: str, message: str) -> None:
        self._report_at(_span(event), code, message, "write the value itself")

    def _report_at(self, span: Span, code: str, message: str, help: str) -> None:
        self.diagnostics.append(_fault(self.source, code, message, span, help=help))


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    span = Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)
    if (span.end_line, span.end_column) <= (span.line, span.column):
        return Span.point(span.line, span.column)
    return span


def _fault(source: Source, code: str, message: str, span: Span, help: str = "") -> Diagnostic:
    return Diagnostic(code, message, Label(source, span), help=help)


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else "not YAML"


# libyaml's and PyYAML's words for what people really get wrong → cause and fix in ours.
_SYNTAX_ADVICE = (
    (
        "cannot start any token",
        "this character cannot start a value",
        "indent with spaces, not tabs, and put text that starts with a sign in quotes",
    ),
    (
        "mapping values are not allowed",
        "a `:` stands where no key can be",
        "put text that holds `: ` in quotes, and check the indentation",
    ),
    (
        "did not find expected key",
        "this line does not fit the lines above it",
        "line its key up with the other keys of the same mapping",
    ),
    (
        "did not find expected '-' indicator",
        "this line does not fit the list above it",
        "line its `-` up with the other items, or indent it under the item above",
    ),
    (
        "could not find expected ':'",
        "a key without a `:`",
        "write `key: value`",
    ),
    (
        "did not find expected ',' or",
        "a `{` or `[` is not closed, or a comma is missing",
        "put an expression that holds a comma or brackets in quotes",
    ),
    (
        "expected ',' or",
        "a `{` or `[` is not closed, or a comma is missing",
        "put an expression that holds a comma or brackets in quotes",
    ),
    (
        "found unexpected end of stream",
        "a quote is not closed",
        "close it with the same quote",
    ),
    (
        "found unknown escape character",
        "an unknown `\\` escape in double quotes",
        "use single quotes, in which a `\\` is just a `\\`",
    ),
)


def _syntax_fault(source: Source, error: yaml.MarkedYAMLError) -> Diagnostic:
    mark: Any = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    lines = source.text.split("\n")
    if line > len(lines) or (line == len(lines) and not lines[-1]):
        line = max(1, len(source.text.rstrip().split("\n")))
        column = len(lines[line - 1]) + 1
    problem = error.problem or ""
    for words, message, help in _SYNTAX_ADVICE:
        if words in problem:
            return _fault(source, "yaml-syntax", message, Span.point(line, column), help)
    return _fault(
        source,
        "yaml-syntax",
        "this is not YAML",
        Span.point(line, column),
        "check the quotes, the indentation and the brackets around here",
    )


_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def _refuse_hidden_characters(source: Source) -> None:
    """Control and bidirectional characters make a file read otherwise than it works."""
    text = source.text.removeprefix("\ufeff")
    found = _HIDDEN.search(text)
    if found is None:
        return
    before = text[: found.start()]
    line = before.count("\n") + 1
    column = found.start() - (before.rfind("\n") + 1) + 1
    fault = _fault(
        source,
        "hidden-character",
        f"the invisible character U+{ord(found.group()):04X}",
        Span.point(line, column),
        'remove it, or write it as an escape in double quotes ("\\x1b")',
    )
    raise DiagnosticError([fault])
