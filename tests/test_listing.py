"""`probekit list`: what matches a pattern, and what is said where nothing does."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from running import Outcome, Runner

from probekit.check import check
from probekit.commands.attachkind import KINDS, ReadableField, tracepoint_names
from probekit.commands.listing import Groups, Point, find, json_lines, text_lines
from probekit.commands.unlisted import similar
from probekit.diagnostics import Diagnostic, DiagnosticError, Origin
from probekit.frontend import schemachoice
from probekit.frontend.spec import read
from probekit.kernel.profile import LiveProfile, SavedProfile, save, shipped_profile
from probekit.kernel.tracefs import find_tracefs
from probekit.source import Source

PROFILE = shipped_profile()


def lines(text: str, *, with_fields: bool = False) -> list[str]:
    return list(text_lines(find(text, PROFILE, with_fields=with_fields)))


def refusal(text: str) -> Diagnostic:
    """What is said of a pattern that finds nothing."""
    with pytest.raises(DiagnosticError) as caught:
        find(text, PROFILE)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


def test_every_kind_of_the_format_is_known() -> None:
    assert set(KINDS) == {*schemachoice.KINDS, *schemachoice.LATER_KINDS}
    assert {name for name, kind in KINDS.items() if kind.is_attached} == set(schemachoice.KINDS)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("tracepoint:syscalls/sys_enter_close", ["sys_enter_close"]),
        ("tracepoint: syscalls/sys_enter_close", ["sys_enter_close"]),
        ("tracepoint:syscalls/sys_enter_clos?", ["sys_enter_close"]),
        (
            "tracepoint:syscalls/*close*",
            ["sys_enter_close", "sys_enter_close_range", "sys_exit_close", "sys_exit_close_range"],
        ),
    ],
)
def test_a_pattern_finds_names_in_order(pattern: str, found: list[str]) -> None:
    assert lines(pattern) == [f"tracepoint: syscalls/{name}" for name in found]


def test_a_star_goes_over_the_slash() -> None:
    assert "tracepoint: syscalls/sys_exit_close" in lines("tracepoint:*close*")


def test_letters_count_as_they_are_written() -> None:
    assert refusal("tracepoint:syscalls/SYS_ENTER_CLOSE").code == "no-match"


def test_each_line_is_part_of_a_spec() -> None:
    for line in lines("tracepoint:sched/*"):
        text = f"probekit: 1\nname: a\nprograms:\n  - {line}\n    do: [{{stop: true}}]\n"
        assert check(read(Source("a.yaml", text)), PROFILE, {}).diagnostics == ()


def test_each_line_finds_itself() -> None:
    for line in lines("tracepoint:sched/*"):
        assert lines(line) == [line]


@pytest.mark.parametrize("pattern", ["tracepoint:", "tracepoint"])
def test_groups_with_their_sizes(pattern: str) -> None:
    groups = find(pattern, PROFILE)
    assert isinstance(groups, Groups)
    assert sum(size for _, size in groups.sizes) == len(PROFILE.tracepoints())
    assert "ftrace" not in dict(groups.sizes)
    for line in text_lines(groups):
        pattern, _, size = line.partition("#")
        assert len(lines(pattern.strip())) == int(size)


def test_fields_as_specs_have_them() -> None:
    shown = lines("tracepoint:sched/sched_process_ex[ei]*", with_fields=True)
    assert shown == [
        "tracepoint: sched/sched_process_exec",
        "    args.filename  -    __data_loc char[]  (not in this version yet)",
        "    args.pid       u32  pid_t",
        "    args.old_pid   u32  pid_t",
        "tracepoint: sched/sched_process_exit",
        "    args.comm        char(16)  char[16]",
        "    args.pid         u32       pid_t",
        "    args.prio        s32       int",
        "    args.group_dead  bool      bool",
    ]


def test_the_same_as_json() -> None:
    found = find("tracepoint:sched/sched_process_exec", PROFILE, with_fields=True)
    (line,) = json_lines(found)
    data = json.loads(line)
    assert (data["kind"], data["name"]) == ("tracepoint", "sched/sched_process_exec")
    assert data["fields"][:2] == [
        {"name": "args.filename", "type": None, "declared": "__data_loc char[]"},
        {"name": "args.pid", "type": "u32", "declared": "pid_t"},
    ]
    (plain,) = json_lines(find("tracepoint:sched/sched_process_exec", PROFILE))
    assert "fields" not in json.loads(plain)
    assert json.loads(next(json_lines(find("tracepoint:", PROFILE))))["name"].endswith("/*")


def test_what_the_kernel_and_the_cpu_count() -> None:
    assert lines("software:page-*") == ["software: page-faults"]
    assert "hardware: cache-misses" in lines("hardware:")


MENDED = [
    ("close", "tracepoint:*close*"),
    ("syscalls/*", "tracepoint:syscalls/*"),
    ("syscalls:sys_enter_close", "tracepoint:syscalls/sys_enter_close"),
    ("tracepoint:syscalls:sys_enter_close", "tracepoint:syscalls/sys_enter_close"),
    ("t:syscalls:sys_enter_close", "tracepoint:syscalls/sys_enter_close"),
    ("tracpoint:syscalls/sys_enter_close", "tracepoint:syscalls/sys_enter_close"),
    ("sw:page-faults", "software:page-faults"),
    ("tracepoint/sched/sched_switch", "tracepoint:sched/sched_switch"),
    ("tracepoints", "tracepoint:"),
    ("syscalls", "tracepoint:syscalls/*"),
    ("syscall:openat", "tracepoint:*openat*"),
    ("tracepoint:sched/sched_switch,syscalls/*", "tracepoint:sched/sched_switch"),
    ("TRACEPOINT:SYSCALLS/*CLOSE*", "tracepoint:syscalls/*close*"),
]


@pytest.mark.parametrize(("typed", "offered"), MENDED)
def test_what_is_no_pattern_gets_one_to_paste(typed: str, offered: str) -> None:
    diagnostic = refusal(typed)
    assert (diagnostic.code, diagnostic.origin) == ("bad-pattern", Origin.USAGE)
    command = re.search("`probekit list '?([^'`]*)'?`", diagnostic.help)
    assert command
    assert command.group(1) == offered
    assert find(offered, PROFILE)


@pytest.mark.parametrize("typed", ["", ":", "*:*close*", "foo:bar", "lsm:*"])
def test_what_is_like_no_kind_gets_the_kinds(typed: str) -> None:
    assert refusal(typed).code == "bad-pattern"


@pytest.mark.parametrize(
    ("typed", "help"),
    [
        ("tracepoint:syscalls/sys_enter_clsoe", "did you mean `syscalls/sys_enter_close`"),
        ("tracepoint:shed/sched_switch", "did you mean `sched/sched_switch`"),
        ("tracepoint:block/sys_enter_close", "did you mean `syscalls/sys_enter_close`"),
        ("tracepoint:sys_enter_close", "did you mean `syscalls/sys_enter_close`?"),
        ("tracepoint:syscalls/*clsoe*", "mean `probekit list 'tracepoint:syscalls/*close*'`?"),
        ("tracepoint:block/*close*", "did you mean `probekit list 'tracepoint:*close*'`?"),
        ("tracepoint:syscalls", "it is a group: write `probekit list 'tracepoint:syscalls/*'`"),
        ("tracepoint:ftrace/*", "the `ftrace` group holds record formats, not attach points"),
        ("tracepoint:*qqqq*", "`probekit list tracepoint:` shows what there is"),
        ("software:sched/sched_switch", "did you mean `probekit list tracepoint:sched/sched_sw"),
        ("hardware:cahe", "did you mean `probekit list 'hardware:*cache*'`?"),
    ],
)
def test_where_nothing_matches_the_nearest_is_offered(typed: str, help: str) -> None:
    diagnostic = refusal(typed)
    assert (diagnostic.code, diagnostic.origin) == ("no-match", Origin.SPEC)
    assert help in diagnostic.help


@pytest.mark.parametrize(
    ("kind", "help"),
    [
        ("profile", "write `profile: 99hz`"),
        ("interval", "write `interval: 1s`"),
        ("uprobe", "`nm -D --defined-only FILE`"),
        ("uretprobe", "`nm -D --defined-only FILE`"),
        ("usdt", "`readelf -n FILE`"),
    ],
)
def test_what_no_kernel_lists(kind: str, help: str) -> None:
    diagnostic = refusal(f"{kind}:x")
    assert (diagnostic.code, diagnostic.origin) == ("not-listed", Origin.USAGE)
    assert help in diagnostic.help


def test_the_likest_of_very_many_names() -> None:
    names = [f"function_{number}" for number in range(100_000)] + ["vfs_read", "vfs_write"]
    assert similar("vfs_raed", names)[0] == "vfs_read"
    assert similar("qqq", names) == []


def test_nothing_of_a_profile_acts_on_a_terminal() -> None:
    field = ReadableField("args.\x1b[31m", "u32", "int\nx")
    shown = "\n".join(text_lines((Point("tracepoint", "a/\x1b]0;b", (field,)),)))
    assert shown.replace("\n    ", "").isprintable()


def test_a_saved_profile_is_listed(probekit: Runner, tmp_path: Path) -> None:
    saved = tmp_path / "host.profile"
    save(PROFILE, saved)
    outcome = probekit.run("list", "tracepoint:sched/sched_sw*", "--kernel", saved)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.lines == lines("tracepoint:sched/sched_sw*")
    outcome = probekit.run("list", "tracepoint:sched/shced_switch", "--kernel", saved)
    assert outcome.code == 1
    assert f"error[no-match]: `{saved}` (Linux {PROFILE.release}) has no" in outcome.err


def test_the_list_of_kinds(probekit: Runner) -> None:
    outcome = probekit.run("list")
    assert (outcome.code, outcome.err) == (0, "")
    assert [line.split()[0] for line in outcome.lines[::2]] == list(KINDS)
    as_json = probekit.run("list", "--format", "json")
    assert [json.loads(line)["kind"] for line in as_json.lines] == list(KINDS)


def test_every_command_of_the_list_of_kinds_works(probekit: Runner) -> None:
    for kind in KINDS.values():
        if kind.names is not None and not kind.is_in_btf:
            assert find(f"{kind.name}:{kind.example}", PROFILE)


def test_kinds_that_specs_cannot_have_yet_say_so(probekit: Runner) -> None:
    outcome = probekit.run("list", "software:page-faults")
    assert (outcome.code, outcome.out) == (0, "software: page-faults\n")
    assert outcome.err == (
        "probekit: `software` programs are not in this version yet: `check` refuses them\n"
    )


def test_usage_errors(probekit: Runner) -> None:
    for arguments in (["close"], ["usdt:x"], ["tracepoint:*", "--format", "xml"]):
        outcome = probekit.run("list", *arguments)
        assert (outcome.code, outcome.out) == (2, "")
        assert outcome.err.startswith("error[")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_without_root_the_shipped_profile_is_listed(probekit: Runner) -> None:
    process = probekit.start("list", "tracepoint:sched/sched_switch", user=65534, cwd="/")
    out, err = process.communicate()
    assert (process.returncode, out) == (0, "tracepoint: sched/sched_switch\n")
    assert err.startswith("probekit: this is the shipped profile (Linux ")
    assert "`--kernel FILE`" in err


@pytest.mark.kernel
def test_this_kernel_is_listed(probekit: Runner) -> None:
    outcome = probekit.run("list", "tracepoint:*/*")
    assert (outcome.code, outcome.err) == (0, "")
    with find_tracefs() as tracefs:
        known = tracepoint_names(LiveProfile(tracefs))
    assert outcome.lines == [f"tracepoint: {name}" for name in known]


def of_btf(probekit: Runner, *arguments: str, user: int | None = None) -> Outcome:
    process = probekit.start("list", *arguments, user=user, cwd="/")
    out, err = process.communicate()
    return Outcome(process.returncode, out, err)


@pytest.mark.kernel
@pytest.mark.parametrize("user", [None, 65534])
def test_functions_and_raw_tracepoints_come_from_btf(probekit: Runner, user: int | None) -> None:
    outcome = of_btf(probekit, "raw_tracepoint:sched_switch", "-v", user=user)
    assert outcome.code == 0
    assert outcome.err.count("\n") == 1, "the shipped profile has no part in it"
    assert outcome.lines[0] == "raw_tracepoint: sched_switch"
    assert re.search(r"^    args\.next +- +struct task_struct \*$", outcome.out, re.MULTILINE)
    for kind, wanted, unwanted in (
        ("kprobe", "args.count", "retval"),
        ("fentry", "args.count", "retval"),
        ("kretprobe", "retval", "args."),
        ("fexit", "args.count", "fentry"),
    ):
        found = of_btf(probekit, f"{kind}:vfs_read", "-v", user=user)
        assert found.lines[0] == f"{kind}: vfs_read"
        assert wanted in found.out
        assert unwanted not in found.out
    assert "`vfs_read`" in of_btf(probekit, "kprobe:vfs_raed", user=user).err
    said = of_btf(probekit, "kfunc:vmlinux:vfs_read", user=user).err
    assert "write `probekit list fentry:vfs_read`" in said


def test_a_profile_without_btf_has_no_functions(tmp_path: Path) -> None:
    save(PROFILE, tmp_path / "saved", btf=False)
    with pytest.raises(DiagnosticError) as caught:
        find("kprobe:vfs_read", SavedProfile(tmp_path / "saved"))
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.origin) == ("not-listed", Origin.HOST)
