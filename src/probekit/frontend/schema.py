"""The spec's shape: JSON Schema's findings as diagnostics in our own words.

What is imported at the top is what a spec of the right shape needs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

from probekit.diagnostics import MOST_ERRORS, Diagnostic
from probekit.frontend.remarks import find_remarks
from probekit.frontend.schemachoice import check_choices, has_bare_fields
from probekit.frontend.shape import fits, full_match, has_shape, is_integer, is_same
from probekit.frontend.yamlnodes import Node, Path, plain_data, renamed
from probekit.record import Record, replace
from probekit.resources import schema_dir
from probekit.source import Source

SCHEMA_FILE = "probekit.schema.json"


class Shape(Record):
    """What is wrong with a spec's shape, in the file's order, and the places it is wrong at.

    `root` is the spec as it was surely meant: its misspelt keys are mended in it, so that what
    else is wrong is found. Of what stands at a `settled` place nothing is as it was meant.
    """

    faults: tuple[Diagnostic, ...]
    places: frozenset[Path]
    root: Node
    settled: frozenset[Path] = frozenset()


def validate(source: Source, root: Node) -> Shape:
    """Whether the spec `root` has the shape that the format asks for."""
    remarks = find_remarks(source, root)
    shape = _validate(source, root, remarks)
    if not shape.faults:
        return shape
    return replace(shape, faults=tuple(sorted(shape.faults, key=lambda fault: fault.place)))


def _validate(source: Source, root: Node, found: tuple[Diagnostic, ...]) -> Shape:
    """`found` is what is known to be wrong; each round mends the misspelt keys it finds."""
    choices = list(islice(check_choices(source, root), MOST_ERRORS + 1))
    data = plain_data(root)
    if not choices and not has_bare_fields(root) and has_shape(_schema(), data):
        return Shape(found, frozenset(), root)
    from probekit.frontend.notaspec import not_a_spec
    from probekit.frontend.schemafault import diagnose
    from probekit.frontend.schemafinding import Slip

    foreign = not_a_spec(source, root)
    if foreign is not None:
        return Shape((foreign,), frozenset({()}), root)
    from probekit.frontend.regroup import regrouped

    moved = regrouped(source, root)
    if moved.faults and moved.is_whole:
        return _validate(source, moved.root, (*found, *moved.faults))
    if moved.faults:
        return Shape((*found, *moved.faults), frozenset({()}), root)
    if len(choices) > MOST_ERRORS:
        faults = [choice.diagnostic for choice in choices]
        return Shape((*found, *faults), frozenset({()}), root)
    places = {path for choice in choices for path in choice.paths}
    settled = frozenset(places)  # what else is wrong there follows from the choice
    faults = [choice.diagnostic for choice in choices if choice.slip is None]
    slips = [Slip(choice.diagnostic, *choice.slip) for choice in choices if choice.slip]
    for error in _validator().iter_errors(data):
        if len(faults) + len(slips) > MOST_ERRORS:
            faults += [slip.diagnostic for slip in slips]
            return Shape((*found, *faults), frozenset({()}), root)
        path = _place_of(error)
        if not any(path[:end] in settled for end in range(len(path) + 1)):
            described = list(diagnose(source, root, _schema(), error))
            slips += [one for one in described if isinstance(one, Slip)]
            faults += [one for one in described if isinstance(one, Diagnostic)]
            places.add(path)
    if slips:
        mended = renamed(root, {slip.key.span: slip.name for slip in slips})
        return _validate(source, mended, (*found, *(slip.diagnostic for slip in slips)))
    return Shape((*found, *faults), frozenset(places), root, settled)


def _place_of(error: Any) -> Path:
    """What the error is about; of a key that is missing at the top level, that key."""
    path: Path = tuple(error.absolute_path)
    return (error.message,) if error.validator == "required" and not path else path


@cache
def _validator() -> Any:
    """A validator made once; the schema itself is checked by a test, not at each start."""
    import jsonschema

    def is_whole(_: Any, data: Any) -> bool:
        return is_integer(data)

    draft = jsonschema.Draft7Validator
    extended = jsonschema.validators.extend(  # type: ignore[no-untyped-call]  # its stubs lack it
        draft,
        {
            "x-not-yet": _not_yet,
            "const": _is,
            "pattern": _full_match,
            "required": _required,
            "items": _items,
        },
        # Only whole numbers have a range: what else is wrong with infinity follows from its type.
        type_checker=draft.TYPE_CHECKER.redefine_many({"integer": is_whole, "number": is_whole}),
    )
    return extended(_schema())


@cache
def _schema() -> Any:
    with open(os.path.join(schema_dir(), SCHEMA_FILE), encoding="utf-8") as file:
        return json.load(file)


def _not_yet(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
    import jsonschema

    yield jsonschema.ValidationError("not yet")


def _is(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    import jsonschema

    if not is_same(wanted, instance):
        yield jsonschema.ValidationError("const")


def _full_match(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    import jsonschema

    if isinstance(instance, str) and not full_match(pattern, instance):
        yield jsonschema.ValidationError("pattern")


def _required(validator: Any, names: list[str], instance: Any, schema: Any) -> Iterator[Any]:
    """An error for each missing key, whose message is the key."""
    import jsonschema

    if isinstance(instance, dict):
        yield from (jsonschema.ValidationError(name) for name in names if name not in instance)


def _items(validator: Any, part: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """Only wrong items are walked through: the library takes ten times as long as our own walk."""
    if isinstance(instance, list):
        for index, item in enumerate(instance):
            if not fits(_schema(), part, item):
                yield from validator.descend(item, part, path=index)
