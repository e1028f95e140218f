"""Typed tree → C. Integers are C expressions of their own type; text is stored or compared."""

from __future__ import annotations

from probekit.codegen import literals, names
from probekit.codegen.ccode import CCode, c, joined
from probekit.expr.typed import (
    AllOrAny,
    Arithmetic,
    Builtin,
    Cast,
    Comparison,
    EventField,
    Function,
    Literal,
    Local,
    MemberOf,
    Not,
    Param,
    Select,
    TextLiteral,
    Typed,
    is_text,
    type_of,
    value_range,
)
from probekit.types import S64, CharType, IntType, Shown

_BUILTINS = {
    "pid": CCode("pk_pid()"),
    "tid": CCode("pk_tid()"),
    "uid": CCode("pk_uid()"),
    "gid": CCode("pk_gid()"),
    "cpu": CCode("((u32)bpf_get_smp_processor_id())"),
    "now": CCode("pk_time"),  # read once: the sides of a difference have no order in C
}
_OPERATORS = {o: CCode(o) for o in ("+", "-", "*", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=")}


def c_type(type: IntType) -> CCode:
    """The C type that holds `type`."""
    return CCode(f"{'s' if type.signed else 'u'}{type.bits:d}")


def integer(node: Typed) -> CCode:
    """A C expression of the node's own type (a literal's is u64, or s64 where negative)."""
    match node:
        case Literal(value=value):
            return literals.unsigned(value) if value >= 0 else literals.signed(value)
        case Local() | MemberOf():
            return _place(node)
        case EventField(type=IntType() as type, offset=offset):
            return _event_integer(type, offset)
        case Param(type=IntType() as type, value=int() as value):
            return _constant(value, type)
        case Builtin(name=name):
            return _BUILTINS[name]
        case Cast():
            return _cast(node)
        case Arithmetic():
            return _arithmetic(node)
        case Function():
            return _function(node)
        case Comparison():
            return _text_comparison(node) if is_text(node.left) else _comparison(node)
        case AllOrAny(operator=operator, operands=operands):
            parts = [c("({} != 0)", integer(operand)) for operand in operands]
            both = joined(" && ", parts) if operator == "and" else joined(" || ", parts)
            return c("({})", both)
        case Not(operand=operand):
            return c("({} == 0)", integer(operand))
        case Select(condition=condition, then=then, otherwise=otherwise, type=type):
            assert isinstance(type, IntType)
            return c(
                "({} ? {} : {})",
                integer(condition),
                wide(then, type.signed),
                wide(otherwise, type.signed),
            )
    raise TypeError(f"not an integer: {node}")


def wide(node: Typed, is_signed: bool) -> CCode:
    """The value in 64 bits, as u64 or s64."""
    if isinstance(node, Literal):
        return literals.signed(node.value) if is_signed else literals.unsigned(node.value)
    return c("((s64){})", integer(node)) if is_signed else c("((u64){})", integer(node))


def _event_integer(type: IntType, offset: int) -> CCode:
    return c("PK_FIELD({}, u{}, {})", c_type(type), type.bits, offset)


def _constant(value: int, type: IntType) -> CCode:
    return c("(({}){})", c_type(type), literals.unsigned(value))


def _place(node: Local | MemberOf) -> CCode:
    """An lvalue."""
    match node:
        case Local(name=name):
            return names.value_name(name)
        case MemberOf(of=of, name=name):
            return c("{}.{}", _place(of), names.field_name(name))
    raise TypeError(f"not a place: {node}")


def _cast(node: Cast) -> CCode:
    if node.type.shown is Shown.BOOL:
        return c("((u8)({} != 0))", integer(node.operand))
    return c("(({}){})", c_type(node.type), integer(node.operand))


def _arithmetic(node: Arithmetic) -> CCode:
    """In u64, where it wraps by the language's rules, then seen as signed where it is."""
    is_signed = node.type.signed
    left = wide(node.left, is_signed)
    match node.operator:
        case "/" | "%":
            return _division(node, left, wide(node.right, is_signed))
        case "<<":
            result = c("((u64){} << ({} & 63))", left, _shift_count(node.right))
        case ">>":
            return c("({} >> ({} & 63))", left, _shift_count(node.right))
        case operator:
            right = wide(node.right, is_signed)
            result = c("((u64){} {} (u64){})", left, _OPERATORS[operator], right)
    return c("((s64){})", result) if is_signed else result


def _shift_count(node: Typed) -> CCode:
    """Of its own sign: a count that only a u64 holds shifts signed values, too."""
    type = type_of(node)
    is_signed = isinstance(type, IntType) and type.signed
    return c("(u64){}", wide(node, is_signed))


def _division(node: Arithmetic, left: CCode, right: CCode) -> CCode:
    """Truncates toward zero; by zero it gives 0, which is counted."""
    if not node.type.signed and isinstance(node.right, Literal) and node.right.value != 0:
        return c("({} / {})" if node.operator == "/" else "({} % {})", left, right)
    kind = c("s64") if node.type.signed else c("u64")
    verb = c("divide") if node.operator == "/" else c("modulo")
    return c("pk_{}_{}({}, {}, zero_divisions)", verb, kind, left, right)


def _function(node: Function) -> CCode:
    operands = [wide(operand, node.of.signed) for operand in node.operands]
    if node.name == "abs":
        return c("pk_abs({})", operands[0]) if node.of.signed else operands[0]
    kind = c("s64") if node.of.signed else c("u64")
    name = c("min") if node.name == "min" else c("max")
    return c("pk_{}_{}({}, {})", name, kind, operands[0], operands[1])


def _is_unsigned(node: Typed) -> bool:
    if isinstance(node, Literal):
        return node.value >= 0
    type = type_of(node)
    return isinstance(type, IntType) and not type.signed


def _comparison(node: Comparison) -> CCode:
    """By value: a negative number is less than every unsigned one."""
    left, right = node.left, node.right
    operator = _OPERATORS[node.operator]
    if _is_unsigned(left) and _is_unsigned(right):
        return c("({} {} {})", wide(left, False), operator, wide(right, False))
    if value_range(left).within(S64) and value_range(right).within(S64):
        return c("({} {} {})", wide(left, True), operator, wide(right, True))
    if _is_unsigned(left):
        return c("(pk_compare({}, {}) {} 0)", wide(left, False), wide(right, True), operator)
    return c("(0 {} pk_compare({}, {}))", operator, wide(right, False), wide(left, True))


def _text_comparison(node: Comparison) -> CCode:
    equal = _text_equal(node.left, node.right)
    return equal if node.operator == "==" else c("({} == 0)", equal)


def _text_equal(left: Typed, right: Typed) -> CCode:
    left_bytes, right_bytes = known_text(left), known_text(right)
    if left_bytes is not None and right_bytes is not None:
        return c("{}", int(left_bytes == right_bytes))
    if left_bytes is not None:
        return _text_equal(right, left)
    setup, pointer = _text_pointer(left, c("left"))
    if right_bytes is not None:
        return c("({{ {}{}; }})", setup, _bytes_equal(pointer, right_bytes, _text_size(left)))
    other_setup, other = _text_pointer(right, c("right"))
    same = c("pk_text_equal({}, {}, {}, {})", pointer, _text_size(left), other, _text_size(right))
    return c("({{ {}{}{}; }})", setup, other_setup, same)


def known_text(node: Typed) -> bytes | None:
    """The bytes of text that is known before the probe runs, None for other text."""
    if isinstance(node, TextLiteral):
        return node.value
    if isinstance(node, Param) and isinstance(node.value, bytes):
        return node.value
    return None


def _bytes_equal(pointer: CCode, text: bytes, size: int) -> CCode:
    """Byte by byte up to the NUL, which is not there where the text fills all of `size`."""
    if len(text) > size:
        return c("0")
    wanted = (text + b"\0")[:size]
    parts = [c("({})[{}] == {}", pointer, i, literals.byte(b)) for i, b in enumerate(wanted)]
    return c("({})", joined(" && ", parts))


def _text_size(node: Typed) -> int:
    type = type_of(node)
    assert isinstance(type, CharType)
    return type.size


def _text_pointer(node: Typed, name: CCode) -> tuple[CCode, CCode]:
    """Statements that make the text addressable, and the pointer to it."""
    if isinstance(node, Local | MemberOf):
        return c(""), _place(node)
    size = _text_size(node)
    buffer = c("pk_{}", name)
    if isinstance(node, EventField):
        return load_event_text(buffer, node), c("((char *){})", buffer)
    return c("char {}[{}]; {} ", buffer, size, store_text(buffer, size, node)), buffer


def load_event_text(buffer: CCode, node: EventField) -> CCode:
    """Statements that declare `buffer`, of u64s, and fill it with the field's bytes.

    In the largest pieces that the field's place in the record allows.
    """
    size = _text_size(node)
    statements = [c("u64 {}[{}];", buffer, (size + 7) // 8)]
    done = 0
    while done < size:
        width = _widest_load(node.offset + done, done, size - done)
        load = c("PK_FIELD(u{}, u{}, {})", 8 * width, 8 * width, node.offset + done)
        statements.append(c("*(u{} *)((char *){} + {}) = {};", 8 * width, buffer, done, load))
        done += width
    return joined(" ", statements)


def _widest_load(source: int, target: int, rest: int) -> int:
    """How many bytes one load may take: aligned on both sides, and no more than `rest`."""
    return next(w for w in (8, 4, 2, 1) if not source % w and not target % w and w <= rest)


def store_text(target: CCode, size: int, node: Typed) -> CCode:
    """Statements that write the text into the `size` bytes at `target`, NULs after it."""
    known = known_text(node)
    if known is not None:
        stores = [c("({})[{}] = {};", target, i, literals.byte(b)) for i, b in enumerate(known)]
        return joined(" ", [c("pk_zero({}, {});", target, size), *stores])
    match node:
        case Builtin(name="comm"):
            # Linux 6.1 writes nothing after the NUL: what was there would make equal keys differ.
            call = c("bpf_get_current_comm({}, {});", target, size)
            return c("pk_zero({}, {}); {}", target, size, call)
        case Select(condition=condition, then=then, otherwise=otherwise):
            return c(
                "if ({}) {{ {} }} else {{ {} }}",
                integer(condition),
                store_text(target, size, then),
                store_text(target, size, otherwise),
            )
        case Local() | MemberOf():
            return c("pk_copy_text({}, {}, {}, {});", target, size, _place(node), _text_size(node))
        case EventField():
            copy = c("pk_copy_text({}, {}, (char *)pk_text, {});", target, size, _text_size(node))
            return c("{{ {} {} }}", load_event_text(c("pk_text"), node), copy)
    raise TypeError(f"not text: {node}")


def struct_place(node: Local | MemberOf) -> CCode:
    """The lvalue of a whole struct."""
    return _place(node)
