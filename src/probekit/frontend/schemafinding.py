"""One of the validator's errors: the node that it is about, and what the schema knows of it.

Imported on the way to an error only.
"""

from __future__ import annotations

import json
from typing import Any

from probekit.diagnostics import Diagnostic, Edit, Label
from probekit.frontend.yamlnodes import Mapping, Node, Path, Scalar, Sequence, start_of
from probekit.record import Record
from probekit.source import Source, Span

STEP_LISTS = ("do", "then", "else")


class Slip(Record):
    """A misspelt key, and the name that was surely meant."""

    diagnostic: Diagnostic
    key: Scalar
    name: str


def find(root: Node, path: Any) -> tuple[Node, Scalar | None]:
    """The node at `path`, and the key that leads to it."""
    node, key = root, None
    for part in path:
        if isinstance(node, Mapping):
            key = node.key(str(part))
            node = node.get(str(part)) or node
        elif isinstance(node, Sequence):
            key, node = None, node.items[part]
    return node, key


class Finding(Record):
    """One of the validator's errors, and the node it is about."""

    source: Source
    node: Node
    key: Scalar | None
    error: Any
    schema: Any
    root: Node

    @property
    def name(self) -> str:
        """What the message calls it."""
        return f"`{self.key.text}`" if self.key else "this"

    @property
    def given(self) -> str:
        """What was written."""
        return self.node.text if isinstance(self.node, Scalar) else "this"

    @property
    def path(self) -> Path:
        return tuple(self.error.absolute_path)

    def at_value(self, code: str, message: str, help: str, *edits: Edit) -> Diagnostic:
        return self.at(_all_of(self.node), code, message, help, *edits)

    def at_key(self, code: str, message: str, help: str, *edits: Edit) -> Diagnostic:
        span = self.key.span if self.key else start_of(self.node)
        return self.at(span, code, message, help, *edits)

    def at(self, span: Span, code: str, message: str, help: str, *edits: Edit) -> Diagnostic:
        return Diagnostic(code, message, Label(self.source, span), help=help, edits=edits)


def _all_of(node: Node) -> Span:
    """A mapping in braces is pointed at as a list in brackets is."""
    if isinstance(node, Mapping) and node.items and node.span.line == node.span.end_line:
        is_braced = node.items[0][0].span.column > node.span.column
        return node.span if is_braced else start_of(node)
    return start_of(node)


def is_step(finding: Finding) -> bool:
    """Whether the node is a step."""
    return len(finding.path) > 1 and finding.path[-2] in STEP_LISTS


def example_of(finding: Finding, name: str = "") -> str:
    """How a value is written, by the schema's first example; empty where that is no scalar."""
    node: Any = finding.schema
    path = [*finding.error.absolute_schema_path][:-1]
    for part in path + (["properties", name] if name else []):
        if isinstance(node, dict) and part not in node and "$ref" in node:
            node = finding.schema["definitions"][node["$ref"].rpartition("/")[2]]
        node = node[part] if isinstance(node, list) or part in node else {}
    if isinstance(node, dict) and "examples" not in node and "$ref" in node:
        node = finding.schema["definitions"][node["$ref"].rpartition("/")[2]]
    found = node.get("examples", []) if isinstance(node, dict) else []
    if not found or isinstance(found[0], dict | list):
        return ""
    key = name or (finding.key.text if finding.key else "")
    return _of_this_spec(finding, key) or _as_yaml(found[0])


def _of_this_spec(finding: Finding, key: str) -> str:
    """An example where the schema's may not hold: the spec's own map, no event's field."""
    if key in ("print", "printk"):
        return _as_yaml("{tick}" if finding.path[:1] == ("schedules",) else "called by {comm}")
    maps = finding.root.get("maps") if isinstance(finding.root, Mapping) else None
    is_of_map = key in ("lookup", "update", "delete", "count", "clear", "show")
    if not is_of_map or not isinstance(maps, Mapping) or not maps.items:
        return ""
    return maps.items[0][0].text


def _as_yaml(example: object) -> str:
    """Text that YAML would read otherwise stands in quotes."""
    text = str(example)
    return json.dumps(text) if isinstance(example, str) and set(text) & set("{}[]:#,") else text
