"""The untyped tree of an expression. Positions are offsets into the expression's text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias, TypeVar

from probekit.record import Record

# Text in its quotes, as a pattern.
STRING = r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\""


class Place(Record):
    """`text[start:end]` of the expression."""

    start: int
    end: int

    def moved(self, by: int) -> Place:
        """The same place in a text that has `by` characters more before it."""
        return Place(self.start + by, self.end + by)


# `text` in place of what stands at the place: the mend that `help` names.
Mend: TypeAlias = tuple[Place, str]


class ExpressionError(Exception):
    """The expression is not one of ours: `code`, `message`, `help` and the place in its text.

    `mends` is what `help` offers, where replacing text does it. `subject` is the name that it is
    all about: elsewhere in the spec it may mean something. `others` are more errors of the same
    expression, none of them caused by this one.
    """

    def __init__(
        self,
        code: str,
        message: str,
        place: Place,
        help: str = "",
        mends: tuple[Mend, ...] = (),
        subject: str = "",
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.place, self.help = code, message, place, help
        self.mends, self.subject = mends, subject
        self.others: tuple[ExpressionError, ...] = ()

    def moved(self, by: int) -> ExpressionError:
        """The same, in a text that has `by` characters more before it."""
        mends = tuple((place.moved(by), text) for place, text in self.mends)
        place = self.place.moved(by)
        error = ExpressionError(self.code, self.message, place, self.help, mends, self.subject)
        error.others = tuple(other.moved(by) for other in self.others)
        return error


def replacing(code: str, message: str, place: Place, text: str) -> ExpressionError:
    """An error whose mend is to write `text` at its place."""
    return ExpressionError(code, message, place, f"write `{text}`", ((place, text),))


def together(errors: Sequence[ExpressionError]) -> ExpressionError:
    """Several errors of one expression as one: the first, which carries the others."""
    first, *rest = errors
    first.others += tuple(rest)
    return first


def flattened(error: ExpressionError) -> Iterator[ExpressionError]:
    """The error without others, and all that it carries."""
    others, error.others = error.others, ()
    yield error
    for other in others:
        yield from flattened(other)


def carried(error: ExpressionError) -> Iterator[ExpressionError]:
    """The error and all that it carries."""
    yield error
    for other in error.others:
        yield from carried(other)


def apart(mends: Iterable[Mend]) -> list[Mend]:
    """Those of `mends`, from the first on, that share no place with one before."""
    chosen: list[Mend] = []
    for mend in sorted(mends, key=lambda mend: (mend[0].start, mend[0].end)):
        if not chosen or (mend[0].start >= chosen[-1][0].end and mend[0] != chosen[-1][0]):
            chosen.append(mend)
    return chosen


def mended(text: str, mends: Sequence[Mend]) -> str:
    """`text` with all mends made; none of them overlap."""
    for place, new in sorted(mends, key=lambda mend: mend[0].start, reverse=True):
        text = text[: place.start] + new + text[place.end :]
    return text


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


_S = TypeVar("_S")
_T = TypeVar("_T")


def each(trees: Sequence[_S], check: Callable[[_S], _T]) -> list[_T]:
    """What `check` makes of each. Raises one ExpressionError for all those that it raised."""
    made: list[_T] = []
    errors: list[ExpressionError] = []
    for tree in trees:
        try:
            made.append(check(tree))
        except ExpressionError as error:
            errors.append(error)
    if errors:
        raise together(errors)
    return made


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
    found: set[str] = set()
    left = [syntax]
    while left:
        part = left.pop()
        if isinstance(part, Name):
            found.add(part.name)
        else:
            left += children(part)
    return found


def written(syntax: Syntax) -> str:
    """The expression as text again, for a help to quote; `...` for a long one."""
    text = _written(syntax)
    return text if len(text) <= _QUOTED else "..."


_QUOTED = 40  # characters
_BITS = 128  # of a number that is still written in digits: Python does not write all


def _written(syntax: Syntax) -> str:
    match syntax:
        case Number(value=value):
            return str(value) if value.bit_length() <= _BITS else "..."
        case Text(value=value):
            return repr(value)
        case Name(name=name):
            return name
        case Member(of=of, name=name):
            return f"{_part(of)}.{name}"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(map(_written, arguments))})"
        case Unary(operator=operator, operand=operand):
            return f"{operator}{' ' * operator.isalpha()}{_part(operand)}"
        case Binary(operator=operator, left=left, right=right):
            return f"{_part(left)} {operator} {_part(right)}"
        case Compare(operator=operator, left=left, right=right):
            return f"{_part(left)} {operator} {_part(right)}"
        case Logic(operator=operator, operands=operands):
            return f" {operator} ".join(map(_part, operands))
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return f"{_part(then)} if {_part(condition)} else {_part(otherwise)}"


def _part(syntax: Syntax) -> str:
    """The same inside of another one."""
    is_simple = isinstance(syntax, Number | Text | Name | Member | Call)
    return _written(syntax) if is_simple else f"({_written(syntax)})"
