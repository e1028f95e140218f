"""What user space computes: schedules' keys and values, prints and the order of shown entries."""

from __future__ import annotations

from collections.abc import Mapping

from probekit.check.context import CausedByAnother, Faults
from probekit.check.data import struct_fields, struct_wanted
from probekit.check.printing import check_format, template
from probekit.duration import parse_duration
from probekit.expr.evaluate import Value, evaluate
from probekit.expr.syntax import Syntax, names_in
from probekit.expr.typed import Param
from probekit.expr.userspace import NUMBER, check_user
from probekit.ir import Expression, PrintLine, Written
from probekit.record import Record
from probekit.types import CharType, IntType, Shown, StructType, Type
from probekit.yamlnodes import Mapping as MappingNode
from probekit.yamlnodes import Node, Scalar


class UserSpace(Record):
    """The params that expressions can name, and those that are themselves wrong."""

    faults: Faults
    params: Mapping[str, Param]
    broken: frozenset[str]

    def written(self, node: Node, type: Type, names: Mapping[str, Type]) -> Written:
        """What is written in a place of `type`: an expression, or a struct's. Raises Fault."""
        if not isinstance(node, MappingNode):
            if isinstance(type, StructType):
                raise struct_wanted(self.faults, node, type, "expression")
            return self._single(self.faults.scalar(node), type, names)
        fields: dict[str, Written] = {}
        with self.faults.together() as together:
            for field, part in struct_fields(self.faults, node, type)[1]:
                with together.part():
                    fields[field.name] = self.written(part, field.type, names)
        return fields

    def _single(self, scalar: Scalar, type: Type, names: Mapping[str, Type]) -> Expression:
        found, kind = self.expression(scalar, names)
        wrong = misfit(self._value(scalar, found), type) if not names_in(found.syntax) else None
        wrong = wrong or _misfit_kind(kind, type)
        if wrong is not None:
            raise self.faults.fault(*wrong, scalar.span)
        return found

    def _value(self, scalar: Scalar, expression: Expression) -> Value:
        with self.faults.at(scalar):
            return evaluate(expression.syntax, {})

    def expression(self, node: Node, names: Mapping[str, Type]) -> tuple[Expression, Type]:
        """The expression at `node` over `names` and the params, and its kind. Raises Fault."""
        scalar = self.faults.scalar(node)
        tree = self.faults.syntax(scalar)
        with self.faults.at(scalar):
            return Expression(tree, scalar.span), self._kind(tree, names)

    def _kind(self, tree: Syntax, names: Mapping[str, Type]) -> Type:
        if names_in(tree) & self.broken:
            raise CausedByAnother
        params = {name: param.type for name, param in self.params.items()}
        return check_user(tree, params | dict(names))

    def line(self, node: Node, names: Mapping[str, Type]) -> PrintLine:
        """A line to print, over `names` and the params. Raises Fault."""
        scalar, pieces = template(self.faults, node)
        parts: list[str | tuple[Expression, str]] = []
        with self.faults.together() as together:
            for piece in pieces:
                if isinstance(piece, str):
                    parts.append(piece)
                    continue
                with together.part():
                    with self.faults.at(scalar, piece.start):
                        kind = self._kind(piece.syntax, names)
                    check_format(self.faults, scalar, piece, kind)
                    place = piece.syntax.place
                    span = scalar.part(place.start + piece.start, place.end + piece.start)
                    parts.append((Expression(piece.syntax, span), piece.format))
        return PrintLine(tuple(parts))


def constant(written: Written) -> int | None:
    """The number that an expression without names always gives; None for all others."""
    if isinstance(written, Expression) and not names_in(written.syntax):
        value = evaluate(written.syntax, {})
        return value if isinstance(value, int) else None
    return None


def converted(value: Value, type: Type) -> Value:
    """Text that is a duration, where one is asked for, is its nanoseconds."""
    if isinstance(value, str) and isinstance(type, IntType) and type.shown is Shown.DURATION:
        found = parse_duration(value)
        return value if found is None else found
    return value


def misfit(value: Value, type: Type) -> tuple[str, str] | None:
    """Why `value` cannot be stored in `type` (a code and a message), None where it can."""
    value = converted(value, type)
    if isinstance(type, CharType):
        if not isinstance(value, str):
            return "wrong-type", f"this is a number, and text (`{type}`) is asked for"
        size = len(value.encode(errors="replace"))
        if size >= type.size:
            return "value-range", f"text of {size} bytes does not fit into `{type}`"
    elif isinstance(type, IntType):
        if not isinstance(value, int):
            return "wrong-type", f"this is text, and a number (`{type}`) is asked for"
        if not type.low <= value <= type.high:
            shown = value if abs(value) < 1 << 128 else "the value"
            what = f"{shown} does not fit into `{type}`, which holds {type.low} to {type.high}"
            return "value-range", what
    return None


def _misfit_kind(kind: Type, type: Type) -> tuple[str, str] | None:
    """The same, as far as it is known from what the value is made of."""
    if isinstance(kind, StructType):
        return "wrong-type", f"this is a struct, and a `{type}` is asked for"
    if kind == NUMBER and isinstance(type, CharType):
        return misfit(0, type)
    is_duration = isinstance(type, IntType) and type.shown is Shown.DURATION
    if kind != NUMBER and isinstance(type, IntType) and not is_duration:
        return misfit("", type)
    return None
