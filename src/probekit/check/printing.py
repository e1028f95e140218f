"""`print` and `printk`: what travels, and how it is written."""

from __future__ import annotations

import re

from probekit.check.context import Faults
from probekit.check.values import Block
from probekit.expr.parse import ExpressionError
from probekit.expr.typed import Literal, TextLiteral, Typed, is_integer, is_text, type_of
from probekit.ir import Hole, Print, Printk
from probekit.show import format_value
from probekit.source import Span
from probekit.template import Gap, Part, parse_template
from probekit.types import S64, U32, U64, CharType, IntType, Type, struct_of
from probekit.yamlnodes import Node, Scalar

MAX_PRINTK_VALUES = 12  # MAX_BPRINTF_VARARGS, include/linux/bpf.h
_PRINTK_FORMAT = re.compile(r"(<|>)?(0)?([1-9][0-9]{0,2})?([dxX]?)", re.ASCII)


def template(faults: Faults, node: Node) -> tuple[Scalar, list[Part]]:
    """The scalar at `node` and its parts. Raises Fault."""
    scalar = faults.scalar(node)
    for at, character in enumerate(scalar.text):
        if not character.isprintable() and character != "\t":
            raise faults.fault(
                "print-text",
                f"the character {character!r} in a line to print",
                scalar.part(at, at + 1),
                "remove it: each `print` is a line of its own, and ends by itself",
            )
    with faults.at(scalar):
        return scalar, parse_template(scalar.text)


def sent_type(node: Typed) -> Type:
    """The type in which a value travels to user space."""
    match node:
        case Literal(value=value):
            return S64 if value < 0 else U64
        case TextLiteral(value=text):
            return CharType(max(2, len(text) + 1))
    type = type_of(node)
    assert type is not None
    return type


def _typed(faults: Faults, block: Block, scalar: Scalar, gap: Gap) -> Typed:
    """A gap's expression, which must be a number or text. Raises Fault."""
    with faults.at(scalar, gap.start):
        found = block.check(gap.syntax)
        if is_integer(found) or is_text(found):
            return found
        what, help = "a struct cannot be printed whole", "print its fields: `{name.field}`"
        raise ExpressionError("wrong-operand", what, gap.syntax.place, help)


def check_print(faults: Faults, block: Block, node: Node, span: Span, index: int) -> Print:
    """The step `print`, the `index`th of the probe. Raises Fault."""
    scalar, pieces = template(faults, node)
    parts: list[str | Hole] = []
    values: list[Typed] = []
    with faults.together() as together:
        for piece in pieces:
            if isinstance(piece, str):
                parts.append(piece)
                continue
            with together.part():
                found = _typed(faults, block, scalar, piece)
                check_format(faults, scalar, piece, sent_type(found))
                parts.append(Hole(len(values), piece.format))
                values.append(found)
    members: list[tuple[str, Type]] = [("index", U32)]
    members += [(f"value{i}", sent_type(value)) for i, value in enumerate(values)]
    return Print(span, index, tuple(parts), tuple(values), struct_of(members))


def check_format(faults: Faults, scalar: Scalar, gap: Gap, type: Type) -> None:
    """The gap's format is one for values of `type`, a number or text. Raises Fault."""
    sample: int | bytes = b"x" if isinstance(type, CharType) else 1
    with faults.at(scalar):
        try:
            format_value(sample, type, gap.format)
        except (ValueError, OverflowError):
            what = "text" if isinstance(type, CharType) else "numbers"
            raise ExpressionError(
                "bad-format",
                f"the format `{gap.format}` is not one for {what}",
                gap.format_place,
                "as in Python: `<16` and `>6` for widths, `x` and `08x` for numbers",
            ) from None


def check_printk(faults: Faults, block: Block, node: Node, span: Span) -> Printk:
    """The step `printk`. Raises Fault on what the kernel's formats cannot do."""
    scalar, pieces = template(faults, node)
    _check_printk_text(faults, scalar)
    format: list[str] = []
    values: list[Typed] = []
    with faults.together() as together:
        for piece in pieces:
            if isinstance(piece, str):
                format.append(piece.replace("%", "%%"))
                continue
            with together.part():
                found = _typed(faults, block, scalar, piece)
                format.append(_conversion(faults, scalar, piece, sent_type(found)))
                values.append(found)
    if len(values) > MAX_PRINTK_VALUES:
        what = f"a `printk` of {len(values)} values; it can have {MAX_PRINTK_VALUES}"
        raise faults.fault("too-many", what, span, "use `print`, which has no such limit")
    return Printk(span, "".join(format).encode("ascii"), tuple(values))


def _check_printk_text(faults: Faults, scalar: Scalar) -> None:
    for at, character in enumerate(scalar.text):
        if not " " <= character <= "~":
            raise faults.fault(
                "printk-text",
                f"the character {character!r}; the kernel's trace pipe takes plain ASCII text",
                scalar.part(at, at + 1),
                "use `print` for other characters",
            )


def _conversion(faults: Faults, scalar: Scalar, gap: Gap, type: Type) -> str:
    match = _PRINTK_FORMAT.fullmatch(gap.format)
    is_text_value = isinstance(type, CharType)
    if match is None or (is_text_value and (match.group(4) or match.group(2))):
        known = "`<16`, `>16`" if is_text_value else "`<16`, `>16`, `08`, `d`, `x`, `X`"
        what = f"the format `{gap.format}` is not one of `printk`"
        help = f"it knows {known}; `print` knows all of Python's"
        with faults.at(scalar):
            raise ExpressionError("bad-format", what, gap.format_place, help)
    align, zero, width, kind = match.groups()
    flags = "-" if align == "<" or (is_text_value and align != ">" and width) else zero or ""
    if is_text_value:
        return f"%{flags}{width or ''}s"
    assert isinstance(type, IntType)
    return f"%{flags}{width or ''}ll{_number_conversion(kind, type)}"


def _number_conversion(kind: str, type: IntType) -> str:
    if kind in ("x", "X"):
        return kind
    return "d" if type.signed else "u"
