"""Keys that steps and schedules give: whether a map has any, and which it can have."""

from __future__ import annotations

from probekit.check.context import Faults
from probekit.check.values import Block, stored
from probekit.expr.builtins import BUILTINS, COMM_SIZE
from probekit.expr.typed import Literal
from probekit.frontend.yamlnodes import Node, Scalar, start_of
from probekit.ir import Map, Stored
from probekit.source import Span
from probekit.types import U32, CharType, StructType, Type


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
            f"add `key: {'0' if target.kind.indexed else sample(target.key)}`",
            declared(target),
        )
    return node


def sample(type: Type) -> str:
    """An expression that fits `type`, as an example; of a struct, what its field names say."""
    if isinstance(type, StructType):
        inner = ", ".join(
            f"{field.name}: {field.name if field.name in BUILTINS else '...'}"
            for field in type.fields[:4]
        )
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
