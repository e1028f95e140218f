"""The spec's shape: JSON Schema's findings as diagnostics in our own words."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeAlias

from probekit.diagnostics import Diagnostic, Label
from probekit.nearest import did_you_mean, listed, nearest
from probekit.record import Record
from probekit.resources import schema_dir
from probekit.schemachoice import VERBS, check_choices
from probekit.shape import full_match, has_shape, is_integer
from probekit.source import Source, Span
from probekit.yamlnodes import Mapping, Node, Path, Scalar, Sequence, plain_data, start_of

SCHEMA_FILE = "probekit.schema.json"


class Shape(Record):
    """What is wrong with a spec's shape, in the file's order, and the places it is wrong at."""

    faults: tuple[Diagnostic, ...]
    places: frozenset[Path]


def validate(source: Source, root: Node) -> Shape:
    """Whether the spec `root` has the shape that the format asks for."""
    choices = list(check_choices(source, root))
    data = plain_data(root)
    if not choices and has_shape(_schema(), data):
        return Shape((), frozenset())
    faults = [choice.diagnostic for choice in choices]
    places = {choice.path for choice in choices}
    settled = set(places)  # what else is wrong there follows from the choice
    for error in _validator().iter_errors(data):
        path = tuple(error.absolute_path)
        if not any(path[:end] in settled for end in range(len(path) + 1)):
            faults.extend(_diagnose(source, root, error))
            places.add(path)
    return Shape(tuple(sorted(faults, key=lambda fault: fault.place)), frozenset(places))


@cache
def _validator() -> Any:
    """A validator made once; the schema itself is checked by a test, not at each start."""
    import jsonschema

    draft = jsonschema.Draft7Validator
    extended = jsonschema.validators.extend(  # type: ignore[no-untyped-call]  # its stubs lack it
        draft,
        {"x-not-yet": _not_yet, "pattern": _full_match, "required": _required},
        type_checker=draft.TYPE_CHECKER.redefine("integer", lambda _, data: is_integer(data)),
    )
    return extended(_schema())


@cache
def _schema() -> Any:
    with open(os.path.join(schema_dir(), SCHEMA_FILE), encoding="utf-8") as file:
        return json.load(file)


def _not_yet(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
    import jsonschema

    yield jsonschema.ValidationError("not yet")


def _full_match(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    import jsonschema

    if isinstance(instance, str) and not full_match(pattern, instance):
        yield jsonschema.ValidationError("pattern")


def _required(validator: Any, names: list[str], instance: Any, schema: Any) -> Iterator[Any]:
    """An error for each missing key, whose message is the key."""
    import jsonschema

    if isinstance(instance, dict):
        yield from (jsonschema.ValidationError(name) for name in names if name not in instance)


def _diagnose(source: Source, root: Node, error: Any) -> Iterator[Diagnostic]:
    finding = _Finding(source, *_find(root, error.absolute_path), error)
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

    @property
    def name(self) -> str:
        """What the message calls it."""
        return f"`{self.key.text}`" if self.key else "this"

    @property
    def given(self) -> str:
        """What was written."""
        return self.node.text if isinstance(self.node, Scalar) else "this"

    def at_value(self, code: str, message: str, help: str) -> Diagnostic:
        return self.at(start_of(self.node), code, message, help)

    def at_key(self, code: str, message: str, help: str) -> Diagnostic:
        return self.at(self.key.span if self.key else start_of(self.node), code, message, help)

    def at(self, span: Span, code: str, message: str, help: str) -> Diagnostic:
        return Diagnostic(code, message, Label(self.source, span), help=help)


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


def _unknown_keys(finding: _Finding) -> Iterator[Diagnostic]:
    assert isinstance(finding.node, Mapping)
    known = list(finding.error.schema.get("properties", {}))
    given = {name.text for name, _ in finding.node}
    for name, _ in finding.node:
        if name.text not in known:
            free = [candidate for candidate in known if candidate not in given]
            help = did_you_mean(name.text, free, f"known here are {listed(known)}")
            yield finding.at(name.span, "unknown-key", f"`{name.text}` is not known here", help)


def _missing_key(finding: _Finding) -> Iterator[Diagnostic]:
    """Nothing where a misspelt key, reported as unknown, was probably meant."""
    missing = finding.error.message
    assert isinstance(finding.node, Mapping)
    misspelt = nearest(missing, [key.text for key, _ in finding.node])
    if misspelt is None or misspelt in finding.error.schema.get("properties", {}):
        yield finding.at_key("missing-key", f"`{missing}` is missing", f"add `{missing}:`")


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
        name = finding.name if finding.key else "an item"
        yield finding.at_key("null-value", f"{name} has no value", "give it one, or remove it")
        return
    if isinstance(instance, float) and "integer" in wanted:
        help = "there are no fractions: use a smaller unit"
        yield finding.at_value("wrong-type", f"`{finding.given}` is not a whole number", help)
        return
    names = [wanted] if isinstance(wanted, str) else wanted
    words = " or ".join(_TYPE_WORDS[name] for name in names)
    what = finding.name if finding.error.absolute_path else "a spec"
    yield finding.at_value("wrong-type", f"{what} must be {words}", _form(finding, names))


def _form(finding: _Finding, wanted: list[str]) -> str:
    """How what is wanted is written: from what was given, else by the schema's example."""
    if isinstance(finding.node, Mapping) and "array" in wanted:
        return "begin each item with `- `"
    first, *rest = finding.given.split(maxsplit=1) or [""]
    if wanted == ["object"] and first in VERBS and rest:
        return f"write a `:` after it: `{first}: {rest[0]}`"
    examples = finding.error.schema.get("examples", ())
    if examples and finding.key and not isinstance(examples[0], dict | list):
        return f"as in `{finding.key.text}: {_as_yaml(examples[0])}`"
    return "write `key: value`" if wanted == ["object"] else ""


def _as_yaml(example: object) -> str:
    """Text that YAML would read otherwise stands in quotes."""
    text = str(example)
    return json.dumps(text) if isinstance(example, str) and set(text) & set("{}[]:#,") else text


def _const(finding: _Finding) -> Iterator[Diagnostic]:
    wanted = json.dumps(finding.error.validator_value)
    if list(finding.error.absolute_path) == ["probekit"]:
        message = "this version reads format 1 only"
    else:
        message = f"{finding.name} must be {wanted}"
    name = finding.key.text if finding.key else ""
    yield finding.at_value("bad-value", message, f"write `{name}: {wanted}`")


def _enum(finding: _Finding) -> Iterator[Diagnostic]:
    choices = [str(choice) for choice in finding.error.validator_value]
    help = did_you_mean(finding.given, choices, f"there are {listed(choices)}")
    message = f"`{finding.given}` is not a value of {finding.name}"
    yield finding.at_value("bad-value", message, help)


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
    message = f"{finding.name} is part of the format, but not in this version yet"
    help = "remove it for now"
    yield finding.at_key("not-yet", message, help)


_Describe: TypeAlias = Callable[[_Finding], Iterator[Diagnostic]]
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
