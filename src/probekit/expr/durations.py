"""Durations written as text, in user space: `d + '10ms'`, as handlers take it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from probekit.duration import FORM, meant_duration, parse_duration
from probekit.expr import syntax as s
from probekit.expr.fits import check_times
from probekit.record import replace
from probekit.types import IntType, Shown, StructType, Type


def with_durations(tree: s.Syntax, names: Mapping[str, Type]) -> s.Syntax:
    """`tree` with its nanoseconds for each text that is a duration and meets a duration or time.

    `names` are the types of what it can name.
    """
    return _Reader(names).read(tree)


def no_duration(text: str, place: s.Place) -> s.ExpressionError:
    """`text` stands, in its quotes, where a duration is asked for, and is none."""
    what, meant = f"`{text}` is not a duration", meant_duration(text)
    if meant:
        return s.replacing("bad-duration", what, place, f"'{meant}'")
    number = text.strip()
    help = f"it has no unit, as in `'{number}s'` or `'{number}ms'`"
    is_number = re.fullmatch(r"[0-9]{1,12}(?:\.[0-9]{1,9})?", number, re.ASCII)
    return s.ExpressionError("bad-duration", what, place, help if is_number else FORM)


class TimeForDurationError(s.ExpressionError):
    """A timestamp beside a duration: a plain number may have been taken from a time for it."""


def time_for_duration(place: s.Place) -> TimeForDurationError:
    """A timestamp beside a duration, of which neither is the other."""
    what = "a `timestamp` cannot be compared with a duration"
    help = "compare a difference of two, as `now - begin > '10ms'`"
    return TimeForDurationError("wrong-operand", what, place, help)


def check_stored(tree: s.Syntax, target: IntType, names: Mapping[str, Type]) -> None:
    """What is stored as a time is of its kind, as far as it has one. Raises ExpressionError."""
    if isinstance(tree, s.Text) and target.shown is Shown.DURATION:
        _as_number(tree)
    check_times(_Reader(names).shown(tree), target, tree.place)


class _Reader:
    def __init__(self, names: Mapping[str, Type]) -> None:
        self.names = names

    def read(self, tree: s.Syntax) -> s.Syntax:
        match tree:
            case s.Binary(operator=operator, left=left, right=right):
                left, right = self.meeting((left, right), moves=operator in ("+", "-"))
                return replace(tree, left=left, right=right)
            case s.Compare(left=left, right=right):
                left, right = self.meeting((left, right))
                self.check_kinds(tree, left, right)
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

    def meeting(self, trees: Sequence[s.Syntax], moves: bool = False) -> tuple[s.Syntax, ...]:
        """Values that meet: text is a duration where another is one, or a time that it `moves`."""
        found = tuple(map(self.read, trees))
        kinds = set(map(self.shown, found))
        is_time = Shown.DURATION in kinds or (moves and Shown.TIMESTAMP in kinds)
        return tuple(map(_as_number, found)) if is_time else found

    def check_kinds(self, tree: s.Compare, *sides: s.Syntax) -> None:
        """Raises ExpressionError for a comparison of a timestamp with a duration."""
        kinds = {self.shown(side) for side in sides}
        texts = [side.value for side in sides if isinstance(side, s.Text)]
        if Shown.TIMESTAMP in kinds and (
            Shown.DURATION in kinds or any(parse_duration(text) is not None for text in texts)
        ):
            raise time_for_duration(tree.place)

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


def _as_number(tree: s.Syntax) -> s.Syntax:
    if not isinstance(tree, s.Text):
        return tree
    value = parse_duration(tree.value)
    if value is None:
        raise no_duration(tree.value, tree.place)
    return s.Number(tree.place, value)


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
