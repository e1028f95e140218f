"""The validator's errors as diagnostics in our own words.

Imported on the way to an error only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from probekit.diagnostics import Diagnostic
from probekit.frontend.schemafinding import Finding, Slip, find
from probekit.frontend.schemakeys import bad_key, bad_name, missing_key, not_yet, unknown_keys
from probekit.frontend.schemavalues import const, empty, enum, out_of_range, too_many, wrong_type
from probekit.frontend.yamlnodes import Node
from probekit.source import Source


def diagnose(source: Source, root: Node, schema: Any, error: Any) -> Iterator[Diagnostic | Slip]:
    """What one of the validator's errors means; `schema` is all of the schema."""
    finding = Finding(source, *find(root, error.absolute_path), error, schema, root)
    if "propertyNames" in error.absolute_schema_path:
        yield bad_key(finding)
        return
    yield from _DESCRIPTIONS[error.validator](finding)


_Describe: TypeAlias = Callable[[Finding], Iterator[Diagnostic | Slip]]
# One row for each word of JSON Schema that the schema uses; a test compares them.
_DESCRIPTIONS: dict[str, _Describe] = {
    "additionalProperties": unknown_keys,
    "required": missing_key,
    "type": wrong_type,
    "const": const,
    "enum": enum,
    "pattern": bad_name,
    "minimum": out_of_range,
    "maximum": out_of_range,
    "minProperties": empty,
    "minItems": empty,
    "maxItems": too_many,
    "x-not-yet": not_yet,
}
