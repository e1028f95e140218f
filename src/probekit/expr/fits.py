"""Whether a typed expression can be stored in a place of a type."""

from __future__ import annotations

from probekit.expr.parse import ExpressionError
from probekit.expr.syntax import Place
from probekit.expr.typed import (
    Literal,
    TextLiteral,
    Typed,
    is_integer,
    is_text,
    type_of,
    value_range,
)
from probekit.types import BOOL, CharType, IntType, StructType, Type


def check_fits(node: Typed, target: Type, place: Place) -> None:
    """Whether `node` can be stored in `target`. Raises ExpressionError where it cannot."""
    match target:
        case IntType():
            _check_integer(node, target, place)
        case CharType():
            _check_text(node, target, place)
        case StructType():
            _check_struct(node, target, place)


def kind_of(node: Typed) -> str:
    """What a message calls the node."""
    if is_text(node):
        return "text"
    return "a number" if is_integer(node) else "a struct"


def bounds(type: IntType) -> str:
    """What a message says of the values that `type` holds."""
    return f"{type.low} to {type.high}"


def _check_integer(node: Typed, target: IntType, place: Place) -> None:
    if not is_integer(node):
        what = f"this is {kind_of(node)}, and a number (`{target}`) is asked for"
        help = "" if is_text(node) else "name one of its fields"
        raise ExpressionError("wrong-type", what, place, help)
    if value_range(node).within(target):
        return
    if isinstance(node, Literal):
        raise ExpressionError(
            "value-range",
            f"{node.value} does not fit into `{target}`, which holds {bounds(target)}",
            place,
        )
    if target is BOOL:
        help = "write `bool(...)`, or compare it: `!= 0`"
    else:
        name = f"{'s' if target.signed else 'u'}{target.bits}"
        help = f"cut it on purpose with `{name}(...)`, or declare a wider type"
    raise ExpressionError(
        "does-not-fit", f"a `{type_of(node)}` may not fit into `{target}`", place, help
    )


def _check_text(node: Typed, target: CharType, place: Place) -> None:
    if not is_text(node):
        raise ExpressionError(
            "wrong-type",
            f"this is {kind_of(node)}, and text (`{target}`) is asked for",
            place,
            "text inside an expression has quotes of its own",
        )
    if isinstance(node, TextLiteral) and len(node.value) >= target.size:
        raise text_too_long(node.value, target, place)
    type = type_of(node)
    if isinstance(type, CharType) and type.size > target.size:
        what = f"a `{type}` may not fit into `{target}`"
        raise ExpressionError("does-not-fit", what, place, f"declare it as `{type}`")


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
