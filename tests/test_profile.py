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
from probekit.kernel import profile
from probekit.kernel.profile import (
    KernelProfile,
    LiveProfile,
    SavedProfile,
    profile_for_check,
    save,
    shipped_profile,
)
from probekit.kernel.tracefs import Field, TracepointFormat, find_tracefs

MAGIC = b"probekit kernel profile 1\n"


class Known:
    """A profile of two tracepoints."""

    origin = "a test"
    release = "6.1.0"
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
    assert (read.release, read.shipped) == ("6.1.0", False)
    assert read.origin == f"`{saved}` (Linux 6.1.0)"


def test_what_is_not_there_is_none(saved: Path) -> None:
    read = SavedProfile(saved)
    for pair in [("one", "full"), ("three", "empty"), ("", ""), ("..", "one")]:
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
    assert codes == {"", "profile-damaged"}
    saved.write_bytes(whole)
    assert read_all(saved) == ""


def with_head(head: object, block: bytes = b"") -> bytes:
    return MAGIC + json.dumps(head).encode() + b"\n" + block


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        MAGIC,
        MAGIC + b"[" * 100_000 + b"\n",
        with_head([]),
        with_head({"release": "6.1"}),
        with_head({"release": "6.1", "groups": []}),
        with_head({"release": "6.1", "groups": {"one": [0]}}),
        with_head({"release": "6.1", "groups": {"one": [0, float("inf")]}}),
        with_head({"release": "6.1", "groups": {"one": [0, 10**30]}}),
        with_head({"release": "6.1", "groups": {"one": [-5, 100]}}, zlib.compress(b"x")),
    ],
)
def test_what_is_no_profile_is_a_diagnostic(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)
    assert read_all(path) == "profile-damaged"


@pytest.mark.parametrize(
    "row",
    [
        "event;comm",
        "event;comm\tchar[16]\t8\t16\t2",
        "event;comm\tchar[16]\t-8\t16\t0",
        'event;comm\tchar"\t8\t16\t0',
        "event;2comm\tchar\t8\t16\t0",
        "event;comm\tchar\t8\t16\t0;",
        "event;comm\tch\u00e4r\t8\t16\t0",
    ],
)
def test_an_odd_row_is_a_diagnostic(tmp_path: Path, row: str) -> None:
    block = zlib.compress(row.encode())
    path = tmp_path / "odd"
    path.write_bytes(with_head({"release": "6", "groups": {"one": [0, len(block)]}}, block))
    assert read_all(path) == "profile-damaged"


def test_a_block_that_inflates_without_end_is_a_diagnostic(tmp_path: Path) -> None:
    block = zlib.compress(b"x" * (profile._LARGEST + 1))
    path = tmp_path / "bomb"
    path.write_bytes(with_head({"release": "6", "groups": {"one": [0, len(block)]}}, block))
    assert read_all(path) == "profile-damaged"


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
    assert profile._SHIPPED.stat().st_size < 150_000


def test_the_shipped_profile_says_nothing_of_a_machine() -> None:
    head = json.loads(profile._SHIPPED.read_bytes().split(b"\n", 2)[1])
    assert head.keys() == {"release", "groups"}
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
