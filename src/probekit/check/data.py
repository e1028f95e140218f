"""Types as they are written, and data: values that stand in the spec and are no expressions."""

from __future__ import annotations

from collections.abc import Collection

from probekit.check.context import Fault, Faults
from probekit.codegen.names import is_identifier
from probekit.diagnostics import Edit
from probekit.duration import FORM, duration_help, meant_duration, parse_duration
from probekit.expr.syntax import Place
from probekit.frontend.yamlnodes import Mapping, Node, Scalar, scalar_value, start_of
from probekit.ir import Value
from probekit.nearest import listed, offered
from probekit.source import Span
from probekit.types import (
    CharType,
    Field,
    IntType,
    Shown,
    StructType,
    Type,
    scalar_type,
    struct_of,
)

RESERVED_FIELDS = ("histogram", "enum")
MAX_FIELDS = 64


def check_type(faults: Faults, node: Node, value: Scalar | None = None) -> Type:
    """The type written at `node`: a name, or a mapping of fields. Raises Fault.

    `value` is one that it has to hold, for a help that says of which size.
    """
    if isinstance(node, Scalar):
        return _named_type(faults, node, value)
    if isinstance(node, Mapping):
        return _struct_type(faults, node)
    help = "write one such as `u64`, or `{pid: u32, comm: char(16)}`"
    what = "a type is a name or a mapping of fields"
    raise faults.fault("wrong-type", what, start_of(node), help)


def _named_type(faults: Faults, node: Scalar, value: Scalar | None) -> Type:
    found = scalar_type(node.text)
    if found is not None:
        return found
    from probekit.check.unknowntype import unknown_type  # only on the way to an error

    raise unknown_type(faults, node, value)


def _struct_type(faults: Faults, node: Mapping) -> StructType:
    if not node.items:
        raise faults.fault("empty-value", "a struct without fields", node.span, "add a field")
    if len(node.items) > MAX_FIELDS:
        what = f"a struct of more than {MAX_FIELDS} fields"
        raise faults.fault("too-many", what, start_of(node), "use several maps")
    members: list[tuple[str, Type]] = []
    with faults.together() as together:
        for name, type_node in node:
            with together.part():
                _check_field_name(faults, name)
                members.append((name.text, check_type(faults, type_node)))
    return struct_of(members)


def _check_field_name(faults: Faults, name: Scalar) -> None:
    if name.text in RESERVED_FIELDS:
        what = f"`{name.text}` types are not in this version yet"
        raise faults.fault("not-yet", what, name.span)
    if not is_identifier(name.text):
        raise faults.fault(
            "bad-name",
            f"`{name.text}` cannot be a field's name",
            name.span,
            "a name starts with a letter or `_` and has letters, digits and `_`",
        )


def check_data(faults: Faults, node: Node, type: Type) -> Value:
    """The value written at `node`, which must be one of `type`. Raises Fault."""
    if isinstance(type, StructType):
        return _struct_data(faults, node, type)
    if not isinstance(node, Scalar):
        help = "write one value, not a mapping or a list"
        raise faults.fault("wrong-type", f"a `{type}` is asked for here", start_of(node), help)
    if scalar_value(node) is None:
        help = "give it one; empty text is written `''`"
        raise faults.fault("null-value", "a value is missing here", node.span, help)
    if isinstance(type, CharType):
        return _text_data(faults, node, type)
    return _integer_data(faults, node, type)


def _struct_data(faults: Faults, node: Node, type: StructType) -> Value:
    if not isinstance(node, Mapping):
        raise struct_wanted(faults, node, type, "value")
    values: dict[str, Value] = {}
    with faults.together() as together:
        for field, part in struct_fields(faults, node, type)[1]:
            with together.part():
                values[field.name] = check_data(faults, part, field.type)
    return values


def struct_wanted(faults: Faults, node: Node, type: StructType, of: str) -> Exception:
    """A struct was asked for, and is not given field by field."""
    return faults.fault(
        "wrong-type",
        f"a struct is asked for here: `{type}`",
        start_of(node),
        f"write a mapping of field to {of}",
    )


def struct_fields(
    faults: Faults, node: Mapping, type: Type
) -> tuple[StructType, list[tuple[Field, Node]]]:
    """`type` as the struct it must be, and what is given for each of its fields, in its order.

    Raises Fault where it is no struct, or where not exactly its fields are given.
    """
    if not isinstance(type, StructType):
        raise faults.fault(
            "wrong-type",
            f"fields are given, and a `{type}` is asked for",
            start_of(node),
            "write one value; in YAML's own `{ }` an expression with brackets needs quotes",
        )
    known = [field.name for field in type.fields]
    given = {name.text: value for name, value in node}
    with faults.together() as together:
        for name, _ in node:
            with together.part():
                _check_field_known(faults, name, known, given.keys())
    missing = [name for name in known if name not in given]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        what = f"{names} {'is' if len(missing) == 1 else 'are'} missing"
        raise faults.fault("missing-field", what, start_of(node), "all fields are given, always")
    return type, [(field, given[field.name]) for field in type.fields]


def _check_field_known(
    faults: Faults, name: Scalar, known: list[str], given: Collection[str]
) -> None:
    """Raises Fault for a name that is no field: it can be a slip of one that is not given."""
    if name.text in known:
        return
    from probekit.check.edits import renaming  # only on the way to an error

    free = [field for field in known if field not in given]
    otherwise = f"it has {listed(known)}" + ("" if free else f": remove `{name.text}`")
    help, sure = offered(name.text, free, (), otherwise)
    first, _, rest = name.text.partition(" ")
    if first in free and rest and name.plain:
        sure = f"{first}: {rest.strip()}"
        help = f"write a `:` after it: `{sure}`"
        edits = (Edit(name.span, sure),) if name.raw == name.text else ()
        raise faults.fault(
            "unknown-field", f"`{first}` has no `:` behind it", name.span, help, edits=edits
        )
    what = f"the struct has no field `{name.text}`"
    raise faults.fault("unknown-field", what, name.span, help, edits=renaming(name, sure))


def _text_data(faults: Faults, node: Scalar, type: CharType) -> bytes:
    try:
        raw = node.text.encode()
    except UnicodeEncodeError:
        help = "remove the half `\\ud800` to `\\udfff`"
        what = "text with half of a character"
        raise faults.fault("bad-text", what, node.span, help) from None
    if b"\0" in raw:
        help = "remove it: text ends at its first NUL"
        raise faults.fault("bad-text", "text cannot hold a NUL byte", node.span, help)
    if len(raw) >= type.size:
        raise faults.fault(
            "value-range",
            f"this text has {len(raw)} bytes, and `{type}` holds at most {type.size - 1}",
            node.span,
            "shorten it, or declare a longer type",
        )
    return raw


def _integer_data(faults: Faults, node: Scalar, type: IntType) -> int:
    value = scalar_value(node)
    if type.shown is Shown.DURATION and isinstance(value, str):
        value = parse_duration(value)
        if value is None:
            raise not_a_duration(faults, node)
    elif type.shown is Shown.DURATION and value != 0:
        message = f"the duration `{node.text}` has no unit"
        raise faults.fault("bad-duration", message, node.span, FORM)
    if isinstance(value, bool) and type.shown is not Shown.BOOL:
        value = None
    if not isinstance(value, int):
        raise _not_a_number(faults, node, type)
    check_range(faults, int(value), type, node.span)
    return int(value)


def _not_a_number(faults: Faults, node: Scalar, type: IntType) -> Fault:
    what = f"`{node.text}` is not a number, and a `{type}` is asked for"
    if type.shown is Shown.BOOL:
        return _not_a_bool(faults, node)
    from probekit.frontend.schemahelp import for_number  # only on the way to an error

    fix = for_number(node)
    if fix is not None and (not fix.edits or type.low <= int(fix.edits[0].text) <= type.high):
        return faults.fault("wrong-type", what, node.span, fix.help, edits=fix.edits)
    help = "this is data, not an expression: write the number itself, without quotes"
    return faults.fault("wrong-type", what, node.span, help)


def no_duration(faults: Faults, node: Scalar, type: Type) -> Fault | None:
    """The fault of `1s` in the place of a number: not even in quotes it would be one.

    In the place of a duration it has YAML's quotes at most, and needs those of an expression.
    """
    if isinstance(type, IntType) and type.shown is Shown.DURATION:
        return _without_quotes(faults, node)
    if not isinstance(type, IntType) or parse_duration(node.text) is None:
        return None
    what = f"`{node.text.strip()}` is a duration, and a `{type}` is asked for"
    return faults.fault("wrong-type", what, node.inside, "write a number without a unit")


def _without_quotes(faults: Faults, node: Scalar) -> Fault | None:
    text = node.text.strip()
    meant = text if parse_duration(text) is not None else meant_duration(text)
    if meant is None:
        return None
    written = f"\"'{meant}'\""
    is_one_line = node.span.line == node.span.end_line
    edits = (Edit(node.span, written),) if is_one_line else ()
    what = f"`{text}` is an expression here, and a duration in it has quotes of its own"
    return faults.fault("bad-duration", what, node.inside, f"write `{written}`", edits=edits)


def _not_a_bool(faults: Faults, node: Scalar) -> Fault:
    from probekit.check.edits import renaming  # only on the way to an error

    words = {"true": "yes y on t true", "false": "no n off f false"}
    text = node.text.strip().lower()
    sure = next((word for word, others in words.items() if text in others.split()), None)
    help = f"write `{sure}`" if sure else "write `true` or `false`"
    what = f"`{node.text}` is neither `true` nor `false`, and a `bool` is asked for"
    edits = renaming(node, sure) if node.plain else ()
    return faults.fault("wrong-type", what, node.span, help, edits=edits)


def not_a_duration(faults: Faults, node: Scalar) -> Fault:
    """The fault of a text that stands where a duration does."""
    from probekit.check.edits import edits_of  # only on the way to an error

    text = node.text.strip()
    before = len(node.text) - len(node.text.lstrip())
    inner = text.strip("'\"")
    is_quoted = inner != text and parse_duration(inner) is not None
    meant = inner if is_quoted else meant_duration(text)
    mends = ((Place(before, before + len(text)), meant),) if meant else ()
    help = f"this is data, not an expression: write `{inner}`" if is_quoted else duration_help(text)
    what, edits = f"`{text}` is not a duration", edits_of(node, mends)
    return faults.fault("bad-duration", what, node.inside, help, edits=edits)


def check_range(faults: Faults, value: int, type: IntType, span: Span) -> None:
    """Raises Fault where `value` does not fit `type`."""
    if not type.low <= value <= type.high:
        raise faults.fault(
            "value-range",
            f"{value} does not fit into `{type}`, which holds {type.low} to {type.high}",
            span,
            "write a number in that range, or declare a wider type",
        )
