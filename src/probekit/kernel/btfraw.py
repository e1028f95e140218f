"""The kernel's own form of BTF (include/uapi/linux/btf.h), read as far as it is asked for.

A type is three words (name, info, size or type) and what its kind adds; it has no length of its
own, so all are walked once, for where each begins. All else waits until a name is looked up.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator

from probekit.kernel.btf import Constant, Enum, Function, Member, Parameter, Struct

_MAGIC = 0xEB9F
_LARGEST = 1 << 28  # bytes; kernels have 2 to 16 million

INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF = range(1, 9)
VOLATILE, CONST, RESTRICT, FUNC, FUNC_PROTO, VAR, DATASEC = range(9, 16)
FLOAT, DECL_TAG, TYPE_TAG, ENUM64 = range(16, 20)

# Words after the first three: as many for each type of a kind, and for each of its members.
_MORE = {INT: 1, ARRAY: 3, VAR: 1, DECL_TAG: 1}
_PER_MEMBER = {STRUCT: 3, UNION: 3, ENUM: 2, FUNC_PROTO: 2, DATASEC: 3, ENUM64: 3}
_KINDS = ENUM64 + 1
_FIXED = tuple(3 + _MORE.get(kind, 0) for kind in range(_KINDS))
_EACH = tuple(_PER_MEMBER.get(kind, 0) for kind in range(_KINDS))

_QUALIFIERS = {VOLATILE: "volatile", CONST: "const", RESTRICT: "restrict"}
_KEYWORDS = {STRUCT: "struct", UNION: "union", ENUM: "enum", ENUM64: "enum"}
_POINTER_SIZE = 8
_DEEPEST = 64  # declarators and anonymous structs in each other; real ones are below 20

# The compiler's names of the integers, and how the kernel's source has them.
_AS_WRITTEN = {
    "short int": "short",
    "short unsigned int": "unsigned short",
    "long int": "long",
    "long unsigned int": "unsigned long",
    "long long int": "long long",
    "long long unsigned int": "unsigned long long",
}

# Where the names of a raw tracepoint's arguments are: the typedef `btf_trace_*` has none.
_NAMED_BY = ("__traceiter_", "__bpf_trace_")
_RAW_TRACEPOINT = "btf_trace_"


class RawBtf:
    """BTF as `/sys/kernel/btf/vmlinux` has it. Raises ValueError for what is no such BTF."""

    def __init__(self, content: bytes) -> None:
        if len(content) > _LARGEST:
            raise ValueError("too large for BTF")
        try:
            self._words, self._strings = _sections(content)
            self._places, self._of_kind = _walk(self._words)
        except (IndexError, OverflowError) as error:
            raise ValueError("not BTF of a known form") from error
        self._texts: dict[int, str] = {}
        self._by_name: dict[tuple[int, ...], dict[str, int]] = {}

    def functions(self) -> list[str]:
        return sorted(self._named(FUNC))

    def function(self, name: str) -> Function | None:
        place = self._named(FUNC).get(name)
        return None if place is None else self._prototype(name, self._words[place + 2])

    def raw_tracepoints(self) -> list[str]:
        cut = len(_RAW_TRACEPOINT)
        return sorted(n[cut:] for n in self._named(TYPEDEF) if n.startswith(_RAW_TRACEPOINT))

    def raw_tracepoint(self, name: str) -> Function | None:
        place = self._named(TYPEDEF).get(_RAW_TRACEPOINT + name)
        if place is None:
            return None
        for prefix in _NAMED_BY:
            found = self.function(prefix + name)
            if found is not None:
                return Function(name, found.parameters[1:], "void")  # the first is `__data`
        pointer = self._places[self._words[place + 2]]
        typed = self._prototype(name, self._words[pointer + 2])
        return Function(name, typed.parameters[1:], "void")

    def constants(self) -> list[str]:
        return sorted(self._constants())

    def constant(self, name: str) -> Constant | None:
        place = self._constants().get(name)
        if place is None:
            return None
        enum = self._enum_at(place)
        return Constant(name, dict(enum.constants)[name], enum.name)

    def enum(self, name: str) -> Enum | None:
        place = self._named(ENUM, ENUM64).get(name)
        return None if place is None else self._enum_at(place)

    def enums(self) -> list[str]:
        return sorted(self._named(ENUM, ENUM64))

    def structs(self) -> list[str]:
        return sorted(self._named(STRUCT, UNION))

    def struct(self, name: str) -> Struct | None:
        place = self._named(STRUCT, UNION).get(name)
        if place is None:
            return None
        is_union = self._kind(place) == UNION
        members = tuple(self._members(place, 0, "", 0))
        return Struct(name, is_union, self._words[place + 2], members)

    def _name(self, offset: int) -> str:
        end = self._strings.index(b"\0", offset)
        return self._strings[offset:end].decode("ascii", "replace")

    def _kind(self, place: int) -> int:
        return self._words[place + 1] >> 24 & 31

    def _count(self, place: int) -> int:
        return self._words[place + 1] & 0xFFFF

    def _named(self, *kinds: int) -> dict[str, int]:
        """Where the first type of each name begins, of those of `kinds`."""
        if kinds not in self._by_name:
            words, found = self._words, dict[int, int]()
            for kind in kinds:
                for place in self._of_kind[kind]:
                    found.setdefault(words[place], place)
            found.pop(0, None)  # without a name
            self._by_name[kinds] = {self._name(at): place for at, place in found.items()}
        return self._by_name[kinds]

    def _constants(self) -> dict[str, int]:
        """The first enum that has each enumerator."""
        key = (ENUM, ENUM64, 0)
        if key not in self._by_name:
            found: dict[int, int] = {}
            for kind in (ENUM, ENUM64):
                step = _EACH[kind]
                for place in self._of_kind[kind]:
                    end = place + 3 + step * self._count(place)
                    for at in range(place + 3, end, step):
                        found.setdefault(self._words[at], place)
            self._by_name[key] = {self._name(at): place for at, place in found.items()}
        return self._by_name[key]

    def _enum_at(self, place: int) -> Enum:
        words, step = self._words, _EACH[self._kind(place)]
        size, signed = words[place + 2], bool(words[place + 1] >> 31)
        values: list[tuple[str, int]] = []
        for at in range(place + 3, place + 3 + step * self._count(place), step):
            value = words[at + 1] | (words[at + 2] << 32 if step == 3 else 0)
            limit = 1 << 32 * (step - 1)
            values.append((self._name(words[at]), _signed(value, limit) if signed else value))
        return Enum(self._name(words[place]), size, signed, tuple(values))

    def _prototype(self, name: str, type: int) -> Function:
        place = self._places[type]
        returns = self._type(self._words[place + 2])
        return Function(name, tuple(self._parameters(place, 0)), returns)

    def _parameters(self, place: int, depth: int) -> Iterator[Parameter]:
        """Those of a FUNC_PROTO; the last one without a name and type is C's `...`."""
        words = self._words
        for at in range(place + 3, place + 3 + 2 * self._count(place), 2):
            name, type = words[at], words[at + 1]
            if not name and not type:
                yield Parameter("", "...")
            else:
                yield Parameter(self._name(name), self._type(type, depth + 1))

    def _members(self, place: int, base: int, prefix: str, depth: int) -> Iterator[Member]:
        """The members of the struct at `place`, which lies `base` bits into the one asked for."""
        words, has_bits = self._words, self._words[place + 1] >> 31
        for at in range(place + 3, place + 3 + 3 * self._count(place), 3):
            name, type, offset = self._name(words[at]), words[at + 1], words[at + 2]
            bits = offset >> 24 if has_bits else 0
            offset = base + (offset & 0xFFFFFF if has_bits else offset)
            inner = self._anonymous(type)
            if name or inner is None:
                yield self._member(prefix + name, type, offset, bits)
            if inner is not None and depth < _DEEPEST:
                below = f"{prefix}{name}." if name else prefix
                yield from self._members(inner, offset, below, depth + 1)

    def _member(self, name: str, type: int, offset: int, bits: int) -> Member:
        text, size = self._type(type), self._size(type, 0)
        if not bits:
            return Member(name, text, offset // 8, size)
        unit = 8 * max(size, 1)
        start = offset // unit * unit
        return Member(name, text, start // 8, size, bits, offset - start)

    def _anonymous(self, type: int) -> int | None:
        """Where the struct or union without a name begins that `type` is; None if it is none."""
        place = self._places[self._plain(type)]
        is_struct = type != 0 and self._kind(place) in (STRUCT, UNION)
        return place if is_struct and not self._words[place] else None

    def _plain(self, type: int) -> int:
        """`type` without its qualifiers and tags."""
        for _ in range(_DEEPEST):
            place = self._places[type]
            if not type or self._kind(place) not in (*_QUALIFIERS, TYPE_TAG):
                break
            type = self._words[place + 2]
        return type

    def _size(self, type: int, depth: int) -> int:
        """Bytes of a value of the type; 0 for what has none."""
        place = self._places[type]
        kind, words = self._kind(place), self._words
        if not type or kind in (FWD, FUNC, FUNC_PROTO) or depth > _DEEPEST:
            return 0
        if kind == PTR:
            return _POINTER_SIZE
        if kind == ARRAY:
            return words[place + 5] * self._size(words[place + 3], depth + 1)
        if kind in (TYPEDEF, TYPE_TAG, *_QUALIFIERS):
            return self._size(words[place + 2], depth + 1)
        return words[place + 2]

    def _type(self, type: int, depth: int = 0) -> str:
        """The type as C writes it, without a name."""
        if type not in self._texts:
            self._texts[type] = self._declared(type, "", depth)
        return self._texts[type]

    def _declared(self, type: int, inner: str, depth: int) -> str:
        """The C declaration of `inner` (empty: the type alone); a declarator grows inside out."""
        place = self._places[type]
        kind, target = self._kind(place), self._words[place + 2]
        if not type or depth > _DEEPEST:
            return _joined("void" if not type else "...", inner)
        if kind == PTR:
            wrapped = self._kind_of(target) in (ARRAY, FUNC_PROTO)
            return self._declared(target, f"(*{inner})" if wrapped else f"*{inner}", depth + 1)
        if kind == ARRAY:
            element, length = self._words[place + 3], self._words[place + 5]
            return self._declared(element, f"{inner}[{length}]", depth + 1)
        if kind == FUNC_PROTO:
            passed = ", ".join(one.type for one in self._parameters(place, depth)) or "void"
            return self._declared(target, f"{inner}({passed})", depth + 1)
        if kind in _QUALIFIERS:
            return self._qualified(_QUALIFIERS[kind], target, inner, depth)
        if kind == TYPE_TAG:
            return self._declared(target, inner, depth + 1)
        return _joined(self._base(place, kind), inner)

    def _qualified(self, word: str, target: int, inner: str, depth: int) -> str:
        """`const char *`, but `char *const`: a pointer's own qualifier stands behind its star."""
        if self._kind_of(target) == PTR:
            return self._declared(target, _joined(word, inner), depth + 1)
        return f"{word} {self._declared(target, inner, depth + 1)}"

    def _kind_of(self, type: int) -> int:
        """The kind of the type below its tags."""
        for _ in range(_DEEPEST):
            place = self._places[type]
            if not type or self._kind(place) != TYPE_TAG:
                break
            type = self._words[place + 2]
        return self._kind(place) if type else 0

    def _base(self, place: int, kind: int) -> str:
        """The name that a type has of its own."""
        name = self._name(self._words[place])
        if kind == FWD:
            return f"{'union' if self._words[place + 1] >> 31 else 'struct'} {name}"
        keyword = _KEYWORDS.get(kind)
        return f"{keyword} {name or '{...}'}" if keyword else _AS_WRITTEN.get(name, name)


def _signed(value: int, limit: int) -> int:
    """The number that `value`, of as many bits as `limit` has zeros, stands for."""
    return value - limit if value >= limit >> 1 else value


def _joined(base: str, inner: str) -> str:
    return base + inner if not inner or inner.startswith("[") else f"{base} {inner}"


def _sections(content: bytes) -> tuple[array[int], bytes]:
    """The words of the types, and the names. The header is `struct btf_header`."""
    head = array("I", content[:24].ljust(24, b"\0"))
    magic, version = head[0] & 0xFFFF, head[0] >> 16 & 0xFF
    length, type_at, type_size, names_at, names_size = head[1:6]
    if magic != _MAGIC or version != 1 or sys.byteorder != "little" or type_size % 4:
        raise ValueError("not BTF of a known form")
    words = array("I", content[length + type_at : length + type_at + type_size])
    names = content[length + names_at : length + names_at + names_size]
    if not names.endswith(b"\0"):
        raise ValueError("its names have no end")
    return words, names


def _walk(words: array[int]) -> tuple[list[int], list[list[int]]]:
    """Where each type begins, by its id (0 is `void`: no place of its own), and by its kind."""
    places, of_kind = [0], [list[int]() for _ in range(_KINDS)]
    fixed, each, end, place = _FIXED, _EACH, len(words), 0
    append = places.append
    while place < end:
        append(place)
        info = words[place + 1]
        kind = info >> 24 & 31
        of_kind[kind].append(place)
        place += fixed[kind] + each[kind] * (info & 0xFFFF)
    return places, of_kind
