"""The quick walk of the schema says what the library says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from test_properties import mutated, thorough

from probekit.diagnostics import DiagnosticError
from probekit.frontend import schema
from probekit.frontend.shape import KEYWORDS, has_shape
from probekit.frontend.yamlnodes import plain_data
from probekit.frontend.yamlparse import parse
from probekit.source import Source

ROOT = Path(__file__).parents[1]
CASES = sorted([*ROOT.glob("tests/cases/*/*.yaml"), *ROOT.glob("specs/*.yaml")])


def agree(data: Any) -> bool:
    """Whether both find the shape of `data` right; they must not differ."""
    walked = has_shape(schema._schema(), data)
    assert walked == (next(iter(schema._validator().iter_errors(data)), None) is None)
    return walked


def test_they_agree_about_every_case() -> None:
    found = set()
    for path in CASES:
        try:
            root = parse(Source(path.name, path.read_text()))
        except DiagnosticError:
            continue
        found.add(agree(plain_data(root)))
    assert found == {True, False}


@thorough
@given(mutated())
def test_they_agree_about_changed_specs(text: str) -> None:
    try:
        root = parse(Source("spec.yaml", text))
    except DiagnosticError:
        return
    agree(plain_data(root))


@pytest.mark.parametrize(
    ("part", "fits", "fails"),
    [
        ({"type": "integer"}, 1, True),
        ({"type": "integer"}, -0, 1.0),
        ({"type": ["string", "null"]}, None, 1),
        ({"type": "number"}, 1.5, True),
        ({"const": 1}, 1, True),
        ({"const": 1}, 1, 1.0),
        ({"enum": [0, "a"]}, "a", False),
        ({"pattern": "^[a-z]+$"}, "ab", "ab\n"),
        ({"pattern": "^[0-9]+$"}, "12", "\u0661"),
        ({"minimum": 1, "maximum": 2}, 2, 3),
        ({"minimum": 1}, "text", 0),
        ({"items": {"type": "string"}, "minItems": 1, "maxItems": 1}, ["a"], [1]),
        ({"minItems": 1}, ["a"], []),
        ({"maxItems": 1}, ["a"], [1, 2]),
        ({"required": ["a"], "minProperties": 1}, {"a": 1}, {}),
        ({"properties": {"a": {"const": 1}}, "additionalProperties": False}, {"a": 1}, {"b": 1}),
        ({"propertyNames": {"pattern": "^a$"}}, {"a": 1}, {"b": 1}),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"a": 1, "b": 1}, {"a": 1}),
        ({"if": {"required": ["a"]}, "else": {"required": ["b"]}}, {"b": 1}, {}),
        ({"not": {"const": 1}}, 2, 1),
        ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, 1, 3),
        ({"anyOf": [{"const": 1}, {"const": 2}]}, 2, 3),
        ({"$ref": "#/definitions/x", "type": "string"}, 1, "a"),
    ],
)
def test_each_keyword(part: dict[str, Any], fits: Any, fails: Any) -> None:
    root = {**part, "definitions": {"x": {"type": "integer"}}}
    walked = [has_shape(root, data) for data in (fits, fails)]
    assert walked == [True, False]


def test_it_knows_every_keyword_of_the_schema() -> None:
    assert keywords(schema._schema()) <= KEYWORDS


def keywords(part: Any) -> set[str]:
    """The keywords that a schema uses, in all of its parts."""
    if not isinstance(part, dict):
        return set()
    found = set(part)
    for name in ("properties", "definitions"):
        for inner in part.get(name, {}).values():
            found |= keywords(inner)
    for name in ("if", "then", "else", "not", "items", "additionalProperties", "propertyNames"):
        found |= keywords(part.get(name))
    for name in ("allOf", "anyOf"):
        for inner in part.get(name, ()):
            found |= keywords(inner)
    return found


def test_what_it_does_not_know_is_a_no() -> None:
    assert not has_shape({"uniqueItems": True}, [1])
    assert not has_shape({"if": {"uniqueItems": True}, "then": {}}, [1])


def test_a_right_spec_is_checked_without_heavy_imports() -> None:
    code = (
        "import sys; sys.argv = ['probekit', 'check', 'specs/close.yaml']\n"
        "import os; os._exit = lambda code: None\n"
        "from probekit.entry import main; main()\n"
        "print(sorted({'typer', 'click', 'jsonschema', 'jinja2', 'dataclasses', 'inspect',"
        " 'pathlib', 'subprocess', 'attr', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-Ic", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
