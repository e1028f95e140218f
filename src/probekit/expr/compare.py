"""Comparisons that cannot be, or that are always or never true."""

from __future__ import annotations

import re

from probekit.duration import parse_duration
from probekit.expr import syntax as s
from probekit.expr.fits import bounds, kind_of, text_too_long
from probekit.expr.syntax import ExpressionError, Place
from probekit.expr.typed import (
    EventField,
    Literal,
    Range,
    TextLiteral,
    Typed,
    is_integer,
    is_text,
    range_of,
    type_of,
    value_range,
)
from probekit.record import replace
from probekit.types import POINTER, CharType, IntType, Shown


def incomparable(left: Typed, right: Typed, tree: s.Compare) -> ExpressionError:
    """A number beside text, or a struct. Text that is a number only lost its quotes."""
    what = f"{kind_of(left)} cannot be compared with {kind_of(right)}"
    if not (is_integer(left) or is_text(left)) or not (is_integer(right) or is_text(right)):
        return ExpressionError("wrong-operand", what, tree.place, "compare its fields")
    help = "text in an expression has quotes of its own, numbers have none"
    for side, place in ((left, tree.left.place), (right, tree.right.place)):
        if isinstance(side, TextLiteral):
            other = tree.right if place == tree.left.place else tree.left
            if _is_account(side.value.decode(), other):
                from probekit.expr.accounts import account_error

                name = side.value.decode()
                return account_error("wrong-operand", other, name, place, tree.place)
            if type_of(left if side is right else right) == POINTER:
                value = s.written(other)
                help = f"`{value}` is an address: its text cannot be read in this version"
                return ExpressionError("wrong-operand", what, tree.place, help)
            return _text_for_number(side, place, what, tree.place)
        if isinstance(side, Literal):
            help = f"text has quotes of its own, as `'{side.value}'`"
    if tree.operator not in ("==", "!="):
        help = "text has no order, and is compared with `==` and `!=`"
    return ExpressionError("wrong-operand", what, tree.place, help)


def _is_account(text: str, other: s.Syntax) -> bool:
    """Whether `text` is a user's or group's name, beside such a number."""
    is_number = isinstance(other, s.Name | s.Member) and other.name in ("uid", "gid")
    return is_number and re.fullmatch(r"[a-z_][a-z0-9_-]*", text) is not None


def _text_for_number(side: TextLiteral, place: Place, what: str, whole: Place) -> ExpressionError:
    """Text that a number is compared with: a number in quotes, a duration, or neither."""
    text = side.value.decode()
    if text.isascii() and text.isdigit() and len(text) < 20:
        help = f"numbers have no quotes: write `{int(text)}`"
        return ExpressionError("wrong-operand", what, whole, help, ((place, str(int(text))),))
    nanoseconds = parse_duration(text)
    if nanoseconds is not None:
        help = f"the other side is no `duration`: write the number, {nanoseconds} for nanoseconds"
        return ExpressionError("wrong-operand", what, whole, help)
    help = "text in an expression has quotes of its own, numbers have none"
    return ExpressionError("wrong-operand", what, whole, help)


def check_reachable(side: Typed, other: Typed, place: Place) -> None:
    """A literal that the other side can never equal is a mistake."""
    type = type_of(side)
    if isinstance(other, Literal) and isinstance(type, IntType) and not other.range.within(type):
        what = f"{other.value} is never equal to a `{type}`, which holds {bounds(type)}"
        raise ExpressionError("value-range", what, place, _instead(other.value, type))


def check_text_reachable(side: Typed, other: Typed, place: Place) -> None:
    type = type_of(side)
    if not isinstance(other, TextLiteral) or not isinstance(type, CharType):
        return
    if len(other.value) >= type.size:
        raise text_too_long(other.value, type, place)


def _instead(value: int, type: IntType) -> str:
    """What was probably meant by comparing with a value that `type` cannot hold."""
    if type.shown is Shown.BOOL:
        return "compare with `true` or `false`"
    if not type.signed and -(1 << type.bits - 1) <= value < 0:
        return f"the same bits are {value + (1 << type.bits)} there; or compare `s{type.bits}(...)`"
    return "compare with a value in that range"


def doubtful_order(tree: s.Compare, left: Typed, right: Typed) -> ExpressionError | None:
    """A comparison with a constant that all values of the other side pass, or none of them."""
    if isinstance(left, Literal) == isinstance(right, Literal):
        return None
    always = order_of(tree.operator, value_range(left), value_range(right))
    if always is None:
        return None
    side, value = (right, left) if isinstance(left, Literal) else (left, right)
    type, limits = type_of(side), value_range(side)
    is_whole = isinstance(type, IntType) and limits == range_of(type)
    holds = f"a `{type}` holds" if is_whole else "the other side is"
    what = f"this is {'always' if always else 'never'} true"
    what += f": {holds} {limits.low} to {limits.high}"
    help = "remove it, or compare with a value inside of that range"
    if isinstance(value, Literal) and value.value <= 0 and limits.low == 0:
        help = "the value has no sign: remove the comparison, or write `== 0` or `!= 0`"
        if isinstance(side, EventField) and isinstance(type, IntType):  # a `pid_t` may be a group
            help += f"; where the kernel means one, write `s{type.bits}(args.{side.name})`"
    return ExpressionError("constant-comparison", what, tree.place, help)


def doubtful_texts(tree: s.Compare) -> ExpressionError:
    """A comparison of two texts that are written there: a name may have been meant."""
    is_same = isinstance(tree.left, s.Text) and tree.left == replace(
        tree.right, place=tree.left.place
    )
    is_true = is_same == (tree.operator == "==")
    what = f"this is {'always' if is_true else 'never'} true: both sides are text"
    help = "compare a value, whose name has no quotes, as in `comm == 'nginx'`"
    return ExpressionError("constant-comparison", what, tree.place, help)


def order_of(operator: str, left: Range, right: Range) -> bool | None:
    """What `<`, `<=`, `>` or `>=` gives for all values of the ranges; None where it depends."""
    if operator in (">", ">="):
        left, right, operator = right, left, "<" if operator == ">" else "<="
    if operator == "<":
        return True if left.high < right.low else False if left.low >= right.high else None
    return True if left.high <= right.low else False if left.low > right.high else None
