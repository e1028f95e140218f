"""Expressions in their place: scopes, and what is stored where."""

from __future__ import annotations

from dataclasses import dataclass

from probekit.check.context import CausedByAnother, Faults
from probekit.check.data import check_fields
from probekit.duration import parse_duration
from probekit.expr import check as expressions
from probekit.expr.syntax import Place, Syntax, names_in
from probekit.expr.typed import EventField, Literal, TextLiteral, Typed, is_integer, is_text
from probekit.ir import Map, Stored, StructValue
from probekit.names import is_identifier
from probekit.source import Span
from probekit.spec import start_of
from probekit.types import IntType, Shown, StructType, Type
from probekit.yamlnodes import Mapping, Node, Scalar

_WORDS = frozenset("and or not if else in is true false args lambda None True False".split())


@dataclass(slots=True)
class Block:
    """The names that a block of steps sees; `broken` ones were set by steps that are wrong."""

    event: str
    fields: dict[str, EventField]
    later_fields: dict[str, str]
    values: dict[str, Typed]
    places: dict[str, Span]
    broken: set[str]

    def inner(self) -> Block:
        """A block inside this one: it sees these names, and its own end with it."""
        return Block(
            self.event,
            self.fields,
            self.later_fields,
            dict(self.values),
            dict(self.places),
            set(self.broken),
        )

    @property
    def scope(self) -> expressions.Scope:
        return expressions.Scope(self.event, self.values, self.fields, self.later_fields)

    def check(self, tree: Syntax) -> Typed:
        """Raises ExpressionError, or CausedByAnother where a name's own step is wrong."""
        if names_in(tree) & self.broken:
            raise CausedByAnother
        return expressions.check(tree, self.scope)


def declare(faults: Faults, block: Block, name: Scalar) -> None:
    """Takes `name` for a value of this block. Raises Fault where it is taken or no name."""
    if not is_identifier(name.text) or name.text in _WORDS:
        raise faults.fault(
            "bad-name",
            f"`{name.text}` cannot be a value's name",
            name.span,
            "use letters, digits and `_`, and no word of the expression language",
        )
    if name.text in block.places:
        raise faults.fault(
            "duplicate-name",
            f"`{name.text}` is already set",
            name.span,
            "a name is set once; choose another one",
            (block.places[name.text], "set here"),
        )
    block.places[name.text] = name.span


def expression(faults: Faults, block: Block, node: Node) -> Typed:
    """The typed expression at `node`. Raises Fault."""
    scalar = faults.scalar(node)
    tree = faults.syntax(scalar)
    with faults.at(scalar):
        return block.check(tree)


def condition(faults: Faults, block: Block, node: Node) -> Typed:
    """An expression that is asked whether it is 0. Raises Fault."""
    found = expression(faults, block, node)
    if is_integer(found):
        return found
    what = "text" if is_text(found) else "a struct"
    raise faults.fault(
        "wrong-operand",
        f"a condition must be a number, and this is {what}",
        start_of(node),
        "compare it: `== 'text'`",
    )


def stored(faults: Faults, block: Block, node: Node, type: Type) -> Stored:
    """What is stored in a place of `type`: an expression, or a struct's fields. Raises Fault."""
    if isinstance(node, Mapping):
        return _struct(faults, block, node, type)
    scalar = faults.scalar(node)
    found = expression(faults, block, scalar)
    if isinstance(type, IntType) and type.shown is Shown.DURATION:
        found = as_duration(found)
    with faults.at(scalar):
        expressions.check_fits(found, type, Place(0, len(scalar.text)))
    return found


def as_duration(node: Typed) -> Typed:
    """Text that is a duration, where a duration is asked for, is its nanoseconds."""
    if isinstance(node, TextLiteral):
        value = parse_duration(node.value.decode())
        if value is not None:
            return Literal(value)
    return node


def _struct(faults: Faults, block: Block, node: Mapping, type: Type) -> StructValue:
    if not isinstance(type, StructType):
        raise faults.fault(
            "wrong-type",
            f"fields are given, and a `{type}` is asked for",
            start_of(node),
            "write one expression; in YAML's `{ }` an expression with brackets needs quotes",
        )
    check_fields(faults, node, type)
    values: list[tuple[str, Stored]] = []
    for field in type.fields:
        value = node.get(field.name)
        assert value is not None
        values.append((field.name, stored(faults, block, value, field.type)))
    return StructValue(type, tuple(values))


def key_of(faults: Faults, block: Block, target: Map, verb: Scalar, node: Node | None) -> Stored | None:
    """The key of a step on `target`. Raises Fault where it is missing, or there is none."""
    if target.key is None:
        if node is not None:
            raise faults.fault(
                "map-rule",
                f"`{target.name}` is a map of one value and has no keys",
                start_of(node),
                "remove `key:`",
                (target.span, "declared here"),
            )
        return None
    if node is None:
        raise faults.fault(
            "missing-key",
            f"`key` is missing: `{target.name}` has keys of type `{target.key}`",
            verb.span,
            "add `key:`",
            (target.span, "declared here"),
        )
    found = stored(faults, block, node, target.key)
    check_index(faults, target, found, node)
    return found


def check_index(faults: Faults, target: Map, key: Stored, node: Node) -> None:
    """A constant index outside of an array finds nothing, ever. Raises Fault."""
    if not target.kind.indexed or not isinstance(key, Literal):
        return
    if key.value >= target.max_entries:
        raise faults.fault(
            "map-rule",
            f"the index {key.value} is outside of `{target.name}`,"
            f" which ends at {target.max_entries - 1}",
            start_of(node),
            "raise its `max_entries`",
            (target.max_entries_span, "declared here"),
        )
