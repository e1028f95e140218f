"""The typed tree: what the checker makes of an expression and the emitter turns into C.

Every node has a `type`; integers have a `range` too, the values that can stand there.
A literal has no width of its own: it takes that of its surroundings.
"""

from __future__ import annotations

from typing import TypeAlias

from probekit.record import Record
from probekit.types import BOOL, CharType, IntType, StructType, Type


class Range(Record):
    """The smallest and the largest value, both included."""

    low: int
    high: int

    def within(self, target: IntType) -> bool:
        """Whether each of these values fits `target`."""
        return target.low <= self.low and self.high <= target.high

    def union(self, other: Range) -> Range:
        return Range(min(self.low, other.low), max(self.high, other.high))


def range_of(type: IntType) -> Range:
    """All that `type` can hold."""
    return Range(type.low, type.high)


class Literal(Record):
    """A whole number as it was written, or folded from such."""

    value: int

    @property
    def range(self) -> Range:
        return Range(self.value, self.value)


class TextLiteral(Record):
    """Text as it was written, in UTF-8, without its NUL."""

    value: bytes


class Local(Record):
    """A name from `let` or `as`."""

    name: str
    type: Type


class Param(Record):
    """A param: constant while the probe runs, `value` as set for this run."""

    name: str
    type: Type
    value: int | bytes


class Builtin(Record):
    """A name that is always there: `pid`, `comm`, ..."""

    name: str
    type: Type


class EventField(Record):
    """A field of the event: `size` bytes at `offset` of its record, of which `type` is read."""

    name: str
    type: Type
    offset: int


class MemberOf(Record):
    """A field of a struct value."""

    of: Local | MemberOf
    name: str
    type: Type


class Cast(Record):
    """`u32(x)`: cuts or extends; `bool(x)`: whether it is not 0."""

    operand: Typed
    type: IntType


class Arithmetic(Record):
    """In 64 bits, signed or not as `type` is; it wraps. Also `~` and `-`, with a literal."""

    operator: str
    left: Typed
    right: Typed
    type: IntType
    range: Range


class Function(Record):
    """`min`, `max` or `abs` over operands of `of`."""

    name: str
    operands: tuple[Typed, ...]
    of: IntType
    type: IntType
    range: Range


class Comparison(Record):
    """Of two integers by value, whatever their signs, or (`==`, `!=`) of two texts."""

    operator: str
    left: Typed
    right: Typed
    type: IntType = BOOL


class AllOrAny(Record):
    """`and` or `or`; stops early."""

    operator: str
    operands: tuple[Typed, ...]
    type: IntType = BOOL


class Not(Record):
    operand: Typed
    type: IntType = BOOL


class Select(Record):
    """`then if condition else otherwise`."""

    condition: Typed
    then: Typed
    otherwise: Typed
    type: Type


Typed: TypeAlias = (
    Literal
    | TextLiteral
    | Local
    | Param
    | Builtin
    | EventField
    | MemberOf
    | Cast
    | Arithmetic
    | Function
    | Comparison
    | AllOrAny
    | Not
    | Select
)


def type_of(node: Typed) -> Type | None:
    """The node's type; None for literals, which take that of their surroundings."""
    return None if isinstance(node, Literal | TextLiteral) else node.type


def is_text(node: Typed) -> bool:
    """Whether the node is text."""
    return isinstance(node, TextLiteral) or isinstance(type_of(node), CharType)


def is_integer(node: Typed) -> bool:
    """Whether the node is an integer."""
    return isinstance(node, Literal) or isinstance(type_of(node), IntType)


def value_range(node: Typed) -> Range:
    """The values that an integer node can have."""
    match node:
        case Literal() | Arithmetic() | Function():
            return node.range
        case Select():
            return value_range(node.then).union(value_range(node.otherwise))
        case Cast(operand=operand, type=target):
            inner = value_range(operand)
            return inner if inner.within(target) else range_of(target)
    type = type_of(node)
    assert isinstance(type, IntType)
    return range_of(type)


def show(node: Typed) -> str:
    """The tree as text, each part with its type: what the tests of the checker look at."""
    match node:
        case Literal(value=value):
            return str(value)
        case TextLiteral(value=text):
            return repr(text.decode())
        case Local(name=name, type=StructType()):
            return name
        case Local(name=name) | Param(name=name) | Builtin(name=name):
            return f"{name}:{node.type}"
        case EventField(name=name):
            return f"args.{name}:{node.type}"
        case MemberOf(of=of, name=name):
            return f"{show(of)}.{name}:{node.type}"
        case Cast(operand=operand):
            return f"{node.type}({show(operand)})"
        case Arithmetic(operator=operator, left=left, right=right):
            return f"({show(left)} {operator} {show(right)}):{node.type}"
        case Function(name=name, operands=operands):
            return f"{name}({', '.join(map(show, operands))}):{node.type}"
        case Comparison(operator=operator, left=left, right=right):
            return f"({show(left)} {operator} {show(right)})"
        case AllOrAny(operator=operator, operands=operands):
            return "(" + f" {operator} ".join(map(show, operands)) + ")"
        case Not(operand=operand):
            return f"(not {show(operand)})"
        case Select(condition=condition, then=then, otherwise=otherwise):
            return f"({show(then)} if {show(condition)} else {show(otherwise)}):{node.type}"
