"""BTF: written by hand, as the running kernel has it, damaged, and in a saved profile."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from probekit.diagnostics import DiagnosticError
from probekit.kernel.btf import VMLINUX, Constant, Enum, Function, Member, Parameter, live_btf
from probekit.kernel.btfraw import (
    ARRAY,
    CONST,
    ENUM,
    ENUM64,
    FUNC,
    FUNC_PROTO,
    FWD,
    INT,
    PTR,
    STRUCT,
    TYPE_TAG,
    TYPEDEF,
    UNION,
    RawBtf,
)
from probekit.kernel.btfrows import SavedBtf, sections_of
from probekit.kernel.store import Store, packed

KIND_FLAG = 1 << 31


class Blob:
    """BTF put together type by type; ids are given in order, from 1."""

    def __init__(self) -> None:
        self._strings = b"\0"
        self._types: list[bytes] = []

    def name(self, text: str) -> int:
        if not text:
            return 0
        self._strings += text.encode() + b"\0"
        return len(self._strings) - len(text) - 1

    def add(self, kind: int, name: str, value: int, *more: int, count: int = 0) -> int:
        """A type with `more` words behind its first three; `value` is its size or type."""
        info = kind << 24 | count & 0xFFFF | count & KIND_FLAG
        words = (self.name(name), info, value, *more)
        self._types.append(struct.pack(f"<{len(words)}I", *words))
        return len(self._types)

    def function(self, name: str, returns: int, *passed: tuple[str, int]) -> int:
        words = [word for one, type in passed for word in (self.name(one), type)]
        prototype = self.add(FUNC_PROTO, "", returns, *words, count=len(passed))
        self.add(FUNC, name, prototype)
        return prototype

    def struct(self, kind: int, name: str, size: int, *members: tuple[str, int, int]) -> int:
        words = [word for one, type, at in members for word in (self.name(one), type, at)]
        return self.add(kind, name, size, *words, count=len(members))

    @property
    def content(self) -> bytes:
        types = b"".join(self._types)
        sizes = 0, len(types), len(types), len(self._strings)
        return struct.pack("<HBBI4I", 0xEB9F, 1, 0, 24, *sizes) + types + self._strings


def example() -> Blob:
    blob = Blob()
    word = blob.add(INT, "long unsigned int", 8, 64)
    char = blob.add(INT, "char", 1, 8)
    file = blob.add(FWD, "file", 0)
    letters = blob.add(CONST, "", char)
    text = blob.add(PTR, "", letters)
    fixed = blob.add(CONST, "", text)
    tagged = blob.add(PTR, "", blob.add(TYPE_TAG, "user", char))
    array = blob.add(ARRAY, "", 0, char, word, 16)
    rows = blob.add(PTR, "", array)
    handler = blob.add(FUNC_PROTO, "", 0, 0, text, 0, word, count=2)
    callback = blob.add(TYPEDEF, "callback_t", blob.add(PTR, "", handler))
    files = blob.add(PTR, "", file)
    blob.function("read", word, ("file", files), ("name", text), ("buf", tagged), ("", 0))
    blob.function("call", 0, ("fixed", fixed), ("rows", rows), ("back", callback))
    blob.function("nothing", 0)
    inner = blob.struct(UNION, "", 8, ("number", word, 0), ("letter", char, 0))
    data = 0, blob.name("one"), 1, blob.name("minus"), 0xFFFFFFFF
    blob.add(ENUM, "small", 4, *data[1:], count=2 | KIND_FLAG)
    blob.add(ENUM, "", 4, blob.name("alone"), 0xFFFFFFFF, count=1)
    blob.add(ENUM64, "wide", 8, blob.name("huge"), 5, 1, count=1)
    blob.struct(STRUCT, "outer", 32, ("", inner, 64), ("in", inner, 128), ("comm", array, 192))
    bits = blob.name("low"), char, 3 << 24, blob.name("high"), char, 5 << 24 | 3
    blob.add(STRUCT, "packed", 1, *bits, count=2 | KIND_FLAG)
    passed = blob.add(FUNC_PROTO, "", 0, 0, text, 0, word, 0, files, count=3)
    blob.add(TYPEDEF, "btf_trace_named", blob.add(PTR, "", passed))
    blob.add(TYPEDEF, "btf_trace_nameless", blob.add(PTR, "", passed))
    blob.function("__traceiter_named", word, ("__data", text), ("n", word), ("file", files))
    return blob


@pytest.fixture
def raw() -> RawBtf:
    return RawBtf(example().content)


def types(function: Function | None) -> list[str]:
    assert function is not None
    return [*(one.type for one in function.parameters), function.returns]


def test_functions(raw: RawBtf) -> None:
    assert raw.functions() == ["__traceiter_named", "call", "nothing", "read"]
    assert raw.function("read") == Function(
        "read",
        (
            Parameter("file", "struct file *"),
            Parameter("name", "const char *"),
            Parameter("buf", "char *"),
            Parameter("", "..."),
        ),
        "unsigned long",
    )
    assert types(raw.function("call")) == [
        "const char *const",
        "char (*)[16]",
        "callback_t",
        "void",
    ]
    assert types(raw.function("nothing")) == ["void"]
    assert raw.function("write") is None


def test_raw_tracepoints_have_the_names_of_the_source(raw: RawBtf) -> None:
    assert raw.raw_tracepoints() == ["named", "nameless"]
    named = (Parameter("n", "unsigned long"), Parameter("file", "struct file *"))
    assert raw.raw_tracepoint("named") == Function("named", named, "void")
    assert types(raw.raw_tracepoint("nameless")) == ["unsigned long", "struct file *", "void"]
    assert raw.raw_tracepoint("other") is None


def test_constants(raw: RawBtf) -> None:
    assert raw.constants() == ["alone", "huge", "minus", "one"]
    assert raw.constant("minus") == Constant("minus", -1, "small")
    assert raw.constant("alone") == Constant("alone", 0xFFFFFFFF, "")
    assert raw.constant("huge") == Constant("huge", (1 << 32) + 5, "wide")
    assert raw.enums() == ["small", "wide"]
    assert raw.enum("small") == Enum("small", 4, True, (("one", 1), ("minus", -1)))
    assert raw.constant("two") is None


def test_structs(raw: RawBtf) -> None:
    """What has no name in between is reached as C does it, or below the member's name."""
    assert raw.structs() == ["outer", "packed"]
    outer = raw.struct("outer")
    assert outer is not None
    assert outer.members == (
        Member("number", "unsigned long", 8, 8),
        Member("letter", "char", 8, 1),
        Member("in", "union {...}", 16, 8),
        Member("in.number", "unsigned long", 16, 8),
        Member("in.letter", "char", 16, 1),
        Member("comm", "char[16]", 24, 16),
    )
    bits = raw.struct("packed")
    assert bits is not None
    assert bits.members == (
        Member("low", "char", 0, 1, 3, 0),
        Member("high", "char", 0, 1, 5, 3),
    )


def test_any_damage_is_a_value_error_or_nothing() -> None:
    """Never another exception, and never without end. What is looked up is the kernel's own."""
    whole = example().content
    chance = random.Random(1)
    refused = 0
    for _ in range(3000):
        content = bytearray(whole[: chance.choice((len(whole), chance.randrange(1, len(whole))))])
        for _ in range(chance.randrange(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            RawBtf(bytes(content))
        except ValueError:
            refused += 1
    assert 0 < refused < 3000


@pytest.mark.parametrize("content", [b"", b"\x9f\xeb", b"\xeb\x9f" + bytes(40), bytes(24)])
def test_what_is_no_btf_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"BTF|names"):
        RawBtf(content)


def saved(path: Path, sections: dict[str, dict[str, str]]) -> SavedBtf:
    path.write_bytes(packed({}, sections))
    return SavedBtf(Store(str(path)))


def assert_same(one: RawBtf, other: SavedBtf) -> None:
    for names, find in (
        ("functions", "function"),
        ("raw_tracepoints", "raw_tracepoint"),
        ("constants", "constant"),
        ("enums", "enum"),
        ("structs", "struct"),
    ):
        known = getattr(one, names)()
        assert getattr(other, names)() == known
        for name in known:
            assert getattr(other, find)(name) == getattr(one, find)(name)


def test_what_was_saved_is_read(raw: RawBtf, tmp_path: Path) -> None:
    read = saved(tmp_path / "btf", sections_of(raw))
    assert_same(raw, read)
    assert read.function("no_such") is None


@pytest.mark.parametrize(
    ("section", "row"),
    [
        ("functions", "int;"),
        ("functions", "int;a\tint\tb"),
        ("functions", "int;a b\tint"),
        ("functions", "\x1b[2J;a\tint"),
        ("constants", "5"),
        ("constants", "five\tenum"),
        ("enums", "4"),
        ("enums", "4\t0;A"),
        ("structs", "4\t0;a\tint\t0"),
        ("structs", "4\t0;a\tint\t0\t4\t1"),
    ],
)
def test_an_odd_row_is_a_diagnostic(tmp_path: Path, section: str, row: str) -> None:
    read = saved(tmp_path / "odd", {section: {"name": row}})
    with pytest.raises(DiagnosticError, match="profile-damaged"):
        getattr(read, section.removesuffix("s"))("name")


@pytest.mark.skipif(not Path(VMLINUX).exists(), reason="a kernel without BTF")
def test_this_kernel_survives_being_saved(tmp_path: Path) -> None:
    live = live_btf()
    assert isinstance(live, RawBtf)
    assert len(live.functions()) > 10_000
    assert types(live.function("vfs_read"))[0] == "struct file *"
    switch = live.raw_tracepoint("sched_switch")
    assert switch is not None
    assert [one.name for one in switch.parameters][:3] == ["preempt", "prev", "next"]
    assert live.constant("TASK_COMM_LEN") == Constant("TASK_COMM_LEN", 16, "")
    task = live.struct("task_struct")
    assert task is not None
    comm = next(member for member in task.members if member.name == "comm")
    assert (comm.type, comm.size) == ("char[16]", 16)
    assert_same(live, saved(tmp_path / "live", sections_of(live)))
