"""Syntax tree → typed tree, by the rules of the format's reference (docs/spec.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from probekit.expr import syntax as s
from probekit.expr.builtins import (
    BUILTINS,
    CASTS,
    FUNCTIONS,
    LATER_FUNCTIONS,
    LATER_NAMES,
)
from probekit.expr.parse import ExpressionError
from probekit.expr.syntax import Place
from probekit.expr.typed import (
    AllOrAny,
    Arithmetic,
    Cast,
    Comparison,
    EventField,
    Function,
    Literal,
    Local,
    MemberOf,
    Not,
    Param,
    Range,
    Select,
    TextLiteral,
    Typed,
    is_integer,
    is_text,
    range_of,
    type_of,
    value_range,
)
from probekit.nearest import did_you_mean
from probekit.types import (
    BOOL,
    DURATION,
    S64,
    TIMESTAMP,
    U64,
    CharType,
    IntType,
    Shown,
    StructType,
    Type,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression can name: `values` (params, `let`, `as`) and the event's fields.

    `later_fields` are fields of a type that this version cannot read yet, with that type.
    """

    event: str
    values: Mapping[str, Typed]
    fields: Mapping[str, EventField]
    later_fields: Mapping[str, str] = field(default_factory=dict)


def check(tree: s.Syntax, scope: Scope) -> Typed:
    """The typed tree of `tree`. Raises ExpressionError at the first fault."""
    return _Checker(scope).check(tree)


def common_type(nodes: list[Typed], place: Place) -> IntType:
    """The 64-bit type in which `nodes` meet: unsigned if all are, else signed.

    Raises ExpressionError where a u64 meets a signed value: no 64-bit type holds both.
    """
    types = [type for type in map(type_of, nodes) if isinstance(type, IntType)]
    if not any(type.signed for type in types):
        negative = any(isinstance(node, Literal) and node.value < 0 for node in nodes)
        return S64 if negative and not types else U64
    if any(type.bits == 64 and not type.signed for type in types):
        raise ExpressionError(
            "mixed-signs",
            "an unsigned 64-bit value and a signed one have no common type",
            place,
            "convert one of them: `s64(...)` or `u64(...)`",
        )
    return S64


class _Checker:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def check(self, tree: s.Syntax) -> Typed:
        match tree:
            case s.Number(value=value):
                return self._literal(value, tree.place)
            case s.Text(value=text):
                return TextLiteral(text.encode())
            case s.Name():
                return self._name(tree)
            case s.Member():
                return self._member(tree)
            case s.Call():
                return self._call(tree)
            case s.Unary():
                return self._unary(tree)
            case s.Binary():
                return self._binary(tree)
            case s.Compare():
                return self._compare(tree)
            case s.Logic(operator=operator, operands=operands):
                return AllOrAny(operator, tuple(map(self.condition, operands)))
            case s.Conditional():
                return self._conditional(tree)

    def condition(self, tree: s.Syntax) -> Typed:
        """A value that is asked whether it is 0."""
        return self._integer(tree, "a condition")

    def _integer(self, tree: s.Syntax, what: str) -> Typed:
        node = self.check(tree)
        if not is_integer(node):
            kind = "text" if is_text(node) else "a struct"
            raise ExpressionError(
                "wrong-operand",
                f"{what} must be a number, and this is {kind}",
                tree.place,
                "compare it with text in quotes: `== 'text'`" if is_text(node) else "name a field",
            )
        return node

    def _literal(self, value: int, place: Place) -> Literal:
        if not S64.low <= value <= U64.high:
            raise ExpressionError("value-range", f"{value} does not fit into 64 bits", place)
        return Literal(value)

    def _name(self, tree: s.Name) -> Typed:
        name = tree.name
        if name in self.scope.values:
            return self.scope.values[name]
        if name in BUILTINS:
            return BUILTINS[name]
        if name == "args":
            raise ExpressionError(
                "wrong-operand", "`args` alone has no value", tree.place, "name a field: `args.NAME`"
            )
        if name in LATER_NAMES:
            raise _not_yet(f"`{name}`", tree.place)
        if re.fullmatch(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+|E[A-Z0-9]{2,}|SIG[A-Z0-9]+", name):
            raise _not_yet(f"the kernel's constant `{name}` by its name", tree.place)
        known = [*self.scope.values, *BUILTINS]
        if name in self.scope.fields:
            help = f"a field of the event is written `args.{name}`"
        else:
            help = did_you_mean(
                name, known, f"if the text was meant, give it quotes of its own: \"'{name}'\""
            )
        raise ExpressionError("unknown-name", f"nothing is named `{name}`", tree.place, help)

    def _member(self, tree: s.Member) -> Typed:
        if tree.of == s.Name(tree.of.place, "args"):
            return self._field(tree)
        of = self.check(tree.of)
        type = type_of(of)
        if not isinstance(type, StructType) or not isinstance(of, Local | MemberOf):
            raise ExpressionError(
                "wrong-operand",
                "only a struct has fields",
                tree.name_place,
                "leave the `.` and the name away",
            )
        found = type.field(tree.name)
        if found is None:
            known = [field.name for field in type.fields]
            raise ExpressionError(
                "unknown-field",
                f"the struct has no field `{tree.name}`",
                tree.name_place,
                did_you_mean(tree.name, known, f"it has {_listed(known)}"),
            )
        return MemberOf(of, tree.name, found.type)

    def _field(self, tree: s.Member) -> Typed:
        if tree.name in self.scope.fields:
            return self.scope.fields[tree.name]
        if tree.name in self.scope.later_fields:
            declared = self.scope.later_fields[tree.name]
            raise _not_yet(f"the field `{tree.name}` of type `{declared}`", tree.name_place)
        known = [*self.scope.fields, *self.scope.later_fields]
        otherwise = f"it has {_listed(known)}" if known else "it has no fields"
        raise ExpressionError(
            "unknown-field",
            f"{self.scope.event} has no field `{tree.name}`",
            tree.name_place,
            did_you_mean(tree.name, known, otherwise),
        )

    def _call(self, tree: s.Call) -> Typed:
        name, arguments = tree.function, tree.arguments
        if name in LATER_FUNCTIONS:
            raise _not_yet(f"`{name}()`", tree.function_place)
        if name not in CASTS and name not in FUNCTIONS:
            known = [*CASTS, *FUNCTIONS]
            help = did_you_mean(name, known, f"there are {_listed(known)}")
            raise ExpressionError(
                "unknown-function", f"there is no function `{name}`", tree.function_place, help
            )
        wanted = FUNCTIONS.get(name, 1)
        if len(arguments) != wanted:
            raise ExpressionError(
                "wrong-arguments",
                f"`{name}` takes {wanted} value{'s' * (wanted != 1)}, not {len(arguments)}",
                tree.place,
            )
        operands = [self._integer(argument, f"what `{name}` takes") for argument in arguments]
        if name in CASTS:
            return self._cast(operands[0], CASTS[name])
        return self._function(name, operands, tree.place)

    def _cast(self, operand: Typed, target: IntType) -> Typed:
        if not isinstance(operand, Literal):
            return Cast(operand, target)
        if target is BOOL:
            return Literal(int(operand.value != 0))
        return Cast(Literal(_wrap(operand.value, target)), target)

    def _function(self, name: str, operands: list[Typed], place: Place) -> Typed:
        common = common_type(operands, place)
        ranges = [value_range(operand) for operand in operands]
        if name == "abs":
            low, high = ranges[0].low, ranges[0].high
            return Function(name, tuple(operands), common, U64, Range(0, max(abs(low), high)))
        pick = min if name == "min" else max
        both = Range(pick(r.low for r in ranges), pick(r.high for r in ranges))
        return Function(name, tuple(operands), common, _shown_like(operands, common), both)

    def _unary(self, tree: s.Unary) -> Typed:
        if tree.operator == "not":
            return Not(self.condition(tree.operand))
        operand = self._integer(tree.operand, f"what `{tree.operator}` takes")
        if isinstance(operand, Literal):
            value = {"-": -operand.value, "~": ~operand.value, "+": operand.value}
            return self._literal(value[tree.operator], tree.place)
        common = common_type([operand], tree.place)
        if tree.operator == "+":
            return operand
        if tree.operator == "-":
            return Arithmetic("-", Literal(0), operand, common, range_of(common))
        return Arithmetic("^", operand, Literal(-1), common, range_of(common))

    def _binary(self, tree: s.Binary) -> Typed:
        what = f"what `{tree.operator}` takes"
        left, right = self._integer(tree.left, what), self._integer(tree.right, what)
        if isinstance(left, Literal) and isinstance(right, Literal):
            return self._literal(fold(tree.operator, left.value, right.value), tree.place)
        if tree.operator in ("<<", ">>"):
            common = common_type([left], tree.place)
        else:
            common = common_type([left, right], tree.place)
        type = _result_type(tree.operator, left, right, common)
        return Arithmetic(
            tree.operator, left, right, type, _narrowed(tree.operator, left, right, common)
        )

    def _compare(self, tree: s.Compare) -> Typed:
        left, right = self.check(tree.left), self.check(tree.right)
        if is_text(left) and is_text(right):
            if tree.operator not in ("==", "!="):
                raise ExpressionError(
                    "wrong-operand", f"text has no `{tree.operator}`", tree.place, "use `==` or `!=`"
                )
            self._check_text_fits(left, right, tree)
            return Comparison(tree.operator, left, right)
        if not is_integer(left) or not is_integer(right):
            raise ExpressionError(
                "wrong-operand",
                f"{_kind(left)} cannot be compared with {_kind(right)}",
                tree.place,
                "compare text with text in quotes of its own, numbers with numbers",
            )
        if tree.operator in ("==", "!="):
            self._check_reachable(left, right, tree.right.place)
            self._check_reachable(right, left, tree.left.place)
        return Comparison(tree.operator, left, right)

    def _check_reachable(self, side: Typed, other: Typed, place: Place) -> None:
        """A literal that the other side can never equal is a mistake."""
        type = type_of(side)
        if isinstance(other, Literal) and isinstance(type, IntType):
            if not other.range.within(type):
                raise ExpressionError(
                    "value-range",
                    f"{other.value} is never equal to a `{type}`, which holds {_bounds(type)}",
                    place,
                )

    def _check_text_fits(self, left: Typed, right: Typed, tree: s.Compare) -> None:
        for side, other, place in (
            (left, right, tree.right.place),
            (right, left, tree.left.place),
        ):
            type = type_of(side)
            if isinstance(other, TextLiteral) and isinstance(type, CharType):
                if len(other.value) >= type.size:
                    raise ExpressionError(
                        "value-range",
                        f"this text has {len(other.value)} bytes, and a `{type}` holds at most"
                        f" {type.size - 1}",
                        place,
                        "shorten it: the kernel cuts longer names too",
                    )

    def _conditional(self, tree: s.Conditional) -> Typed:
        condition = self.condition(tree.condition)
        then, otherwise = self.check(tree.then), self.check(tree.otherwise)
        if is_text(then) and is_text(otherwise):
            sizes = [_text_size(then), _text_size(otherwise)]
            return Select(condition, then, otherwise, CharType(max(sizes)))
        if not is_integer(then) or not is_integer(otherwise):
            raise ExpressionError(
                "wrong-operand", "both arms of a conditional must be of one kind", tree.place
            )
        common = common_type([then, otherwise], tree.place)
        return Select(condition, then, otherwise, _shown_like([then, otherwise], common))


def fold(operator: str, left: int, right: int) -> int:
    """A constant's value, in unbounded integers: `/` and `%` truncate, by zero they give 0."""
    if operator in ("/", "%"):
        if right == 0:
            return 0
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return quotient if operator == "/" else left - quotient * right
    if operator in ("<<", ">>"):
        count = right % 64
        return left << count if operator == "<<" else left >> count
    return {
        "+": left + right,
        "-": left - right,
        "*": left * right,
        "&": left & right,
        "|": left | right,
        "^": left ^ right,
    }[operator]


def _narrowed(operator: str, left: Typed, right: Typed, common: IntType) -> Range:
    """What a mask or a modulo by a constant leaves; everything, for other operators."""
    if operator == "&":
        for side in (left, right):
            if isinstance(side, Literal) and side.value >= 0:
                return Range(0, side.value)
    if operator == "%" and isinstance(right, Literal) and right.value > 0:
        return Range(-(right.value - 1) if common.signed else 0, right.value - 1)
    return range_of(common)


def _result_type(operator: str, left: Typed, right: Typed, common: IntType) -> IntType:
    """Timestamps and durations keep their meaning where arithmetic keeps it."""
    kinds = tuple(_shown(node) for node in (left, right))
    if operator == "-" and kinds == (Shown.TIMESTAMP, Shown.TIMESTAMP):
        return DURATION
    if operator in "+-" and Shown.TIMESTAMP in kinds and kinds.count(Shown.TIMESTAMP) == 1:
        return TIMESTAMP if not common.signed else common
    if common.signed or Shown.DURATION not in kinds:
        return common
    both = kinds == (Shown.DURATION, Shown.DURATION)
    if operator in "+-%" or (operator in "*/" and not both and kinds[0] is Shown.DURATION):
        return DURATION
    return DURATION if operator == "*" and not both else common


def _shown(node: Typed) -> Shown:
    type = type_of(node)
    return type.shown if isinstance(type, IntType) else Shown.NUMBER


def _shown_like(nodes: list[Typed], common: IntType) -> IntType:
    """The arms' own type where all have the same one, else the plain 64-bit one."""
    types = {type_of(node) for node in nodes} - {None}
    only = types.pop() if len(types) == 1 else None
    if isinstance(only, IntType) and only.size == 8 and only.signed == common.signed:
        return only
    return common


def _wrap(value: int, target: IntType) -> int:
    value &= (1 << target.bits) - 1
    return value - (1 << target.bits) if value > target.high and target.signed else value


def _text_size(node: Typed) -> int:
    if isinstance(node, TextLiteral):
        return len(node.value) + 1
    type = type_of(node)
    assert isinstance(type, CharType)
    return type.size


def _kind(node: Typed) -> str:
    if is_text(node):
        return "text"
    return "a number" if is_integer(node) else "a struct"


def _bounds(type: IntType) -> str:
    return f"{type.low} to {type.high}"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names[:12]) + (", ..." if len(names) > 12 else "")


def _not_yet(what: str, place: Place) -> ExpressionError:
    return ExpressionError("not-yet", f"{what} is not in this version yet", place)


def check_fits(node: Typed, target: Type, place: Place) -> None:
    """Whether `node` can be stored in `target`. Raises ExpressionError where it cannot."""
    if isinstance(target, IntType):
        _check_integer_fits(node, target, place)
    elif isinstance(target, CharType):
        _check_text_stored(node, target, place)
    elif type_of(node) != target:
        raise ExpressionError(
            "wrong-type",
            f"this is {_kind(node)}, and `{target}` is asked for",
            place,
            "give each field: `{" + ", ".join(f"{f.name}: ..." for f in target.fields) + "}`",
        )


def _check_integer_fits(node: Typed, target: IntType, place: Place) -> None:
    if not is_integer(node):
        raise ExpressionError(
            "wrong-type", f"this is {_kind(node)}, and a number (`{target}`) is asked for", place
        )
    values = value_range(node)
    if values.within(target):
        return
    if isinstance(node, Literal):
        raise ExpressionError(
            "value-range",
            f"{node.value} does not fit into `{target}`, which holds {_bounds(target)}",
            place,
        )
    if target is BOOL:
        help = "write `bool(...)`, or compare it: `!= 0`"
    else:
        help = f"cut it on purpose with `{_plain_name(target)}(...)`, or use a wider type"
    raise ExpressionError(
        "does-not-fit", f"a `{type_of(node)}` may not fit into `{target}`", place, help
    )


def _plain_name(target: IntType) -> str:
    return f"{'s' if target.signed else 'u'}{target.bits}"


def _check_text_stored(node: Typed, target: CharType, place: Place) -> None:
    if not is_text(node):
        raise ExpressionError(
            "wrong-type",
            f"this is {_kind(node)}, and text (`{target}`) is asked for",
            place,
            "text inside an expression has quotes of its own",
        )
    if isinstance(node, TextLiteral) and len(node.value) >= target.size:
        raise ExpressionError(
            "value-range",
            f"this text has {len(node.value)} bytes, and `{target}` holds at most"
            f" {target.size - 1}",
            place,
        )
    type = type_of(node)
    if isinstance(type, CharType) and type.size > target.size:
        raise ExpressionError(
            "does-not-fit",
            f"a `{type}` may not fit into `{target}`",
            place,
            f"declare it as `{type}`",
        )


def param_value(param: Param) -> int | str:
    """A param's value as user space's expressions see it."""
    return param.value if isinstance(param.value, int) else param.value.decode()
