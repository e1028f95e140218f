"""`schedules`: when user space does what to the maps."""

from __future__ import annotations

from dataclasses import dataclass

from probekit.check.context import Faults
from probekit.check.data import check_fields
from probekit.check.maps import MapTable, entry_nodes, find_map
from probekit.check.printing import template
from probekit.check.values import check_index
from probekit.duration import FORM, parse_duration
from probekit.expr.evaluate import USER_FUNCTIONS, Value, evaluate
from probekit.expr.parse import ExpressionError
from probekit.expr.syntax import Call, Place, Syntax, children, names_in
from probekit.expr.typed import Literal, Param
from probekit.ir import (
    Action,
    Clear,
    DeleteEntry,
    Expression,
    Map,
    PrintLine,
    Schedule,
    Show,
    When,
    WriteEntries,
    Written,
)
from probekit.nearest import did_you_mean
from probekit.source import Span
from probekit.spec import ScheduleSpec, start_of
from probekit.template import shifted
from probekit.types import CharType, IntType, Shown, StructType, Type
from probekit.yamlnodes import Mapping, Node, Scalar, scalar_value

WRITE_NAMES = ("tick", "value", "walltime")
PRINT_NAMES = ("tick", "walltime")
SORT_NAMES = ("key", "value")
MIN_PERIOD = 1_000_000  # 1 ms, in nanoseconds


@dataclass(frozen=True, slots=True)
class Schedules:
    """What the schedules of one probe share."""

    faults: Faults
    maps: MapTable
    params: dict[str, Param]


def check_schedules(
    faults: Faults, maps: MapTable, params: dict[str, Param], specs: tuple[ScheduleSpec, ...]
) -> tuple[Schedule, ...]:
    """All schedules, faults collected."""
    shared = Schedules(faults, maps, params)
    found: list[Schedule] = []
    for index, spec in enumerate(specs):
        with faults.collecting():
            found.append(_schedule(shared, spec, index))
    return tuple(found)


def _schedule(shared: Schedules, spec: ScheduleSpec, index: int) -> Schedule:
    when = _when(shared.faults, spec)
    action = _ACTIONS[spec.action.text](shared, spec)
    name = spec.option("name")
    target = spec.option(spec.action.text)
    default = f"{spec.action.text} {target.text}" if isinstance(target, Scalar) else ""
    if spec.action.text == "print":
        default = f"print {index}"
    return Schedule(
        name.text if isinstance(name, Scalar) else default, when, action, spec.action.span
    )


def _when(faults: Faults, spec: ScheduleSpec) -> When:
    at = spec.option("at")
    for option in ("delay", "times"):
        key = spec.node.key(option)
        if key is not None and spec.option("every") is None:
            raise faults.fault(
                "bad-time", f"`{option}` goes with `every` only", key.span, f"remove `{option}:`"
            )
    if isinstance(at, Scalar):
        return When(start=at.text == "start", stop=at.text == "stop")
    after = spec.option("after")
    if after is not None:
        return When(delay=_duration(faults, after))
    every, delay, times = spec.option("every"), spec.option("delay"), spec.option("times")
    assert every is not None
    period = _duration(faults, every)
    if period < MIN_PERIOD:
        raise faults.fault(
            "bad-duration", "a period shorter than 1 ms", start_of(every), "write `1ms` or more"
        )
    count = scalar_value(times) if isinstance(times, Scalar) else None
    return When(
        delay=_duration(faults, delay) if delay is not None else 0,
        period=period,
        times=count if isinstance(count, int) else None,
    )


def _duration(faults: Faults, node: Node) -> int:
    scalar = faults.scalar(node)
    found = parse_duration(scalar.text)
    if found is None:
        raise faults.fault("bad-duration", f"`{scalar.text}` is not a duration", scalar.span, FORM)
    return found


def _target(shared: Schedules, spec: ScheduleSpec) -> Map:
    node = spec.option(spec.action.text)
    assert node is not None
    return find_map(shared.faults, shared.maps, node)


def _update(shared: Schedules, spec: ScheduleSpec) -> Action:
    target = _target(shared, spec)
    entries, value = spec.option("entries"), spec.option("value")
    key = spec.option("key")
    if (entries is None) == (value is None):
        raise shared.faults.fault(
            "missing-key" if value is None else "one-action",
            "an `update` has either `key` and `value`, or `entries`",
            spec.action.span,
            "give one of the two",
        )
    if entries is not None:
        pairs = entry_nodes(shared.faults, entries, target.key)
        return WriteEntries(target, tuple(_entry(shared, spec, target, *pair) for pair in pairs))
    assert value is not None
    return WriteEntries(target, (_entry(shared, spec, target, key, value),))


def _entry(
    shared: Schedules, spec: ScheduleSpec, target: Map, key: Node | None, value: Node
) -> tuple[Written | None, Written]:
    written_key = _key(shared, spec, target, key)
    return written_key, _written(shared, value, target.value, WRITE_NAMES)


def _key(shared: Schedules, spec: ScheduleSpec, target: Map, node: Node | None) -> Written | None:
    faults = shared.faults
    if target.key is None:
        if node is not None:
            raise faults.fault(
                "map-rule",
                f"`{target.name}` is a map of one value and has no keys",
                start_of(node),
                "remove `key:`",
                (target.span, "declared here"),
            )
        return None
    if node is None:
        raise faults.fault(
            "missing-key",
            f"`key` is missing: `{target.name}` has keys of type `{target.key}`",
            spec.action.span,
            "add `key:`",
            (target.span, "declared here"),
        )
    written = _written(shared, node, target.key, ("tick", "walltime"))
    if isinstance(written, Expression) and not names_in(written.syntax):
        value = evaluate(written.syntax, {})
        if isinstance(value, int):
            check_index(faults, target, Literal(value), node)
    return written


def _written(shared: Schedules, node: Node, type: Type, names: tuple[str, ...]) -> Written:
    """An expression, or a struct's fields; a constant one is checked against its type."""
    faults = shared.faults
    if isinstance(node, Mapping):
        if not isinstance(type, StructType):
            raise faults.fault(
                "wrong-type", f"fields are given, and a `{type}` is asked for", start_of(node)
            )
        check_fields(faults, node, type)
        return {
            field.name: _written(shared, _field(node, field.name), field.type, names)
            for field in type.fields
        }
    if isinstance(type, StructType):
        raise faults.fault(
            "wrong-type",
            f"a struct is asked for here: `{type}`",
            start_of(node),
            "write a mapping of field to expression",
        )
    expression = _expression(shared, node, names)
    if not names_in(expression.syntax):
        _check_constant(faults, faults.scalar(node), expression, type)
    return expression


def _field(node: Mapping, name: str) -> Node:
    value = node.get(name)
    assert value is not None
    return value


def _expression(shared: Schedules, node: Node, names: tuple[str, ...]) -> Expression:
    scalar = shared.faults.scalar(node)
    tree = shared.faults.syntax(scalar)
    with shared.faults.at(scalar):
        check_names(tree, (*names, *shared.params))
    return Expression(tree, scalar.span)


def check_names(tree: Syntax, known: tuple[str, ...]) -> None:
    """Every name and function is known in user space. Raises ExpressionError."""
    if isinstance(tree, Call) and tree.function not in USER_FUNCTIONS:
        raise ExpressionError(
            "unknown-function",
            f"there is no function `{tree.function}` here",
            tree.function_place,
            did_you_mean(tree.function, USER_FUNCTIONS),
        )
    inner = children(tree)
    if not inner:
        for name in names_in(tree) - set(known):
            listed = ", ".join(f"`{k}`" for k in known)
            raise ExpressionError(
                "unknown-name",
                f"nothing is named `{name}` here",
                tree.place,
                did_you_mean(name, known, f"user space knows {listed}"),
            )
    for child in inner:
        check_names(child, known)


def _check_constant(faults: Faults, scalar: Scalar, expression: Expression, type: Type) -> None:
    with faults.at(scalar):
        value = evaluate(expression.syntax, {})
    fault = misfit(value, type)
    if fault is not None:
        code, message = fault
        raise faults.fault(code, message, scalar.span)


def converted(value: Value, type: Type) -> Value:
    """Text that is a duration, where one is asked for, is its nanoseconds."""
    if isinstance(value, str) and isinstance(type, IntType) and type.shown is Shown.DURATION:
        found = parse_duration(value)
        return value if found is None else found
    return value


def misfit(value: Value, type: Type) -> tuple[str, str] | None:
    """Why `value` cannot be stored in `type` (a code and a message), None where it can."""
    value = converted(value, type)
    if isinstance(type, CharType):
        if not isinstance(value, str):
            return "wrong-type", f"this is a number, and text (`{type}`) is asked for"
        size = len(value.encode(errors="replace"))
        if size >= type.size:
            return "value-range", f"text of {size} bytes does not fit into `{type}`"
    elif isinstance(type, IntType):
        if not isinstance(value, int):
            return "wrong-type", f"this is text, and a number (`{type}`) is asked for"
        if not type.low <= value <= type.high:
            shown = value if abs(value) < 1 << 128 else "the value"
            return (
                "value-range",
                f"{shown} does not fit into `{type}`, which holds {type.low} to {type.high}",
            )
    return None


def _delete(shared: Schedules, spec: ScheduleSpec) -> Action:
    target = _target(shared, spec)
    if target.kind.indexed:
        raise shared.faults.fault(
            "map-rule",
            f"entries of a `{target.kind.name}` map always exist and cannot be deleted",
            spec.action.span,
            "write 0 with `update:`, or use `clear:`",
            (target.span, "declared here"),
        )
    key = _key(shared, spec, target, spec.option("key"))
    assert key is not None
    return DeleteEntry(target, key)


def _clear(shared: Schedules, spec: ScheduleSpec) -> Action:
    return Clear(_target(shared, spec))


def _show(shared: Schedules, spec: ScheduleSpec) -> Action:
    target = _target(shared, spec)
    top, by = spec.option("top"), spec.option("by")
    limit = scalar_value(top) if isinstance(top, Scalar) else None
    sort = _expression(shared, by, SORT_NAMES) if by is not None else None
    return Show(target, limit if isinstance(limit, int) else None, sort)


def _print(shared: Schedules, spec: ScheduleSpec) -> Action:
    node = spec.option("print")
    assert node is not None
    scalar, pieces = template(shared.faults, node)
    parts: list[str | tuple[Expression, str]] = []
    for piece in pieces:
        if isinstance(piece, str):
            parts.append(piece)
            continue
        with shared.faults.at(scalar):
            try:
                check_names(piece.syntax, (*PRINT_NAMES, *shared.params))
            except ExpressionError as error:
                raise shifted(error, piece.start) from None
            _check_format(piece.format, piece.format_place)
        place = piece.syntax.place
        span: Span = scalar.part(place.start + piece.start, place.end + piece.start)
        parts.append((Expression(piece.syntax, span), piece.format))
    return PrintLine(tuple(parts))


def _check_format(spec: str, place: Place) -> None:
    try:
        format(1, spec)
        return
    except (ValueError, OverflowError):
        pass
    raise ExpressionError("bad-format", f"the format `{spec}` is not one for numbers", place)


_ACTIONS = {
    "update": _update,
    "delete": _delete,
    "clear": _clear,
    "show": _show,
    "print": _print,
}
