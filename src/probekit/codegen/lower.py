"""ir → the finished pieces of C that the templates print: types, stores and steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from probekit.codegen import literals, names
from probekit.codegen.ccode import CCode, c, joined
from probekit.codegen.counters import Counters
from probekit.expr import emit
from probekit.expr.typed import Literal, Local, MemberOf, Typed, is_text, type_of
from probekit.ir import (
    Count,
    Delete,
    If,
    Let,
    Lookup,
    Map,
    Print,
    Printk,
    Step,
    Stop,
    Stored,
    StructValue,
    Update,
)
from probekit.record import Record
from probekit.types import CharType, IntType, StructType, Type


class CTypes:
    """The C types of a probe's structs and texts, numbered in the order they are first used."""

    def __init__(self) -> None:
        self.structs: dict[Type, CCode] = {}
        self.definitions: list[CCode] = []

    def name(self, type: Type) -> CCode:
        """The C type of a map's key or value, or of a struct."""
        if isinstance(type, IntType):
            return emit.c_type(type)
        if type not in self.structs:
            body = self._body(type)
            self.structs[type] = c("struct pk_type{}", len(self.definitions))
            self.definitions.append(c("{} {{ {} }};", self.structs[type], body))
        return self.structs[type]

    def _body(self, type: CharType | StructType) -> CCode:
        if isinstance(type, CharType):
            return c("char text[{}];", type.size)
        members: list[CCode] = []
        end = 0
        for member in type.fields:
            members += _padding(len(members), member.offset - end)
            members.append(self.declaration(names.field_name(member.name), member.type))
            end = member.offset + member.type.size
        members += _padding(len(members), type.size - end)
        return joined(" ", members)

    def declaration(self, name: CCode, type: Type) -> CCode:
        """A variable or member of `type`; text is a plain char array."""
        if isinstance(type, CharType):
            return c("char {}[{}];", name, type.size)
        return c("{} {};", self.name(type), name)


def _padding(number: int, size: int) -> list[CCode]:
    return [c("u8 pad{}[{}];", number, size)] if size else []


def store(target: CCode, type: Type, value: Stored) -> CCode:
    """Statements that write `value` to the lvalue `target`, of `type`; padding is the caller's."""
    if isinstance(value, StructValue):
        return _store_fields(target, value)
    if isinstance(type, CharType):
        return emit.store_text(target, type.size, value)
    if isinstance(type, StructType):
        assert isinstance(value, Local | MemberOf)
        return c("{} = {};", target, emit.struct_place(value))
    return c("{} = {};", target, emit.integer(value))


def _store_fields(target: CCode, value: StructValue) -> CCode:
    parts: list[CCode] = []
    for member, (name, part) in zip(value.type.fields, value.fields, strict=True):
        parts.append(store(c("{}.{}", target, names.field_name(name)), member.type, part))
    return joined(" ", parts)


def place(ctypes: CTypes, name: CCode, type: Type, value: Stored) -> CCode:
    """Declares the variable `name`, as maps want keys and values, and fills all of it."""
    declared = c("{} {};", ctypes.name(type), name)
    if isinstance(type, CharType):
        return c("{} {}", declared, store(c("{}.text", name), type, value))
    if isinstance(type, IntType):
        return c("{} {}", declared, store(name, type, value))
    return c("{} pk_zero(&{}, {}); {}", declared, name, type.size, store(name, type, value))


ZERO_KEY = CCode("u32 key; key = 0;")


class Lowering(Record):
    """Lowers one program's steps. `render_verb` prints one step by its verb's macro."""

    ctypes: CTypes
    counters: Counters
    program: int
    probe: str
    render_verb: Callable[[str, dict[str, Any]], CCode]

    def block(self, steps: tuple[Step, ...]) -> CCode:
        """The steps' C, in order."""
        return joined("\n", [self._step(step) for step in steps])

    def _step(self, step: Step) -> CCode:
        verb, view = self._view(step)
        return self.render_verb(verb, {"line": step.span.line, **view})

    def _view(self, step: Step) -> tuple[str, dict[str, Any]]:
        match step:
            case Let():
                return "let", self._let(step)
            case Lookup():
                return "lookup", self._lookup(step)
            case Update():
                return "update", self._update(step)
            case Delete():
                return "delete", {**self._map(step.map), "key": self._key(step.map, step.key)}
            case Count():
                return "count", self._count(step)
            case Print():
                return "print", self._print(step)
            case Printk():
                return "printk", self._printk(step)
            case If():
                return "if_", self._if(step)
            case Stop():
                return "stop", {}

    def _map(self, target: Map) -> dict[str, Any]:
        return {"map": names.map_name(target.name), "value_type": self.ctypes.name(target.value)}

    def _key(self, target: Map, key: Stored | None) -> CCode:
        if key is None or target.key is None:
            return ZERO_KEY
        return place(self.ctypes, c("key"), target.key, key)

    def _site(self, index: int) -> dict[str, Any]:
        return {"full": self.counters.full(index), "failed": self.counters.failed(index)}

    def _let(self, step: Let) -> dict[str, Any]:
        type = type_of(step.value)
        assert type is not None
        name = names.value_name(step.name)
        return {
            "declaration": self.ctypes.declaration(name, type),
            "store": store(name, type, step.value),
        }

    def _lookup(self, step: Lookup) -> dict[str, Any]:
        name, type = names.value_name(step.name), step.map.value
        target = c("{}", name) if isinstance(type, CharType) else c("&{}", name)
        zero = c("pk_zero({}, {});", target, type.size)
        fallback = None
        if step.default is not None:
            fallback = c("{} {}", zero, store(name, type, step.default))
        return {
            **self._map(step.map),
            "key": self._key(step.map, step.key),
            "declaration": self.ctypes.declaration(name, type),
            "target": target,
            "size": type.size,
            "is_integer": isinstance(type, IntType),
            "name": name,
            "fallback": fallback,
        }

    def _update(self, step: Update) -> dict[str, Any]:
        return {
            **self._map(step.map),
            **self._site(step.site.index),
            "key": self._key(step.map, step.key),
            "value": place(self.ctypes, c("value"), step.map.value, step.value),
            "mode": step.mode,
        }

    def _count(self, step: Count) -> dict[str, Any]:
        return {
            **self._map(step.map),
            **self._site(step.site.index),
            "key": self._key(step.map, step.key),
            "by": emit.integer(step.by),
            "is_indexed": step.map.kind.indexed,
        }

    def _print(self, step: Print) -> dict[str, Any]:
        record = step.record
        type = self.ctypes.name(record)
        values = zip(record.fields[1:], step.values, strict=True)
        stores = [
            store(c("record->{}", names.field_name(member.name)), member.type, value)
            for member, value in values
        ]
        return {
            "record_type": type,
            "index": c("record->{}", names.field_name("index")),
            "number": step.index,
            "stores": stores,
            "padding": self._padding_of(record),
            "lost": self.counters.lost(self.program),
        }

    def _padding_of(self, record: StructType) -> list[CCode]:
        """Statements that zero the record's padding: user space sees all of its bytes."""
        zeroed: list[CCode] = []
        end, number = 0, 0
        for member in record.fields:
            if member.offset > end:
                zeroed.append(c("pk_zero(record->pad{}, {});", number, member.offset - end))
                number += 1
            number += 1
            end = member.offset + member.type.size
        if record.size > end:
            zeroed.append(c("pk_zero(record->pad{}, {});", number, record.size - end))
        return zeroed

    def _printk(self, step: Printk) -> dict[str, Any]:
        texts: list[CCode] = []
        arguments: list[CCode] = []
        for value in step.values:
            arguments.append(self._printk_argument(value, texts))
        return {
            "probe": literals.string(self.probe.encode("ascii") + b"["),
            "format": literals.string(b"]: " + step.format),
            "texts": texts,
            "arguments": arguments,
        }

    def _printk_argument(self, value: Typed, texts: list[CCode]) -> CCode:
        if not is_text(value):
            type = type_of(value)
            is_signed = isinstance(type, IntType) and type.signed
            if isinstance(value, Literal):
                is_signed = value.value < 0
            return c("(u64){}", emit.wide(value, is_signed))
        type = type_of(value)
        known = emit.known_text(value)
        size = len(known) + 1 if known is not None else type.size if type else 1
        name = c("text{}", len(texts))
        texts.append(c("char {}[{}]; {}", name, size, emit.store_text(name, size, value)))
        return c("(u64)(long){}", name)

    def _if(self, step: If) -> dict[str, Any]:
        return {
            "condition": emit.integer(step.condition),
            "then": self.block(step.then),
            "otherwise": self.block(step.otherwise) if step.otherwise else None,
        }
