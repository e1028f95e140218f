"""`print` and `printk`: what travels, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Callable

from probekit.check.context import Faults
from probekit.check.values import Block, typed
from probekit.expr.syntax import ExpressionError, written
from probekit.expr.typed import Literal, TextLiteral, Typed, is_integer, is_text, type_of
from probekit.frontend.yamlnodes import Node, Scalar
from probekit.ir import Hole, Print, Printk
from probekit.show import format_value
from probekit.source import Span
from probekit.template import Gap, Part, pieces
from probekit.types import S64, TIMESTAMP, U32, U64, CharType, IntType, StructType, Type, struct_of

MAX_PRINTK_VALUES = 12  # MAX_BPRINTF_VARARGS, include/linux/bpf.h
_PRINTK_FORMAT = r"(<|>)?(0)?([1-9][0-9]{0,2})?([dxX]?)"
_PRINTF = r"%[-+#0]*[0-9]*(?:\.[0-9]+)?(?:hh?|ll?|z)?[diuxXscpfr]\b"

_OF_EXPRESSIONS = frozenset(",+.(")  # what a text without quotes seldom has
_DOUBTFUL = ("{{", "$", 'f"', "f'")  # templates, shells, Python


def template(
    faults: Faults, node: Node, knows: Callable[[str], bool]
) -> tuple[Scalar, list[Part | ExpressionError]]:
    """The scalar at `node` and its parts, of which each can be wrong. Raises Fault.

    `knows` says whether a name has a value that could be printed.
    """
    scalar = faults.scalar(node)
    if not scalar.text.isprintable():
        _check_characters(faults, scalar)
    found = pieces(scalar.text)
    is_fixed = not any(isinstance(piece, Gap) for piece in found)
    if is_fixed:
        _doubt_printf(faults, scalar, "pid" if knows("pid") else "tick")
    if _is_doubtful(scalar, is_fixed=is_fixed):
        from probekit.check.plaintext import doubt_plain  # few lines to print come here

        doubt_plain(faults, scalar, knows)
    return scalar, found


def _is_doubtful(scalar: Scalar, *, is_fixed: bool) -> bool:
    """Whether a closer look is worth it: the text may have been meant otherwise."""
    text = scalar.text
    if text.isidentifier() or text[-1:] in ("'", '"') or any(sign in text for sign in _DOUBTFUL):
        return True
    return is_fixed and scalar.plain and not _OF_EXPRESSIONS.isdisjoint(text)


def _check_characters(faults: Faults, scalar: Scalar) -> None:
    """Adds a fault for the first character that no line can have: the values are checked too."""
    for at, character in enumerate(scalar.text):
        if not character.isprintable() and character != "\t":
            what = f"the character {character!r} in a line to print"
            help = "remove it: each `print` is a line of its own, and ends by itself"
            if scalar.raw[:1] in ("|", ">") and at + 1 == len(scalar.text):
                help = f"write the text on one line, or `{scalar.raw[0]}-` above it"
            fault = faults.fault("print-text", what, scalar.part(at, at + 1), help)
            faults.add(fault.diagnostic)
            return


def gap_of(faults: Faults, scalar: Scalar, piece: Gap | ExpressionError) -> Gap:
    """The gap itself. Raises Fault where it is wrong."""
    if isinstance(piece, Gap):
        return piece
    with faults.at(scalar):
        raise piece


def _doubt_printf(faults: Faults, scalar: Scalar, known: str) -> None:
    """C's formats are text here: a line that has them and no values was meant otherwise.

    `known` is a name that has a value, for an example.
    """
    at = scalar.text.find("%")
    while at >= 0:
        found = re.compile(_PRINTF).match(scalar.text, at)
        if found:
            what = f"`{found.group()}` is text here, and stands for no value"
            help = f"write the value itself: `{{{known}}}`"
            faults.warn("bad-format", what, scalar.part(at, found.end()), help)
            return
        at = scalar.text.find("%", at + 1)


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
    found = typed(faults, scalar, gap.syntax, block.check, gap.start)
    if is_integer(found) or is_text(found):
        return found
    type, name = type_of(found), written(gap.syntax)
    fields = [field.name for field in type.fields[:4]] if isinstance(type, StructType) else []
    help = "print its fields: `" + " ".join(f"{{{name}.{field}}}" for field in fields) + "`"
    with faults.at(scalar, gap.start):
        what = "a struct cannot be printed whole"
        raise ExpressionError("wrong-operand", what, gap.syntax.place, help)


def check_print(faults: Faults, block: Block, node: Node, span: Span, index: int) -> Print:
    """The step `print`, the `index`th of the probe. Raises Fault."""
    scalar, found_pieces = template(faults, node, block.knows)
    parts: list[str | Hole] = []
    values: list[Typed] = []
    with faults.together() as together:
        for piece in found_pieces:
            if isinstance(piece, str):
                parts.append(piece)
                continue
            with together.part():
                gap = gap_of(faults, scalar, piece)
                found = _typed(faults, block, scalar, gap)
                check_format(faults, scalar, gap, sent_type(found))
                parts.append(Hole(len(values), gap.format))
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
                _format_help(type, gap.format),
            ) from None


def _format_help(type: Type, format: str) -> str:
    """Which formats there are for values of `type`."""
    if isinstance(type, CharType):
        return "for text there are `<16`, `>16` and `.8`, which cuts"
    if type == TIMESTAMP and "%" in format:
        return "`{now}` is shown as the local time, `{now:d}` as nanoseconds"
    return "for numbers there are `<16`, `>6`, `08`, `x`, `08x`, `,` and Python's others"


def check_printk(faults: Faults, block: Block, node: Node, span: Span) -> Printk:
    """The step `printk`. Raises Fault on what the kernel's formats cannot do."""
    scalar, found_pieces = template(faults, node, block.knows)
    _check_printk_text(faults, scalar)
    format: list[str] = []
    values: list[Typed] = []
    with faults.together() as together:
        for piece in found_pieces:
            if isinstance(piece, str):
                format.append(piece.replace("%", "%%"))
                continue
            with together.part():
                gap = gap_of(faults, scalar, piece)
                found = _typed(faults, block, scalar, gap)
                format.append(_conversion(faults, scalar, gap, sent_type(found)))
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
    match = re.fullmatch(_PRINTK_FORMAT, gap.format, re.ASCII)
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
