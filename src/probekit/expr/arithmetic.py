"""What integers become when they meet: common types, ranges, and constants' values."""

from __future__ import annotations

from collections.abc import Sequence

from probekit.expr.parse import ExpressionError
from probekit.expr.syntax import Place
from probekit.expr.typed import Cast, Literal, Range, Typed, range_of, type_of, value_range
from probekit.types import BOOL, DURATION, S64, TIMESTAMP, U64, IntType, Shown


def common_type(nodes: Sequence[Typed], place: Place) -> IntType:
    """The 64-bit type in which arithmetic is done: unsigned if all are, else signed.

    A literal takes the sign of the others. Raises ExpressionError where a u64 meets a signed
    value: no 64-bit type holds both.
    """
    types = [type for type in map(type_of, nodes) if isinstance(type, IntType)]
    literals = [node.value for node in nodes if isinstance(node, Literal)]
    if not any(type.signed for type in types):
        return S64 if not types and min(literals) < 0 else U64
    if literals and max(literals) > S64.high:
        raise _too_large(max(literals), place)
    if any(map(_is_u64, nodes)):
        raise _mixed_signs(place)
    return S64


def _is_u64(node: Typed) -> bool:
    """Whether it needs all of a u64, or was made one on purpose; `x % 10` does not need it."""
    type = type_of(node)
    if not isinstance(type, IntType) or type.signed or type.bits < 64:
        return False
    return isinstance(node, Cast) or not value_range(node).within(S64)


def value_type(nodes: Sequence[Typed], place: Place) -> IntType:
    """The 64-bit type that holds every one of the nodes' values, as `min` and `max` need it.

    Other than in arithmetic, a negative literal beside unsigned values stays negative. Raises
    ExpressionError where no type holds them all.
    """
    common = common_type(nodes, place)
    if common.signed or all(value_range(node).low >= 0 for node in nodes):
        return common
    if not all(value_range(node).within(S64) for node in nodes):
        raise _mixed_signs(place)
    return S64


def _mixed_signs(place: Place) -> ExpressionError:
    return ExpressionError(
        "mixed-signs",
        "an unsigned 64-bit value and a signed one have no common type",
        place,
        "convert one of them: `s64(...)` or `u64(...)`",
    )


def _too_large(value: int, place: Place) -> ExpressionError:
    return ExpressionError(
        "value-range",
        f"{value} does not fit into 64 bits with a sign, as the other side has",
        place,
        "convert the other side: `u64(...)`",
    )


def fold(operator: str, left: int, right: int) -> int:
    """A constant's value, in unbounded integers: `/` and `%` truncate, by zero they give 0."""
    if operator in ("/", "%"):
        if right == 0:
            return 0
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return quotient if operator == "/" else left - quotient * right
    if operator in ("<<", ">>"):
        count = right % 64
        return left << count if operator == "<<" else left >> count
    return {
        "+": left + right,
        "-": left - right,
        "*": left * right,
        "&": left & right,
        "|": left | right,
        "^": left ^ right,
    }[operator]


def cut(value: int, target: IntType) -> int:
    """What a cast to `target` makes of `value`."""
    if target.shown is Shown.BOOL:
        return int(value != 0)
    low_bits = value & (1 << target.bits) - 1
    return low_bits - (1 << target.bits) if low_bits > target.high else low_bits


def result_range(operator: str, left: Typed, right: Typed, common: IntType) -> Range:
    """What a mask or a modulo by a constant leaves; everything, for other operators."""
    if operator == "&":
        masks = [n.value for n in (left, right) if isinstance(n, Literal) and n.value >= 0]
        if masks:
            return Range(0, masks[0])
    if operator == "%" and isinstance(right, Literal) and right.value > 0:
        most = right.value - 1
        return Range(-most if value_range(left).low < 0 else 0, most)
    return range_of(common)


def result_type(operator: str, left: Typed, right: Typed, common: IntType) -> IntType:
    """Timestamps and durations keep their meaning where arithmetic keeps it."""
    kinds = (shown(left), shown(right))
    if operator == "-" and kinds == (Shown.TIMESTAMP, Shown.TIMESTAMP):
        return DURATION
    if common.signed:
        return common
    if operator in ("+", "-") and kinds.count(Shown.TIMESTAMP) == 1:
        return TIMESTAMP
    if Shown.DURATION not in kinds:
        return common
    if operator in ("+", "-", "%"):
        return DURATION
    is_scaled = kinds.count(Shown.DURATION) == 1 and (
        operator == "*" or (operator == "/" and kinds[0] is Shown.DURATION)
    )
    return DURATION if is_scaled else common


def shown(node: Typed) -> Shown:
    """What kind of number it is; of text, a number."""
    type = type_of(node)
    return type.shown if isinstance(type, IntType) else Shown.NUMBER


def shown_like(nodes: Sequence[Typed], common: IntType) -> IntType:
    """The arms' own type where all have the same one, else the plain 64-bit one."""
    types = {type_of(node) for node in nodes} - {None}
    only = types.pop() if len(types) == 1 else None
    if only is BOOL and all(value_range(node).within(BOOL) for node in nodes):
        return BOOL
    if isinstance(only, IntType) and only.size == 8 and only.signed == common.signed:
        return only
    return common
