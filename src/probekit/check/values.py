"""Expressions in their place: scopes, and what is stored where."""

from __future__ import annotations

import keyword
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Set
from typing import NoReturn, TypeAlias

from probekit.check.context import CausedByAnother, Fault, Faults
from probekit.check.data import no_duration, struct_fields
from probekit.expr import check as expressions
from probekit.expr.builtins import BUILTINS
from probekit.expr.fits import check_fits
from probekit.expr.parse import ExpressionError
from probekit.expr.scope import Scope
from probekit.expr.syntax import Place, Syntax, children, flattened, names_in, together
from probekit.expr.typed import Typed
from probekit.frontend.yamlnodes import Mapping, Node, Scalar
from probekit.ir import Map, Stored, StructValue
from probekit.record import replace
from probekit.source import Span
from probekit.types import BOOL, CharType, IntType, Shown, Type

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
        self.sources: dict[str, Scalar | Map] = {}  # what names stand for, and maps they came from
        self.used: set[str] = set()  # by all steps so far, also of blocks that have ended
        self.is_partial = False

    def inner(self) -> Block:
        """A block inside this one: it sees these names, and its own end with it."""
        block = Block.__new__(Block)
        block.values = self.values.new_child()
        block.scope = replace(self.scope, values=block.values)
        block.broken = self.broken.new_child()
        block.places = self.places.new_child()
        block.sources = self.sources
        block.used = self.used
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

    def knows(self, name: str) -> bool:
        """Whether `name` has a value here, or is `args`, which has fields."""
        return name in self.values or name in BUILTINS or name == "args"

    def check(self, tree: Syntax, doubts: list[ExpressionError]) -> Typed:
        """Raises ExpressionError, or CausedByAnother where a name's own step is wrong.

        `doubts` gets what may stand so and is hardly meant.
        """
        return self._guarded(tree, expressions.check, doubts)

    def condition(self, tree: Syntax, doubts: list[ExpressionError]) -> Typed:
        """The same for what is asked whether it is 0."""
        return self._guarded(tree, expressions.check_condition, doubts)

    def _guarded(self, tree: Syntax, check: _Check, doubts: list[ExpressionError]) -> Typed:
        names = names_in(tree)
        broken = {name for name in names if self.broken.get(name)} if self.broken else set()
        try:
            if broken:
                check_parts(tree, broken, lambda part: expressions.check(part, self.scope))
            self.used |= names
            return check(tree, self.scope, doubts)
        except ExpressionError as error:
            raise self._explained(error, tree) from None

    def _explained(self, error: ExpressionError, tree: Syntax) -> Exception:
        """The error without what another fault may have caused."""
        from probekit.check.plaintime import mean_plain_times  # only on the way to an error

        found = list(flattened(error))
        mean_plain_times(found, tree, self.sources)
        if self.is_partial:
            found = [one for one in found if one.code != "unknown-name"]
        for one in found if self.broken else ():
            self._mean_broken(one)
        return together(found) if found else CausedByAnother()

    def _mean_broken(self, error: ExpressionError) -> None:
        """A name that nothing has may be a slip of one whose own step is wrong."""
        from probekit.nearest import meant  # only on the way to an error

        broken = [name for name, is_broken in self.broken.items() if is_broken]
        sure = meant(error.subject, [*self.values, *BUILTINS, *broken]) if error.subject else None
        if error.code == "unknown-name" and sure in broken:
            error.help, error.mends = f"did you mean `{sure}`?", ((error.place, sure),)


def check_parts(tree: Syntax, broken: Set[str], check: Callable[[Syntax], object]) -> NoReturn:
    """Raises what `check` says of the parts of `tree` that use none of the names `broken`.

    An ExpressionError, or CausedByAnother where nothing is wrong with them.
    """
    errors: list[ExpressionError] = []
    for part in _parts_without(tree, broken):
        try:
            check(part)
        except ExpressionError as error:
            errors.append(error)
    raise together(errors) if errors else CausedByAnother


def _parts_without(tree: Syntax, names: Set[str]) -> Iterator[Syntax]:
    """The largest parts that use none of `names`."""
    if not names & names_in(tree):
        yield tree
        return
    for part in children(tree):
        yield from _parts_without(part, names)


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
    if name.text in BUILTINS and name.text in block.used and name.text not in block.values:
        faults.warn(
            "hidden-name",
            f"from here on `{name.text}` is this value; before, it was the built-in",
            name.span,
            f"choose another name, as `its_{name.text}`",
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
    faults: Faults,
    block: Block,
    node: Node,
    type: Type,
    related: tuple[Span, str] | None = None,
    advise: Callable[[ExpressionError, str], None] | None = None,
) -> Stored:
    """What is stored in a place of `type`: an expression, or a struct's fields. Raises Fault.

    `related` is where the type was declared; `advise` gives the error of a value that does not
    fit, and of which this is the text, the help that holds there.
    """
    if isinstance(node, Mapping):
        return _struct(faults, block, node, type, related)
    scalar = faults.scalar(node)
    try:
        tree = faults.syntax(scalar)
    except Fault as fault:
        raise no_duration(faults, scalar, type) or fault from None
    found = typed(faults, scalar, tree, _knowing(block, type))
    if isinstance(type, IntType) and type.shown is Shown.DURATION:
        with faults.at(scalar, related=related):
            found = expressions.as_duration(found, Place(0, len(scalar.text)))
    with faults.at(scalar, related=related):
        try:
            check_fits(found, type, Place(0, len(scalar.text)), scalar.text)
        except ExpressionError as error:
            if advise is not None:
                advise(error, " ".join(scalar.text.split()))
            raise _of_hidden(block, scalar.text, error) from None
    return found


def _of_hidden(block: Block, name: str, error: ExpressionError) -> ExpressionError:
    """A value that does not fit, and has the name of a built-in that may have been meant."""
    if name in BUILTINS and name in block.places:
        error.message = f"`{name}` is what line {block.places[name].line} names: {error.message}"
        error.help = "give that another name, and the built-in is meant here"
    return error


def _knowing(block: Block, type: Type) -> Callable[[Syntax, list[ExpressionError]], Typed]:
    """Checks as `block` does; in a place for text or a `bool`, a name may be meant as one."""

    if not isinstance(type, CharType) and type is not BOOL:
        return block.check

    def check(tree: Syntax, doubts: list[ExpressionError]) -> Typed:
        try:
            return block.check(tree, doubts)
        except ExpressionError as error:
            from probekit.expr.unknown import mean_text, mean_truth

            mean = mean_truth if type is BOOL else mean_text
            raise mean(error, tree) from None

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
        for name, part in node:
            if " " not in name.text:  # else it is a field and its value without a `:`
                loosely(faults, block, part)
    elif isinstance(node, Scalar):
        with faults.collecting():
            expression(faults, block, node)
