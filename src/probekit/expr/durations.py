"""Durations written as text, in user space: `d + '10ms'`, as handlers take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from probekit.duration import parse_duration
from probekit.expr import syntax as s
from probekit.record import replace
from probekit.types import IntType, Shown, StructType, Type


def with_durations(tree: s.Syntax, names: Mapping[str, Type]) -> s.Syntax:
    """`tree` with its nanoseconds for each text that is a duration and meets a duration or time.

    `names` are the types of what it can name.
    """
    return _Reader(names).read(tree)


class _Reader:
    def __init__(self, names: Mapping[str, Type]) -> None:
        self.names = names

    def read(self, tree: s.Syntax) -> s.Syntax:
        match tree:
            case s.Binary(left=left, right=right) | s.Compare(left=left, right=right):
                left, right = self.meeting((left, right))
                return replace(tree, left=left, right=right)
            case s.Conditional(condition=condition, then=then, otherwise=otherwise):
                then, otherwise = self.meeting((then, otherwise))
                return replace(tree, condition=self.read(condition), then=then, otherwise=otherwise)
            case s.Call(arguments=arguments) if len(arguments) <= 2:  # others are errors
                return replace(tree, arguments=self.meeting(arguments))
            case s.Logic(operands=operands):
                return replace(tree, operands=tuple(map(self.read, operands)))
            case s.Unary(operand=operand):
                return replace(tree, operand=self.read(operand))
        return tree

    def meeting(self, trees: Sequence[s.Syntax]) -> tuple[s.Syntax, ...]:
        """Values that meet: text that is a duration is one where another is a time."""
        found = tuple(map(self.read, trees))
        is_time = any(self.shown(one) in _TIMES for one in found)
        return tuple(map(_as_number, found)) if is_time else found

    def shown(self, tree: s.Syntax) -> Shown:
        """What kind of number it is, as `result_type` decides in handlers; of text, a number."""
        match tree:
            case s.Name() | s.Member():
                type = self.type_of(tree)
                return type.shown if isinstance(type, IntType) else Shown.NUMBER
            case s.Binary(operator=operator, left=left, right=right):
                return _of_arithmetic(operator, self.shown(left), self.shown(right))
            case s.Conditional(then=then, otherwise=otherwise):
                return self.common((then, otherwise))
            case s.Call(function="min" | "max", arguments=arguments):
                return self.common(arguments)
            case s.Unary(operator="+", operand=operand):
                return self.shown(operand)
        return Shown.NUMBER

    def common(self, trees: Sequence[s.Syntax]) -> Shown:
        """The kind of all of them, of which numbers as they are written have none of their own."""
        kinds = {self.shown(tree) for tree in trees if not isinstance(tree, s.Number)}
        return kinds.pop() if len(kinds) == 1 else Shown.NUMBER

    def type_of(self, tree: s.Name | s.Member) -> Type | None:
        if isinstance(tree, s.Name):
            return self.names.get(tree.name)
        of = self.type_of(tree.of) if isinstance(tree.of, s.Name | s.Member) else None
        field = of.field(tree.name) if isinstance(of, StructType) else None
        return field.type if field else None


_TIMES = (Shown.DURATION, Shown.TIMESTAMP)


def _as_number(tree: s.Syntax) -> s.Syntax:
    value = parse_duration(tree.value) if isinstance(tree, s.Text) else None
    return tree if value is None else s.Number(tree.place, value)


def _of_arithmetic(operator: str, left: Shown, right: Shown) -> Shown:
    kinds = (left, right)
    if operator == "-" and kinds == (Shown.TIMESTAMP, Shown.TIMESTAMP):
        return Shown.DURATION
    if operator in ("+", "-") and kinds.count(Shown.TIMESTAMP) == 1:
        return Shown.TIMESTAMP
    if operator in ("+", "-", "%") and Shown.DURATION in kinds:
        return Shown.DURATION
    is_scaled = operator == "*" or (operator == "/" and left is Shown.DURATION)
    return Shown.DURATION if is_scaled and kinds.count(Shown.DURATION) == 1 else Shown.NUMBER
