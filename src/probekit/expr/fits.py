"""Whether a typed expression can be stored in a place of a type."""

from __future__ import annotations

from probekit.expr.parse import ExpressionError
from probekit.expr.syntax import Place
from probekit.expr.typed import (
    Literal,
    Range,
    TextLiteral,
    Typed,
    is_integer,
    is_text,
    type_of,
    value_range,
)
from probekit.types import (
    BOOL,
    DURATION,
    PLAIN_INTEGERS,
    TIMESTAMP,
    CharType,
    IntType,
    Shown,
    StructType,
    Type,
)


def check_fits(node: Typed, target: Type, place: Place, text: str = "...") -> None:
    """Whether `node` can be stored in `target`. Raises ExpressionError where it cannot.

    `text` is the expression as it was written, for the help to quote.
    """
    match target:
        case IntType():
            text = " ".join(text.split())  # a help has one line
            _check_integer(node, target, place, text if len(text) <= _QUOTED else "...")
        case CharType():
            _check_text(node, target, place)
        case StructType():
            _check_struct(node, target, place)


_QUOTED = 40  # characters of an expression that a help repeats


def kind_of(node: Typed) -> str:
    """What a message calls the node."""
    if is_text(node):
        return "text"
    return "a number" if is_integer(node) else "a struct"


def bounds(type: IntType) -> str:
    """What a message says of the values that `type` holds."""
    return f"{type.low} to {type.high}"


def _check_integer(node: Typed, target: IntType, place: Place, text: str) -> None:
    if not is_integer(node):
        raise _no_number(node, target, place)
    _check_times(node, target, place)
    if value_range(node).within(target):
        return
    if isinstance(node, Literal):
        raise ExpressionError(
            "value-range",
            f"{node.value} does not fit into `{target}`, which holds {bounds(target)}",
            place,
            in_range(value_range(node), target),
        )
    if target is BOOL:
        help = f"write `bool({text})`, or compare it: `!= 0`"
    else:
        name = f"{'s' if target.signed else 'u'}{target.bits}"
        help = f"cut it on purpose with `{name}({text})`, or {_wider(value_range(node))}"
        if type_of(node) in (TIMESTAMP, DURATION):
            help = f"declare it as `{type_of(node)}`, or cut it on purpose with `{name}({text})`"
    raise ExpressionError(
        "does-not-fit", f"a `{type_of(node)}` may not fit into `{target}`", place, help
    )


_TIMESTAMP = "a `timestamp` is `now`, or one that a duration is added to"
_TIMES = {
    (Shown.TIMESTAMP, Shown.DURATION): "store a difference of two, as `now - begin`",
    (Shown.DURATION, Shown.TIMESTAMP): _TIMESTAMP,
}


def _check_times(node: Typed, target: IntType, place: Place) -> None:
    """Timestamps and durations are not stored as each other."""
    type = type_of(node)
    if isinstance(type, IntType):
        check_times(type.shown, target, place)


def check_times(kind: Shown, target: IntType, place: Place) -> None:
    """The same, of a value of this kind. Raises ExpressionError."""
    help = _TIMES.get((kind, target.shown))
    if help is not None:
        what = f"this is a `{kind.value}`, and a `{target}` is asked for"
        raise ExpressionError("wrong-type", what, place, help)


def in_range(range: Range, target: IntType) -> str:
    """What to do about values of `range` that `target` cannot hold."""
    if target is BOOL:
        return "write `true` or `false`"
    if range.low < 0 and not target.signed and range.low >= -(1 << target.bits - 1):
        return f"write a number in that range, or declare it as `s{target.bits}`"
    return f"write a number in that range, or {_wider(range)}"


def _wider(range: Range) -> str:
    """The smallest type that holds the range, as a help's last words."""
    for type in PLAIN_INTEGERS.values():
        if type is not BOOL and range.within(type):
            return f"declare it as `{type}`"
    return "declare a wider type"


def _no_number(node: Typed, target: IntType, place: Place) -> ExpressionError:
    what = f"this is {kind_of(node)}, and a number (`{target}`) is asked for"
    if not is_text(node):
        return ExpressionError("wrong-type", what, place, "name one of its fields")
    if isinstance(node, TextLiteral):
        digits = node.value.decode()
        if digits.isascii() and digits.isdigit() and len(digits) < 20:
            number = str(int(digits))
            help = f"numbers have no quotes: write `{number}`"
            return ExpressionError("wrong-type", what, place, help, ((place, number),))
    type = type_of(node)
    help = _TIMESTAMP if target.shown is Shown.TIMESTAMP else "a number is what fits, such as `pid`"
    help += f"; or declare it as `{type}`" if type is not None else ""
    return ExpressionError("wrong-type", what, place, help)


def _check_text(node: Typed, target: CharType, place: Place) -> None:
    if not is_text(node):
        raise _no_text(node, target, place)
    if isinstance(node, TextLiteral) and len(node.value) >= target.size:
        raise text_too_long(node.value, target, place)
    type = type_of(node)
    if isinstance(type, CharType) and type.size > target.size:
        what = f"a `{type}` may not fit into `{target}`"
        raise ExpressionError("does-not-fit", what, place, f"declare it as `{type}`")


def _no_text(node: Typed, target: CharType, place: Place) -> ExpressionError:
    what = f"this is {kind_of(node)}, and text (`{target}`) is asked for"
    if isinstance(node, Literal):
        written = f"'{node.value}'"
        help = f"text has quotes of its own: write `{written}`"
        return ExpressionError("wrong-type", what, place, help, ((place, written),))
    type = type_of(node)
    if isinstance(type, StructType):
        return ExpressionError("wrong-type", what, place, "name one of its fields")
    help = f"text is what fits, such as `comm`; or declare it as `{type}`"
    return ExpressionError("wrong-type", what, place, help)


def text_too_long(text: bytes, target: CharType, place: Place) -> ExpressionError:
    """A text that a place of type `target`, or a value compared with it, can never hold."""
    return ExpressionError(
        "value-range",
        f"this text has {len(text)} bytes, and `{target}` holds at most {target.size - 1}",
        place,
        "shorten it: longer names are cut when the kernel or the probe stores them",
    )


def _check_struct(node: Typed, target: StructType, place: Place) -> None:
    type = type_of(node)
    if type == target:
        return
    fields = "{" + ", ".join(f"{field.name}: ..." for field in target.fields) + "}"
    if isinstance(type, StructType):
        what = f"this is a struct `{type}`, and `{target}` is asked for"
    else:
        what = f"this is {kind_of(node)}, and a struct `{target}` is asked for"
    raise ExpressionError("wrong-type", what, place, f"give each field: `{fields}`")
