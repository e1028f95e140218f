"""The schema that editors use: valid itself, explained, and in step with the code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from probekit import schema
from probekit.check import check
from probekit.kernel.profile import shipped_profile
from probekit.schemachoice import ACTIONS, KINDS, LATER_KINDS, LATER_VERBS, TIMES, VERBS
from probekit.source import Source
from probekit.spec import read

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads((ROOT / "schemas" / schema.SCHEMA_FILE).read_text())


def subschemas(node: Any, at: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property that a user can write, with its place in the schema."""
    if isinstance(node, dict):
        for name, inner in node.get("properties", {}).items():
            yield f"{at}/{name}", inner
        for key, inner in node.items():
            yield from subschemas(inner, f"{at}/{key}")
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from subschemas(inner, f"{at}/{index}")


PROPERTIES = dict(subschemas(SCHEMA))


def test_it_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("place", PROPERTIES)
def test_every_property_is_explained(place: str) -> None:
    found = PROPERTIES[place]
    assert found.get("description") or found.get("x-not-yet") or "$ref" in found
    for example in found.get("examples", ()):
        jsonschema.Draft7Validator({**SCHEMA, **found, "required": []}).is_valid(example)


def words(node: Any) -> set[str]:
    """The words of JSON Schema that constrain something."""
    if isinstance(node, list):
        return set().union(*map(words, node))
    if not isinstance(node, dict):
        return set()
    inner = {key: value for key, value in node.items() if key not in ("properties", "examples")}
    found = set(inner)
    for value in [*inner.values(), *node.get("properties", {}).values()]:
        found |= words(value)
    return found


def test_every_word_has_a_diagnostic() -> None:
    silent = {
        *"$schema $ref title description default definitions allOf if then items".split(),
        *"propertyNames steps step program schedule additionalProperties".split(),
    }
    assert words(SCHEMA) - silent <= set(schema._DESCRIPTIONS)


def test_choices_are_those_of_the_schema() -> None:
    def required(name: str) -> list[str]:
        return [part["if"]["required"][0] for part in SCHEMA["definitions"][name]["allOf"]]

    assert required("step") == [*VERBS, *LATER_VERBS]
    assert required("program") == [*KINDS, *LATER_KINDS]
    assert required("schedule") == [*ACTIONS, "sync"]
    for part in SCHEMA["definitions"]["schedule"]["allOf"][: len(ACTIONS)]:
        assert set(TIMES) < set(part["then"]["properties"])


@pytest.mark.parametrize(
    "path", sorted((ROOT / "specs").glob("*.yaml")), ids=lambda path: path.stem
)
def test_shipped_specs_are_right(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(f"# yaml-language-server: $schema=../schemas/{schema.SCHEMA_FILE}\n")
    assert check(read(Source(path.name, text)), shipped_profile(), {}).diagnostics == ()
