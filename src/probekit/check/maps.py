"""`maps`: each type's rules, sizes, and what a map holds at the start."""

from __future__ import annotations

from dataclasses import dataclass

from probekit.check.context import Fault, Faults
from probekit.check.data import check_data, check_type
from probekit.ir import Map, Value
from probekit.maps import (
    LATER_MAP_KINDS,
    MAP_KINDS,
    MAX_ENTRIES,
    MAX_KEY_SIZE,
    MAX_VALUE_SIZE,
    MapKind,
)
from probekit.names import is_identifier
from probekit.nearest import did_you_mean
from probekit.source import Span
from probekit.spec import MapSpec, start_of
from probekit.types import U32, Type
from probekit.yamlnodes import Mapping, Node, Scalar, Sequence, scalar_value


@dataclass(frozen=True, slots=True)
class MapTable:
    """The spec's maps by name. One whose own declaration is wrong is None."""

    maps: dict[str, Map | None]
    spans: dict[str, Span]


def check_maps(faults: Faults, specs: tuple[MapSpec, ...]) -> MapTable:
    """All maps of the spec, faults collected."""
    table = MapTable({}, {})
    for spec in specs:
        table.maps[spec.name.text] = None
        table.spans[spec.name.text] = spec.name.span
        with faults.collecting():
            table.maps[spec.name.text] = _check_map(faults, spec)
    return table


def _check_map(faults: Faults, spec: MapSpec) -> Map:
    kind = _kind(faults, spec.type)
    if not is_identifier(spec.name.text):
        raise faults.fault("bad-name", f"`{spec.name.text}` cannot be a name", spec.name.span)
    if kind.keyed:
        _require(faults, spec, ("key", spec.key), ("max_entries", spec.max_entries))
    else:
        _refuse(faults, spec, kind, ("key", spec.key), ("max_entries", spec.max_entries))
    _require(faults, spec, ("value", spec.value))
    assert spec.value is not None
    key = check_type(faults, spec.key) if spec.key is not None else None
    value = check_type(faults, spec.value)
    if kind.indexed and key is not None and spec.key is not None and key != U32:
        raise faults.fault(
            "map-rule",
            f"the key of `{kind.name}` maps is their index, an `u32`, not `{key}`",
            start_of(spec.key),
            "write `key: u32`, or `type: hash` for keys of another type",
        )
    _check_size(faults, spec.key, key, MAX_KEY_SIZE, "key")
    _check_size(faults, spec.value, value, MAX_VALUE_SIZE, "value")
    max_entries = _max_entries(faults, spec.max_entries) if spec.max_entries else 1
    entries = _entries(faults, spec, key, value, max_entries, kind)
    span = spec.max_entries.span if spec.max_entries else spec.name.span
    return Map(spec.name.text, kind, key, value, max_entries, entries, spec.name.span, span)


def _kind(faults: Faults, type: Scalar) -> MapKind:
    if type.text in MAP_KINDS:
        return MAP_KINDS[type.text]
    if type.text in LATER_MAP_KINDS:
        raise faults.fault(
            "not-yet", f"`{type.text}` maps are not in this version yet", type.span
        )
    listed = ", ".join(f"`{name}`" for name in MAP_KINDS)
    known = [*MAP_KINDS, *LATER_MAP_KINDS]
    help = did_you_mean(type.text, known, f"there are {listed}")
    raise faults.fault("unknown-map-type", f"no map type `{type.text}`", type.span, help)


def _require(faults: Faults, spec: MapSpec, *keys: tuple[str, Node | None]) -> None:
    for name, node in keys:
        if node is None:
            raise faults.fault(
                "missing-key",
                f"`{name}` is missing: a `{spec.type.text}` map needs it",
                spec.name.span,
                f"add `{name}:`",
            )


def _refuse(
    faults: Faults, spec: MapSpec, kind: MapKind, *keys: tuple[str, Node | None]
) -> None:
    for name, node in keys:
        if node is not None:
            raise faults.fault(
                "map-rule",
                f"a `{kind.name}` map is {kind.meaning} and has no `{name}`",
                start_of(node),
                f"remove `{name}:`",
            )


def _check_size(faults: Faults, node: Node | None, type: Type | None, limit: int, what: str) -> None:
    if node is not None and type is not None and type.size > limit:
        raise faults.fault(
            "map-rule",
            f"a {what} of {type.size} bytes; it can have at most {limit}",
            start_of(node),
            "use shorter texts",
        )


def _max_entries(faults: Faults, node: Scalar) -> int:
    value = scalar_value(node)
    if not isinstance(value, int) or not 1 <= value <= MAX_ENTRIES:
        raise faults.fault(
            "value-range", f"`max_entries` must be 1 to {MAX_ENTRIES}", node.span
        )
    return value


def _entries(
    faults: Faults, spec: MapSpec, key: Type | None, value: Type, limit: int, kind: MapKind
) -> tuple[tuple[Value, Value], ...]:
    """The content given by `entries`, in the file's order; a map of one value has the key 0."""
    if spec.entries is None:
        return ()
    found: dict[str, tuple[Value, Value]] = {}
    for key_node, value_node in entry_nodes(faults, spec.entries, key):
        if key is None or key_node is None:
            entry_key: Value = 0
        else:
            entry_key = check_data(faults, key_node, key)
        if repr(entry_key) in found:
            raise faults.fault(
                "duplicate-entry", "this key is given twice", start_of(key_node or value_node)
            )
        found[repr(entry_key)] = (entry_key, check_data(faults, value_node, value))
        if kind.indexed and isinstance(entry_key, int) and entry_key >= limit:
            raise faults.fault(
                "map-rule",
                f"the index {entry_key} is outside of the map, which ends at {limit - 1}",
                start_of(key_node or value_node),
                "raise `max_entries`",
            )
    if len(found) > limit:
        raise faults.fault(
            "map-rule",
            f"{len(found)} entries do not fit into `max_entries: {limit}`",
            start_of(spec.entries),
            f"raise it: `max_entries: {len(found)}`",
        )
    return tuple(found.values())


def entry_nodes(
    faults: Faults, node: Node, key: Type | None
) -> list[tuple[Node | None, Node]]:
    """The key and value nodes of `entries`: of a mapping, or of a list of key and value."""
    if isinstance(node, Mapping):
        if key is None:
            raise faults.fault(
                "wrong-type", "a map of one value has no keys", start_of(node), "write `[{value: 1}]`"
            )
        return list(node.items)
    assert isinstance(node, Sequence)
    return [_entry_item(faults, item, key) for item in node]


def _entry_item(faults: Faults, item: Node, key: Type | None) -> tuple[Node | None, Node]:
    wanted = {"value"} if key is None else {"key", "value"}
    if not isinstance(item, Mapping) or {name.text for name, _ in item} != wanted:
        form = "{value: ...}" if key is None else "{key: ..., value: ...}"
        raise faults.fault(
            "wrong-type", "an entry in a list has its own form", start_of(item), f"write `{form}`"
        )
    value = item.get("value")
    assert value is not None
    return item.get("key"), value


def find_map(faults: Faults, table: MapTable, node: Node) -> Map:
    """The map that `node` names. Raises Fault, or CausedByAnother where it is itself wrong."""
    from probekit.check.context import CausedByAnother

    scalar = faults.scalar(node)
    if scalar.text not in table.maps:
        raise _unknown_map(faults, table, scalar)
    found = table.maps[scalar.text]
    if found is None:
        raise CausedByAnother
    return found


def _unknown_map(faults: Faults, table: MapTable, scalar: Scalar) -> Fault:
    from probekit.nearest import nearest

    near = nearest(scalar.text, table.maps)
    related = (table.spans[near], "a similar name is declared here") if near else None
    if near:
        help = f"did you mean `{near}`?"
    elif table.maps:
        help = "there are " + ", ".join(f"`{name}`" for name in table.maps)
    else:
        help = "declare it under `maps:`"
    return faults.fault(
        "unknown-map", f"no map named `{scalar.text}`", scalar.span, help, related
    )
