"""The types of values: integers, text and structs, with the layout that C gives them."""

from __future__ import annotations

import re
from enum import Enum
from typing import TypeAlias

from probekit.record import Record


class Shown(Enum):
    """How an integer is shown to people."""

    NUMBER = "number"
    BOOL = "bool"
    DURATION = "duration"
    TIMESTAMP = "timestamp"
    POINTER = "pointer"


class IntType(Record):
    """An integer of `bits` 8, 16, 32 or 64. A bool is one that holds only 0 and 1."""

    name: str
    bits: int
    signed: bool
    shown: Shown = Shown.NUMBER

    @property
    def size(self) -> int:
        """In bytes; also its alignment."""
        return self.bits // 8

    @property
    def alignment(self) -> int:
        return self.size

    @property
    def low(self) -> int:
        """The smallest value it holds."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """The largest value it holds."""
        if self.shown is Shown.BOOL:
            return 1
        return (1 << (self.bits - int(self.signed))) - 1

    def __str__(self) -> str:
        return self.name


class CharType(Record):
    """Text of at most `size` - 1 bytes; the bytes after it are NUL."""

    size: int

    @property
    def alignment(self) -> int:
        return 1

    def __str__(self) -> str:
        return f"char({self.size})"


class Field(Record):
    """A struct's field at its byte offset."""

    name: str
    type: Type
    offset: int


class StructType(Record):
    """Fields in order, laid out as C does; `size` includes the padding at the end."""

    fields: tuple[Field, ...]
    size: int
    alignment: int

    def field(self, name: str) -> Field | None:
        """The field called `name`, None where there is none."""
        return next((field for field in self.fields if field.name == name), None)

    def __str__(self) -> str:
        return "{" + ", ".join(f"{field.name}: {field.type}" for field in self.fields) + "}"


Type: TypeAlias = IntType | CharType | StructType


def struct_of(members: list[tuple[str, Type]]) -> StructType:
    """Lays `members` out: each at a multiple of its alignment, the whole padded to its own."""
    fields = []
    offset, alignment = 0, 1
    for name, member in members:
        offset = _round_up(offset, member.alignment)
        fields.append(Field(name, member, offset))
        offset += member.size
        alignment = max(alignment, member.alignment)
    return StructType(tuple(fields), _round_up(offset, alignment), alignment)


def _round_up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple


U8, U16, U32, U64 = (IntType(f"u{bits}", bits, False) for bits in (8, 16, 32, 64))
S8, S16, S32, S64 = (IntType(f"s{bits}", bits, True) for bits in (8, 16, 32, 64))
BOOL = IntType("bool", 8, False, Shown.BOOL)
DURATION = IntType("duration", 64, False, Shown.DURATION)
TIMESTAMP = IntType("timestamp", 64, False, Shown.TIMESTAMP)
POINTER = IntType("ptr", 64, False, Shown.POINTER)

PLAIN_INTEGERS = {t.name: t for t in (U8, U16, U32, U64, S8, S16, S32, S64, BOOL)}
INTEGERS = PLAIN_INTEGERS | {t.name: t for t in (DURATION, TIMESTAMP, POINTER)}

# One line each, for those that are more than a number.
MEANINGS = {
    "bool": "0 or 1, shown as `false` or `true`",
    "duration": "a `u64` of nanoseconds, written and shown as `250us` or `1.5s`",
    "timestamp": "a `u64` of nanoseconds, CLOCK_MONOTONIC, as `now` gives; shown as local time",
    "ptr": "a `u64`: an address, of the traced process or of the kernel, shown in hexadecimal",
}

# What the format has beyond this version's types.
LATER_TYPES = frozenset(
    "size ipv4 port ipv6 mac ip errno signal syscall uid gid ifindex device pci_vendor"
    " pci_device cgroup ksym kstack ustack counter stats".split()
)
# Compiled where first needed: many specs need neither.
_CHAR = r"char\(\s*([0-9]{1,6})\s*\)"
_LATER = r"(bytes|[us](8|16|32|64)|bool)[(\[]\s*[0-9]+\s*[)\]]"
MAX_CHAR = 4096


def scalar_type(text: str) -> Type | None:
    """The type that `text` names, None where it names none of this version's."""
    if text in INTEGERS:
        return INTEGERS[text]
    match = re.fullmatch(_CHAR, text, re.ASCII)
    if match and 2 <= int(match.group(1)) <= MAX_CHAR:
        return CharType(int(match.group(1)))
    return None


def is_later_type(text: str) -> bool:
    """Whether the format has the type `text` and this version does not."""
    return text in LATER_TYPES or re.fullmatch(_LATER, text, re.ASCII) is not None
