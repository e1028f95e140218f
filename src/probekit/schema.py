"""The spec's shape: JSON Schema's findings as diagnostics in our own words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from probekit.diagnostics import Diagnostic, Label
from probekit.nearest import did_you_mean, nearest
from probekit.resources import schema_dir
from probekit.source import Source, Span
from probekit.yamlnodes import Mapping, Node, Scalar, Sequence, plain_data

SCHEMA_FILE = "probekit.schema.json"

VERBS = tuple("let lookup update delete count print printk if stop".split())
LATER_VERBS = tuple("take observe push pop peek emit repeat break signal".split())
ACTIONS = tuple("update delete clear show print".split())
TIMES = tuple("every after at".split())
KINDS = ("tracepoint",)
LATER_KINDS = tuple(
    "raw_tracepoint kprobe kretprobe fentry fexit uprobe uretprobe usdt profile interval"
    " software hardware".split()
)
_STEP_OPTIONS = tuple("key value as default by mode then else".split())


def validate(source: Source, root: Node) -> list[Diagnostic]:
    """What is wrong with the shape of the spec `root`, in the order of the file."""
    choices = list(_check_choices(source, root, ()))
    broken = {choice.path for choice in choices}
    found = [choice.diagnostic for choice in choices]
    for error in _validator().iter_errors(plain_data(root)):
        path = tuple(error.absolute_path)
        if not any(path[: len(prefix)] == prefix for prefix in broken):
            found.extend(_diagnose(source, root, error))
    return sorted(found, key=lambda diagnostic: diagnostic.place)


@cache
def _validator() -> Any:
    """A validator made once; the schema itself is checked by a test, not at each start."""
    import jsonschema

    schema = json.loads((schema_dir() / SCHEMA_FILE).read_text())
    extended = jsonschema.validators.extend(
        jsonschema.Draft7Validator, {"x-not-yet": _not_yet, "pattern": _full_match}
    )
    return extended(schema)


def _not_yet(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
    import jsonschema

    yield jsonschema.ValidationError("not yet")


def _full_match(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    """`pattern` over all of the text, ASCII only: `$` alone lets a line end pass."""
    import jsonschema

    if isinstance(instance, str) and not re.fullmatch(pattern, instance, re.ASCII):
        yield jsonschema.ValidationError("pattern")


@dataclass(frozen=True, slots=True)
class _Choice:
    """A place where exactly one of several keys must stand, and does not."""

    path: tuple[str | int, ...]
    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class _Rule:
    """Of `keys`, exactly one; `later` are keys the format has and this version does not."""

    what: str
    keys: tuple[str, ...]
    later: tuple[str, ...]
    options: tuple[str, ...]
    code: str


_STEP = _Rule("a verb", VERBS, LATER_VERBS, _STEP_OPTIONS, "one-verb")
_KIND = _Rule("an attach point", KINDS, LATER_KINDS, ("name", "when", "do", "missing"), "one-kind")
_SCHEDULE_OPTIONS = ("name", "delay", "times", "key", "value", "entries", "top", "by", "reset")
_ACTION = _Rule("an action", ACTIONS, ("sync",), _SCHEDULE_OPTIONS + TIMES + ("cron",), "one-action")
_TIME = _Rule("a time", TIMES, ("cron",), _SCHEDULE_OPTIONS + ACTIONS + ("sync",), "one-time")


def _check_choices(source: Source, node: Node, path: tuple[str | int, ...]) -> Iterator[_Choice]:
    for rule, place, mapping in _choices(node, path):
        found = _check_rule(source, rule, mapping)
        if found is not None:
            yield _Choice(place, found)


def _choices(
    node: Node, path: tuple[str | int, ...]
) -> Iterator[tuple[_Rule, tuple[str | int, ...], Mapping]]:
    """Every place where a rule holds: programs, their steps at any depth, schedules."""
    if not isinstance(node, Mapping):
        return
    for at, program in _mappings(node, "programs", path):
        yield _KIND, at, program
        yield from _steps(program, "do", at)
    for at, schedule in _mappings(node, "schedules", path):
        yield _ACTION, at, schedule
        yield _TIME, at, schedule


def _steps(
    node: Mapping, key: str, path: tuple[str | int, ...]
) -> Iterator[tuple[_Rule, tuple[str | int, ...], Mapping]]:
    for at, step in _mappings(node, key, path):
        yield _STEP, at, step
        yield from _steps(step, "then", at)
        yield from _steps(step, "else", at)


def _mappings(
    node: Mapping, key: str, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Mapping]]:
    items = node.get(key)
    if isinstance(items, Sequence):
        for index, item in enumerate(items):
            if isinstance(item, Mapping):
                yield (*path, key, index), item


def _check_rule(source: Source, rule: _Rule, mapping: Mapping) -> Diagnostic | None:
    keys = [key for key, _ in mapping]
    chosen = [key for key in keys if key.text in rule.keys + rule.later]
    if len(chosen) == 1:
        return None
    if len(chosen) > 1:
        names = " and ".join(f"`{key.text}`" for key in chosen)
        return Diagnostic(
            rule.code,
            f"{rule.what} is given {len(chosen)} times: {names}",
            Label(source, chosen[1].span, "this one too"),
            related=(Label(source, chosen[0].span, "first here"),),
            help="keep one; several go into items of their own",
        )
    listed = ", ".join(f"`{key}`" for key in rule.keys)
    strange = [key for key in keys if key.text not in rule.options]
    if strange:
        return Diagnostic(
            "unknown-key",
            f"`{strange[0].text}` is not {rule.what}",
            Label(source, strange[0].span),
            help=did_you_mean(strange[0].text, rule.keys, f"there are {listed}"),
        )
    return Diagnostic(
        rule.code,
        f"{rule.what} is missing",
        Label(source, _start(mapping)),
        help=f"add one of {listed}",
    )


def _start(node: Node) -> Span:
    """The first line of a node, for pointing at all of it."""
    span = node.span
    if isinstance(node, Mapping) and node.items:
        return node.items[0][0].span
    return span if span.line == span.end_line else Span.point(span.line, span.column)


def _diagnose(source: Source, root: Node, error: Any) -> Iterator[Diagnostic]:
    node, key = _find(root, error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        yield _bad_name(source, node, error.instance)
        return
    describe = _DESCRIPTIONS.get(error.validator)
    if describe is None:
        yield _plain(source, node, "bad-value", "this cannot stand here", "")
        return
    yield from describe(source, node, key, error)


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


def _plain(source: Source, node: Node, code: str, message: str, help: str) -> Diagnostic:
    return Diagnostic(code, message, Label(source, _start(node)), help=help)


def _bad_name(source: Source, node: Node, name: str) -> Diagnostic:
    key = node.key(name) if isinstance(node, Mapping) else None
    return Diagnostic(
        "bad-name",
        f"`{name}` cannot be a name",
        Label(source, key.span if key else _start(node)),
        help="a name starts with a letter or `_` and has letters, digits and `_`: at most 63",
    )


def _unknown_keys(source: Source, node: Node, key: Any, error: Any) -> Iterator[Diagnostic]:
    assert isinstance(node, Mapping)
    known = list(error.schema.get("properties", {}))
    given = {name.text for name, _ in node}
    for name, _ in node:
        if name.text not in known:
            free = [candidate for candidate in known if candidate not in given]
            listed = ", ".join(f"`{candidate}`" for candidate in known)
            yield Diagnostic(
                "unknown-key",
                f"`{name.text}` is not known here",
                Label(source, name.span),
                help=did_you_mean(name.text, free, f"known here are {listed}"),
            )


def _missing_key(source: Source, node: Node, key: Any, error: Any) -> Iterator[Diagnostic]:
    missing = next(name for name in error.validator_value if name not in error.instance)
    assert isinstance(node, Mapping)
    # `required` yields one error for each missing key, and only its message names the key.
    match = re.match(r"'(\w+)'", error.message)
    missing = match.group(1) if match else missing
    misspelt = nearest(missing, [k.text for k, _ in node])
    if misspelt and misspelt not in error.schema.get("properties", {}):
        return
    yield _plain(source, node, "missing-key", f"`{missing}` is missing", f"add `{missing}:`")


_TYPE_WORDS = {
    "object": "a mapping (`key: value`)",
    "array": "a list (`- item`)",
    "string": "text",
    "integer": "a whole number",
    "boolean": "`true` or `false`",
}


def _wrong_type(source: Source, node: Node, key: Scalar | None, error: Any) -> Iterator[Diagnostic]:
    if error.instance is None:
        yield _null_value(source, node, key)
        return
    wanted = error.validator_value
    words = [_TYPE_WORDS[name] for name in ([wanted] if isinstance(wanted, str) else wanted)]
    where = f"`{key.text}`" if key else "this"
    help = ""
    if isinstance(node, Scalar) and isinstance(error.instance, float):
        help = "write a whole number"
    elif isinstance(node, Scalar) and wanted == "string":
        help = f'put it in quotes: "{node.text}"'
    yield _plain(source, node, "wrong-type", f"{where} must be {' or '.join(words)}", help)


def _null_value(source: Source, node: Node, key: Scalar | None) -> Diagnostic:
    if key is not None and _unbalanced(key.text):
        return Diagnostic(
            "unquoted-comma",
            "an expression with a comma stands here without quotes",
            Label(source, key.span),
            help="inside `{ }` and `[ ]` put the whole expression in quotes",
        )
    name = f"`{key.text}`" if key else "an item"
    label = Label(source, (key or node).span)
    return Diagnostic("null-value", f"{name} has no value", label, help="give it one, or remove it")


def _unbalanced(text: str) -> bool:
    return any(text.count(a) != text.count(b) for a, b in ("()", "[]", "{}"))


def _const(source: Source, node: Node, key: Scalar | None, error: Any) -> Iterator[Diagnostic]:
    wanted = json.dumps(error.validator_value)
    name = key.text if key else "this"
    if name == "probekit":
        message, help = "this version reads format 1 only", "write `probekit: 1`"
    else:
        message, help = f"`{name}` must be {wanted}", f"write `{name}: {wanted}`"
    yield _plain(source, node, "bad-value", message, help)


def _enum(source: Source, node: Node, key: Scalar | None, error: Any) -> Iterator[Diagnostic]:
    choices = [str(choice) for choice in error.validator_value]
    listed = ", ".join(f"`{choice}`" for choice in choices)
    given = node.text if isinstance(node, Scalar) else "this"
    name = key.text if key else "this"
    help = did_you_mean(given, choices, f"there are {listed}")
    yield _plain(source, node, "bad-value", f"`{given}` is not a value of `{name}`", help)


def _pattern(source: Source, node: Node, key: Scalar | None, error: Any) -> Iterator[Diagnostic]:
    given = node.text if isinstance(node, Scalar) else ""
    help = "letters, digits and `_`, not a digit first: at most 63"
    if error.absolute_path and list(error.absolute_path) == ["name"]:
        help = "a probe's name starts with a small letter; small letters, digits, `-` and `_` follow"
    yield _plain(source, node, "bad-name", f"`{given}` cannot be a name", help)


def _too_small(source: Source, node: Node, key: Scalar | None, error: Any) -> Iterator[Diagnostic]:
    name = key.text if key else "this"
    bound = error.validator_value
    side = "least" if error.validator == "minimum" else "most"
    yield _plain(source, node, "value-range", f"`{name}` must be at {side} {bound}", "")


def _empty(source: Source, node: Node, key: Scalar | None, error: Any) -> Iterator[Diagnostic]:
    name = f"`{key.text}`" if key else "this"
    label = Label(source, key.span if key else node.span)
    yield Diagnostic("empty-value", f"{name} is empty", label, help="add an item, or remove it")


def _too_many(source: Source, node: Node, key: Scalar | None, error: Any) -> Iterator[Diagnostic]:
    name = f"`{key.text}`" if key else "this"
    label = Label(source, key.span if key else node.span)
    yield Diagnostic("too-many", f"{name} has more than {error.validator_value} items", label)


def _later(source: Source, node: Node, key: Scalar | None, error: Any) -> Iterator[Diagnostic]:
    name = key.text if key else "this"
    label = Label(source, key.span if key else node.span)
    yield Diagnostic(
        "not-yet",
        f"`{name}` is part of the format, but not in this version yet",
        label,
        help="remove it for now; nothing is accepted and ignored",
    )


_DESCRIPTIONS = {
    "additionalProperties": _unknown_keys,
    "required": _missing_key,
    "type": _wrong_type,
    "const": _const,
    "enum": _enum,
    "pattern": _pattern,
    "minimum": _too_small,
    "maximum": _too_small,
    "minProperties": _empty,
    "minItems": _empty,
    "maxItems": _too_many,
    "x-not-yet": _later,
}
