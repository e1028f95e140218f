"""Expressions in their place: scopes, and what is stored where."""

from __future__ import annotations

import keyword
from collections import ChainMap
from collections.abc import Callable, Iterable
from typing import TypeAlias

from probekit.check.context import CausedByAnother, Fault, Faults
from probekit.check.data import struct_fields
from probekit.expr import check as expressions
from probekit.expr.builtins import COMM_SIZE
from probekit.expr.fits import check_fits
from probekit.expr.parse import ExpressionError
from probekit.expr.scope import Scope
from probekit.expr.syntax import Place, Syntax, flattened, names_in, together
from probekit.expr.typed import Literal, Typed
from probekit.frontend.yamlnodes import Mapping, Node, Scalar, start_of
from probekit.ir import Map, Stored, StructValue
from probekit.record import replace
from probekit.source import Span
from probekit.types import U32, CharType, IntType, Shown, StructType, Type

# What schedules and `by:` call so: a param of such a name would mean two things.
SCHEDULE_NAMES = ("tick", "walltime", "key", "value")
WORDS = frozenset(keyword.kwlist) | {"true", "false", "args"}


class Block:
    """The names that a block of steps sees: its own, and those of the blocks around it.

    `scope.values` grows with each step. `broken` names were set by what is wrong itself;
    with `is_partial` a step before was not readable, and may have set any name.
    """

    def __init__(self, scope: Scope, broken: Iterable[str]) -> None:
        self.values: ChainMap[str, Typed] = ChainMap({}, dict(scope.values))
        self.scope = replace(scope, values=self.values)
        self.broken: ChainMap[str, bool] = ChainMap(dict.fromkeys(broken, True))
        self.places: ChainMap[str, Span] = ChainMap({})
        self.is_partial = False

    def inner(self) -> Block:
        """A block inside this one: it sees these names, and its own end with it."""
        block = Block.__new__(Block)
        block.values = self.values.new_child()
        block.scope = replace(self.scope, values=block.values)
        block.broken = self.broken.new_child()
        block.places = self.places.new_child()
        block.is_partial = self.is_partial
        return block

    def set(self, name: str, value: Typed) -> None:
        """Gives `name` its meaning from here on."""
        self.values[name] = value
        if self.broken:
            self.broken[name] = False

    def spoil(self, name: str) -> None:
        """`name` would have been set, by what is wrong itself: nothing is said of its uses."""
        self.broken[name] = True

    def check(self, tree: Syntax, doubts: list[ExpressionError]) -> Typed:
        """Raises ExpressionError, or CausedByAnother where a name's own step is wrong.

        `doubts` gets what may stand so and is hardly meant.
        """
        return self._guarded(tree, expressions.check, doubts)

    def condition(self, tree: Syntax, doubts: list[ExpressionError]) -> Typed:
        """The same for what is asked whether it is 0."""
        return self._guarded(tree, expressions.check_condition, doubts)

    def _guarded(self, tree: Syntax, check: _Check, doubts: list[ExpressionError]) -> Typed:
        if self.broken and any(self.broken.get(name) for name in names_in(tree)):
            raise CausedByAnother
        try:
            return check(tree, self.scope, doubts)
        except ExpressionError as error:
            if not self.is_partial:
                raise
            certain = [one for one in flattened(error) if one.code != "unknown-name"]
            if not certain:
                raise CausedByAnother from None
            raise together(certain) from None


_Check: TypeAlias = Callable[[Syntax, Scope, list[ExpressionError]], Typed]


def declare(faults: Faults, block: Block, name: Scalar) -> None:
    """Takes `name` for a value of this block. Raises Fault where it is taken or a word."""
    if name.text in WORDS:
        raise faults.fault(
            "bad-name",
            f"`{name.text}` cannot be a value's name",
            name.span,
            "choose another name: it is a word of the expression language",
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
    return typed(faults, scalar, faults.syntax(scalar), block.check)


def condition(faults: Faults, block: Block, node: Node) -> Typed:
    """An expression that is asked whether it is 0. Raises Fault."""
    scalar = faults.scalar(node)
    return typed(faults, scalar, faults.syntax(scalar), block.condition)


def typed(
    faults: Faults,
    scalar: Scalar,
    tree: Syntax,
    check: Callable[[Syntax, list[ExpressionError]], Typed],
    offset: int = 0,
) -> Typed:
    """What `check` makes of `tree`, which begins at `offset` of `scalar`. Raises Fault."""
    doubts: list[ExpressionError] = []
    with faults.at(scalar, offset):
        found = check(tree, doubts)
    for doubt in doubts:
        faults.doubt(doubt, scalar, offset)
    return found


def stored(
    faults: Faults, block: Block, node: Node, type: Type, related: tuple[Span, str] | None = None
) -> Stored:
    """What is stored in a place of `type`: an expression, or a struct's fields. Raises Fault.

    `related` is where the type was declared.
    """
    if isinstance(node, Mapping):
        return _struct(faults, block, node, type, related)
    scalar = faults.scalar(node)
    found = typed(faults, scalar, faults.syntax(scalar), _knowing(block, type))
    if isinstance(type, IntType) and type.shown is Shown.DURATION:
        found = expressions.as_duration(found)
    with faults.at(scalar, related=related):
        check_fits(found, type, Place(0, len(scalar.text)), scalar.text)
    return found


def _knowing(block: Block, type: Type) -> Callable[[Syntax, list[ExpressionError]], Typed]:
    """Checks as `block` does, and knows whether a name that nothing has was meant as text."""

    def check(tree: Syntax, doubts: list[ExpressionError]) -> Typed:
        try:
            return block.check(tree, doubts)
        except ExpressionError as error:
            from probekit.expr.unknown import expecting

            raise expecting(error, tree, isinstance(type, CharType), block.scope.values) from None

    return check


def _struct(
    faults: Faults, block: Block, node: Mapping, type: Type, related: tuple[Span, str] | None
) -> StructValue:
    try:
        struct, parts = struct_fields(faults, node, type)
    except (Fault, CausedByAnother):
        loosely(faults, block, node)
        raise
    values: list[tuple[str, Stored]] = []
    with faults.together() as together:
        for member, part in parts:
            with together.part():
                found = stored(faults, block, part, member.type, related)
                values.append((member.name, found))
    return StructValue(struct, tuple(values))


def loosely(faults: Faults, block: Block, node: Node | None) -> None:
    """Collects the faults of expressions whose place is wrong: of all but their types."""
    if isinstance(node, Mapping):
        for _, part in node:
            loosely(faults, block, part)
    elif isinstance(node, Scalar):
        with faults.collecting():
            expression(faults, block, node)


def key_node(faults: Faults, target: Map, verb: Scalar, node: Node | None) -> Node | None:
    """The key that `verb` on `target` is given. Raises Fault if it lacks one, or can have none."""
    if target.key is None and node is not None:
        raise faults.fault(
            "map-rule",
            f"`{target.name}` is a map of one value and has no keys",
            start_of(node),
            "remove `key:`",
            declared(target),
        )
    if target.key is not None and node is None:
        raise faults.fault(
            "missing-key",
            f"`key` is missing: `{target.name}` has keys of type `{target.key}`",
            verb.span,
            f"add `key: {sample(target.key)}`",
            declared(target),
        )
    return node


def sample(type: Type) -> str:
    """An expression that fits `type`, as an example."""
    if isinstance(type, StructType):
        inner = ", ".join(f"{field.name}: {sample(field.type)}" for field in type.fields[:4])
        return "{" + inner + (", ..." if len(type.fields) > 4 else "") + "}"
    if isinstance(type, CharType):
        return "comm" if type.size >= COMM_SIZE else "\"'text'\""
    return "pid" if U32.high <= type.high else "0"


def key_of(
    faults: Faults, block: Block, target: Map, verb: Scalar, node: Node | None
) -> Stored | None:
    """The key of a step on `target`, None where it has none. Raises Fault."""
    node = key_node(faults, target, verb, node)
    if node is None or target.key is None:
        return None
    found = stored(faults, block, node, target.key, declared(target))
    if isinstance(found, Literal):
        check_index(faults, target, found.value, node)
    return found


def declared(target: Map) -> tuple[Span, str]:
    """Where a map was declared, for a fault that has to do with its types."""
    return target.span, "declared here"


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
