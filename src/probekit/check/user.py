"""What user space computes: schedules' keys and values, prints and the order of shown entries."""

from __future__ import annotations

from collections.abc import Mapping, Set

from probekit.check.context import CausedByAnother, Fault, Faults
from probekit.check.data import no_duration, struct_fields, struct_wanted
from probekit.check.printing import check_format, gap_of, template
from probekit.check.values import check_parts
from probekit.duration import FORM, parse_duration
from probekit.expr.evaluate import Value, evaluate
from probekit.expr.fits import in_range
from probekit.expr.syntax import (
    Binary,
    ExpressionError,
    Mend,
    Number,
    Syntax,
    Text,
    children,
    names_in,
)
from probekit.expr.typed import Param, Range
from probekit.expr.userspace import NUMBER, check_user
from probekit.frontend.yamlnodes import Mapping as MappingNode
from probekit.frontend.yamlnodes import Node, Scalar
from probekit.ir import Expression, PrintLine, Written
from probekit.record import Record
from probekit.types import BOOL, CharType, IntType, Shown, StructType, Type


class UserSpace(Record):
    """The params that expressions can name, and those that are themselves wrong."""

    faults: Faults
    params: Mapping[str, Param]
    broken: frozenset[str]

    def written(self, node: Node, type: Type, names: Mapping[str, Type], help: str = "") -> Written:
        """What is written in a place of `type`: an expression, or a struct's. Raises Fault.

        `help` is for what does not fit, where another type cannot be declared.
        """
        if not isinstance(node, MappingNode):
            if isinstance(type, StructType):
                raise struct_wanted(self.faults, node, type, "expression")
            return self._single(self.faults.scalar(node), type, names, help)
        try:
            _, parts = struct_fields(self.faults, node, type)
        except (Fault, CausedByAnother):
            self.loosely(node, names)
            raise
        fields: dict[str, Written] = {}
        with self.faults.together() as together:
            for field, part in parts:
                with together.part():
                    fields[field.name] = self.written(part, field.type, names)
        return fields

    def loosely(self, node: Node | None, names: Mapping[str, Type]) -> None:
        """Collects the faults of expressions whose place is wrong: of all but their types.

        What `value` and `key` are may not be known then: nothing is said of what uses them.
        """
        if isinstance(node, MappingNode):
            for _, part in node:
                self.loosely(part, names)
        elif isinstance(node, Scalar):
            with self.faults.collecting():
                tree = self.faults.syntax(node)
                with self.faults.at(node):
                    self._checked(tree, names, unsure={"value", "key"})

    def _single(
        self, scalar: Scalar, type: Type, names: Mapping[str, Type], instead: str
    ) -> Expression:
        try:
            found, kind = self.expression(scalar, names, type)
        except Fault as fault:
            raise no_duration(self.faults, scalar, type) or fault from None
        if isinstance(type, IntType) and type.shown in (Shown.DURATION, Shown.TIMESTAMP):
            self._check_time(scalar, found, type, names)
        wrong = misfit(self._value(scalar, found), type) if not names_in(found.syntax) else None
        wrong = wrong or _misfit_kind(kind, type)
        if wrong is not None:
            from probekit.check.edits import edits_of  # only on the way to an error

            help, mends = _advice(found.syntax, type)
            help, edits = help if mends else instead or help, edits_of(scalar, mends)
            raise self.faults.fault(*wrong, scalar.inside, help, edits=edits)
        return found

    def _check_time(
        self, scalar: Scalar, found: Expression, type: IntType, names: Mapping[str, Type]
    ) -> None:
        """A duration or a timestamp is stored as what it is. Raises Fault."""
        from probekit.expr.durations import check_stored  # few schedules have any

        with self.faults.at(scalar):
            check_stored(found.syntax, type, self._types(names))
        if type.shown is Shown.TIMESTAMP and "walltime" in names_in(found.syntax):
            what = "a `timestamp` counts from another start than `walltime`"
            self.faults.warn("wrong-type", what, scalar.span, "declare the map's value as `u64`")

    def _types(self, names: Mapping[str, Type]) -> dict[str, Type]:
        return {name: param.type for name, param in self.params.items()} | dict(names)

    def _value(self, scalar: Scalar, expression: Expression) -> Value:
        with self.faults.at(scalar):
            return evaluate(expression.syntax, {})

    def expression(
        self, node: Node, names: Mapping[str, Type], wanted: Type | None = None
    ) -> tuple[Expression, Type]:
        """The expression at `node` over `names` and the params, and its kind. Raises Fault.

        It may stand in a place for what is `wanted`.
        """
        scalar = self.faults.scalar(node)
        tree = self.faults.syntax(scalar)
        with self.faults.at(scalar):
            tree, kind = self._checked(tree, names, wanted)
            return Expression(tree, scalar.inside), kind

    def _checked(
        self,
        tree: Syntax,
        names: Mapping[str, Type],
        wanted: Type | None = None,
        unsure: Set[str] = frozenset(),
    ) -> tuple[Syntax, Type]:
        """The tree to evaluate, and its kind. Raises ExpressionError, or CausedByAnother."""
        used = names_in(tree)
        types = self._types(names)
        unknown = used & (self.broken | unsure)
        if unknown:
            check_parts(tree, unknown, lambda part: check_user(part, types))
        if used and _has_text(tree):
            from probekit.expr.durations import with_durations  # few schedules have any

            tree = with_durations(tree, types)
        try:
            kind = check_user(tree, types)
            _check_divisors(tree)
            return tree, kind
        except ExpressionError as error:
            from probekit.check.userfault import mean_field  # only on the way to an error
            from probekit.expr.unknown import mean_text, mean_truth

            mean_field(error, types)
            if isinstance(wanted, CharType):
                error = mean_text(error, tree)
            raise mean_truth(error, tree) if wanted is BOOL else error from None

    def line(self, node: Node, names: Mapping[str, Type]) -> PrintLine:
        """A line to print, over `names` and the params. Raises Fault."""
        scalar, pieces = template(self.faults, node, {*names, *self.params}.__contains__)
        parts: list[str | tuple[Expression, str]] = []
        with self.faults.together() as together:
            for piece in pieces:
                if isinstance(piece, str):
                    parts.append(piece)
                    continue
                with together.part():
                    gap = gap_of(self.faults, scalar, piece)
                    with self.faults.at(scalar, gap.start):
                        tree, kind = self._checked(gap.syntax, names)
                    check_format(self.faults, scalar, gap, kind)
                    place = gap.syntax.place.moved(gap.start)
                    span = scalar.part(place.start, place.end)
                    parts.append((Expression(tree, span), gap.format))
        return PrintLine(tuple(parts))


def _check_divisors(tree: Syntax) -> None:
    """A divisor that is always 0 would fail at each run. Raises ExpressionError."""
    for part in children(tree):
        _check_divisors(part)
    if not isinstance(tree, Binary) or tree.operator not in ("/", "%") or names_in(tree.right):
        return
    if evaluate(tree.right, {}) == 0:
        what, help = "a division by zero", "divide by another number"
        raise ExpressionError("division-by-zero", what, tree.right.place, help)


def _has_text(tree: Syntax) -> bool:
    return isinstance(tree, Text) or any(map(_has_text, children(tree)))


def _advice(tree: Syntax, type: Type) -> tuple[str, tuple[Mend, ...]]:
    """What to write for `tree`, which does not fit `type`: a help and its mends."""
    if isinstance(type, StructType):
        return "give each field", ()
    if isinstance(type, CharType):
        if isinstance(tree, Number):
            written = f"'{tree.value}'"
            return f"text has quotes of its own: write `{written}`", ((tree.place, written),)
        if isinstance(tree, Text):
            return f"shorten it, or declare it as `char({len(tree.value.encode()) + 1})`", ()
        return "text is what fits, as `'text'`", ()
    if isinstance(tree, Text) and tree.value.isascii() and tree.value.isdigit():
        number = tree.value.lstrip("0") or "0"
        return f"numbers have no quotes: write `{number}`", ((tree.place, number),)
    if isinstance(tree, Text):
        return FORM if type.shown is Shown.DURATION else "a number is what fits, as `tick`", ()
    value = evaluate(tree, {}) if not names_in(tree) else None
    if isinstance(value, int):
        return in_range(Range(value, value), type), ()
    return "a number is what fits, as `tick`", ()


def constant(written: Written) -> int | None:
    """The number that an expression without names always gives; None for all others."""
    value = constant_of(written)
    return value if isinstance(value, int) else None


def constant_of(written: Written) -> Value | None:
    """What is always written, as far as no name is used for it; None for all others."""
    if isinstance(written, Expression):
        return None if names_in(written.syntax) else evaluate(written.syntax, {})
    fields = {name: constant_of(part) for name, part in written.items()}
    values = {name: value for name, value in fields.items() if value is not None}
    return values if len(values) == len(fields) else None


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
