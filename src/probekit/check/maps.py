"""`maps`: each type's rules, sizes, and what a map holds at the start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from probekit.check.context import CausedByAnother, Fault, Faults
from probekit.check.data import check_data, check_type
from probekit.frontend.spec import BrokenMap, MapSpec
from probekit.frontend.yamlnodes import Mapping, Node, Scalar, scalar_value, start_of
from probekit.frontend.yamlnodes import Sequence as SequenceNode
from probekit.ir import Map, Value
from probekit.maps import (
    ANY_SIZE,
    LATER_MAP_KINDS,
    MAP_KINDS,
    MAX_KEY_SIZE,
    MAX_VALUE_SIZE,
    MapKind,
)
from probekit.nearest import listed, nearest, offered
from probekit.record import Record
from probekit.source import Span
from probekit.types import U32, CharType, Type


class MapTable(Record):
    """The spec's maps by name. One whose types are wrong is None."""

    maps: dict[str, Map | None]
    spans: dict[str, Span]


def check_maps(
    faults: Faults, specs: tuple[MapSpec, ...], broken: tuple[BrokenMap, ...] = ()
) -> MapTable:
    """All maps of the spec, faults collected; `broken` are those of a wrong shape."""
    names = [*(one.name for one in broken), *(spec.name for spec in specs)]
    table = MapTable({name.text: None for name in names}, {name.text: name.span for name in names})
    for spec in specs:
        with faults.collecting():
            table.maps[spec.name.text] = _check_map(faults, spec)
    for one in broken:
        with faults.collecting():
            table.maps[one.name.text] = _usable(one, *_types(faults, one))
    return table


def _usable(
    spec: BrokenMap, kind: MapKind | None, key: Type | None, value: Type | None
) -> Map | None:
    """The map for what uses it, where only its size or something else beside its types is wrong."""
    if kind is None or value is None or kind.keyed != (key is not None):
        return None
    return Map(spec.name.text, kind, key, value, ANY_SIZE, (), spec.name.span, spec.name.span)


def _check_map(faults: Faults, spec: MapSpec) -> Map:
    kind, key, value = _types(faults, spec)
    assert kind is not None
    assert value is not None
    max_entries = scalar_value(spec.max_entries) if spec.max_entries else 1
    assert isinstance(max_entries, int)
    span = spec.max_entries.span if spec.max_entries else spec.name.span
    entries: tuple[tuple[Value, Value], ...] = ()
    with faults.collecting():  # the map can be used whatever it holds
        entries = _entries(faults, spec, key, value, max_entries, kind)
    return Map(spec.name.text, kind, key, value, max_entries, entries, spec.name.span, span)


def _types(
    faults: Faults, spec: MapSpec | BrokenMap
) -> tuple[MapKind | None, Type | None, Type | None]:
    """The map's type, and those of its keys and values: what is wrong with one hides no other."""
    kind: MapKind | None = None
    key: Type | None = None
    value: Type | None = None
    with faults.together() as together:
        with together.part():
            if spec.type is not None:
                kind = _kind(faults, spec.type)
            if kind is not None and isinstance(spec, MapSpec):
                _check_keys(faults, spec, kind)
        with together.part():
            if spec.key is not None and (kind is None or kind.keyed):
                key = _sized(faults, spec.key, MAX_KEY_SIZE, "key")
                if kind is not None and kind.indexed and key != U32:
                    raise _not_an_index(faults, spec.key, kind, key)
        with together.part():
            if spec.value is not None:
                value = _sized(faults, spec.value, MAX_VALUE_SIZE, "value")
    return kind, key, value


def _check_keys(faults: Faults, spec: MapSpec, kind: MapKind) -> None:
    """The declaration has the keys that its map type needs, and no others. Raises Fault."""
    with faults.together() as together:
        for name in ("key", "max_entries"):
            with together.part():
                key = spec.node.key(name)
                if kind.keyed:
                    _require(faults, spec, name)
                elif key is not None:
                    what = f"`{kind.name}` maps have no `{name}`: each is {kind.meaning}"
                    raise faults.fault("map-rule", what, key.span, f"remove `{name}:`")
        with together.part():
            _require(faults, spec, "value")


def _not_an_index(faults: Faults, node: Node, kind: MapKind, key: Type) -> Fault:
    return faults.fault(
        "map-rule",
        f"the key of `{kind.name}` maps is their index, a `u32`, not `{key}`",
        start_of(node),
        "write `key: u32`, or `type: hash` for keys of another type",
    )


def _kind(faults: Faults, type: Scalar) -> MapKind:
    if type.text in MAP_KINDS:
        return MAP_KINDS[type.text]
    there_are = f"there are {listed(list(MAP_KINDS))}"
    if type.text in LATER_MAP_KINDS:
        what = f"`{type.text}` maps are not in this version yet"
        raise faults.fault("not-yet", what, type.span, there_are)
    from probekit.check.edits import renaming  # only on the way to an error

    help, sure = offered(type.text, MAP_KINDS, LATER_MAP_KINDS, there_are)
    what = f"no map type `{type.text}`"
    raise faults.fault("unknown-map-type", what, type.span, help, edits=renaming(type, sure))


def _require(faults: Faults, spec: MapSpec, name: str) -> None:
    if spec.node.key(name) is None:
        raise faults.fault(
            "missing-key",
            f"`{name}` is missing: `{spec.type.text}` maps need it",
            spec.name.span,
            f"add `{name}:`",
        )


def _sized(faults: Faults, node: Node, limit: int, what: str) -> Type:
    type = check_type(faults, node)
    if type.size > limit:
        message = f"a {what} of {type.size} bytes; it can have at most {limit}"
        raise faults.fault("map-rule", message, start_of(node), "use shorter texts")
    return type


def _entries(
    faults: Faults, spec: MapSpec, key: Type | None, value: Type, limit: int, kind: MapKind
) -> tuple[tuple[Value, Value], ...]:
    """The content given by `entries`, in the file's order; a map of one value has the key 0."""
    if spec.entries is None:
        return ()
    found: dict[str, tuple[Value, Value]] = {}
    places: dict[str, Span] = {}
    with faults.together() as together:
        for item in entry_items(faults, spec.entries, key):
            with together.part():
                key_node, value_node = entry_nodes(faults, item, key)
                with together.part() as attempt:
                    entry_value = check_data(faults, value_node, value)
                place = start_of(key_node or value_node)
                entry_key = check_data(faults, key_node, key) if key_node and key else 0
                if kind.indexed and isinstance(entry_key, int):
                    _check_inside(faults, entry_key, limit, place)
                check_new(faults, places, repr(entry_key), place)
                if not attempt.failed:
                    found[repr(entry_key)] = (entry_key, entry_value)
    if len(found) > limit:
        what = f"{len(found)} entries do not fit into `max_entries: {limit}`"
        help = f"raise it: `max_entries: {len(found)}`"
        declared = (spec.max_entries or spec.name).span, "declared here"
        raise faults.fault("map-rule", what, list(places.values())[limit], help, declared)
    return tuple(found.values())


def _check_inside(faults: Faults, index: int, limit: int, place: Span) -> None:
    if index >= limit:
        what = f"the index {index} is outside of the map, which ends at {limit - 1}"
        raise faults.fault("map-rule", what, place, f"raise it: `max_entries: {index + 1}`")


def check_new(faults: Faults, places: dict[str, Span], key: str, place: Span) -> None:
    """Takes the entry's `key`, which is given at `place`. Raises Fault where it is taken."""
    if key in places:
        raise faults.fault(
            "duplicate-entry",
            "this entry is given twice",
            place,
            "keep one of the two",
            (places[key], "first here"),
        )
    places[key] = place


Item: TypeAlias = Node | tuple[Scalar, Node]


def entry_items(faults: Faults, node: Node, key: Type | None) -> Sequence[Item]:
    """The items of `entries`: of a mapping, or of a list of key and value. Raises Fault."""
    if isinstance(node, Mapping):
        if not isinstance(key, CharType | None) and {one.text for one, _ in node} == _PARTS:
            from probekit.frontend.schemahelp import as_items  # only on the way to an error

            first = node.items[0][0].text
            fix = as_items(faults.source, node, (first,))
            help = fix.help
            if help.startswith("begin"):
                help = f"begin it with `- `, and indent its other lines by two: `- {first}:`"
            what = "an entry stands without its `-`"
            raise faults.fault("wrong-type", what, start_of(node), help, edits=fix.edits)
        if key is None:
            values = [value.raw for _, value in node if isinstance(value, Scalar)]
            help = f"write `[{{value: {values[0] if len(values) == 1 else '...'}}}]`"
            raise faults.fault("wrong-type", "a map of one value has no keys", start_of(node), help)
        return node.items
    assert isinstance(node, SequenceNode)
    return _rejoined(faults, node.items) if key is not None else node.items


def _rejoined(faults: Faults, items: Sequence[Node]) -> Sequence[Node]:
    """The items, of which a `value:` without a key belongs to the `key:` above it."""
    joined: list[Node] = []
    for at, item in enumerate(items):
        above = joined[-1] if joined else None
        if _only(item) == "value" and isinstance(above, Mapping) and _only(above) == "key":
            from probekit.frontend.misplaced import part_of_above

            assert isinstance(item, Mapping)
            faults.add(part_of_above(faults.source, item, at + 1 == len(items)))
            joined[-1] = Mapping(above.span, (*above.items, *item.items))
        else:
            joined.append(item)
    return joined


def _only(item: Node) -> str:
    """The only key of an item."""
    is_one = isinstance(item, Mapping) and len(item.items) == 1
    return item.items[0][0].text if isinstance(item, Mapping) and is_one else ""


_PARTS = {"key", "value"}


def entry_nodes(faults: Faults, item: Item, key: Type | None) -> tuple[Node | None, Node]:
    """The key and the value that an item gives. Raises Fault."""
    if isinstance(item, tuple):
        return item
    wanted = ["value"] if key is None else ["key", "value"]
    form = "{" + ", ".join(f"{name}: ..." for name in wanted) + "}"
    given = [name for name, _ in item] if isinstance(item, Mapping) else []
    free = [one for one in wanted if one not in {name.text for name in given}]
    if not isinstance(item, Mapping) or (free == wanted and not _any_near(given, free)):
        what = "an entry in a list has its own form"
        raise faults.fault("wrong-type", what, start_of(item), f"write `{form}`")
    with faults.together() as together:
        for name in given:
            with together.part():
                if name.text not in wanted:
                    raise _strange_part(faults, name, free, form)
    if free:
        what = f"`{free[0]}` is missing in this entry"
        raise faults.fault("missing-key", what, start_of(item), f"write `{form}`")
    value = item.get("value")
    assert value is not None
    return item.get("key"), value


def _any_near(given: Sequence[Scalar], free: Sequence[str]) -> bool:
    return any(name.text == "key" or nearest(name.text, free) for name in given)


def _strange_part(faults: Faults, name: Scalar, free: Sequence[str], form: str) -> Fault:
    """Of an entry of this form, in which `free` is still missing."""
    from probekit.check.edits import renaming

    otherwise = f"write `{form}`" if free else f"remove `{name.text}:`"
    help, sure = offered(name.text, free, (), otherwise)
    if name.text == "key":
        help = "remove `key:`: a map of one value has no keys"
    what, edits = f"`{name.text}` is not known in an entry", renaming(name, sure)
    return faults.fault("unknown-key", what, name.span, help, edits=edits)


def find_map(faults: Faults, table: MapTable, verb: Scalar, given: Mapping) -> Map:
    """The map that `verb` names in the step or schedule `given`.

    Raises Fault, or CausedByAnother where the map is itself wrong.
    """
    node = given.get(verb.text)
    assert node is not None
    scalar = faults.scalar(node)
    if scalar.text not in table.maps:
        from probekit.check.unknownmap import unknown_map  # only on the way to an error

        raise unknown_map(faults, table, scalar, verb, given)
    found = table.maps[scalar.text]
    if found is None:
        raise CausedByAnother
    return found
