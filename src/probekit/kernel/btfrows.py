"""BTF in a saved profile: a row for each function, raw tracepoint, constant, enum and struct.

Parts of a row are separated by `;`, what belongs to one part by tabs. A name that the row's
form has no place for is left out when a profile is saved: no C names it either.
"""

from __future__ import annotations

import re

from probekit.kernel.btf import Btf, Constant, Enum, Function, Member, Parameter, Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from probekit.kernel.store import Store

    _T = TypeVar("_T")

FUNCTIONS, RAW_TRACEPOINTS = "functions", "raw_tracepoints"
CONSTANTS, ENUMS, STRUCTS = "constants", "enums", "structs"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.$]*", re.ASCII)
_TYPE = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_ *()\[\]{},.]*|\.\.\.)", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
# Those of a bit field have two numbers more.
_WHOLE_MEMBER, _BIT_MEMBER = 4, 6


class SavedBtf:
    """The `Btf` of a saved profile. A row that is none raises DiagnosticError `profile-damaged`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def functions(self) -> list[str]:
        return list(self._store.keys(FUNCTIONS))

    def function(self, name: str) -> Function | None:
        return self._read(FUNCTIONS, name, _function)

    def raw_tracepoints(self) -> list[str]:
        return list(self._store.keys(RAW_TRACEPOINTS))

    def raw_tracepoint(self, name: str) -> Function | None:
        return self._read(RAW_TRACEPOINTS, name, _function)

    def constants(self) -> list[str]:
        return list(self._store.keys(CONSTANTS))

    def constant(self, name: str) -> Constant | None:
        return self._read(CONSTANTS, name, _constant)

    def enum(self, name: str) -> Enum | None:
        return self._read(ENUMS, name, _enum)

    def enums(self) -> list[str]:
        return list(self._store.keys(ENUMS))

    def structs(self) -> list[str]:
        return list(self._store.keys(STRUCTS))

    def struct(self, name: str) -> Struct | None:
        return self._read(STRUCTS, name, _struct)

    def _read(self, section: str, name: str, parse: Callable[[str, list[str]], _T]) -> _T | None:
        row = self._store.find(section, name)
        if row is None:
            return None
        try:
            return parse(name, row.split(";"))
        except ValueError as error:
            raise self._store.damaged(f"`{name}` of section `{section}`") from error


def sections_of(btf: Btf) -> dict[str, dict[str, str]]:
    """All of it as the sections of a saved profile."""
    return {
        FUNCTIONS: _rows(btf.functions(), btf.function, _function_row),
        RAW_TRACEPOINTS: _rows(btf.raw_tracepoints(), btf.raw_tracepoint, _function_row),
        CONSTANTS: _rows(btf.constants(), btf.constant, _constant_row),
        ENUMS: _rows(btf.enums(), btf.enum, _enum_row),
        STRUCTS: _rows(btf.structs(), btf.struct, _struct_row),
    }


def _rows(
    names: Iterable[str], find: Callable[[str], _T | None], write: Callable[[_T], str]
) -> dict[str, str]:
    rows: dict[str, str] = {}
    for name in names:
        found = find(name)
        if found is not None and _NAME.fullmatch(name):
            row = write(found)
            if row.isascii():
                rows[name] = row
    return rows


def _function_row(function: Function) -> str:
    passed = (f"{one.name}\t{one.type}" for one in function.parameters)
    return ";".join((function.returns, *passed))


def _function(name: str, parts: list[str]) -> Function:
    passed = (_split(part, 2) for part in parts[1:])
    parameters = (Parameter(_name(one, empty=True), _type(type)) for one, type in passed)
    return Function(name, tuple(parameters), _type(parts[0]))


def _constant_row(constant: Constant) -> str:
    return f"{constant.value}\t{constant.enum}"


def _constant(name: str, parts: list[str]) -> Constant:
    value, enum = _split(";".join(parts), 2)
    return Constant(name, _number(value), _name(enum, empty=True))


def _enum_row(enum: Enum) -> str:
    constants = (f"{name}\t{value}" for name, value in enum.constants)
    return ";".join((f"{enum.size}\t{enum.signed:d}", *constants))


def _enum(name: str, parts: list[str]) -> Enum:
    size, signed = map(_number, _split(parts[0], 2))
    constants = (_split(part, 2) for part in parts[1:])
    pairs = tuple((_name(one), _number(value)) for one, value in constants)
    return Enum(name, size, bool(signed), pairs)


def _struct_row(struct: Struct) -> str:
    return ";".join((f"{struct.size}\t{struct.is_union:d}", *map(_member_row, struct.members)))


def _member_row(member: Member) -> str:
    row = f"{member.name}\t{member.type}\t{member.offset}\t{member.size}"
    return f"{row}\t{member.bits}\t{member.shift}" if member.bits else row


def _struct(name: str, parts: list[str]) -> Struct:
    size, is_union = map(_number, _split(parts[0], 2))
    return Struct(name, bool(is_union), size, tuple(map(_member, parts[1:])))


def _member(part: str) -> Member:
    name, type, *numbers = _split(part, _BIT_MEMBER if part.count("\t") > 3 else _WHOLE_MEMBER)
    return Member(_name(name), _type(type), *map(_number, numbers))


def _split(part: str, count: int) -> list[str]:
    """The `count` pieces of a part. Raises ValueError where it has another number of them."""
    pieces = part.split("\t")
    if len(pieces) != count:
        raise ValueError(part)
    return pieces


def _name(text: str, *, empty: bool = False) -> str:
    return text if empty and not text else _matched(_NAME, text)


def _type(text: str) -> str:
    return _matched(_TYPE, text)


def _number(text: str) -> int:
    return int(_matched(_NUMBER, text))


def _matched(pattern: re.Pattern[str], text: str) -> str:
    if pattern.fullmatch(text) is None:
        raise ValueError(text)
    return text
