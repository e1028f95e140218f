"""Map keys, values and records ↔ Python, by type: native byte order, C's layout."""

from __future__ import annotations

import struct

from probekit.expr.evaluate import Value as Names
from probekit.ir import Value
from probekit.types import CharType, IntType, StructType, Type

_CODES = {
    (1, False): "B",
    (2, False): "H",
    (4, False): "I",
    (8, False): "Q",
    (1, True): "b",
    (2, True): "h",
    (4, True): "i",
    (8, True): "q",
}


def struct_code(type: Type) -> str:
    """`type` in the `struct` module's words (to use after `=`), padding as `x`."""
    if isinstance(type, IntType):
        return _CODES[type.size, type.signed]
    if isinstance(type, CharType):
        return f"{type.size}s"
    code, end = "", 0
    for field in type.fields:
        code += f"{field.offset - end}x" if field.offset > end else ""
        code += struct_code(field.type)
        end = field.offset + field.type.size
    return code + (f"{type.size - end}x" if type.size > end else "")


def encode(value: Value, type: Type) -> bytes:
    """The bytes of `value`; padding is zero. Raises struct.error where it does not fit."""
    if isinstance(type, StructType):
        assert isinstance(value, dict)
        raw = bytearray(type.size)
        for field in type.fields:
            part = encode(value[field.name], field.type)
            raw[field.offset : field.offset + len(part)] = part
        return bytes(raw)
    return struct.pack("=" + struct_code(type), value)


def decode(raw: bytes, type: Type, offset: int = 0) -> Value:
    """The value whose bytes begin at `offset` of `raw`."""
    if isinstance(type, StructType):
        return {field.name: decode(raw, field.type, offset + field.offset) for field in type.fields}
    (value,) = struct.unpack_from("=" + struct_code(type), raw, offset)
    return text_of(value) if isinstance(value, bytes) else int(value)


def text_of(raw: bytes) -> bytes:
    """The text before the NUL."""
    return raw.partition(b"\0")[0]


def decode_per_cpu(raw: bytes, type: Type, cpus: int) -> Value:
    """The sum over all CPUs' values (each at a multiple of 8 bytes); of texts, the first."""
    stride = -(-type.size // 8) * 8
    values = [decode(raw, type, cpu * stride) for cpu in range(cpus)]
    total = values[0]
    for value in values[1:]:
        total = _sum(total, value)
    return total


def _sum(left: Value, right: Value) -> Value:
    if isinstance(left, int) and isinstance(right, int):
        return left + right
    if isinstance(left, dict) and isinstance(right, dict):
        return {name: _sum(part, right[name]) for name, part in left.items()}
    return left or right


def encode_per_cpu(value: Value, type: Type, cpus: int) -> bytes:
    """`value` on the first CPU and zeros on the others, so that their sum is `value`."""
    stride = -(-type.size // 8) * 8
    return encode(value, type).ljust(stride * cpus, b"\0")


def zero_of(type: Type) -> Value:
    """What an entry holds that nobody has written."""
    return decode(bytes(type.size), type)


def named(value: Value) -> Names:
    """A map's value as expressions in user space see it: text as `str`."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, dict):
        return {name: named(part) for name, part in value.items()}
    return value
