"""Syntax tree → value, in user space: schedules and sorting. Integers are unbounded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from probekit.expr import syntax as s
from probekit.expr.arithmetic import cut, fold
from probekit.expr.builtins import CASTS, check_call
from probekit.expr.parse import ExpressionError

Value: TypeAlias = "int | str | Mapping[str, Value]"


def evaluate(tree: s.Syntax, names: Mapping[str, Value]) -> Value:
    """The value of `tree`. Raises ExpressionError, as for a division by zero."""
    match tree:
        case s.Number(value=value):
            return value
        case s.Text(value=text):
            return text
        case s.Name(name=name):
            if name not in names:
                raise ExpressionError("unknown-name", f"nothing is named `{name}`", tree.place)
            return names[name]
        case s.Member():
            return _member(tree, names)
        case s.Call():
            return _call(tree, names)
        case s.Unary(operator=operator, operand=operand):
            value = _number(operand, names)
            return {"-": -value, "+": value, "~": ~value, "not": int(not value)}[operator]
        case s.Binary():
            return _binary(tree, names)
        case s.Compare():
            return _compare(tree, names)
        case s.Logic(operator=operator, operands=operands):
            stop = operator == "or"
            return int(any(bool(_number(o, names)) == stop for o in operands) == stop)
        case s.Conditional(condition=condition, then=then, otherwise=otherwise):
            return evaluate(then if _number(condition, names) else otherwise, names)


def _number(tree: s.Syntax, names: Mapping[str, Value]) -> int:
    value = evaluate(tree, names)
    if not isinstance(value, int):
        raise ExpressionError("wrong-operand", "a number must stand here", tree.place)
    return value


def _member(tree: s.Member, names: Mapping[str, Value]) -> Value:
    of = evaluate(tree.of, names)
    if not isinstance(of, Mapping) or tree.name not in of:
        raise ExpressionError("unknown-field", f"there is no field `{tree.name}`", tree.name_place)
    return of[tree.name]


def _call(tree: s.Call, names: Mapping[str, Value]) -> int:
    check_call(tree)
    values = [_number(argument, names) for argument in tree.arguments]
    if tree.function in CASTS:
        return cut(values[0], CASTS[tree.function])
    if tree.function == "abs":
        return abs(values[0])
    return min(values) if tree.function == "min" else max(values)


def _binary(tree: s.Binary, names: Mapping[str, Value]) -> int:
    left, right = _number(tree.left, names), _number(tree.right, names)
    if tree.operator in ("/", "%") and right == 0:
        raise ExpressionError("division-by-zero", "a division by zero", tree.place)
    return fold(tree.operator, left, right)


def _compare(tree: s.Compare, names: Mapping[str, Value]) -> int:
    left, right = evaluate(tree.left, names), evaluate(tree.right, names)
    if tree.operator in ("==", "!="):
        return int((left == right) == (tree.operator == "=="))
    if not isinstance(left, int) or not isinstance(right, int):
        raise ExpressionError("wrong-operand", "only numbers have an order", tree.place)
    return int(
        {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[
            tree.operator
        ]
    )
