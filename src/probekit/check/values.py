"""Expressions in their place: scopes, and what is stored where."""

from __future__ import annotations

import keyword
from collections.abc import Callable

from probekit.check.context import CausedByAnother, Faults
from probekit.check.data import struct_fields
from probekit.expr import check as expressions
from probekit.expr.fits import check_fits
from probekit.expr.parse import ExpressionError
from probekit.expr.scope import Scope
from probekit.expr.syntax import Place, Syntax, names_in
from probekit.expr.typed import Literal, Typed
from probekit.ir import Map, Stored, StructValue
from probekit.names import is_identifier
from probekit.record import replace
from probekit.source import Span
from probekit.types import IntType, Shown, Type
from probekit.yamlnodes import Mapping, Node, Scalar, start_of

# What schedules and `by:` call so: a param of such a name would mean two things.
SCHEDULE_NAMES = ("tick", "walltime", "key", "value")
WORDS = frozenset(keyword.kwlist) | {"true", "false", "args"}


class Block:
    """The names that a block of steps sees.

    `scope.values` grows with each step. `broken` names were set by what is wrong itself;
    with `is_partial` a step before was not readable, and may have set any name.
    """

    def __init__(self, scope: Scope, values: dict[str, Typed], broken: set[str]) -> None:
        self.scope = scope
        self.values = values
        self.broken = broken
        self.places: dict[str, Span] = {}
        self.is_partial = False

    def inner(self) -> Block:
        """A block inside this one: it sees these names, and its own end with it."""
        values = dict(self.values)
        block = Block(replace(self.scope, values=values), values, set(self.broken))
        block.places = dict(self.places)
        block.is_partial = self.is_partial
        return block

    def set(self, name: str, value: Typed) -> None:
        """Gives `name` its meaning from here on."""
        self.values[name] = value
        self.broken.discard(name)

    def check(self, tree: Syntax) -> Typed:
        """Raises ExpressionError, or CausedByAnother where a name's own step is wrong."""
        return self._guarded(tree, expressions.check)

    def condition(self, tree: Syntax) -> Typed:
        """The same for what is asked whether it is 0."""
        return self._guarded(tree, expressions.check_condition)

    def _guarded(self, tree: Syntax, check: Callable[[Syntax, Scope], Typed]) -> Typed:
        if names_in(tree) & self.broken:
            raise CausedByAnother
        try:
            return check(tree, self.scope)
        except ExpressionError as error:
            if self.is_partial and error.code == "unknown-name":
                raise CausedByAnother from None
            raise


def declare(faults: Faults, block: Block, name: Scalar) -> None:
    """Takes `name` for a value of this block. Raises Fault where it is taken or no name."""
    if not is_identifier(name.text) or name.text in WORDS:
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
    scalar = faults.scalar(node)
    tree = faults.syntax(scalar)
    with faults.at(scalar):
        return block.condition(tree)


def stored(faults: Faults, block: Block, node: Node, type: Type) -> Stored:
    """What is stored in a place of `type`: an expression, or a struct's fields. Raises Fault."""
    if isinstance(node, Mapping):
        return _struct(faults, block, node, type)
    scalar = faults.scalar(node)
    found = expression(faults, block, scalar)
    if isinstance(type, IntType) and type.shown is Shown.DURATION:
        found = expressions.as_duration(found)
    with faults.at(scalar):
        check_fits(found, type, Place(0, len(scalar.text)))
    return found


def _struct(faults: Faults, block: Block, node: Mapping, type: Type) -> StructValue:
    struct, parts = struct_fields(faults, node, type)
    values: list[tuple[str, Stored]] = []
    with faults.together() as together:
        for member, part in parts:
            with together.part():
                values.append((member.name, stored(faults, block, part, member.type)))
    return StructValue(struct, tuple(values))


def key_node(faults: Faults, target: Map, verb: Scalar, node: Node | None) -> Node | None:
    """The key that `verb` on `target` is given. Raises Fault if it lacks one, or can have none."""
    if target.key is None and node is not None:
        raise faults.fault(
            "map-rule",
            f"`{target.name}` is a map of one value and has no keys",
            start_of(node),
            "remove `key:`",
            (target.span, "declared here"),
        )
    if target.key is not None and node is None:
        raise faults.fault(
            "missing-key",
            f"`key` is missing: `{target.name}` has keys of type `{target.key}`",
            verb.span,
            "add `key:`",
            (target.span, "declared here"),
        )
    return node


def key_of(
    faults: Faults, block: Block, target: Map, verb: Scalar, node: Node | None
) -> Stored | None:
    """The key of a step on `target`, None where it has none. Raises Fault."""
    node = key_node(faults, target, verb, node)
    if node is None or target.key is None:
        return None
    found = stored(faults, block, node, target.key)
    if isinstance(found, Literal):
        check_index(faults, target, found.value, node)
    return found


def check_index(faults: Faults, target: Map, index: int, node: Node) -> None:
    """A constant index outside of an array finds nothing, ever. Raises Fault."""
    if not target.kind.indexed or index < target.max_entries:
        return
    raise faults.fault(
        "map-rule",
        f"the index {index} is outside of `{target.name}`, which ends at {target.max_entries - 1}",
        start_of(node),
        f"raise it: `max_entries: {index + 1}`",
        (target.max_entries_span, "declared here"),
    )


def check_deletable(faults: Faults, target: Map, verb: Scalar, help: str) -> None:
    """Entries of arrays cannot be removed. Raises Fault."""
    if target.kind.indexed:
        raise faults.fault(
            "map-rule",
            f"entries of `{target.kind.name}` maps always exist and cannot be deleted",
            verb.span,
            help,
            (target.span, "declared here"),
        )
