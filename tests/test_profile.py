"""Kernel profiles: the shipped one, saved ones, damaged ones, and this kernel's."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from probekit.diagnostics import DiagnosticError
from probekit.kernel import profile, store
from probekit.kernel.btf import Btf
from probekit.kernel.feature import FEATURES
from probekit.kernel.profile import (
    KernelProfile,
    LiveProfile,
    SavedProfile,
    profile_for_check,
    save,
    shipped_profile,
)
from probekit.kernel.tracefs import Field, TracepointFormat, find_tracefs

MAGIC = b"probekit kernel profile 2\n"
KERNEL = {"release": "6.1", "machine": "x86_64", "features": {}}


class Known:
    """A profile of two tracepoints."""

    origin = "a test"
    release = "6.1.0"
    machine = "x86_64"
    shipped = False
    formats = (
        TracepointFormat("one", "empty", ()),
        TracepointFormat(
            "two",
            "full",
            (
                Field("comm", "char[16]", 8, 16, False),
                Field("argv", "const char *const *", 24, 8, True),
                Field("path", "__data_loc char[]", 32, 4, False),
            ),
        ),
    )

    def tracepoint(self, group: str, name: str) -> TracepointFormat | None:
        found = [known for known in self.formats if (known.group, known.name) == (group, name)]
        return found[0] if found else None

    def tracepoints(self) -> list[tuple[str, str]]:
        return [(known.group, known.name) for known in reversed(self.formats)]

    def btf(self) -> Btf | None:
        return None

    def feature(self, name: str) -> str:
        return "no" if name == "lru_hash" else "yes"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "kernel.profile"
    save(Known(), path)
    return path


def contents(known: KernelProfile) -> list[TracepointFormat | None]:
    return [known.tracepoint(group, name) for group, name in known.tracepoints()]


def test_what_was_saved_is_read(saved: Path) -> None:
    read = SavedProfile(saved)
    assert contents(read) == list(Known.formats)
    assert read.tracepoints() == [("one", "empty"), ("two", "full")]
    assert (read.release, read.machine, read.shipped) == ("6.1.0", "x86_64", False)
    assert [read.feature(name) for name in ("hash", "lru_hash")] == ["yes", "no"]
    assert read.feature("not_asked_then") == "cannot tell"
    assert read.btf() is None
    assert read.origin == f"`{saved}` (Linux 6.1.0)"


def test_what_is_not_there_is_none(saved: Path) -> None:
    read = SavedProfile(saved)
    odd = [("", ""), ("..", "one"), ("one/empty", ""), ("one", "empty;"), ("\none", "empty")]
    for pair in [("one", "full"), ("three", "empty"), *odd]:
        assert read.tracepoint(*pair) is None


def test_the_same_content_gives_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    save(SavedProfile(saved), tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == saved.read_bytes()


def test_another_release_can_be_written(tmp_path: Path) -> None:
    save(Known(), tmp_path / "renamed", release="6.1")
    assert SavedProfile(tmp_path / "renamed").release == "6.1"


def read_all(path: Path) -> str:
    """The code of the one diagnostic that reading everything ends in; empty for none."""
    try:
        contents(SavedProfile(path))
    except DiagnosticError as error:
        (diagnostic,) = error.diagnostics
        return diagnostic.code
    return ""


def test_any_damage_is_a_diagnostic(saved: Path) -> None:
    """Cut anywhere, or with any one byte changed: an error or a profile, never a traceback."""
    whole = saved.read_bytes()
    chance = random.Random(1)
    damaged = [whole[:end] for end in range(len(whole) - 1)]
    for at in range(len(whole)):
        changed = whole[at] ^ chance.randrange(1, 256)
        damaged.append(whole[:at] + bytes([changed]) + whole[at + 1 :])
    codes = set()
    for content in damaged:
        saved.write_bytes(content)
        codes.add(read_all(saved))
    # A changed letter of a group's name or of the release is still a profile.
    assert codes == {"", "profile-damaged", "profile-version"}
    saved.write_bytes(whole)
    assert read_all(saved) == ""


def with_head(head: object, block: bytes = b"") -> bytes:
    return MAGIC + json.dumps(head).encode() + b"\n" + block


def with_sections(sections: object) -> bytes:
    return with_head({**KERNEL, "sections": sections}, zlib.compress(b"one/event;"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        MAGIC,
        MAGIC + b"[" * 100_000 + b"\n",
        with_head([]),
        with_head({"release": "6.1"}),
        with_head({**KERNEL, "release": "6.1 `x`", "sections": {}}),
        with_head({**KERNEL, "machine": 5, "sections": {}}),
        with_head({**KERNEL, "features": [], "sections": {}}),
        with_head({**KERNEL, "features": {"hash": "perhaps"}, "sections": {}}),
        with_head({**KERNEL, "features": {"hash": []}, "sections": {}}),
        with_sections([]),
        with_sections({"tracepoints": [["one/event"]]}),
        with_sections({"tracepoints": [["one/event", float("inf")]]}),
        with_sections({"tracepoints": [["one/event", 10**30]]}),
        with_sections({"tracepoints": [["one/event", -5]]}),
        with_sections({"tracepoints": [["one/other", 18]]}),
        with_sections({"tracepoints": [["one/event", 5]]}),
        with_sections({"tracepoints": [["one/event", 0]] * 5000}),
    ],
)
def test_what_is_no_profile_is_a_diagnostic(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)
    assert read_all(path) == "profile-damaged"


@pytest.mark.parametrize("version", [b"1", b"3", b""])
def test_another_version_says_so(saved: Path, version: bytes) -> None:
    first, rest = saved.read_bytes().split(b"\n", 1)
    saved.write_bytes(first[:-1] + version + b"\n" + rest)
    assert read_all(saved) == "profile-version"


def with_block(content: bytes) -> bytes:
    block = zlib.compress(content)
    first = content.split(b";", 1)[0].decode()
    return with_head({**KERNEL, "sections": {"tracepoints": [[first, len(block)]]}}, block)


@pytest.mark.parametrize(
    "row",
    [
        "one/event;comm",
        "one/event;comm\tchar[16]\t8\t16\t2",
        "one/event;comm\tchar[16]\t-8\t16\t0",
        'one/event;comm\tchar"\t8\t16\t0',
        "one/event;2comm\tchar\t8\t16\t0",
        "one/event;comm\tchar\t8\t16\t0;",
        "one/event;comm\tch\u00e4r\t8\t16\t0",
    ],
)
def test_an_odd_row_is_a_diagnostic(tmp_path: Path, row: str) -> None:
    path = tmp_path / "odd"
    path.write_bytes(with_block(row.encode()))
    assert read_all(path) == "profile-damaged"


def test_a_block_that_inflates_without_end_is_a_diagnostic(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(with_block(b"one/event;" + b"x" * store._LARGEST_BLOCK))
    assert read_all(path) == "profile-damaged"


@pytest.mark.parametrize(
    "rows",
    [
        b"one/event;\none/event;",
        b"one/event;\none/error;",
        b"one/event;\n\n\n",
    ],
)
def test_keys_out_of_order_or_twice_are_a_diagnostic(tmp_path: Path, rows: bytes) -> None:
    path = tmp_path / "odd"
    path.write_bytes(with_block(rows))
    assert read_all(path) == "profile-damaged"


@pytest.mark.parametrize("most", ["_MOST_TEXT", "_MOST_ROWS"])
def test_more_than_a_kernel_has_is_a_diagnostic(
    saved: Path, monkeypatch: pytest.MonkeyPatch, most: str
) -> None:
    """What small blocks inflate to is bounded over the whole file."""
    assert read_all(saved) == ""
    monkeypatch.setattr(store, most, 1)
    assert read_all(saved) == "profile-damaged"


def test_blocks_of_one_key_take_no_memory(tmp_path: Path) -> None:
    """A file of 1 MB that would be 1 GiB of rows."""
    block = zlib.compress(b"a/b;\n" * ((1 << 20) // 5 - 1) + b"a/b;")
    blocks = [["a/b", len(block)]] * 1000
    path = tmp_path / "bomb"
    path.write_bytes(with_head({**KERNEL, "sections": {"tracepoints": blocks}}, block * 1000))
    assert read_all(path) == "profile-damaged"


def test_a_file_without_end_is_a_diagnostic() -> None:
    assert read_all(Path("/dev/zero")) == "profile-damaged"


def test_a_pipe_that_nobody_writes_to_is_a_diagnostic(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert read_all(tmp_path / "pipe") == "profile-damaged"


def test_a_section_of_several_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_BLOCK", 10)
    rows = {f"group/event{number:03}": f"content{number}" for number in range(100)}
    path = tmp_path / "blocks"
    path.write_bytes(store.packed({}, {"a": {"x": ""}, "b": rows, "c": {"y": "z"}}))
    read = store.Store(str(path))
    assert list(read.keys("b")) == sorted(rows)
    assert {key: read.find("b", key) for key in rows} == rows
    absent = ("", "group", "group/event", "group/event0991", "zzz", "event001", "content1")
    assert [read.find("b", key) for key in absent] == [None] * len(absent)
    assert (read.find("a", "x"), read.find("c", "y"), read.find("d", "y")) == ("", "z", None)


def test_a_profile_is_written_whole_or_not_at_all(saved: Path, tmp_path: Path) -> None:
    before = saved.read_bytes()

    def fail() -> bytes:
        raise MemoryError

    with pytest.raises(MemoryError):
        store.write(str(saved), fail)
    assert saved.read_bytes() == before
    assert os.listdir(tmp_path) == [saved.name]
    assert saved.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("kind", ["folder", "link", "no folder", "folder/"])
def test_what_cannot_be_written_is_a_diagnostic(tmp_path: Path, kind: str) -> None:
    """A link, as /dev/stdout is one, is neither followed nor replaced."""
    path = tmp_path / "there"
    if kind.startswith("folder"):
        path.mkdir()
    elif kind == "link":
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path = path / "file"
    before = os.listdir(tmp_path)
    with pytest.raises(DiagnosticError, match="cannot-write"):
        save(Known(), f"{path}/" if kind == "folder/" else path)
    assert os.listdir(tmp_path) == before


def test_only_a_profile_is_replaced(saved: Path, tmp_path: Path) -> None:
    """Also one of another version, or an empty file as `mktemp` makes it; but no spec."""
    wanted = saved.read_bytes()
    for content in (b"", b"probekit kernel profile 1\n{}\n", wanted[:100]):
        saved.write_bytes(content)
        save(Known(), saved)
        assert saved.read_bytes() == wanted
    for content in (b"probekit: 1\nname: close\n", b"x", b"probekit kernel profil"):
        saved.write_bytes(content)
        with pytest.raises(DiagnosticError, match="file-exists"):
            save(Known(), saved)
        assert saved.read_bytes() == content
    assert os.listdir(tmp_path) == [saved.name]


def test_a_folder_exchanged_meanwhile_gets_nothing(tmp_path: Path) -> None:
    """What is made ready is put where it was begun, whatever the path leads to by then."""
    folder, other = tmp_path / "folder", tmp_path / "other"
    folder.mkdir()
    other.mkdir()

    def exchange() -> bytes:
        folder.rename(tmp_path / "before")
        folder.symlink_to(other)
        return b"probekit kernel profile"

    store.write(str(folder / "host.profile"), exchange)
    assert os.listdir(other) == []
    assert os.listdir(tmp_path / "before") == ["host.profile"]


def test_a_file_taken_away_meanwhile_is_a_diagnostic(tmp_path: Path) -> None:
    def take_away() -> bytes:
        for path in tmp_path.iterdir():
            path.unlink()
        return b""

    with pytest.raises(DiagnosticError, match="cannot-write"):
        store.write(str(tmp_path / "host.profile"), take_away)


def test_a_file_that_is_not_there_is_a_diagnostic(tmp_path: Path) -> None:
    assert read_all(tmp_path / "missing") == "profile-unreadable"
    assert read_all(tmp_path) == "profile-unreadable"


def test_the_shipped_profile() -> None:
    shipped = shipped_profile()
    assert shipped.shipped
    assert shipped.origin == "the shipped profile (Linux 6.18)"
    names = shipped.tracepoints()
    assert len(names) > 1000
    assert not [group for group, _ in names if group in ("ftrace", "kprobes", "synthetic")]
    assert all(shipped.tracepoint(group, name) for group, name in names)
    openat = shipped.tracepoint("syscalls", "sys_enter_openat")
    assert openat is not None
    assert Field("filename", "const char *", 24, 8, False) in openat.fields
    assert os.stat(profile._SHIPPED).st_size < 100_000
    assert shipped.btf() is None
    assert {shipped.feature(feature.name) for feature in FEATURES} == {"yes"}


def test_the_shipped_profile_says_nothing_of_a_machine() -> None:
    head = json.loads(Path(profile._SHIPPED).read_bytes().split(b"\n", 2)[1])
    assert head.keys() == {"release", "machine", "features", "sections"}
    assert head["sections"].keys() == {"tracepoints"}
    assert head["release"] == "6.18"


@pytest.mark.kernel
def test_this_kernel_survives_being_saved(tmp_path: Path) -> None:
    with find_tracefs() as tracefs:
        live = LiveProfile(tracefs)
        assert (live.origin, live.shipped) == ("this host", False)
        assert live.release == os.uname().release
        save(live, tmp_path / "live")
        assert contents(SavedProfile(tmp_path / "live")) == contents(live)
        save(LiveProfile(tracefs), tmp_path / "again")
    assert (tmp_path / "live").read_bytes() == (tmp_path / "again").read_bytes()


@pytest.mark.kernel
def test_check_uses_this_kernel_where_it_can_be_read() -> None:
    found = profile_for_check()
    assert isinstance(found, LiveProfile)
    assert found.tracepoint("syscalls", "sys_enter_close") is not None
    assert found.tracepoint("syscalls", "no_such") is None
    found.tracefs.close()


@pytest.mark.kernel
def test_check_uses_the_shipped_profile_for_an_ordinary_user() -> None:
    script = (
        "import os, sys\n"
        "os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from probekit.kernel.profile import profile_for_check\n"
        "print(profile_for_check().origin)\n"
    )
    command = [sys.executable, "-c", script, str(Path(profile.__file__).parents[2])]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout == "the shipped profile (Linux 6.18)\n"
