"""The schema that editors use: valid itself, explained, and in step with the code."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from probekit.check import check
from probekit.codegen.names import IDENTIFIER
from probekit.commands.reference import OWN_NAME, Place, read_reference
from probekit.commands.yamltext import yaml_lines
from probekit.diagnostics import DiagnosticError
from probekit.frontend import schema, schemafault
from probekit.frontend.schemachoice import ACTIONS, KINDS, LATER_KINDS, LATER_VERBS, TIMES, VERBS
from probekit.frontend.spec import read
from probekit.kernel.profile import shipped_profile
from probekit.maps import MAP_KINDS
from probekit.source import Source

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads((ROOT / "schemas" / schema.SCHEMA_FILE).read_text())
DEFINITIONS = SCHEMA["definitions"]
REFERENCE = read_reference()
PROFILE = shipped_profile()
LATER = "Not in this version yet."


def subschemas(node: Any, at: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything that a user can write, with its place in the schema.

    An option that is described one level up is only named in a branch.
    """
    if isinstance(node, dict):
        for name, inner in node.get("properties", {}).items():
            if inner.keys() - {"deprecationMessage"}:
                yield f"{at}/{name}", inner
        if isinstance(node.get("additionalProperties"), dict):
            yield f"{at}/{OWN_NAME}", node["additionalProperties"]
        for key, inner in node.items():
            if key not in ("examples", "defaultSnippets"):
                yield from subschemas(inner, f"{at}/{key}")
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from subschemas(inner, f"{at}/{index}")


PROPERTIES = dict(subschemas(SCHEMA)) | {f"#/{name}": part for name, part in DEFINITIONS.items()}


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """With what its `$ref` says, under what stands beside it."""
    if "$ref" not in part:
        return part
    return {**DEFINITIONS[part["$ref"].rpartition("/")[2]], **part}


def test_it_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("place", PROPERTIES)
def test_everything_is_explained(place: str) -> None:
    found = resolved(PROPERTIES[place])
    sentences = found["description"].split(". ")
    assert 1 <= len(sentences) <= 3
    assert sentences[-1].endswith(".")
    # An editor offers the examples of a list's items as broken text, and snippets well.
    assert found.get("examples") or found.get("defaultSnippets")


@pytest.mark.parametrize("place", PROPERTIES)
def test_what_is_not_there_yet_says_so_in_one_way(place: str) -> None:
    found = PROPERTIES[place]
    is_later = "x-not-yet" in found
    assert resolved(found)["description"].endswith(LATER) == is_later
    assert ("deprecationMessage" in found) == is_later
    assert found.get("deprecationMessage", "").capitalize() + "." == LATER or not is_later


@pytest.mark.parametrize("place", PROPERTIES)
def test_examples_have_the_shape_that_they_are_examples_of(place: str) -> None:
    found = {key: value for key, value in PROPERTIES[place].items() if key != "x-not-yet"}
    validator = schema._validator().evolve(schema={**found, "definitions": DEFINITIONS})
    for example in resolved(found).get("examples", ()):
        assert not list(validator.iter_errors(example))


# The maps and the params that all examples speak of.
MAPS = {k: v for e in SCHEMA["properties"]["maps"]["examples"] for k, v in e.items()}
PARAMS = SCHEMA["properties"]["params"]["examples"][0]
PROGRAM = {"tracepoint": "syscalls/sys_exit_read", "do": [{"stop": True}]}
SMALLEST = {"probekit": 1, "name": "example", "maps": MAPS, "params": PARAMS, "programs": [PROGRAM]}


def codes_of(spec: dict[str, Any]) -> set[str]:
    """What `check` says of it."""
    text = "".join(f"{line}\n" for line in yaml_lines(spec))
    try:
        found = check(read(Source("example.yaml", text)), PROFILE, {}).diagnostics
    except DiagnosticError as error:
        found = error.diagnostics
    return {diagnostic.code for diagnostic in found}


def with_step(step: dict[str, Any]) -> dict[str, Any]:
    return {**SMALLEST, "programs": [{**PROGRAM, "do": [step]}]}


def items(choice: Place) -> Iterator[dict[str, Any]]:
    """A step or a schedule with this verb or action, with each choice of its options."""
    targets = [*MAPS] if "name of a map" in choice.schema.get("title", "") else [None]
    options = [option for option in REFERENCE.inside(choice) if not option.is_later]
    options = [option for option in options if option.path[-1] != OWN_NAME]
    ways = [
        [*option.schema["examples"], *([] if option.required else [None])] for option in options
    ]
    for target, *values in itertools.product(targets, *ways):
        given = {o.path[-1]: v for o, v in zip(options, values, strict=True) if v is not None}
        yield {choice.path[-1]: target or choice.schema["examples"][0], **given}


def choice_at(path: tuple[str, ...]) -> Place:
    return next(place for place in REFERENCE.places if place.path == path)


def specs_with(place: Place, example: Any) -> Iterator[dict[str, Any]]:
    """The example in its place, in specs that have the rest in every way."""
    match place.path:
        case ("params" | "maps" as section, _):
            yield {**SMALLEST, section: {"it": example}}
        case ("params" | "maps" as section, _, key):
            for whole in {"maps": MAPS, "params": PARAMS}[section].values():
                yield {**SMALLEST, section: {"it": {**whole, key: example}}}
        case ("programs", "do", "let", "NAME"):
            yield with_step({"let": {"it": example}})
        case ("programs", "do", *verb, key):
            whole = items(choice_at(place.path[:3])) if verb or not place.is_later else [{}]
            yield from (with_step({**step, key: example}) for step in whole)
        case ("programs", key) if place.is_later and place.choice:
            yield {**SMALLEST, "programs": [{key: example, "do": [{"stop": True}]}]}
        case ("programs", key):
            yield {**SMALLEST, "programs": [{**PROGRAM, key: example}]}
        case ("schedules", action, option):
            for item in items(choice_at(("schedules", action))):
                yield {**SMALLEST, "schedules": [{"every": "1s", **item, option: example}]}
        case ("schedules", key) if key in ACTIONS:
            for item in items(place):
                yield {**SMALLEST, "schedules": [{"every": "1s", **item, key: example}]}
        case ("schedules", "sync"):
            yield {**SMALLEST, "schedules": [{"every": "1s", "sync": example}]}
        case ("schedules", key):
            time = {} if place.choice else {"every": "1s"}
            yield {**SMALLEST, "schedules": [{**time, key: example, "show": "calls"}]}
        case (key,):
            yield {**SMALLEST, key: example}


@pytest.mark.parametrize("place", REFERENCE.places, ids=lambda place: place.name)
def test_examples_are_right_in_a_spec(place: Place) -> None:
    wanted = {"not-yet"} if place.is_later else set()
    for example in place.schema["examples"]:
        tried = list(specs_with(place, example))
        assert any(codes_of(spec) == wanted for spec in tried), example


def snippets() -> Iterator[tuple[str, str, Any]]:
    for name in ("step", "program", "schedule", "map"):
        for snippet in DEFINITIONS[name]["defaultSnippets"]:
            yield name, snippet["label"], snippet["body"]


@pytest.mark.parametrize(("name", "label", "body"), list(snippets()), ids=str)
def test_snippets_are_right_in_a_spec(name: str, label: str, body: Any) -> None:
    spec = {
        "step": lambda: with_step(body),
        "program": lambda: {**SMALLEST, "programs": [body]},
        "schedule": lambda: {**SMALLEST, "schedules": [body]},
        "map": lambda: {**SMALLEST, "maps": {"it": body}},
    }[name]()
    assert codes_of(spec) == set()
    assert label in body or body["type"] == label


def test_the_whole_example_is_right() -> None:
    assert codes_of(SCHEMA["examples"][0]) == set()


def words(node: Any) -> set[str]:
    """The words of JSON Schema that constrain something."""
    if isinstance(node, list):
        return set().union(*map(words, node))
    if not isinstance(node, dict):
        return set()
    skipped = ("properties", "definitions", "examples", "defaultSnippets")
    inner = {key: value for key, value in node.items() if key not in skipped}
    found = set(inner)
    for part in ("properties", "definitions"):
        for value in node.get(part, {}).values():
            found |= words(value)
    for value in inner.values():
        found |= words(value)
    return found


def test_every_word_has_a_diagnostic() -> None:
    silent = {
        *"$schema $ref title description default deprecationMessage".split(),
        *"allOf if then items propertyNames".split(),
    }
    assert words(SCHEMA) - silent == set(schemafault._DESCRIPTIONS)


def test_choices_are_those_of_the_schema() -> None:
    def chosen(name: str) -> list[str]:
        return [part["if"]["required"][0] for part in DEFINITIONS[name]["allOf"]]

    def later(name: str) -> set[str]:
        return {k for k, part in DEFINITIONS[name]["properties"].items() if "x-not-yet" in part}

    def labels(name: str) -> list[str]:
        return [snippet["label"] for snippet in DEFINITIONS[name]["defaultSnippets"]]

    assert chosen("step") == labels("step") == [*VERBS]
    assert chosen("program") == labels("program") == [*KINDS]
    assert chosen("schedule") == labels("schedule") == [*ACTIONS]
    assert later("step") == {*LATER_VERBS}
    assert later("program") == {*LATER_KINDS, "missing"}
    assert later("schedule") == {"cron", "sync"}
    for part in DEFINITIONS["schedule"]["allOf"]:
        assert set(TIMES) < set(part["then"]["properties"])


def test_names_and_map_types_are_those_of_the_code() -> None:
    assert DEFINITIONS["identifier"]["pattern"] == f"^{IDENTIFIER.pattern}$"
    type = DEFINITIONS["map"]["properties"]["type"]
    assert type["examples"] == [*MAP_KINDS]
    assert type["defaultSnippets"] == [{"label": name, "body": name} for name in MAP_KINDS]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ('name: "close\\n"', "bad-name"),
        ('name: "clos\u0435"', "bad-name"),
        ('params: {"a\\n": {type: u32, default: 1}}', "bad-name"),
        ("params: {a\u0661: {type: u32, default: 1}}", "bad-name"),
        ("probekit: 1.0", "bad-value"),
        ("probekit: true", "bad-value"),
        ("probekit: '1'", "bad-value"),
        *((f"maps: {{m: {{type: hash, key: u32, value: u32, max_entries: {number}}}}}", code)
          for number, code in [
              (".nan", "wrong-type"), (".inf", "wrong-type"), ("1e400", "wrong-type"),
              ("1.0", "wrong-type"), ("true", "wrong-type"), ("-0", "value-range"),
              ("4294967296", "value-range"), ("9" * 99, "value-range"), ("9" * 5000, "wrong-type"),
          ]),
        ("schedules: [{every: 1s, times: -0, show: m}]", "value-range"),
        ("schedules: [{every: 1s, show: m, top: 1e0}]", "wrong-type"),
        ("schedules: [{every: 1s, name: \"a\\n\", show: m}]", "bad-name"),
        ('schedules: [{at: "stop\\n", show: m}]', "bad-value"),
    ],
)  # fmt: skip
def test_guards_have_no_gaps(wrong: str, code: str) -> None:
    key = wrong.partition(":")[0]
    rest = {"probekit": "1", "name": "a", "programs": "[{tracepoint: a/b, do: [{stop: true}]}]"}
    whole = [wrong, *(f"{name}: {value}" for name, value in rest.items() if name != key)]
    try:
        found = read(Source("spec.yaml", "\n".join(whole))).faults
    except DiagnosticError as error:
        found = error.diagnostics
    assert [diagnostic.code for diagnostic in found] == [code]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "specs").glob("*.yaml")), ids=lambda path: path.stem
)
def test_shipped_specs_are_right(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(f"# yaml-language-server: $schema=../schemas/{schema.SCHEMA_FILE}\n")
    assert check(read(Source(path.name, text)), shipped_profile(), {}).diagnostics == ()
