"""YAML text → nodes that know where they stand. Knows nothing of probes.

Nodes are built from PyYAML's parse events, on a stack of our own: depth, size and the
features that specs do without are refused before anything is composed.
"""

from __future__ import annotations

from typing import Any

import yaml

from probekit.diagnostics import Diagnostic, DiagnosticError, Label
from probekit.source import Source, Span
from probekit.yamlnodes import MAX_BYTES, Mapping, Node, Scalar, Sequence
from probekit.yamlsyntax import hidden_character, syntax_fault

MAX_DEPTH = 64
_KEYS = "keys are text; with struct keys, `entries` is a list of `{key: ..., value: ...}`"
_ITSELF = "write the value itself"
_ONE = "write the second one into a file of its own"
_NO_DIRECTIVE = "remove the lines that begin with `%`"


def parse(source: Source) -> Node:
    """The one document of `source`. Raises DiagnosticError on what is not YAML or not ours."""
    if len(source.text.encode()) > MAX_BYTES:
        raise _stop(source, "yaml-too-large", "the file is larger than 1 MiB", Span.point(1, 1))
    hidden = hidden_character(source)
    if hidden is not None:
        raise DiagnosticError([hidden])
    builder = _Builder(source)
    try:
        for event in yaml.parse(source.text, Loader=_event_loader()):
            builder.feed(event)
    except yaml.YAMLError as error:
        raise DiagnosticError([*builder.diagnostics, syntax_fault(source, error)]) from None
    if builder.diagnostics:
        raise DiagnosticError(builder.diagnostics)
    if builder.root is None:
        help = "start with `probekit: 1`, `name:` and `programs:`"
        raise _stop(source, "empty-spec", "the file is empty", Span.point(1, 1), help)
    return builder.root


def _stop(source: Source, code: str, message: str, span: Span, help: str = "") -> DiagnosticError:
    return DiagnosticError([Diagnostic(code, message, Label(source, span), help=help)])


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

    def feed(self, event: yaml.Event) -> None:
        self._refuse_foreign(event)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._refuse(event, "yaml-documents", "a spec file holds one document", _ONE)
            if event.version or event.tags:
                self._refuse(event, "yaml-directive", "directives are not used here", _NO_DIRECTIVE)
        elif isinstance(event, yaml.ScalarEvent):
            self._add(self._scalar(event))
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(self._open) >= MAX_DEPTH:
                what = f"nested more than {MAX_DEPTH} levels deep"
                raise _stop(self.source, "yaml-too-deep", what, _span(event), "no spec needs that")
            self._open.append((event, []))
        elif isinstance(event, yaml.CollectionEndEvent):
            start, children = self._open.pop()
            self._add(self._collection(start, event, children))

    def _add(self, node: Node) -> None:
        if self._open:
            self._open[-1][1].append(node)
        elif self.root is None:
            self.root = node

    def _scalar(self, event: Any) -> Scalar:
        is_plain = not event.style  # None, or empty from libyaml
        return Scalar(_span(event), event.value, is_plain, self._raw(event))

    def _raw(self, event: Any) -> str:
        return self.source.text[event.start_mark.index : event.end_mark.index]

    def _collection(self, start: Any, end: Any, children: list[Node]) -> Node:
        mark = start.start_mark
        span = Span(mark.line + 1, mark.column + 1, end.end_mark.line + 1, end.end_mark.column + 1)
        if isinstance(start, yaml.SequenceStartEvent):
            return Sequence(span, tuple(children))
        items: list[tuple[Scalar, Node]] = []
        seen: dict[str, Scalar] = {}
        for key, value in zip(children[::2], children[1::2], strict=True):
            if not isinstance(key, Scalar):
                self._report(key.span, "bad-key", "a key is a list or a mapping", _KEYS)
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
        anchor = getattr(event, "anchor", None)
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, "yaml-alias", f"aliases such as `*{anchor}` are not used here")
            self._add(Scalar(_span(event), "", False, ""))
        elif anchor:
            self._refuse(event, "yaml-alias", f"anchors such as `&{anchor}` are not used here")
        elif getattr(event, "tag", None):
            written = self._raw(event).split(maxsplit=1)[0]
            self._refuse(event, "yaml-tag", f"tags such as `{written}` are not used here")

    def _refuse(self, event: Any, code: str, message: str, help: str = _ITSELF) -> None:
        self._report(_span(event), code, message, help)

    def _report(self, span: Span, code: str, message: str, help: str) -> None:
        self.diagnostics.append(Diagnostic(code, message, Label(self.source, span), help=help))


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    span = Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)
    if (span.end_line, span.end_column) <= (span.line, span.column):
        return Span.point(span.line, span.column)
    return span
