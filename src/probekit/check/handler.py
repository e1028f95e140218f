"""`programs`: the steps of handlers. Each verb is one row of the table at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from probekit.check.context import Faults
from probekit.check.maps import MapTable, find_map
from probekit.check.printing import check_print, check_printk
from probekit.check.values import Block, condition, declare, expression, key_of, stored
from probekit.expr.check import check_fits
from probekit.expr.syntax import Place
from probekit.expr.typed import (
    Literal,
    Local,
    Param,
    TextLiteral,
    Typed,
    type_of,
)
from probekit.ir import (
    Count,
    Delete,
    If,
    Let,
    Lookup,
    Map,
    Print,
    Printk,
    Site,
    Step,
    Stop,
    Update,
)
from probekit.source import Span
from probekit.spec import StepSpec
from probekit.types import IntType
from probekit.yamlnodes import Mapping, Scalar


@dataclass(slots=True)
class Handlers:
    """What the handlers of one probe share: its maps, and the numbers given out so far."""

    faults: Faults
    maps: MapTable
    prints: int = 0
    sites: list[Site] = field(default_factory=list)

    def site(self, verb: str, target: Map, span: Span) -> Site:
        """A new number for a step that can fail at run time."""
        site = Site(len(self.sites), verb, target.name, span)
        self.sites.append(site)
        return site


def check_steps(handlers: Handlers, block: Block, specs: tuple[StepSpec, ...]) -> tuple[Step, ...]:
    """The steps of one block, faults collected; later steps see the names of earlier ones."""
    steps: list[Step] = []
    for spec in specs:
        before = len(steps)
        with handlers.faults.collecting():
            steps.extend(_STEPS[spec.verb.text](handlers, block, spec))
        if len(steps) == before:
            _mark_broken(block, spec)
    return tuple(steps)


def _mark_broken(block: Block, spec: StepSpec) -> None:
    """What a faulty step would have named is known, but not what it is."""
    names = [spec.option("as")]
    if spec.verb.text == "let" and isinstance(spec.operand, Mapping):
        names = [name for name, _ in spec.operand]
    for name in names:
        if isinstance(name, Scalar) and name.text not in block.values:
            block.broken.add(name.text)


def _let(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    """A let of a literal gives the literal a name: it takes its width where it is used."""
    assert isinstance(spec.operand, Mapping)
    steps: list[Step] = []
    for name, node in spec.operand:
        declare(handlers.faults, block, name)
        value = expression(handlers.faults, block, node)
        if isinstance(value, Literal | TextLiteral | Param):
            block.values[name.text] = value
            continue
        type = type_of(value)
        assert type is not None
        block.values[name.text] = Local(name.text, type)
        steps.append(Let(name.span, name.text, value))
    return steps


def _target(handlers: Handlers, spec: StepSpec) -> Map:
    return find_map(handlers.faults, handlers.maps, spec.operand)


def _lookup(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    target = _target(handlers, spec)
    key = key_of(handlers.faults, block, target, spec.verb, spec.option("key"))
    default = spec.option("default")
    fallback = stored(handlers.faults, block, default, target.value) if default else None
    name = spec.option("as")
    assert isinstance(name, Scalar)
    declare(handlers.faults, block, name)
    block.values[name.text] = Local(name.text, target.value)
    return [Lookup(spec.verb.span, target, key, name.text, fallback)]


def _update(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    target = _target(handlers, spec)
    key = key_of(handlers.faults, block, target, spec.verb, spec.option("key"))
    node, mode = spec.option("value"), spec.option("mode")
    assert node is not None
    value = stored(handlers.faults, block, node, target.value)
    chosen = mode.text if isinstance(mode, Scalar) else "any"
    if target.kind.indexed and chosen == "create":
        raise handlers.faults.fault(
            "map-rule",
            f"`mode: create` never writes to a `{target.kind.name}` map: its entries always exist",
            mode.span if mode else spec.verb.span,
            "remove `mode:`",
            (target.span, "declared here"),
        )
    site = handlers.site("update", target, spec.verb.span)
    return [Update(spec.verb.span, target, key, value, chosen, site)]


def _delete(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    target = _target(handlers, spec)
    if target.kind.indexed:
        raise handlers.faults.fault(
            "map-rule",
            f"entries of a `{target.kind.name}` map always exist and cannot be deleted",
            spec.verb.span,
            "write 0 with `update:`, or use `type: hash`",
            (target.span, "declared here"),
        )
    key = key_of(handlers.faults, block, target, spec.verb, spec.option("key"))
    assert key is not None
    return [Delete(spec.verb.span, target, key)]


def _count(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    faults = handlers.faults
    target = _target(handlers, spec)
    if not isinstance(target.value, IntType) or target.value.size < 4:
        raise faults.fault(
            "map-rule",
            f"`count` adds to 32-bit and 64-bit integers, and `{target.name}` holds"
            f" `{target.value}`",
            spec.verb.span,
            "declare it with `value: u64`",
            (target.span, "declared here"),
        )
    key = key_of(faults, block, target, spec.verb, spec.option("key"))
    node = spec.option("by")
    by: Typed = Literal(1)
    if node is not None:
        by = expression(faults, block, node)
        scalar = faults.scalar(node)
        with faults.at(scalar):
            check_fits(by, target.value, Place(0, len(scalar.text)))
    site = handlers.site("count", target, spec.verb.span)
    return [Count(spec.verb.span, target, key, by, site)]


def _print(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    index = handlers.prints
    handlers.prints += 1
    step: Print = check_print(handlers.faults, block, spec.operand, spec.verb.span, index)
    return [step]


def _printk(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    step: Printk = check_printk(handlers.faults, block, spec.operand, spec.verb.span)
    return [step]


def _if(handlers: Handlers, block: Block, spec: StepSpec) -> list[Step]:
    test: Typed | None = None
    with handlers.faults.collecting():
        test = condition(handlers.faults, block, spec.operand)
    then = check_steps(handlers, block.inner(), spec.steps("then"))
    otherwise = check_steps(handlers, block.inner(), spec.steps("else"))
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
