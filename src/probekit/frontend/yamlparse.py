"""YAML text → nodes that know where they stand. Knows nothing of probes.

Nodes are built from PyYAML's parse events, on a stack of our own: depth, size and the
features that specs do without are refused before anything is composed.
"""

from __future__ import annotations

import os
import re
from typing import Any

import yaml

from probekit.diagnostics import (
    MOST_ERRORS,
    Diagnostic,
    DiagnosticError,
    Edit,
    Label,
    host_error,
)
from probekit.frontend.yamlhidden import QUOTES, SPACES, hidden_character
from probekit.frontend.yamlnodes import MAX_BYTES, Mapping, Node, Scalar, Sequence, scalar_value
from probekit.source import Source, Span

MAX_DEPTH = 64
MAX_LINE = 4096  # characters of a line that are looked at for a comment
_KEYS = "keys are text; with struct keys, `entries` is a list of `{key: ..., value: ...}`"
_ONE = "write the second one into a file of its own, or remove the `---` where the two are one"
_NO_DIRECTIVE = "remove the lines that begin with `%`"
_UNCLEAR = re.compile(r"[:=]|\w;? ")  # in a key without a value: it is a pair, perhaps
_THOUSANDS = re.compile(r"[0-9]{3}", re.ASCII)
_CLOSES = frozenset("'\")]}{")  # a comment without these closes nothing that was text before
_TEXTS = ("description", "print", "printk")
# Quotes and spaces of word processors: a look at single values pays only where one is there.
_TRAPS = re.compile(f"[{QUOTES}{SPACES}]")


def parse(source: Source) -> Node:
    """The one document of `source`. Raises DiagnosticError on what is not YAML or not ours."""
    if len(source.text.encode()) > MAX_BYTES:
        raise _stop(source, "yaml-too-large", "the file is larger than 1 MiB", Span.point(1, 1))
    hidden = hidden_character(source)
    if hidden is not None:
        raise DiagnosticError([_foreign(source) or hidden])
    builder = _Builder(source)
    loader = _event_loader()
    try:
        for event in yaml.parse(source.text, Loader=loader):
            builder.feed(event)
            if len(builder.diagnostics) > MOST_ERRORS:
                break
    except yaml.YAMLError as error:
        raise DiagnosticError(builder.with_syntax_fault(error)) from None
    if builder.diagnostics:
        raise DiagnosticError(sorted(builder.diagnostics, key=lambda found: found.place))
    root = builder.root
    if root is None or (isinstance(root, Scalar) and scalar_value(root) is None):
        foreign = _foreign(source)
        if foreign is not None:
            raise DiagnosticError([foreign])
        help = "start with `probekit: 1`, `name:` and `programs:`"
        raise _stop(source, "empty-spec", "the file is empty", Span.point(1, 1), help)
    return root


def _foreign(source: Source) -> Diagnostic | None:
    from probekit.frontend.notaspec import foreign_text

    return foreign_text(source)


def _stop(source: Source, code: str, message: str, span: Span, help: str = "") -> DiagnosticError:
    return DiagnosticError([Diagnostic(code, message, Label(source, span), help=help)])


def _event_loader() -> type[yaml.CSafeLoader]:
    """libyaml's parser. PyYAML's own has other words and places, and lets escapes of no character
    through. Raises DiagnosticError where PyYAML was built without libyaml.
    """
    if not yaml.__with_libyaml__:
        message = f"PyYAML, in {os.path.dirname(yaml.__file__)}, was built without libyaml"
        help = (
            "install the distribution's (Debian, Ubuntu: `apt install python3-yaml`), or a built"
            " one: `pip install --force-reinstall --only-binary :all: PyYAML`"
        )
        raise host_error("no-libyaml", message, help=help)
    return yaml.CSafeLoader


class _Builder:
    """Builds nodes from events; collects faults and goes on where it can."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.root: Node | None = None
        self.diagnostics: list[Diagnostic] = []
        self._open: list[tuple[Any, list[Node]]] = []
        self._closed: list[Any] = []  # the collections that ended since the last scalar
        self._last: Any = None  # scalar
        self._documents = 0
        text = source.text
        self._has_traps = _TRAPS.search(text) is not None
        self._end = (text.count("\n") + 1, len(text) - text.rfind("\n"))

    def feed(self, event: yaml.Event) -> None:
        self._refuse_foreign(event)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._second_document(event)
            if event.version or event.tags:
                self._refuse(event, "yaml-directive", "directives are not used here", _NO_DIRECTIVE)
        elif isinstance(event, yaml.ScalarEvent):
            self._closed = []
            self._last = event
            self._add(self._scalar(event))
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(self._open) >= MAX_DEPTH:
                what = f"nested more than {MAX_DEPTH} levels deep"
                span = self._span(event)
                raise _stop(self.source, "yaml-too-deep", what, span, "no spec needs that")
            self._closed = []
            self._open.append((event, []))
        elif isinstance(event, yaml.CollectionEndEvent):
            start, children = self._open.pop()
            self._closed.append(start)
            if start.flow_style:
                self._look_for_glued_comment(start, event)
            self._add(self._collection(start, event, children))

    def _add(self, node: Node) -> None:
        if self._open:
            self._open[-1][1].append(node)
        elif self.root is None:
            self.root = node

    def _scalar(self, event: Any) -> Scalar:
        is_plain = not event.style
        scalar = Scalar(self._span(event), event.value, is_plain, self._raw(event))
        if is_plain:
            self._look_for_traps(scalar, event.end_mark.index)
        elif event.style in ("'", '"'):
            self._look_for_glued_comment(event, event)
        return scalar

    def _look_for_glued_comment(self, start: Any, end: Any) -> None:
        """A `#` directly behind a quote or bracket, which the parser takes for a comment."""
        if self.source.text[end.end_mark.index : end.end_mark.index + 1] == "#":
            from probekit.frontend.yamltraps import glued_comment

            begun = self._place(start.start_mark)
            self._keep(glued_comment(self.source, begun, self._place(end.end_mark)))

    def _look_for_traps(self, scalar: Scalar, end: int) -> None:
        """What YAML makes of plain text in silence, and nobody means."""
        text = self.source.text
        if text[end : end + 1] in (" ", "\t", "#"):
            rest = text[end : end + MAX_LINE].partition("\n")[0]
            comment = rest.lstrip(" \t")
            if comment.startswith("#") and _CLOSES.intersection(comment):
                from probekit.frontend.yamltraps import cut_by_comment

                self._keep(cut_by_comment(self.source, scalar, rest.rstrip("\r")))
        if self._has_traps:
            from probekit.frontend.yamltraps import misread

            start, children = self._open[-1] if self._open else (None, [])
            is_key = isinstance(start, yaml.MappingStartEvent) and len(children) % 2 == 0
            self._keep(misread(self.source, scalar, is_key=is_key))

    def _raw(self, event: Any) -> str:
        return self.source.text[event.start_mark.index : event.end_mark.index]

    def _collection(self, start: Any, end: Any, children: list[Node]) -> Node:
        span = Span(*self._place(start.start_mark), *self._place(end.end_mark))
        if isinstance(start, yaml.SequenceStartEvent):
            return Sequence(span, tuple(children))
        items: list[tuple[Scalar, Node]] = []
        seen: dict[str, Scalar] = {}
        keys = children[::2]
        for at, (key, value) in enumerate(zip(keys, children[1::2], strict=True)):
            if len(self.diagnostics) > MOST_ERRORS:
                break  # one mapping alone can have that many
            if start.flow_style and _is_empty(value) and self._ends_a_number(key):
                continue
            if not isinstance(key, Scalar):
                self._complex_key(span, key)
            elif key.text in seen:
                if not self._open and key.text == "probekit":
                    self._second_spec(key)
                    break
                if key.text == items[0][0].text and self._begins_item(key, keys[at + 1 :], seen):
                    break
                if key.text == "type" and _is_empty(items[-1][1]):
                    self._beside_name(seen[key.text], items)
                    break
                self._duplicate(key, seen[key.text])
            elif start.flow_style and _is_empty(value) and _UNCLEAR.search(key.raw):
                from probekit.frontend.yamltraps import no_pair

                self._keep(no_pair(self.source, key))
                seen[key.text] = key
                items.append((key, value))
            elif start.flow_style and " " in key.text and items and items[-1][0].text in _TEXTS:
                from probekit.frontend.yamltraps import text_with_comma

                is_last = at + 1 == len(keys)
                self._keep(text_with_comma(self.source, items[-1], key, value, is_last=is_last))
                items.append((key, value))
            else:
                seen[key.text] = key
                items.append((key, value))
        return Mapping(span, tuple(items))

    def _ends_a_number(self, key: Node) -> bool:
        """Whether a key is the `000` of `1,000`; says so at the first of several."""
        if not isinstance(key, Scalar) or not _THOUSANDS.fullmatch(key.raw):
            return False
        from probekit.frontend.yamltraps import in_thousands

        found = in_thousands(self.source, key)
        if found not in self.diagnostics:
            self._keep(found)
        return found is not None

    def _complex_key(self, span: Span, key: Node) -> None:
        """A key that is a list or a mapping: often an expression in braces of a template."""
        from probekit.frontend.yamltraps import in_two_braces, one_in_braces

        found = in_two_braces(self.source, span)
        is_said = any(one.code == "bad-key" and one.place[1] > key.span for one in self.diagnostics)
        if found is None and not is_said:
            found = one_in_braces(self.source, span, key)
        if found is None and not is_said:
            self._report(key.span, "bad-key", "a key is a list or a mapping", _KEYS)
        self._keep(found)

    def _second_spec(self, key: Scalar) -> None:
        """The first key of a spec again: all that follows would be given twice."""
        help = "write it into a file of its own"
        self._report(key.span, "duplicate-key", "a second spec begins here", help)

    def _begins_item(self, key: Scalar, rest: list[Node], seen: dict[str, Scalar]) -> bool:
        """Whether an item's first key, given again, begins another: more keys come again, too."""
        is_item = bool(self._open) and isinstance(self._open[-1][0], yaml.SequenceStartEvent)
        again = [one for one in rest if isinstance(one, Scalar) and one.text in seen]
        if not is_item or not again:
            return False
        from probekit.frontend.yamldash import item_begins

        self._keep(item_begins(self.source, key, seen[key.text]))
        return True

    def _beside_name(self, key: Scalar, items: list[tuple[Scalar, Node]]) -> None:
        """Maps whose parts stand in the column of their names: all but one are given again."""
        name = next(name.text for name, value in items if _is_empty(value))
        message = f"`{key.text}` stands beside `{name}`, which has no value"
        help = f"indent the lines of its parts under `{name}`, and so for each that follows"
        self._report(key.span, "stray-key", message, help)

    def _duplicate(self, key: Scalar, first: Scalar) -> None:
        if not key.text[:1].isalnum():
            from probekit.frontend.yamllines import slip_of_line

            found = slip_of_line(self.source, key.span.line)
            if found is not None:
                self._keep(found)
                return
        is_list = not self._open and key.text in ("programs", "schedules")
        self.diagnostics.append(
            Diagnostic(
                "duplicate-key",
                f"the key `{key.text}` is given twice",
                Label(self.source, key.span, "again here"),
                related=(Label(self.source, first.span, "first here"),),
                help="put its items under the first one" if is_list else "keep one of the two",
            )
        )

    def _refuse_foreign(self, event: Any) -> None:
        anchor = getattr(event, "anchor", None)
        if isinstance(event, yaml.AliasEvent):
            self._not_here(event, "yaml-alias", f"aliases such as `*{anchor}` are not used here")
            self._add(Scalar(self._span(event), "", False, ""))
        elif anchor:
            self._not_here(event, "yaml-alias", f"anchors such as `&{anchor}` are not used here")
        elif getattr(event, "tag", None):
            written = self._raw(event).split(maxsplit=1)[0]
            self._not_here(event, "yaml-tag", f"tags such as `{written}` are not used here")

    def _not_here(self, event: Any, code: str, message: str) -> None:
        from probekit.frontend.yamltraps import not_here

        is_flow = bool(self._open) and bool(self._open[-1][0].flow_style)
        span, raw = self._span(event), self._raw(event)
        self._keep(not_here(self.source, span, raw, code, message, is_flow=is_flow))

    def _second_document(self, event: Any) -> None:
        """A `---` that something stands before."""
        span, message = self._span(event), "a spec file holds one document"
        below = self.source.text.split("\n")[span.line :]
        if any(line.strip() and not line.lstrip().startswith("#") for line in below):
            self._refuse(event, "yaml-documents", message, _ONE)
            return
        label = Label(self.source, span)
        is_alone = self.source.line(span.line).strip() == "---"
        edits = (Edit(Span(span.line, 1, span.line, 4), ""),) if is_alone else ()
        help = "remove this line: nothing follows it"
        self._keep(Diagnostic("yaml-documents", message, label, help=help, edits=edits))

    def with_syntax_fault(self, error: yaml.YAMLError) -> list[Diagnostic]:
        """All diagnostics, the last one for what the parser raised here."""
        last = self._syntax_fault(error)
        if any(_causes(one, last) for one in self.diagnostics):
            return self.diagnostics
        return [*(one for one in self.diagnostics if not _is_same(one, last)), last]

    def _syntax_fault(self, error: yaml.YAMLError) -> Diagnostic:
        from probekit.frontend.yamlindent import Opened
        from probekit.frontend.yamlsyntax import syntax_fault

        starts = [*self._closed, *(start for start, _ in reversed(self._open))]
        opened = [
            Opened(
                isinstance(start, yaml.SequenceStartEvent),
                bool(start.flow_style),
                *self._place(start.start_mark),
            )
            for start in starts
        ]
        is_flow = bool(self._open) and bool(self._open[-1][0].flow_style)
        last = self._last
        is_quoted = last is not None and last.style in ("'", '"')
        span = self._span(last) if is_quoted else None
        quoted = span if span and span.line < span.end_line else None
        return syntax_fault(self.source, error, tuple(opened), is_flow=is_flow, quoted=quoted)

    def _keep(self, found: Diagnostic | None) -> None:
        if found is not None:
            self.diagnostics.append(found)

    def _refuse(self, event: Any, code: str, message: str, help: str) -> None:
        self._report(self._span(event), code, message, help)

    def _report(self, span: Span, code: str, message: str, help: str) -> None:
        self.diagnostics.append(Diagnostic(code, message, Label(self.source, span), help=help))

    def _span(self, event: Any) -> Span:
        start, end = self._place(event.start_mark), self._place(event.end_mark)
        return Span(*start, *end) if start < end else Span.point(*start)

    def _place(self, mark: Any) -> tuple[int, int]:
        """Line and column; libyaml counts one line more where the last one has no end."""
        return min((mark.line + 1, mark.column + 1), self._end)


def _is_same(one: Diagnostic, other: Diagnostic) -> bool:
    """Whether two are about the same place."""
    a, b = one.place[1], other.place[1]
    return one.code == other.code and (a.line, a.column) == (b.line, b.column)


def _causes(one: Diagnostic, other: Diagnostic) -> bool:
    """Whether an anchor, alias, tag or brace makes its line be what `other` is about."""
    a, b = one.place[1], other.place[1]
    if "too many" in one.message and "is not closed" in other.message:
        return a.line == b.line
    is_mark = one.code in ("yaml-alias", "yaml-tag") and other.code == "yaml-syntax"
    return is_mark and a.line == b.line and a.column <= b.column


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.plain and not node.text
