"""Whether a spec's shape is right, quickly: a yes or no by the same schema.

Importing `jsonschema` takes as long as all the rest of a `check`, so a spec of the right shape goes
without it: this walk says yes, and only after a no does `schema.py` ask the library what is wrong
and where. What the walk does not know is a no, too. A test holds the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Schema: TypeAlias = dict[str, Any]


class _Unknown(Exception):
    """The schema says something that this walk does not know."""


def has_shape(schema: Schema, data: Any) -> bool:
    """Whether `data` (dicts, lists and scalars) certainly has the shape of a whole schema."""
    return fits(schema, schema, data)


def fits(root: Schema, part: Any, data: Any) -> bool:
    """The same for a part of the schema `root`."""
    try:
        return _Walk(root).fits(part, data)
    except _Unknown:
        return False


class _Walk:
    """A walk over one document; `root` is where its `$ref`s begin."""

    def __init__(self, root: Schema) -> None:
        self.root = root

    def fits(self, schema: Any, data: Any) -> bool:
        """Whether `data` has the shape of a part of the schema."""
        if isinstance(schema, bool):
            return schema
        if "$ref" in schema:  # draft-07: nothing beside a reference counts
            return self.fits(self.resolve(schema["$ref"]), data)
        return all(
            _RULES[keyword](self, schema, data) if keyword in _RULES else _says_nothing(keyword)
            for keyword in schema
        )

    def resolve(self, reference: str) -> Any:
        """What `#/definitions/NAME` stands for."""
        part: Any = self.root
        for name in reference.removeprefix("#/").split("/"):
            part = part[name]
        return part


# What is said for people and editors.
ANNOTATIONS = frozenset(
    "$schema title description examples default definitions".split()
    + "defaultSnippets deprecationMessage".split()
)
_BESIDE_ANOTHER = frozenset(("then", "else"))  # `if` reads them


def _says_nothing(keyword: str) -> bool:
    if keyword in ANNOTATIONS or keyword in _BESIDE_ANOTHER:
        return True
    raise _Unknown(keyword)


def is_integer(data: object) -> bool:
    """Without 1.0, which JSON Schema takes for an integer, and without booleans."""
    return isinstance(data, int) and not isinstance(data, bool)


_TYPES: dict[str, Callable[[object], bool]] = {
    "object": lambda data: isinstance(data, dict),
    "array": lambda data: isinstance(data, list),
    "string": lambda data: isinstance(data, str),
    "boolean": lambda data: isinstance(data, bool),
    "integer": is_integer,
    "number": lambda data: isinstance(data, int | float) and not isinstance(data, bool),
    "null": lambda data: data is None,
}


def _type(_: _Walk, schema: Schema, data: Any) -> bool:
    types = schema["type"]
    return any(_TYPES[name](data) for name in ([types] if isinstance(types, str) else types))


def is_same(one: object, other: object) -> bool:
    """Without 1.0 and `true`, which are 1 elsewhere."""
    return type(one) is type(other) and one == other


def full_match(pattern: str, text: str) -> bool:
    """`pattern` over all of the text, ASCII only: `$` alone lets a line end pass."""
    return re.fullmatch(pattern, text, re.ASCII) is not None


def _properties(walk: _Walk, schema: Schema, data: Any) -> bool:
    return not isinstance(data, dict) or all(
        walk.fits(part, data[key]) for key, part in schema["properties"].items() if key in data
    )


def _additional(walk: _Walk, schema: Schema, data: Any) -> bool:
    known = schema.get("properties", {})
    return not isinstance(data, dict) or all(
        walk.fits(schema["additionalProperties"], value)
        for key, value in data.items()
        if key not in known
    )


def _items(walk: _Walk, schema: Schema, data: Any) -> bool:
    return not isinstance(data, list) or all(walk.fits(schema["items"], item) for item in data)


def _if(walk: _Walk, schema: Schema, data: Any) -> bool:
    branch = "then" if walk.fits(schema["if"], data) else "else"
    return walk.fits(schema.get(branch, True), data)


def _number(data: object) -> bool:
    return _TYPES["number"](data)


# One row for each keyword that the schema uses; each lets pass what it is not about.
_RULES: dict[str, Callable[[_Walk, Schema, Any], bool]] = {
    "type": _type,
    "const": lambda _, schema, data: is_same(schema["const"], data),
    "enum": lambda _, schema, data: any(is_same(one, data) for one in schema["enum"]),
    "required": lambda _, schema, data: (
        not isinstance(data, dict) or all(key in data for key in schema["required"])
    ),
    "properties": _properties,
    "additionalProperties": _additional,
    "propertyNames": lambda walk, schema, data: (
        not isinstance(data, dict) or all(walk.fits(schema["propertyNames"], key) for key in data)
    ),
    "items": _items,
    "if": _if,
    "not": lambda walk, schema, data: not walk.fits(schema["not"], data),
    "allOf": lambda walk, schema, data: all(walk.fits(part, data) for part in schema["allOf"]),
    "anyOf": lambda walk, schema, data: any(walk.fits(part, data) for part in schema["anyOf"]),
    "pattern": lambda _, schema, data: (
        not isinstance(data, str) or full_match(schema["pattern"], data)
    ),
    "minimum": lambda _, schema, data: not (_number(data) and data < schema["minimum"]),
    "maximum": lambda _, schema, data: not (_number(data) and data > schema["maximum"]),
    "minItems": lambda _, schema, data: (
        not isinstance(data, list) or len(data) >= schema["minItems"]
    ),
    "maxItems": lambda _, schema, data: (
        not isinstance(data, list) or len(data) <= schema["maxItems"]
    ),
    "minProperties": lambda _, schema, data: (
        not isinstance(data, dict) or len(data) >= schema["minProperties"]
    ),
    "x-not-yet": lambda _walk, _schema, _data: False,
}
KEYWORDS = frozenset(_RULES) | ANNOTATIONS | _BESIDE_ANOTHER | {"$ref"}
