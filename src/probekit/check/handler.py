"""`programs`: the steps of handlers. Each verb is one row of the table at the end."""

from __future__ import annotations

from collections.abc import Callable

from probekit.check.context import CausedByAnother, Fault, Faults
from probekit.check.mapkey import check_deletable, declared, key_of
from probekit.check.maps import MapTable, find_map
from probekit.check.printing import check_print, check_printk
from probekit.check.stack import check_stack
from probekit.check.values import Block, condition, declare, expression, loosely, stored
from probekit.expr.typed import Literal, Local, Param, TextLiteral, Typed, type_of
from probekit.frontend.spec import Steps, StepSpec
from probekit.frontend.yamlnodes import Mapping, Node, Scalar, start_of
from probekit.ir import (
    Count,
    Delete,
    If,
    Let,
    Lookup,
    Map,
    Site,
    Step,
    Stop,
    Stored,
    StructValue,
    Update,
)
from probekit.source import Span
from probekit.types import POINTER, TIMESTAMP, IntType


class Handlers:
    """What the handlers of one probe share: its maps, and the numbers given out so far."""

    def __init__(self, faults: Faults, maps: MapTable) -> None:
        self.faults = faults
        self.maps = maps
        self.prints = 0
        self.sites: list[Site] = []

    def site(self, verb: str, target: Map, span: Span) -> Site:
        """A new number for a step that can fail at run time."""
        site = Site(len(self.sites), verb, target.name, span)
        self.sites.append(site)
        return site


def check_steps(handlers: Handlers, block: Block, specs: Steps) -> tuple[Step, ...]:
    """The steps of one block, faults collected; later steps see the names of earlier ones."""
    steps: list[Step] = []
    for spec in specs:
        if spec is None:
            block.is_partial = True
            continue
        with handlers.faults.collecting() as attempt:
            steps.extend(_STEPS[spec.verb.text](handlers, block, spec))
        name = spec.option("as")
        if attempt.failed and isinstance(name, Scalar) and name.text not in block.places:
            block.spoil(name.text)  # it would have been set here
    return tuple(steps)


def _let(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    assert isinstance(spec.operand, Mapping)
    steps: list[Step] = []
    with handlers.faults.together() as together:
        for name, node in spec.operand:
            with together.part():
                steps.extend(_let_one(handlers, block, name, node))
    return steps


def _let_one(handlers: Handlers, block: Block, name: Scalar, node: Node) -> list[Step]:
    """A let of a literal gives the literal a name: it takes its width where it is used."""
    declare(handlers.faults, block, name)
    try:
        value = expression(handlers.faults, block, node)
    except (Fault, CausedByAnother):
        block.spoil(name.text)
        raise
    if isinstance(value, Literal | TextLiteral | Param):
        block.set(name.text, value)
        return []
    type = type_of(value)
    assert type is not None
    block.set(name.text, Local(name.text, type))
    if isinstance(node, Scalar):
        block.sources[name.text] = node
    return [Let(name.span, name.text, value)]


def _target(handlers: Handlers, block: Block, spec: StepSpec) -> Map:
    """The step's map. Where it is wrong, the step's expressions are checked for themselves."""
    try:
        return find_map(handlers.faults, handlers.maps, spec.verb, spec.node)
    except (Fault, CausedByAnother):
        for option in ("key", "value", "by", "default"):
            loosely(handlers.faults, block, spec.option(option))
        raise


def _lookup(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    faults, target = handlers.faults, _target(handlers, block, spec)
    name, default = spec.option("as"), spec.option("default")
    assert isinstance(name, Scalar)
    key: Stored | None = None
    fallback: Stored | None = None
    with faults.together() as together:
        with together.part():
            key = key_of(faults, block, target, spec.verb, spec.node)
        with together.part():
            if default is not None:
                _check_not_null(faults, block, default)
                fallback = stored(faults, block, default, target.value, declared(target))
        with together.part():
            declare(faults, block, name)
            block.set(name.text, Local(name.text, target.value))
            block.sources[name.text] = target
    return [Lookup(spec.verb.span, target, key, name.text, fallback)]


def _check_not_null(faults: Faults, block: Block, default: Node) -> None:
    """`default: none` may mean that there is to be none. Raises Fault."""
    text = default.text if isinstance(default, Scalar) else ""
    if text not in ("none", "None", "nil", "NULL", "nullptr") or block.knows(text):
        return
    help = "for no default remove `default:`: the handler then ends where there is no entry;"
    help += " else write a value, as `0` or `''`"
    raise faults.fault("unknown-name", f"nothing is named `{text}`", start_of(default), help)


def _update(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    faults, target = handlers.faults, _target(handlers, block, spec)
    node = spec.option("value")
    assert node is not None
    key: Stored | None = None
    with faults.together() as together:
        with together.part():
            key = key_of(faults, block, target, spec.verb, spec.node)
        with together.part():
            value = stored(faults, block, node, target.value, declared(target))
        with together.part():
            mode = _mode(faults, target, spec.option("mode"))
        with together.part():
            check_stack(faults, target, start_of(node))
    site = handlers.site("update", target, spec.verb.span)
    return [Update(spec.verb.span, target, key, value, mode, site)]


def _mode(faults: Faults, target: Map, node: Node | None) -> str:
    mode = node.text if isinstance(node, Scalar) else "any"
    if target.kind.indexed and mode == "create" and node is not None:
        raise faults.fault(
            "map-rule",
            f"`mode: create` never writes to `{target.kind.name}` maps: their entries always exist",
            node.span,
            "remove `mode:`",
            (target.span, "declared here"),
        )
    return mode


def _delete(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    faults, target = handlers.faults, _target(handlers, block, spec)
    key: Stored | None = None
    with faults.together() as together:
        with together.part():
            help = "write 0 with `update:`, or use `type: hash`"
            check_deletable(faults, target, spec.verb, help)
        with together.part():
            key = key_of(faults, block, target, spec.verb, spec.node)
    assert key is not None
    return [Delete(spec.verb.span, target, key)]


def _count(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    faults, target = handlers.faults, _target(handlers, block, spec)
    key: Stored | None = None
    with faults.together() as together:
        with together.part():
            key = key_of(faults, block, target, spec.verb, spec.node)
        with together.part():
            _check_countable(faults, target, spec.verb, spec.operand)
            by = _added(faults, block, target, spec.option("by"))
        with together.part():
            check_stack(faults, target, start_of(spec.option("key") or spec.operand))
    site = handlers.site("count", target, spec.verb.span)
    return [Count(spec.verb.span, target, key, by, site)]


def _check_countable(faults: Faults, target: Map, verb: Scalar, operand: Node) -> None:
    """An atomic add is for 32 and 64 bits (Documentation/bpf/standardization). Raises Fault."""
    if target.value in (TIMESTAMP, POINTER):
        faults.warn(
            "doubtful-count",
            f"`count` adds to a number, and `{target.name}` holds a `{target.value}`",
            start_of(operand),
            f"write `update: {target.name}` with a `value:`, or declare it with `value: u64`",
            declared(target),
        )
    if not isinstance(target.value, IntType) or target.value.size < 4:
        raise faults.fault(
            "map-rule",
            f"`count` adds to 32-bit and 64-bit integers; `{target.name}` holds `{target.value}`",
            verb.span,
            "declare it with `value: u64`",
            (target.span, "declared here"),
        )


def _added(faults: Faults, block: Block, target: Map, node: Node | None) -> Typed:
    if node is None:
        return Literal(1)
    by = stored(faults, block, node, target.value, declared(target))
    assert not isinstance(by, StructValue)
    return by


def _print(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    index = handlers.prints
    handlers.prints += 1
    return [check_print(handlers.faults, block, spec.operand, spec.verb.span, index)]


def _printk(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    return [check_printk(handlers.faults, block, spec.operand, spec.verb.span)]


def _if(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    test: Typed | None = None
    with handlers.faults.collecting():
        test = condition(handlers.faults, block, spec.operand)
    then = check_steps(handlers, block.inner(), spec.then)
    otherwise = check_steps(handlers, block.inner(), spec.otherwise)
    return [If(spec.verb.span, test, then, otherwise)] if test is not None else []


def _stop(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    return [Stop(spec.verb.span)]


_STEPS: dict[str, Callable[[Handlers, Block, StepSpec], list[Step]]] = {
    "let": _let,
    "lookup": _lookup,
    "update": _update,
    "delete": _delete,
    "count": _count,
    "print": _print,
    "printk": _printk,
    "if": _if,
    "stop": _stop,
}
