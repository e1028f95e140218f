"""Syntax tree → typed tree, by the rules of the format's reference (docs/spec.md)."""

from __future__ import annotations

from probekit.duration import parse_duration
from probekit.expr import syntax as s
from probekit.expr.arithmetic import (
    common_type,
    cut,
    fold,
    result_range,
    result_type,
    shown_like,
    value_type,
)
from probekit.expr.builtins import CASTS, LATER_FUNCTIONS, check_call
from probekit.expr.fits import bounds, kind_of, text_too_long
from probekit.expr.parse import ExpressionError
from probekit.expr.scope import Scope, member, not_yet
from probekit.expr.syntax import Place
from probekit.expr.typed import (
    AllOrAny,
    Arithmetic,
    Cast,
    Comparison,
    EventField,
    Function,
    Literal,
    MemberOf,
    Not,
    Range,
    Select,
    TextLiteral,
    Typed,
    is_integer,
    is_text,
    range_of,
    type_of,
    value_range,
)
from probekit.types import S64, U64, CharType, IntType, Shown


def check(tree: s.Syntax, scope: Scope) -> Typed:
    """The typed tree of `tree`. Raises ExpressionError at the first fault."""
    return _Checker(scope).check(tree)


def check_condition(tree: s.Syntax, scope: Scope) -> Typed:
    """The same for an expression that is asked whether it is 0: it must be a number."""
    return _Checker(scope).condition(tree)


def as_duration(node: Typed) -> Typed:
    """Text that is a duration, where a duration is asked for, is its nanoseconds."""
    if isinstance(node, TextLiteral):
        value = parse_duration(node.value.decode())
        if value is not None:
            return Literal(value)
    return node


_CONDITION = "a condition"


class _Checker:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def check(self, tree: s.Syntax) -> Typed:
        match tree:
            case s.Number(value=value):
                return _literal(value, tree.place)
            case s.Text(value=text):
                return TextLiteral(text.encode())
            case s.Name():
                return self.scope.name(tree)
            case s.Member():
                return self._member(tree)
            case s.Call():
                return self._call(tree)
            case s.Unary():
                return self._unary(tree)
            case s.Binary():
                return self._binary(tree)
            case s.Compare():
                return self._compare(tree)
            case s.Logic(operator=operator, operands=operands):
                return AllOrAny(operator, tuple(map(self.condition, operands)))
            case s.Conditional():
                return self._conditional(tree)

    def condition(self, tree: s.Syntax) -> Typed:
        return _integer(self.check(tree), tree.place, _CONDITION)

    def _member(self, tree: s.Member) -> MemberOf | EventField:
        if isinstance(tree.of, s.Name) and tree.of.name == "args":
            return self.scope.field(tree)
        return member(self.check(tree.of), tree)

    def _meeting(self, trees: tuple[s.Syntax, ...]) -> list[Typed]:
        """Values that meet: text that is a duration is one where another is a duration."""
        nodes = [self.check(tree) for tree in trees]
        if any(_is_time(node) for node in nodes):
            return [as_duration(node) for node in nodes]
        return nodes

    def _integers(self, trees: tuple[s.Syntax, ...], what: str) -> list[Typed]:
        nodes = self._meeting(trees)
        return [_integer(node, tree.place, what) for node, tree in zip(nodes, trees, strict=True)]

    def _call(self, tree: s.Call) -> Typed:
        name = tree.function
        if name in LATER_FUNCTIONS:
            raise not_yet(f"`{name}()`", tree.function_place)
        check_call(tree)
        operands = self._integers(tree.arguments, f"what `{name}` takes")
        if name in CASTS:
            return _cast(operands[0], CASTS[name])
        return _function(name, operands, tree.place)

    def _unary(self, tree: s.Unary) -> Typed:
        if tree.operator == "not":
            return Not(self.condition(tree.operand))
        (operand,) = self._integers((tree.operand,), f"what `{tree.operator}` takes")
        if isinstance(operand, Literal):
            value = {"-": -operand.value, "~": ~operand.value, "+": operand.value}
            return _literal(value[tree.operator], tree.place)
        if tree.operator == "+":
            return operand
        common = common_type([operand], tree.place)
        if tree.operator == "-":
            return Arithmetic("-", Literal(0), operand, common, range_of(common))
        return Arithmetic("^", operand, Literal(-1), common, range_of(common))

    def _binary(self, tree: s.Binary) -> Typed:
        operator = tree.operator
        left, right = self._integers((tree.left, tree.right), f"what `{operator}` takes")
        if operator in ("/", "%") and isinstance(right, Literal) and right.value == 0:
            raise ExpressionError("division-by-zero", "a division by zero", tree.right.place)
        if isinstance(left, Literal) and isinstance(right, Literal):
            return _literal(fold(operator, left.value, right.value), tree.place)
        meeting = [left] if operator in ("<<", ">>") else [left, right]
        common = common_type(meeting, tree.place)
        type = result_type(operator, left, right, common)
        return Arithmetic(operator, left, right, type, result_range(operator, left, right, common))

    def _compare(self, tree: s.Compare) -> Typed:
        left, right = self._meeting((tree.left, tree.right))
        sides = ((left, right, tree.right.place), (right, left, tree.left.place))
        if is_text(left) and is_text(right):
            if tree.operator not in ("==", "!="):
                what = f"text has no `{tree.operator}`"
                raise ExpressionError("wrong-operand", what, tree.place, "use `==` or `!=`")
            for side, other, place in sides:
                _check_text_reachable(side, other, place)
        elif not is_integer(left) or not is_integer(right):
            raise _incomparable(left, right, tree.place)
        elif tree.operator in ("==", "!="):
            for side, other, place in sides:
                _check_reachable(side, other, place)
        return Comparison(tree.operator, left, right)

    def _conditional(self, tree: s.Conditional) -> Typed:
        condition = self.condition(tree.condition)
        then, otherwise = self._meeting((tree.then, tree.otherwise))
        if is_text(then) and is_text(otherwise):
            size = max(_text_size(then), _text_size(otherwise))
            return Select(condition, then, otherwise, CharType(size))
        if not is_integer(then) or not is_integer(otherwise):
            raise ExpressionError(
                "wrong-operand",
                f"one arm is {kind_of(then)}, the other {kind_of(otherwise)}",
                tree.place,
                "give it two numbers or two texts",
            )
        common = value_type([then, otherwise], tree.place)
        return Select(condition, then, otherwise, shown_like([then, otherwise], common))


def _literal(value: int, place: Place) -> Literal:
    if not S64.low <= value <= U64.high:
        shown = str(value) if abs(value) < 10**40 else "this number"
        raise ExpressionError("value-range", f"{shown} does not fit into 64 bits", place)
    return Literal(value)


def _integer(node: Typed, place: Place, what: str) -> Typed:
    if is_integer(node):
        return node
    help = "" if is_text(node) else "name one of its fields"
    if is_text(node) and what == _CONDITION:
        help = "compare it with text in quotes: `== 'text'`"
    message = f"{what} must be a number, and this is {kind_of(node)}"
    raise ExpressionError("wrong-operand", message, place, help)


def _is_time(node: Typed) -> bool:
    type = type_of(node)
    return isinstance(type, IntType) and type.shown in (Shown.DURATION, Shown.TIMESTAMP)


def _cast(operand: Typed, target: IntType) -> Typed:
    if isinstance(operand, Literal):
        operand = Literal(cut(operand.value, target))
    return Cast(operand, target)


def _function(name: str, operands: list[Typed], place: Place) -> Typed:
    common = value_type(operands, place)
    ranges = [value_range(operand) for operand in operands]
    if name == "abs":
        high = max(abs(ranges[0].low), ranges[0].high)
        return Function(name, tuple(operands), common, U64, Range(0, high))
    pick = min if name == "min" else max
    both = Range(pick(r.low for r in ranges), pick(r.high for r in ranges))
    return Function(name, tuple(operands), common, shown_like(operands, common), both)


def _incomparable(left: Typed, right: Typed, place: Place) -> ExpressionError:
    if not (is_integer(left) or is_text(left)) or not (is_integer(right) or is_text(right)):
        help = "compare its fields"
    else:
        help = "text in an expression has quotes of its own, numbers have none"
    what = f"{kind_of(left)} cannot be compared with {kind_of(right)}"
    return ExpressionError("wrong-operand", what, place, help)


def _check_reachable(side: Typed, other: Typed, place: Place) -> None:
    """A literal that the other side can never equal is a mistake."""
    type = type_of(side)
    if isinstance(other, Literal) and isinstance(type, IntType) and not other.range.within(type):
        what = f"{other.value} is never equal to a `{type}`, which holds {bounds(type)}"
        raise ExpressionError("value-range", what, place)


def _check_text_reachable(side: Typed, other: Typed, place: Place) -> None:
    type = type_of(side)
    if not isinstance(other, TextLiteral) or not isinstance(type, CharType):
        return
    if len(other.value) >= type.size:
        raise text_too_long(other.value, type, place)


def _text_size(node: Typed) -> int:
    if isinstance(node, TextLiteral):
        return len(node.value) + 1
    type = type_of(node)
    assert isinstance(type, CharType)
    return type.size
