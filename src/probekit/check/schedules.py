"""`schedules`: when user space does what to the maps."""

from __future__ import annotations

from collections.abc import Iterator

from probekit.check.context import CausedByAnother, Fault, Faults
from probekit.check.data import not_a_duration
from probekit.check.mapkey import (
    check_deletable,
    check_index,
    index_form,
    key_node,
    sample_in_schedule,
)
from probekit.check.maps import MapTable, check_new, entry_items, entry_nodes, find_map
from probekit.check.user import UserSpace, constant, constant_of
from probekit.duration import parse_duration
from probekit.expr.syntax import Name, Syntax
from probekit.expr.userspace import NUMBER
from probekit.frontend.spec import ScheduleSpec
from probekit.frontend.yamlnodes import Node, Scalar, Sequence, scalar_value, start_of
from probekit.ir import (
    Action,
    Clear,
    DeleteEntry,
    Map,
    Schedule,
    Show,
    When,
    WriteEntries,
    Written,
)
from probekit.record import Record
from probekit.source import Span
from probekit.types import S64, U64, IntType, StructType, Type

# What expressions can name, besides the params; in a value also the entry's current `value`.
KEY_NAMES: dict[str, Type] = {"tick": U64, "walltime": U64}
MIN_PERIOD = 1_000_000  # 1 ms, in nanoseconds


class Schedules(Record):
    """What the schedules of one probe share."""

    faults: Faults
    maps: MapTable
    user: UserSpace


def check_schedules(
    shared: Schedules, specs: tuple[ScheduleSpec, ...], others: tuple[Scalar, ...] = ()
) -> tuple[Schedule, ...]:
    """All schedules, faults collected; `others` are durations of those of a wrong shape."""
    for duration in others:
        with shared.faults.collecting():
            _duration(shared.faults, duration)
    found: list[Schedule] = []
    places: dict[str, Span] = {}
    for index, spec in enumerate(specs):
        with shared.faults.collecting():
            found.append(_schedule(shared, spec, index, places))
    return tuple(found)


def _schedule(
    shared: Schedules, spec: ScheduleSpec, index: int, places: dict[str, Span]
) -> Schedule:
    with shared.faults.together() as together:
        with together.part():
            name = _name(shared.faults, spec, index, places)
        with together.part():
            when = _when(shared.faults, spec)
        with together.part():
            action = _ACTIONS[spec.action.text](shared, spec)
    return Schedule(name, when, action, spec.action.span)


def _name(faults: Faults, spec: ScheduleSpec, index: int, places: dict[str, Span]) -> str:
    """The given name, which is this schedule's alone; else the action and its map."""
    name, target = spec.option("name"), spec.option(spec.action.text)
    if not isinstance(name, Scalar):
        if isinstance(target, Scalar) and spec.action.text != "print":
            return f"{spec.action.text} {target.text}"
        return f"print {index}"
    if name.text in places:
        what, help = f"two schedules are named `{name.text}`", "choose another name"
        first = (places[name.text], "the first one")
        raise faults.fault("duplicate-name", what, name.span, help, first)
    places[name.text] = name.span
    return name.text


def _when(faults: Faults, spec: ScheduleSpec) -> When:
    at, after, every = (spec.option(name) for name in ("at", "after", "every"))
    if every is not None:
        return _periodic(faults, spec, every)
    with faults.together() as together:
        for option in ("delay", "times"):
            with together.part():
                _refuse_option(faults, spec, option)
    if isinstance(at, Scalar):
        return When(start=at.text == "start", stop=at.text == "stop")
    assert after is not None
    return When(delay=_duration(faults, after))


def _refuse_option(faults: Faults, spec: ScheduleSpec, option: str) -> None:
    key = spec.node.key(option)
    if key is not None:
        what = f"`{option}` goes with `every` only"
        raise faults.fault("bad-time", what, key.span, f"remove `{option}:`")


def _periodic(faults: Faults, spec: ScheduleSpec, every: Node) -> When:
    delay, times = spec.option("delay"), spec.option("times")
    wait = 0
    with faults.together() as together:
        with together.part():
            period = _duration(faults, every)
            if period < MIN_PERIOD:
                what, help = "a period shorter than 1 ms", "write `1ms` or more"
                raise faults.fault("bad-duration", what, faults.scalar(every).inside, help)
        with together.part():
            wait = _duration(faults, delay) if delay is not None else 0
    count = scalar_value(times) if isinstance(times, Scalar) else None
    assert count is None or isinstance(count, int)
    return When(delay=wait, period=period, times=count)


def _duration(faults: Faults, node: Node) -> int:
    scalar = faults.scalar(node)
    found = parse_duration(scalar.text)
    if found is None:
        raise not_a_duration(faults, scalar)
    if found > S64.high:
        what, help = f"`{scalar.text.strip()}` is longer than 292 years", "write a shorter one"
        raise faults.fault("bad-duration", what, scalar.inside, help)
    return found


def _target(shared: Schedules, spec: ScheduleSpec) -> Map:
    """The action's map. Where it is wrong, the expressions are checked for themselves."""
    try:
        return find_map(shared.faults, shared.maps, spec.action, spec.node)
    except (Fault, CausedByAnother):
        entries = spec.option("entries")
        given = entries.items if isinstance(entries, Sequence) else (entries,)
        for one in (spec.option("key"), spec.option("value"), *given):
            shared.user.loosely(one, KEY_NAMES)
        raise


def _update(shared: Schedules, spec: ScheduleSpec) -> Action:
    target = _target(shared, spec)
    entries, key, value = (spec.option(name) for name in ("entries", "key", "value"))
    if entries is None and value is not None:
        return WriteEntries(
            target, (_entry(shared, target, _key_node(shared, spec, target), value),)
        )
    if entries is None:
        help = "add `value:`, or several as `entries:`"
        raise shared.faults.fault("missing-key", "`value` is missing", spec.action.span, help)
    if key is not None or value is not None:
        raise _both(shared.faults, spec)
    return WriteEntries(target, _entries(shared, target, entries))


def _entries(
    shared: Schedules, target: Map, entries: Node
) -> tuple[tuple[Written | None, Written], ...]:
    """What `entries` gives: of keys that are constants, each once."""
    written: list[tuple[Written | None, Written]] = []
    places: dict[str, Span] = {}
    with shared.faults.together() as together:
        for item in entry_items(shared.faults, entries, target.key):
            with together.part():
                key_node, value_node = entry_nodes(shared.faults, item, target.key)
                entry = _entry(shared, target, key_node, value_node)
                written.append(entry)
                key = constant_of(entry[0]) if entry[0] is not None else 0
                if key is not None:
                    check_new(shared.faults, places, repr(key), start_of(key_node or value_node))
    return tuple(written)


def _both(faults: Faults, spec: ScheduleSpec) -> Fault:
    first = next(key for key, _ in spec.node if key.text in ("entries", "key", "value"))
    second = [key for key, _ in spec.node if key.text in ("entries", "key", "value")][-1]
    return faults.fault(
        "one-action",
        "an `update` has `key` and `value`, or `entries`, and not both",
        second.span,
        "write all entries under `entries:`",
        (first.span, "given here"),
    )


def _key_node(shared: Schedules, spec: ScheduleSpec, target: Map) -> Node | None:
    return key_node(shared.faults, target, spec.action, spec.node, sample_in_schedule)


def _entry(
    shared: Schedules, target: Map, key: Node | None, value: Node
) -> tuple[Written | None, Written]:
    written_key: Written | None = None
    with shared.faults.together() as together:
        with together.part():
            written_key = _key(shared, target, key)
        with together.part():
            written = shared.user.written(value, target.value, KEY_NAMES | {"value": target.value})
    return written_key, written


def _key(shared: Schedules, target: Map, node: Node | None) -> Written | None:
    if node is None or target.key is None:
        return None
    help = index_form(target) if target.kind.indexed else ""
    written = shared.user.written(node, target.key, KEY_NAMES, help)
    index = constant(written)
    if index is not None:
        check_index(shared.faults, target, index, node)
    return written


def _delete(shared: Schedules, spec: ScheduleSpec) -> Action:
    target = _target(shared, spec)
    help = "write 0 with `update:`, or use `clear:`"
    check_deletable(shared.faults, target, spec.action, help)
    key = _key(shared, target, _key_node(shared, spec, target))
    assert key is not None
    return DeleteEntry(target, key)


def _clear(shared: Schedules, spec: ScheduleSpec) -> Action:
    return Clear(_target(shared, spec))


def _show(shared: Schedules, spec: ScheduleSpec) -> Action:
    target = _target(shared, spec)
    top, by = spec.option("top"), spec.option("by")
    _check_choosable(shared.faults, spec, target)
    limit = scalar_value(top) if isinstance(top, Scalar) else None
    assert limit is None or isinstance(limit, int)
    if by is None:
        return Show(target, limit, None)
    names = {"value": target.value} | ({"key": target.key} if target.key else {})
    order, kind = shared.user.expression(by, names)
    if kind != NUMBER:
        what, place = "entries are sorted by a number, and this is none", order.span
        raise shared.faults.fault("wrong-type", what, place, _sortable(names, order.syntax))
    return Show(target, limit, order)


def _sortable(names: dict[str, Type], written: Syntax) -> str:
    """The first number that an entry has, as a help: if it can be, of what was `written`."""
    found = [path for name, type in names.items() for path in _numbers(name, type)]
    inside = [path for path in found if isinstance(written, Name) and _is_in(path, written.name)]
    if not found:
        return "remove `by:`: its entries have no number"
    return f"write a number, as `by: {(inside or found)[0]}`"


def _is_in(path: str, name: str) -> bool:
    return path.startswith(f"{name}.")


def _numbers(path: str, type: Type) -> Iterator[str]:
    """The numbers in a value of `type`, which `path` names."""
    if isinstance(type, IntType):
        yield path
    elif isinstance(type, StructType):
        for field in type.fields:
            yield from _numbers(f"{path}.{field.name}", field.type)


def _check_choosable(faults: Faults, spec: ScheduleSpec, target: Map) -> None:
    """A map of one value has no first entries. Raises Fault."""
    for option in ("top", "by"):
        key = spec.node.key(option)
        if key is not None and target.key is None:
            what = f"`{target.name}` is a map of one value: there is nothing to choose from"
            help = f"remove `{option}:`"
            raise faults.fault("map-rule", what, key.span, help, (target.span, "declared here"))


def _print(shared: Schedules, spec: ScheduleSpec) -> Action:
    node = spec.option("print")
    assert node is not None
    return shared.user.line(node, KEY_NAMES)


_ACTIONS = {
    "update": _update,
    "delete": _delete,
    "clear": _clear,
    "show": _show,
    "print": _print,
}
