"""Keys that steps and schedules give: whether a map has any, and which it can have."""

from __future__ import annotations

from collections.abc import Callable

from probekit.check.context import Faults
from probekit.check.values import Block, stored
from probekit.expr.builtins import BUILTINS, COMM_SIZE
from probekit.expr.syntax import ExpressionError
from probekit.expr.typed import Literal
from probekit.frontend.yamlnodes import Mapping, Node, Scalar
from probekit.ir import Map, Stored
from probekit.maps import ANY_SIZE
from probekit.source import Span
from probekit.types import U32, CharType, Field, StructType, Type


def key_node(
    faults: Faults, target: Map, verb: Scalar, given: Mapping, sample: Callable[[Type], str]
) -> Node | None:
    """The key that `verb` on `target` is `given`. Raises Fault if it lacks one, or can have none.

    `sample` gives an expression of a type, as an example.
    """
    key = given.key("key")
    if target.key is None and key is not None:
        raise faults.fault(
            "map-rule",
            f"`{target.name}` is a map of one value and has no keys",
            key.span,
            "remove `key:`",
            declared(target),
        )
    if target.key is not None and key is None:
        raise faults.fault(
            "missing-key",
            f"`key` is missing: `{target.name}` has keys of type `{target.key}`",
            verb.span,
            f"add `key: {'0' if target.kind.indexed else sample(target.key)}`",
            declared(target),
        )
    return given.get("key")


def sample_in_handler(type: Type) -> str:
    """An expression that fits `type`, as an example; of a struct, what its field names say."""
    if isinstance(type, StructType):
        return _fields(type, lambda field: field.name if field.name in BUILTINS else "...")
    if isinstance(type, CharType):
        return "comm" if type.size >= COMM_SIZE else _TEXT
    return "pid" if U32.high <= type.high else "0"


def sample_in_schedule(type: Type) -> str:
    """The same where only constants, params and `tick` are known."""
    if isinstance(type, StructType):
        return _fields(type, lambda field: sample_in_schedule(field.type))
    return _TEXT if isinstance(type, CharType) else "0"


_TEXT = "\"'text'\""


def _fields(type: StructType, sample: Callable[[Field], str]) -> str:
    inner = ", ".join(f"{field.name}: {sample(field)}" for field in type.fields[:4])
    return "{" + inner + (", ..." if len(type.fields) > 4 else "") + "}"


def key_of(
    faults: Faults, block: Block, target: Map, verb: Scalar, given: Mapping
) -> Stored | None:
    """The key of a step on `target`, None where it has none. Raises Fault."""
    node = key_node(faults, target, verb, given, sample_in_handler)
    if node is None or target.key is None:
        return None
    advise = _index_advice(target) if target.kind.indexed else None
    found = stored(faults, block, node, target.key, declared(target), advise)
    if isinstance(found, Literal):
        check_index(faults, target, found.value, node)
    return found


def _index_advice(target: Map) -> Callable[[ExpressionError, str], None]:
    """What to do about an index that does not fit: its type is no other than `u32`, ever."""

    def advise(error: ExpressionError, text: str) -> None:
        if error.code == "does-not-fit":
            error.help = f"cut it on purpose with `u32({text})`"
        elif not error.mends:
            error.help = index_form(target)

    return advise


def index_form(target: Map) -> str:
    """Which indexes an array has, as a help."""
    if target.max_entries == ANY_SIZE:
        return "an index is a whole number from 0 on"
    last = target.max_entries - 1
    return f"an index is a number from 0 to {last}" if last else "the only index is 0"


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
        faults.scalar(node).inside,
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
