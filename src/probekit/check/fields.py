"""A tracepoint's fields → what `args.NAME` reads, by the format file's own declarations."""

from __future__ import annotations

import re

from probekit.expr.typed import EventField
from probekit.kernel.tracefs import Field, TracepointFormat
from probekit.types import (
    BOOL,
    POINTER,
    S8,
    S16,
    S32,
    S64,
    U8,
    U16,
    U32,
    U64,
    CharType,
    IntType,
    Type,
)

_BY_SIZE = {
    (1, False): U8,
    (2, False): U16,
    (4, False): U32,
    (8, False): U64,
    (1, True): S8,
    (2, True): S16,
    (4, True): S32,
    (8, True): S64,
}
# A system call's argument fills a slot of 8 bytes, whatever its declared type is
# (kernel/trace/trace_syscalls.c): the type is taken from the declaration, not the slot.
_DECLARED = {
    "char": S8,
    "unsigned char": U8,
    "short": S16,
    "unsigned short": U16,
    "umode_t": U16,
    "int": S32,
    "unsigned": U32,
    "unsigned int": U32,
    "u32": U32,
    "__u32": U32,
    "pid_t": U32,
    "uid_t": U32,
    "gid_t": U32,
    "old_uid_t": U16,
    "old_gid_t": U16,
    "qid_t": U32,
    "key_serial_t": S32,
    "clockid_t": S32,
    "timer_t": S32,
    "mqd_t": S32,
    "rwf_t": S32,
    "__s32": S32,
    "long": S64,
    "off_t": S64,
    "loff_t": S64,
    "unsigned long": U64,
    "size_t": U64,
    "u64": U64,
    "__u64": U64,
    "aio_context_t": U64,
}
_CHAR_ARRAY = r"(?:unsigned )?char\[([0-9]+)\]"


def declared_integer(declared: str) -> IntType | None:
    """The integer that a C declaration of a plain one names; None for all else."""
    plain = declared.replace("const ", "").strip()
    return BOOL if plain == "bool" else _DECLARED.get(plain)


def event_fields(event: TracepointFormat) -> tuple[dict[str, EventField], dict[str, str]]:
    """The fields that can be read, and those of types that this version cannot read yet."""
    fields: dict[str, EventField] = {}
    later: dict[str, str] = {}
    for field in event.fields:
        type = _field_type(field, event.group == "syscalls")
        if type is None:
            later[field.name] = field.type
        else:
            fields[field.name] = EventField(field.name, type, field.offset)
    return fields, later


def _field_type(field: Field, is_syscall: bool) -> Type | None:
    declared = field.type.replace("const ", "").strip()
    if "[" in declared and re.fullmatch(_CHAR_ARRAY, declared, re.ASCII):
        return CharType(field.size) if field.size >= 2 else None
    if "[" in declared or "__data_loc" in declared or "__rel_loc" in declared:
        return None
    if field.size not in (1, 2, 4, 8) or field.offset % field.size:
        return None
    if declared.endswith("*"):
        return POINTER if field.size == 8 else None
    if declared == "bool":
        return BOOL
    if declared == "pid_t":
        return U32
    if is_syscall and field.size == 8:
        return _DECLARED.get(declared, S64 if field.signed else U64)
    if declared.startswith(("struct ", "union ")):
        return None
    return _BY_SIZE[field.size, field.signed]
