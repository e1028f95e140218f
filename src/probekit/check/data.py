"""Types as they are written, and data: values that stand in the spec and are no expressions."""

from __future__ import annotations

from probekit.check.context import Faults
from probekit.duration import FORM, parse_duration
from probekit.ir import Value
from probekit.maps import LATER_MAP_KINDS
from probekit.names import is_identifier
from probekit.nearest import did_you_mean
from probekit.source import Span
from probekit.spec import start_of
from probekit.types import (
    INTEGERS,
    CharType,
    IntType,
    Shown,
    StructType,
    Type,
    is_later_type,
    scalar_type,
    struct_of,
)
from probekit.yamlnodes import Mapping, Node, Scalar, scalar_value

RESERVED_FIELDS = ("histogram", "enum")
MAX_FIELDS = 64


def check_type(faults: Faults, node: Node) -> Type:
    """The type written at `node`: a name, or a mapping of fields. Raises Fault."""
    if isinstance(node, Scalar):
        return _named_type(faults, node)
    if isinstance(node, Mapping):
        return _struct_type(faults, node)
    raise faults.fault("wrong-type", "a type is a name or a mapping of fields", start_of(node))


def _named_type(faults: Faults, node: Scalar) -> Type:
    found = scalar_type(node.text)
    if found is not None:
        return found
    if is_later_type(node.text):
        raise faults.fault(
            "not-yet", f"the type `{node.text}` is not in this version yet", node.span
        )
    if node.text.startswith("char"):
        help = "text is `char(N)`: at most N-1 bytes and a NUL, N from 2 to 4096"
    else:
        help = did_you_mean(
            node.text,
            [*INTEGERS, *LATER_MAP_KINDS, "char(16)"],
            "there are `u8` to `u64`, `s8` to `s64`, `bool`, `char(N)`, or a mapping of fields",
        )
    raise faults.fault("unknown-type", f"there is no type `{node.text}`", node.span, help)


def _struct_type(faults: Faults, node: Mapping) -> StructType:
    members: list[tuple[str, Type]] = []
    for name, type_node in node:
        if name.text in RESERVED_FIELDS:
            raise faults.fault(
                "not-yet", f"`{name.text}` types are not in this version yet", name.span
            )
        if not is_identifier(name.text):
            raise faults.fault(
                "bad-name",
                f"`{name.text}` cannot be a field's name",
                name.span,
                "a name starts with a letter or `_` and has letters, digits and `_`",
            )
        members.append((name.text, check_type(faults, type_node)))
    if len(members) > MAX_FIELDS:
        raise faults.fault("too-many", f"a struct of more than {MAX_FIELDS} fields", start_of(node))
    return struct_of(members)


def check_data(faults: Faults, node: Node, type: Type) -> Value:
    """The value written at `node`, which must be one of `type`. Raises Fault."""
    if isinstance(type, StructType):
        return _struct_data(faults, node, type)
    if not isinstance(node, Scalar):
        raise faults.fault("wrong-type", f"a `{type}` is asked for here", start_of(node))
    if isinstance(type, CharType):
        return _text_data(faults, node, type)
    return _integer_data(faults, node, type)


def _struct_data(faults: Faults, node: Node, type: StructType) -> Value:
    if not isinstance(node, Mapping):
        raise faults.fault(
            "wrong-type",
            f"a struct is asked for here: `{type}`",
            start_of(node),
            "write a mapping of field to value",
        )
    check_fields(faults, node, type)
    values: dict[str, Value] = {}
    for field in type.fields:
        value = node.get(field.name)
        assert value is not None
        values[field.name] = check_data(faults, value, field.type)
    return values


def check_fields(faults: Faults, node: Mapping, type: StructType) -> None:
    """All fields of a struct are given, and no others. Raises Fault."""
    known = [field.name for field in type.fields]
    for name, _ in node:
        if name.text not in known:
            raise faults.fault(
                "unknown-field",
                f"the struct has no field `{name.text}`",
                name.span,
                did_you_mean(name.text, known, "it has " + ", ".join(f"`{k}`" for k in known)),
            )
    missing = [name for name in known if node.get(name) is None]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        raise faults.fault(
            "missing-field", f"{names} is missing", start_of(node), "all fields are given, always"
        )


def _text_data(faults: Faults, node: Scalar, type: CharType) -> bytes:
    try:
        raw = node.text.encode()
    except UnicodeEncodeError:
        raise faults.fault("bad-text", "text with half of a character", node.span) from None
    if b"\0" in raw:
        raise faults.fault("bad-text", "text cannot hold a NUL byte", node.span)
    if len(raw) >= type.size:
        raise faults.fault(
            "value-range",
            f"this text has {len(raw)} bytes, and `{type}` holds at most {type.size - 1}",
            node.span,
        )
    return raw


def _integer_data(faults: Faults, node: Scalar, type: IntType) -> int:
    value = scalar_value(node)
    if type.shown is Shown.DURATION and isinstance(value, str):
        value = parse_duration(value)
        if value is None:
            raise faults.fault("bad-duration", f"`{node.text}` is not a duration", node.span, FORM)
    if isinstance(value, bool) and type.shown is not Shown.BOOL:
        value = None
    if not isinstance(value, int):
        raise faults.fault(
            "wrong-type",
            f"`{node.text}` is not a number, and a `{type}` is asked for",
            node.span,
            "this is data, not an expression: write the number itself",
        )
    check_range(faults, int(value), type, node.span)
    return int(value)


def check_range(faults: Faults, value: int, type: IntType, span: Span) -> None:
    """Raises Fault where `value` does not fit `type`."""
    if not type.low <= value <= type.high:
        raise faults.fault(
            "value-range",
            f"{value} does not fit into `{type}`, which holds {type.low} to {type.high}",
            span,
        )
