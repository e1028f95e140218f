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
    shown,
    shown_like,
    value_type,
)
from probekit.expr.builtins import CASTS, check_call
from probekit.expr.compare import (
    check_reachable,
    check_text_reachable,
    doubtful_order,
    doubtful_texts,
    incomparable,
)
from probekit.expr.fits import kind_of
from probekit.expr.parse import ExpressionError
from probekit.expr.scope import Scope, member
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
from probekit.types import BOOL, S64, U64, CharType, IntType, Shown


def check(tree: s.Syntax, scope: Scope, doubts: list[ExpressionError] | None = None) -> Typed:
    """The typed tree of `tree`. Raises ExpressionError, one for all that is wrong.

    `doubts` gets what may stand so and is hardly meant.
    """
    return _Checker(scope, doubts).check(tree)


def check_condition(
    tree: s.Syntax, scope: Scope, doubts: list[ExpressionError] | None = None
) -> Typed:
    """The same for an expression that is asked whether it is 0: it must be a number."""
    checker = _Checker(scope, doubts)
    try:
        return checker.condition(tree)
    except ExpressionError as error:
        from probekit.expr.alternatives import mean_condition  # only on the way to an error

        raise mean_condition(error, tree, checker.condition) from None


def as_duration(node: Typed, place: Place) -> Typed:
    """Text where a duration is asked for is its nanoseconds. Raises ExpressionError."""
    if not isinstance(node, TextLiteral):
        return node
    text = node.value.decode()
    value = parse_duration(text)
    if value is None:
        from probekit.expr.durations import no_duration  # only on the way to an error

        raise no_duration(text, place)
    return Literal(value)


_CONDITION = "a condition"


class _Checker:
    def __init__(self, scope: Scope, doubts: list[ExpressionError] | None) -> None:
        self.scope = scope
        self.doubts = doubts if doubts is not None else []

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
            case s.Logic():
                return self._logic(tree)
            case s.Conditional():
                return self._conditional(tree)

    def _logic(self, tree: s.Logic) -> Typed:
        try:
            return AllOrAny(tree.operator, tuple(s.each(tree.operands, self.condition)))
        except ExpressionError as error:
            from probekit.expr.alternatives import mean_alternatives

            raise mean_alternatives(error, tree) from None

    def condition(self, tree: s.Syntax) -> Typed:
        return _integer(self.check(tree), tree.place, _CONDITION)

    def _member(self, tree: s.Member) -> MemberOf | EventField:
        if isinstance(tree.of, s.Name) and tree.of.name == "args":
            return self.scope.field(tree)
        try:
            return member(self.check(tree.of), tree)
        except ExpressionError as error:
            from probekit.expr.unknown import mean_args

            raise mean_args(error, tree, self.scope.fields) from None

    def _integers(self, trees: tuple[s.Syntax, ...], what: str, moves: bool = False) -> list[Typed]:
        nodes = _as_meeting(s.each(trees, self.check), trees, moves)
        return [_integer(node, tree.place, what) for node, tree in zip(nodes, trees, strict=True)]

    def _call(self, tree: s.Call) -> Typed:
        name = tree.function
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
        try:
            what = f"what `{operator}` takes"
            left, right = self._integers((tree.left, tree.right), what, operator in ("+", "-"))
        except ExpressionError as error:
            from probekit.expr.unknown import no_filter

            raise no_filter(error, tree) from None
        if operator in ("/", "%") and isinstance(right, Literal) and right.value == 0:
            what, help = "a division by zero", "divide by another number"
            raise ExpressionError("division-by-zero", what, tree.right.place, help)
        if isinstance(left, Literal) and isinstance(right, Literal):
            return _literal(fold(operator, left.value, right.value), tree.place)
        meeting = [left] if operator in ("<<", ">>") else [left, right]
        common = common_type(meeting, tree.place)
        type = result_type(operator, left, right, common)
        return Arithmetic(operator, left, right, type, result_range(operator, left, right, common))

    def _compare(self, tree: s.Compare) -> Typed:
        left, right = _as_meeting(self._sides(tree), (tree.left, tree.right))
        _check_times(tree, left, right)
        sides = ((left, right, tree.right.place), (right, left, tree.left.place))
        if is_text(left) and is_text(right):
            if tree.operator not in ("==", "!="):
                what = f"text has no `{tree.operator}`"
                raise ExpressionError("wrong-operand", what, tree.place, "use `==` or `!=`")
            if isinstance(tree.left, s.Text) and isinstance(tree.right, s.Text):
                self.doubts.append(doubtful_texts(tree))
            for side, other, place in sides:
                check_text_reachable(side, other, place)
                self._doubt_pattern(other, place)
        elif not is_integer(left) or not is_integer(right):
            raise incomparable(left, right, tree)
        elif tree.operator in ("==", "!="):
            for side, other, place in sides:
                check_reachable(side, other, place)
        else:
            self._doubt_order(tree, left, right)
        return Comparison(tree.operator, left, right)

    def _sides(self, tree: s.Compare) -> list[Typed]:
        """Both sides. A name that nothing has, beside text, was meant as text."""
        try:
            return s.each((tree.left, tree.right), self.check)
        except ExpressionError as error:
            from probekit.expr.accounts import account
            from probekit.expr.unknown import mean_text, mean_truth, name_of_text

            for side, other in ((tree.left, tree.right), (tree.right, tree.left)):
                error = account(error, side, other)
                typed = self._without_fault(other)
                if isinstance(other, s.Text):
                    name_of_text(error, side, self.scope)
                elif typed is not None and is_text(typed):
                    mean_text(error, side)
                elif typed is not None and type_of(typed) is BOOL:
                    mean_truth(error, side)
            raise error from None

    def _without_fault(self, tree: s.Syntax) -> Typed | None:
        try:
            return self.check(tree)
        except ExpressionError:
            return None

    def _doubt_order(self, tree: s.Compare, left: Typed, right: Typed) -> None:
        """A comparison with a constant that all values, or none, of the other side pass."""
        doubt = doubtful_order(tree, left, right)
        if doubt is not None:
            self.doubts.append(doubt)

    def _doubt_pattern(self, node: Typed, place: Place) -> None:
        """A `*` at an end of a text is meant as part of a pattern."""
        text = node.value if isinstance(node, TextLiteral) else b""
        if len(text) > 1 and text != text.strip(b"*"):
            what = "`*` is a character like any other here, and no pattern"
            help = "whole texts are compared: remove it, or write each as in `in ('a', 'b')`"
            self.doubts.append(ExpressionError("text-pattern", what, place, help))

    def _conditional(self, tree: s.Conditional) -> Typed:
        test, *arms = s.each((tree.condition, tree.then, tree.otherwise), self.check)
        condition = _integer(test, tree.condition.place, _CONDITION)
        then, otherwise = _as_meeting(arms, (tree.then, tree.otherwise))
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
    help = "name one of its fields"
    if is_text(node):
        help = "compare it with text in quotes: `== 'text'`"
        if isinstance(node, TextLiteral):
            help = "compare a value with it, as in `comm == 'nginx'`"
        if what != _CONDITION:
            help = "text is compared, stored and printed only"
        if isinstance(node, TextLiteral) and node.value.isdigit():
            number = node.value.decode()
            message = f"{what} must be a number, and this is {kind_of(node)}"
            help, mends = f"write it without quotes: `{number}`", ((place, number),)
            raise ExpressionError("wrong-operand", message, place, help, mends)
    message = f"{what} must be a number, and this is {kind_of(node)}"
    raise ExpressionError("wrong-operand", message, place, help)


def _as_meeting(
    nodes: list[Typed], trees: tuple[s.Syntax, ...], moves: bool = False
) -> list[Typed]:
    """Values that meet: text is a duration where another is one, or a time that it `moves`."""
    kinds = set(map(shown, nodes))
    if Shown.DURATION in kinds or (moves and Shown.TIMESTAMP in kinds):
        return [as_duration(node, tree.place) for node, tree in zip(nodes, trees, strict=True)]
    return nodes


def _check_times(tree: s.Compare, left: Typed, right: Typed) -> None:
    """A timestamp is compared with timestamps and plain numbers. Raises ExpressionError."""
    kinds = {shown(left), shown(right)}
    if Shown.TIMESTAMP in kinds and (
        Shown.DURATION in kinds or _is_duration(left) or _is_duration(right)
    ):
        from probekit.expr.durations import time_for_duration

        raise time_for_duration(tree.place)


def _is_duration(node: Typed) -> bool:
    return isinstance(node, TextLiteral) and parse_duration(node.value.decode()) is not None


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


def _text_size(node: Typed) -> int:
    if isinstance(node, TextLiteral):
        return len(node.value) + 1
    type = type_of(node)
    assert isinstance(type, CharType)
    return type.size
