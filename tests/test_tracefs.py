"""Format files and event ids: as text, and as the running kernel writes them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from probekit.diagnostics import DiagnosticError
from probekit.kernel import tracefs
from probekit.kernel.tracefs import Field, Tracefs, find_tracefs, parse_format

HEAD = "name: some_event\nID: 7\nformat:\n"
COMMON = "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\n"
TAIL = '\nprint fmt: "%s", REC->comm\n'


def format_of(*lines: str) -> str:
    return HEAD + COMMON + "".join(f"\t{line}\n" for line in lines) + TAIL


def field_of(declaration: str, size: int = 8) -> Field:
    line = f"field:{declaration};\toffset:16;\tsize:{size};\tsigned:1;"
    (field,) = parse_format("group", format_of(line)).fields
    return field


def test_a_format_is_read() -> None:
    text = format_of(
        "field:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;",
        "field:const char * filename;\toffset:16;\tsize:8;\tsigned:0;",
    )
    known = parse_format("syscalls", text)
    assert (known.group, known.name) == ("syscalls", "some_event")
    assert known.fields == (
        Field("__syscall_nr", "int", 8, 4, True),
        Field("filename", "const char *", 16, 8, False),
    )


@pytest.mark.parametrize(
    ("declaration", "name", "declared"),
    [
        ("unsigned int flags", "flags", "unsigned int"),
        ("char comm[16]", "comm", "char[16]"),
        ("char buf[]", "buf", "char[]"),
        ("unsigned long args[6]", "args", "unsigned long[6]"),
        ("__data_loc char[] path", "path", "__data_loc char[]"),
        ("__rel_loc u8[] data", "data", "__rel_loc u8[]"),
        ("const char * filename", "filename", "const char *"),
        ("struct page *page", "page", "struct page *"),
        ("const char *const * argv", "argv", "const char *const *"),
        ("const void *const rule_attr", "rule_attr", "const void *const"),
        ("unsigned  long   x", "x", "unsigned long"),
    ],
)
def test_a_declaration_is_taken_apart(declaration: str, name: str, declared: str) -> None:
    field = field_of(declaration)
    assert (field.name, field.type) == (name, declared)


def test_a_length_that_is_an_expression_is_the_size_in_bytes() -> None:
    assert field_of("__u8 saddr[sizeof(struct sockaddr_in6)]", 28).type == "__u8[28]"
    assert field_of("u32 values[NR + 1]", 28).type == "u32[NR + 1]"


@pytest.mark.parametrize(
    "line",
    [
        "field:int;\toffset:8;\tsize:4;\tsigned:1;",
        "field:int x;\toffset:-8;\tsize:4;\tsigned:1;",
        "field:int x;\toffset:8;\tsize:4;\tsigned:2;",
        "field:int x;\toffset:8;\tsize:4;",
        "field:int x; y;\toffset:8;\tsize:4;\tsigned:1;",
        "field:int 2x;\toffset:8;\tsize:4;\tsigned:1;",
        "field:int x\x1b;\toffset:8;\tsize:4;\tsigned:1;",
        "field:int x;\toffset:99999999999;\tsize:4;\tsigned:1;",
        "something else",
    ],
)
def test_an_odd_line_is_an_error(line: str) -> None:
    with pytest.raises(DiagnosticError) as refused:
        parse_format("group", format_of(line))
    (diagnostic,) = refused.value.diagnostics
    assert diagnostic.code == "tracepoint-format"
    assert "`group/some_event`" in diagnostic.message
    assert diagnostic.details == f"\t{line}"


@pytest.mark.parametrize("text", ["", HEAD, HEAD + COMMON])
def test_a_cut_off_format_is_an_error(text: str) -> None:
    with pytest.raises(DiagnosticError, match="tracepoint-format"):
        parse_format("group", text)


def test_what_follows_print_fmt_is_not_read() -> None:
    assert parse_format("group", format_of() + "\tfield:odd\n'), 0\n").fields == ()


@pytest.fixture
def pretended(tmp_path: Path) -> Tracefs:
    """A folder laid out as tracefs, and one beside it that names must not lead to."""
    for folder in ("events/group/event", "events/ftrace/function", "outside", "outside/event"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "id").write_text("7\n")
        (tmp_path / folder / "format").write_text(format_of())
    return Tracefs(tmp_path)


def test_names_do_not_lead_out_of_the_folder(pretended: Tracefs) -> None:
    assert pretended.event_id("group", "event") == 7
    group = "../outside"
    for pair in [(group, "event"), ("group", "../../outside/event"), ("..", "outside"), ("", "")]:
        assert pretended.format(*pair) is None
        with pytest.raises(DiagnosticError, match="tracepoint-missing"):
            pretended.event_id(*pair)
    for name in ("event\n", "event/", "event\0", ".", "évent"):
        assert pretended.format("group", name) is None


def test_entries_of_the_ftrace_group_are_no_tracepoints(pretended: Tracefs) -> None:
    assert pretended.format("ftrace", "function") is None
    assert pretended.tracepoints() == [("group", "event")]


def test_lockdown_is_named_where_it_hides_the_ids(
    pretended: Tracefs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "events/group/event/id").unlink()
    with pytest.raises(DiagnosticError, match="tracepoint-missing"):
        pretended.event_id("group", "event")
    lockdown = tmp_path / "lockdown"
    lockdown.write_text("none integrity [confidentiality]\n")
    monkeypatch.setattr(tracefs, "_LOCKDOWN", lockdown)
    with pytest.raises(DiagnosticError, match="lockdown: "):
        pretended.event_id("group", "event")
    lockdown.write_text("none [integrity] confidentiality\n")
    with pytest.raises(DiagnosticError, match="tracepoint-missing"):
        pretended.event_id("group", "event")


@pytest.fixture
def live() -> Iterator[Tracefs]:
    with find_tracefs() as found:
        yield found


@pytest.mark.kernel
def test_every_format_of_this_kernel_is_understood(live: Tracefs) -> None:
    names = live.tracepoints()
    assert len(names) > 500
    assert ("sched", "sched_switch") in names
    for group, name in names:
        known = live.format(group, name)
        assert known is not None
        assert known.name == name
        text = Path(live.path, "events", group, name, "format").read_text()
        lines = text.partition("print fmt:")[0].count("\tfield:")
        assert len(known.fields) == lines - text.count(" common_")
        check_layout(known.fields)


def check_layout(fields: tuple[Field, ...]) -> None:
    """Names differ, and fields follow each other without overlap."""
    assert len({field.name for field in fields}) == len(fields)
    end = 8  # the common fields'
    for field in sorted(fields, key=lambda field: field.offset):
        assert field.offset >= end
        end = field.offset + field.size
    assert end < 8192  # PERF_MAX_TRACE_SIZE


@pytest.mark.kernel
def test_known_tracepoints_of_this_kernel(live: Tracefs) -> None:
    switch = live.format("sched", "sched_switch")
    assert switch is not None
    fields = {field.name: field for field in switch.fields}
    assert fields["prev_comm"] == Field("prev_comm", "char[16]", 8, 16, False)
    assert (fields["next_pid"].type, fields["next_pid"].signed) == ("pid_t", True)
    path = Path(live.path, "events/sched/sched_switch/id")
    assert live.event_id("sched", "sched_switch") == int(path.read_text())


@pytest.mark.kernel
def test_nothing_is_mounted_for_others_to_see() -> None:
    before = Path("/proc/self/mountinfo").read_text()
    with find_tracefs() as found:
        assert Path(found.path, "events").is_dir()
        assert Path("/proc/self/mountinfo").read_text() == before
        path = Path(found.path)
    if path.is_relative_to("/proc"):
        assert not path.exists()


ORDINARY = """
import os, sys
os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
sys.path.insert(0, sys.argv[1])
from probekit.diagnostics import DiagnosticError
from probekit.kernel.tracefs import find_tracefs
try:
    find_tracefs()
except DiagnosticError as error:
    print(error.diagnostics[0].code, error.diagnostics[0].help)
"""


def as_ordinary_user() -> str:
    """What an ordinary user is told, here and now."""
    source = str(Path(tracefs.__file__).parents[2])
    command = [sys.executable, "-c", ORDINARY, source]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.kernel
def test_an_ordinary_user_is_told_what_to_do() -> None:
    mounted = any(Path(place, "events").is_dir() for place in tracefs._PLACES)
    expected = "tracefs-denied run it as root" if mounted else "tracefs-unmounted mount it as root"
    assert as_ordinary_user().startswith(expected)


@pytest.mark.kernel
def test_an_ordinary_user_is_told_that_a_mounted_one_is_closed() -> None:
    """In a mount namespace of its own, where tracefs is mounted for the test alone."""
    command = 'mount -t tracefs nodev /sys/kernel/tracing && exec "$@"'
    arguments = [sys.executable, "-c", ORDINARY, str(Path(tracefs.__file__).parents[2])]
    ran = subprocess.run(
        ["unshare", "--mount", "sh", "-c", command, "sh", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("tracefs-denied run it as root")


@pytest.mark.kernel
def test_a_mounted_tracefs_is_used_as_it_is() -> None:
    command = 'mount -t tracefs nodev /sys/kernel/tracing && exec "$@"'
    script = "from probekit.kernel.tracefs import find_tracefs; print(find_tracefs().path)"
    ran = subprocess.run(
        ["unshare", "--mount", "sh", "-c", command, "sh", sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(tracefs.__file__).parents[2])},
    )
    assert ran.stdout == "/sys/kernel/tracing\n"
