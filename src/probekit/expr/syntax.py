"""The untyped tree of an expression. Positions are offsets into the expression's text."""

from __future__ import annotations

from typing import TypeAlias

from probekit.record import Record


class Place(Record):
    """`text[start:end]` of the expression."""

    start: int
    end: int


class ExpressionError(Exception):
    """The expression is not one of ours: `code`, `message`, `help` and the place in its text."""

    def __init__(self, code: str, message: str, place: Place, help: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.place, self.help = code, message, place, help


class Number(Record):
    place: Place
    value: int


class Text(Record):
    place: Place
    value: str


class Name(Record):
    place: Place
    name: str


class Member(Record):
    """`of.name`; `name_place` is the place of the name alone."""

    place: Place
    of: Syntax
    name: str
    name_place: Place


class Call(Record):
    place: Place
    function: str
    function_place: Place
    arguments: tuple[Syntax, ...]


class Unary(Record):
    """`operator` is `-`, `~`, `+` or `not`."""

    place: Place
    operator: str
    operand: Syntax


class Binary(Record):
    """`operator` is one of `+ - * / % & | ^ << >>`."""

    place: Place
    operator: str
    left: Syntax
    right: Syntax


class Compare(Record):
    """One comparison: `== != < <= > >=`. A chain is a Logic of these."""

    place: Place
    operator: str
    left: Syntax
    right: Syntax


class Logic(Record):
    """`and` or `or` over two or more operands, which stops early."""

    place: Place
    operator: str
    operands: tuple[Syntax, ...]


class Conditional(Record):
    """`then if condition else otherwise`."""

    place: Place
    condition: Syntax
    then: Syntax
    otherwise: Syntax


Syntax: TypeAlias = (
    Number | Text | Name | Member | Call | Unary | Binary | Compare | Logic | Conditional
)


def children(syntax: Syntax) -> tuple[Syntax, ...]:
    """The expression's parts; of `of.name`, what stands before the dot."""
    match syntax:
        case Member(of=of):
            return (of,)
        case Call(arguments=parts) | Logic(operands=parts):
            return parts
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right) | Compare(left=left, right=right):
            return (left, right)
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return (then, condition, otherwise)
    return ()


def names_in(syntax: Syntax) -> set[str]:
    """Every name that the expression uses."""
    if isinstance(syntax, Name):
        return {syntax.name}
    return set().union(*(names_in(child) for child in children(syntax)))
