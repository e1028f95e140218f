"""The validator's errors as diagnostics in our own words.

Imported on the way to an error only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from probekit.diagnostics import Diagnostic, Edit, Label
from probekit.duration import parse_duration
from probekit.frontend.keys import instead_of, meant_key
from probekit.frontend.schemachoice import LATER_KEYS
from probekit.frontend.schemahelp import (
    Fix,
    for_braces,
    for_comment,
    for_list,
    for_mapping,
    for_number,
    for_step,
    for_text,
    for_truth,
)
from probekit.frontend.shape import is_integer
from probekit.frontend.yamlnodes import Mapping, Node, Path, Scalar, Sequence, start_of
from probekit.maps import LATER_MAP_KINDS
from probekit.nearest import did_you_mean, listed, meant, nearest
from probekit.record import Record
from probekit.source import Source, Span


class Slip(Record):
    """A misspelt key, and the name that was surely meant."""

    diagnostic: Diagnostic
    key: Scalar
    name: str


def diagnose(source: Source, root: Node, schema: Any, error: Any) -> Iterator[Diagnostic | Slip]:
    """What one of the validator's errors means; `schema` is all of the schema."""
    finding = _Finding(source, *_find(root, error.absolute_path), error, schema, root)
    if "propertyNames" in error.absolute_schema_path:
        yield _bad_key(finding)
        return
    yield from _DESCRIPTIONS[error.validator](finding)


def _find(root: Node, path: Any) -> tuple[Node, Scalar | None]:
    """The node at `path`, and the key that leads to it."""
    node, key = root, None
    for part in path:
        if isinstance(node, Mapping):
            key = node.key(str(part))
            node = node.get(str(part)) or node
        elif isinstance(node, Sequence):
            key, node = None, node.items[part]
    return node, key


class _Finding(Record):
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
        return self.at(start_of(self.node), code, message, help, *edits)

    def at_key(self, code: str, message: str, help: str, *edits: Edit) -> Diagnostic:
        span = self.key.span if self.key else start_of(self.node)
        return self.at(span, code, message, help, *edits)

    def at(self, span: Span, code: str, message: str, help: str, *edits: Edit) -> Diagnostic:
        return Diagnostic(code, message, Label(self.source, span), help=help, edits=edits)


_NAME_FORM = "a name starts with a letter or `_` and has letters, digits and `_`: at most 63"
_PROBE_FORM = (
    "a probe's name starts with a small letter; small letters, digits, `-` and `_` follow:"
    " at most 63"
)


def _bad_key(finding: _Finding) -> Diagnostic:
    name = finding.error.instance
    key = finding.node.key(name) if isinstance(finding.node, Mapping) else None
    span = key.span if key else start_of(finding.node)
    return finding.at(span, "bad-name", f"`{name}` cannot be a name", _NAME_FORM)


def _bad_name(finding: _Finding) -> Iterator[Diagnostic]:
    form = _PROBE_FORM if list(finding.error.absolute_path) == ["name"] else _NAME_FORM
    yield finding.at_value("bad-name", f"`{finding.given}` cannot be a name", form)


def _unknown_keys(finding: _Finding) -> Iterator[Diagnostic | Slip]:
    assert isinstance(finding.node, Mapping)
    known = list(finding.error.schema.get("properties", {}))
    later = {name for name in known if _is_later(finding, name)}
    given = {name.text for name, _ in finding.node}
    for name, _ in finding.node:
        if name.text not in known:
            usable = [one for one in known if one not in later]
            free = [one for one in usable if one not in given]
            found = meant_key(name.text, free, later)
            help = found.help if found.is_near else f"known here are {listed(usable)}"
            edits = (Edit(name.span, found.name),) if found.name else ()
            what = f"`{name.text}` is not known here"
            if name.text == "when" and _is_step(finding):
                condition = finding.node.get("when")
                text = condition.text if isinstance(condition, Scalar) else "..."
                help = f"put the step under `if: {text}` and `then:`"
            elif name.text.startswith("//"):
                slashes = Span(
                    name.span.line, name.span.column, name.span.line, name.span.column + 2
                )
                help, edits = "comments begin with `#`", (Edit(slashes, "#"),)
            fault = finding.at(name.span, "unknown-key", what, help, *edits)
            yield Slip(fault, name, found.name) if found.name else fault
            given.add(found.name or name.text)


def _is_step(finding: _Finding) -> bool:
    """Whether the node is a step."""
    return len(finding.path) > 1 and finding.path[-2] in _STEP_LISTS


def _is_later(finding: _Finding, name: str) -> bool:
    """Whether a key is part of the format and not of this version."""
    properties = finding.error.schema["properties"]
    return name in LATER_KEYS or bool(properties[name].get("x-not-yet"))


def _missing_key(finding: _Finding) -> Iterator[Diagnostic]:
    """Nothing where a misspelt key, reported as unknown, was probably meant."""
    missing = finding.error.message
    assert isinstance(finding.node, Mapping)
    known = finding.error.schema.get("properties", {})
    unknown = [key.text for key, _ in finding.node if key.text not in known]
    if nearest(missing, unknown) or any(meant_key(one, [missing]).is_near for one in unknown):
        return
    what = f"`{missing}` is missing"
    if missing == "probekit" and not finding.path and finding.node.items:
        first = finding.node.items[0][0].span
        edit = Edit(Span(first.line, first.column, first.line, first.column), "probekit: 1\n")
        is_block = first.column == 1
        help = "begin the file with `probekit: 1`"
        yield finding.at_key("missing-key", what, help, *((edit,) if is_block else ()))
        return
    example = _example(finding, missing)
    help = f"add `{missing}:`" + (f", as in `{missing}: {example}`" if example else "")
    yield finding.at_key("missing-key", what, help)


_TYPE_WORDS = {
    "object": "a mapping (`key: value`)",
    "array": "a list (`- item`)",
    "string": "text",
    "integer": "a whole number",
    "boolean": "`true` or `false`",
}


def _wrong_type(finding: _Finding) -> Iterator[Diagnostic]:
    instance, wanted = finding.error.instance, finding.error.validator_value
    if instance is None:
        yield _null(finding)
        return
    names = [wanted] if isinstance(wanted, str) else wanted
    if isinstance(instance, float) and "integer" in wanted:
        help = "there are no fractions: use a smaller unit"
        fix = _fix(finding, ["integer"]) or Fix(help)
        what = f"`{finding.given}` is not a whole number"
        yield finding.at_value("wrong-type", what, fix.help, *fix.edits)
        return
    if finding.path and finding.path[-1] in ("every", "after", "delay") and is_integer(instance):
        message = f"the duration `{finding.given}` has no unit"
        yield finding.at_value("bad-duration", message, f"write it, as in `{finding.given}s`")
        return
    if isinstance(instance, dict) and finding.path[-2:-1] == ("let",):
        yield _struct_in_let(finding)
        return
    if "enum" in finding.error.schema:
        yield _not_a_choice(finding)
        return
    words = " or ".join(_TYPE_WORDS[name] for name in names)
    what = finding.name if finding.key else "a step" if "steps" in _words(finding) else "this"
    fix = _fix(finding, names) or Fix(_form(finding, names))
    yield finding.at_value("wrong-type", f"{what} must be {words}", fix.help, *fix.edits)


def _not_a_choice(finding: _Finding) -> Diagnostic:
    """A list, a mapping or a number where one of a few words stands."""
    choices = [str(choice) for choice in finding.error.schema["enum"]]
    node = finding.node
    items = list(node) if isinstance(node, Sequence) else []
    texts = [item.text for item in items if isinstance(item, Scalar)]
    message, help = f"{finding.name} is one word", f"write {' or '.join(f'`{c}`' for c in choices)}"
    if len(texts) == len(items) == 1 and texts[0] in choices:
        is_one_line = node.span.line == node.span.end_line  # else it ends where all else begins
        edits = (Edit(node.span, texts[0]),) if is_one_line else ()
        return finding.at_value("wrong-type", message, f"write `{texts[0]}`", *edits)
    if finding.path[-1:] == ("at",) and len(items) > 1:
        help += "; for both, write a schedule for each"
    return finding.at_value("wrong-type", message, help)


def _struct_in_let(finding: _Finding) -> Diagnostic:
    """`let: {k: {a: 1}}`, or an expression in braces."""
    fix = for_braces(finding.source, finding.node, finding.key)
    if fix is not None:
        what = f"{finding.name} must be an expression"
        return finding.at_value("wrong-type", what, fix.help, *fix.edits)
    what = "`let` names one value, and not a struct that is written field by field"
    help = "name each field by itself, or write the struct where it is used, as `key:` or `value:`"
    return finding.at_value("wrong-type", what, help)


def _words(finding: _Finding) -> tuple[str, ...]:
    """The names of the definitions that lead to what is asked for."""
    return ("steps",) if _is_step(finding) else ()


_STEP_LISTS = ("do", "then", "else")


# Keys without which a spec may be as right.
_OPTIONAL = frozenset(
    "description params maps schedules when delay times top by entries mode else".split()
)


def _null(finding: _Finding) -> Diagnostic:
    name = finding.name if finding.key else "an item"
    is_name = len(finding.path) > 1 and finding.path[-1] == "name"  # a program's, say
    is_optional = finding.key is None or finding.key.text in _OPTIONAL or is_name
    rest = ", or remove it" if is_optional else ""
    help = f"give it one{rest}"
    if finding.key and finding.key.text in _STEP_LISTS:
        help = f"its steps stand below it, indented deeper than `{finding.key.text}`"
    elif finding.key and (example := _example(finding)):
        help = f"give it one, as in `{finding.key.text}: {example}`{rest}"
    return finding.at_key("null-value", f"{name} has no value", help)


def _fix(finding: _Finding, wanted: list[str]) -> Fix | None:
    """What to write in place of what was given, where that tells."""
    node, key = finding.node, finding.key
    commented = for_comment(node)
    if commented is not None and set(wanted) & {"integer", "boolean"} and "string" not in wanted:
        return commented
    if "integer" in wanted and isinstance(node, Scalar) and "string" not in wanted:
        return for_number(node)
    if wanted == ["integer"] and isinstance(node, Scalar):
        return for_number(node)
    if "array" in wanted and "object" not in wanted:
        return for_list(finding.source, node, key)
    if wanted == ["object"]:
        if "steps" in _words(finding):
            return for_step(node)
        where = str(finding.path[0]) if len(finding.path) == 2 else ""
        return for_mapping(finding.source, node, key, where)
    return for_text(finding.source, node, key) if "string" in wanted else None


def _form(finding: _Finding, wanted: list[str]) -> str:
    """How what is wanted is written: by the schema's example."""
    example = _example(finding)
    if example and finding.key:
        return f"as in `{finding.key.text}: {example}`"
    if wanted == ["array"]:
        return "write its items below it, each behind a `- `, and nothing beside its `:`"
    return "write `key: value`" if wanted == ["object"] else ""


def _example(finding: _Finding, name: str = "") -> str:
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
    return "" if not found or isinstance(found[0], dict | list) else _as_yaml(found[0])


def _as_yaml(example: object) -> str:
    """Text that YAML would read otherwise stands in quotes."""
    text = str(example)
    return json.dumps(text) if isinstance(example, str) and set(text) & set("{}[]:#,") else text


def _const(finding: _Finding) -> Iterator[Diagnostic]:
    wanted = json.dumps(finding.error.validator_value)
    fix = for_truth(finding.node, finding.key, wanted)
    if finding.path == ("probekit",):
        yield _version(finding, fix)
        return
    message = f"{finding.name} must be `{wanted}`"
    yield finding.at_value("bad-value", message, fix.help, *fix.edits)


def _version(finding: _Finding, fix: Fix) -> Diagnostic:
    """`1` in another form is a slip; another number is a spec for another probekit."""
    commented = for_comment(finding.node)
    if commented is not None and finding.given.startswith("1"):
        message = "the version is the number 1"
        return finding.at_value("bad-value", message, commented.help, *commented.edits)
    text = finding.given.strip().lower().removeprefix("v")
    if re.fullmatch(r"0*1(\.0*)?", text) or not text or text in ("true", "yes", "~", "null"):
        edits = (Edit(finding.node.span, "1"),) if text and text != "~" else fix.edits
        message = "the version is the number 1"
        return finding.at_value("bad-value", message, "write `probekit: 1`", *edits)
    message = "this version reads format 1 only"
    help = "write `probekit: 1`, or use a probekit that knows the other format"
    return finding.at_value("bad-value", message, help)


def _enum(finding: _Finding) -> Iterator[Diagnostic]:
    """Nothing of what is no text: that is said of its type."""
    if not isinstance(finding.error.instance, str):
        return
    choices = [str(choice) for choice in finding.error.validator_value]
    help = did_you_mean(finding.given, choices, f"there are {listed(choices)}")
    found = meant(finding.given, choices)
    if finding.key and finding.key.text == "at" and parse_duration(finding.given) is not None:
        message = f"`{finding.given}` is no moment of the run"
        help = f"write `after: {finding.given}`"
        yield finding.at_value("bad-value", message, help, Edit(finding.key.span, "after"))
        return
    edits = (Edit(finding.node.span, found),) if found else ()
    message = f"`{finding.given}` is not a value of {finding.name}"
    yield finding.at_value("bad-value", message, help, *edits)


def _out_of_range(finding: _Finding) -> Iterator[Diagnostic]:
    bound = finding.error.validator_value
    least = finding.error.validator == "minimum"
    message = f"{finding.name} must be at {'least' if least else 'most'} {bound}"
    yield finding.at_value(
        "value-range", message, f"write {bound} or {'more' if least else 'less'}"
    )


def _empty(finding: _Finding) -> Iterator[Diagnostic]:
    yield finding.at_key("empty-value", f"{finding.name} is empty", "add an item")


def _too_many(finding: _Finding) -> Iterator[Diagnostic]:
    most = finding.error.validator_value
    message = f"{finding.name} has more than {most} items"
    yield finding.at_key("too-many", message, "split the spec into several files")


def _later(finding: _Finding) -> Iterator[Diagnostic]:
    """Nothing of a key of a map whose type is not there yet: the checker says that."""
    if finding.path[:1] == ("maps",) and _map_type(finding) in LATER_MAP_KINDS:
        return
    message = f"{finding.name} is part of the format, but not in this version yet"
    help = instead_of(finding.key.text) if finding.key else "remove it for now"
    yield finding.at_key("not-yet", message, help)


def _map_type(finding: _Finding) -> str:
    """The `type` of the map that the finding is in."""
    found, _ = _find(finding.root, (*finding.path[:2], "type"))
    return found.text if isinstance(found, Scalar) else ""


_Describe: TypeAlias = Callable[[_Finding], Iterator[Diagnostic | Slip]]
# One row for each word of JSON Schema that the schema uses; a test compares them.
_DESCRIPTIONS: dict[str, _Describe] = {
    "additionalProperties": _unknown_keys,
    "required": _missing_key,
    "type": _wrong_type,
    "const": _const,
    "enum": _enum,
    "pattern": _bad_name,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
    "minProperties": _empty,
    "minItems": _empty,
    "maxItems": _too_many,
    "x-not-yet": _later,
}
