"""The untyped tree of an expression. Positions are offsets into the expression's text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Place:
    """`text[start:end]` of the expression."""

    start: int
    end: int


class ExpressionError(Exception):
    """The expression is not one of ours: `code`, `message`, `help` and the place in its text."""

    def __init__(self, code: str, message: str, place: Place, help: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.place, self.help = code, message, place, help


@dataclass(frozen=True, slots=True)
class Number:
    place: Place
    value: int


@dataclass(frozen=True, slots=True)
class Text:
    place: Place
    value: str


@dataclass(frozen=True, slots=True)
class Name:
    place: Place
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """`of.name`; `name_place` is the place of the name alone."""

    place: Place
    of: Syntax
    name: str
    name_place: Place


@dataclass(frozen=True, slots=True)
class Call:
    place: Place
    function: str
    function_place: Place
    arguments: tuple[Syntax, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """`operator` is `-`, `~`, `+` or `not`."""

    place: Place
    operator: str
    operand: Syntax


@dataclass(frozen=True, slots=True)
class Binary:
    """`operator` is one of `+ - * / % & | ^ << >>`."""

    place: Place
    operator: str
    left: Syntax
    right: Syntax


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison: `== != < <= > >=`. A chain is a Logic of these."""

    place: Place
    operator: str
    left: Syntax
    right: Syntax


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` or `or` over two or more operands, which stops early."""

    place: Place
    operator: str
    operands: tuple[Syntax, ...]


@dataclass(frozen=True, slots=True)
class Conditional:
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
