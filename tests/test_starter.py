"""`probekit new`: specs that `check` accepts, whatever the tracepoint, and files nobody loses."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import Runner

from probekit.check import check
from probekit.commands.attachkind import tracepoint_names
from probekit.commands.newfile import write_new
from probekit.commands.starter import check_name, choose_tracepoint, spec_text, start
from probekit.diagnostics import Diagnostic, DiagnosticError
from probekit.frontend.spec import read
from probekit.ir import Print, Probe
from probekit.kernel.profile import save, shipped_profile
from probekit.kernel.tracefs import Field, TracepointFormat
from probekit.report import render_text
from probekit.source import Source

PROFILE = shipped_profile()
GROUPS = sorted({group for group, _ in PROFILE.tracepoints()})


def spec_of(name: str, *, called: str = "a-probe") -> str:
    return spec_text(called, choose_tracepoint(PROFILE, name, called), f"{called}.yaml")


def probe_of(text: str) -> Probe:
    """The checked probe; fails with all that is said of it."""
    try:
        result = check(read(Source("spec.yaml", text)), PROFILE, {})
    except DiagnosticError as error:
        pytest.fail(render_text(error.diagnostics, colour=False))
    assert result.probe is not None, render_text(result.diagnostics, colour=False)
    assert result.diagnostics == ()
    return result.probe


def refusals(name: str, tracepoint: str | None) -> list[Diagnostic]:
    with pytest.raises(DiagnosticError) as caught:
        start(name, tracepoint, "-", PROFILE)
    return list(caught.value.diagnostics)


@pytest.mark.parametrize("group", GROUPS)
def test_every_tracepoint_gives_a_spec_without_a_fault(group: str) -> None:
    for name in tracepoint_names(PROFILE):
        if name.startswith(f"{group}/"):
            text = spec_of(name)
            probe = probe_of(text)
            assert (probe.name, probe.programs[0].group) == ("a-probe", group)
            printed = probe.programs[0].steps[-1]
            assert isinstance(printed, Print)
            types = shown_fields(text)
            telling = [f for f in types if types[f] != "-" and not f.startswith("args.__")]
            assert (len(printed.values) > 2) == bool(telling), name


def shown_fields(text: str) -> dict[str, str]:
    """The fields in the comment, with their types."""
    return dict(re.findall(r"^    #   (args\.\w+) +(\S+)", text, re.MULTILINE))


def test_all_fields_are_in_the_comment() -> None:
    assert shown_fields(spec_of("sched/sched_process_exec")) == {
        "args.filename": "-",
        "args.pid": "u32",
        "args.old_pid": "u32",
    }
    assert "args.filename  -    __data_loc char[]  (not in this version yet)" in spec_of(
        "sched/sched_process_exec"
    )


def test_what_is_printed() -> None:
    def line(name: str) -> str:
        found = re.search('- print: "(.*)"', spec_of(name))
        assert found
        return found.group(1)

    assert line("syscalls/sys_enter_close") == "{comm} ({pid}) fd={args.fd}"
    assert line("clk/clk_enable") == "{comm} ({pid})", "it has no field that can be read"
    assert line("syscalls/sys_enter_chdir").endswith(" filename={args.filename}")
    assert "filename" not in line("syscalls/sys_enter_openat"), "numbers before addresses"


def test_a_tracepoint_without_fields() -> None:
    text = spec_text("a", TracepointFormat("sched", "sched_switch", ()), "a.yaml")
    assert "(it has no fields)" in text
    probe_of(text)


def test_fields_named_like_words_of_the_language() -> None:
    fields = tuple(
        Field(name, "int", 8 + 4 * at, 4, True) for at, name in enumerate(["in", "and", "pid"])
    )
    event = TracepointFormat("sched", "sched_switch", fields)
    source = Source("a.yaml", spec_text("a", event, "a.yaml"))

    class Known(type(PROFILE)):  # type: ignore[misc]  # a profile with this event alone
        def __init__(self) -> None: ...

        shipped = False
        origin = "a test"

        def tracepoint(self, group: str, name: str) -> TracepointFormat:
            return event

    assert check(read(source), Known(), {}).diagnostics == ()


def test_the_condition_in_the_comment_works() -> None:
    text = spec_of("syscalls/sys_enter_close")
    probe = probe_of(text.replace("    # when: ", "    when: "))
    assert probe.programs[0].when is not None


def test_without_the_print_it_still_works() -> None:
    text = spec_of("syscalls/sys_enter_close")
    before, comment, after = text.partition("      # Prints a line")
    assert comment
    taken, rest = after.split("\n", 2)[:2], after.split("\n", 2)[2]
    assert "- print:" in taken[1]
    assert probe_of(before + rest).prints == ()


def test_editors_find_the_schema() -> None:
    first, _, rest = spec_of("sched/sched_switch").partition("\n")
    assert first.startswith("# yaml-language-server: $schema=file:///")
    path = Path(unquote(urlsplit(first.partition("=")[2]).path))
    assert "programs" in json.loads(path.read_text())["properties"]
    assert "`probekit schema > probekit.schema.json`" in rest


@pytest.mark.parametrize(
    "text",
    [
        "syscalls/sys_enter_close",
        "syscalls:sys_enter_close",
        "tracepoint:syscalls:sys_enter_close",
        "tracepoint: syscalls/sys_enter_close",
        "sys_enter_close",
        " syscalls/sys_enter_close ",
    ],
)
def test_tracepoints_as_other_tools_write_them(text: str) -> None:
    assert "- tracepoint: syscalls/sys_enter_close\n" in spec_of(text)


@pytest.mark.parametrize(
    ("tracepoint", "code", "help"),
    [
        ("sys_enter_clsoe", "unknown-tracepoint", "did you mean `syscalls/sys_enter_close`"),
        ("shed/sched_switch", "unknown-tracepoint", "did you mean `sched/sched_switch`"),
        ("qq/qq", "unknown-tracepoint", "find one with `probekit list 'tracepoint:"),
        ("qq/qq", "unknown-tracepoint", "`sudo probekit new ...`"),
        ("a/b\n  - x", "unknown-tracepoint", "find one with"),
        ("fstatat", "unknown-tracepoint", "list 'tracepoint:*fstatat*'`"),
        ("kprobe:vfs_read", "not-yet", "choose a tracepoint: find one with"),
        ("ftrace/function", "bad-attach-point", "choose another"),
        ("syscalls/*close*", "bad-attach-point", "list 'tracepoint:syscalls/*close*'`"),
        (None, "bad-usage", "find one with `probekit list 'tracepoint:*close*'`"),
    ],
)
def test_tracepoints_that_are_none(tracepoint: str | None, code: str, help: str) -> None:
    (diagnostic,) = refusals("close", tracepoint)
    assert diagnostic.code == code
    assert help in diagnostic.help


@pytest.mark.parametrize(
    ("name", "mended"),
    [
        ("My Probe", "my-probe"),
        ("close.yaml", "close"),
        ("specs/close.yml", "close"),
        ("2nd", "nd"),
        ("Ünï", "n"),
        ("...", "probe"),
        ("x" * 64, "x" * 63),
        ("a\n", "a"),
        ("", "probe"),
    ],
)
def test_names_that_cannot_be_get_one_that_can(name: str, mended: str) -> None:
    (diagnostic,) = refusals(name, "sched/sched_switch")
    assert diagnostic.code == "bad-name"
    assert diagnostic.help.startswith(f"call it `{mended}`;")
    check_name(mended)


@given(st.text(max_size=80))
def test_the_name_that_is_offered_is_accepted(name: str) -> None:
    try:
        check_name(name)
    except DiagnosticError as error:
        found = re.match("call it `([^`]*)`", error.diagnostics[0].help)
        assert found
        check_name(found.group(1))


@given(st.from_regex(r"[a-z][a-z0-9_-]{0,62}", fullmatch=True))
def test_accepted_names_are_those_of_specs(name: str) -> None:
    check_name(name)
    assert probe_of(spec_of("sched/sched_switch", called=name)).name == name


@pytest.mark.parametrize("name", ["null", "true", "false", "yes", "on", "y"])
def test_names_that_yaml_takes_for_something_else(name: str) -> None:
    assert probe_of(spec_of("sched/sched_switch", called=name)).name == name


def test_both_mistakes_are_told() -> None:
    assert [d.code for d in refusals("My Probe", "x/y")] == ["bad-name", "unknown-tracepoint"]


@given(st.text(max_size=30))
def test_the_files_name_stays_in_its_comment(file: str) -> None:
    event = choose_tracepoint(PROFILE, "sched/sched_switch", "a")
    text = spec_text("a", event, file)
    assert text.count("\n") == spec_text("a", event, "a.yaml").count("\n")
    assert text.replace("\n", "").isprintable()


def test_a_file_is_written_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    said = start("a", "sched/sched_switch", str(path), PROFILE)
    assert f"probekit check {path}\n" in said
    probe_of(path.read_text())
    path.write_text("mine")
    with pytest.raises(DiagnosticError) as caught:
        start("a", "sched/sched_switch", str(path), PROFILE)
    assert caught.value.diagnostics[0].code == "file-exists"
    assert path.read_text() == "mine"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "b.yaml")
    with pytest.raises(DiagnosticError) as caught:
        write_new(str(tmp_path / "a.yaml"), "text")
    assert caught.value.diagnostics[0].code == "file-exists"
    assert not (tmp_path / "b.yaml").exists()


@pytest.mark.parametrize("name", ["no/folder.yaml", "a\0b.yaml", "x" * 300])
def test_files_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        write_new(f"{tmp_path}/{name}", "text")
    assert caught.value.diagnostics[0].code == "cannot-write"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_who_called_sudo_owns_what_is_in_their_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_UID", "65534")
    write_new(str(tmp_path / "roots.yaml"), "text")
    os.chown(tmp_path, 65534, 65534)
    write_new(str(tmp_path / "theirs.yaml"), "text")
    owners = {path.name: path.stat().st_uid for path in tmp_path.iterdir()}
    assert owners == {"roots.yaml": 0, "theirs.yaml": 65534}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("user", ["9" * 5000, "\u0663", "-1", "x"])
def test_what_is_no_user_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: str
) -> None:
    os.chown(tmp_path, 3, 3)
    monkeypatch.setenv("SUDO_UID", user)
    write_new(str(tmp_path / "new.yaml"), "x")
    assert (tmp_path / "new.yaml").stat().st_uid == 0


def test_from_a_saved_profile_to_standard_output(probekit: Runner, tmp_path: Path) -> None:
    saved = tmp_path / "host.profile"
    save(PROFILE, saved)
    arguments = ("new", "close", "--tracepoint", "sys_enter_close", "--kernel", saved)
    outcome = probekit.run(*arguments, "-o", "-")
    assert (outcome.code, outcome.err) == (0, "")
    text = spec_of("syscalls/sys_enter_close", called="close")
    checked = "probekit check close.yaml"
    assert outcome.out == text.replace(checked, f"{checked} --kernel {saved}")
    outcome = probekit.run(*arguments, "-o", tmp_path / "there.yaml")
    commands = [line.partition(":")[2].strip() for line in outcome.lines[1:]]
    assert commands == [
        f"probekit check {tmp_path}/there.yaml --kernel {saved}",
        f"sudo probekit apply {tmp_path}/there.yaml (on that kernel)",
    ]
    assert probekit.run(*commands[0].split()[1:]).code == 0


def test_a_file_that_looks_like_an_option(probekit: Runner, tmp_path: Path) -> None:
    arguments = ("new", "close", "--tracepoint", "sys_enter_close", "-o", "-odd.yaml")
    out, _ = probekit.start(*arguments, cwd=tmp_path).communicate()
    assert out.splitlines()[1] == "check it: probekit check ./-odd.yaml"
    assert "probekit check ./-odd.yaml\n" in (tmp_path / "-odd.yaml").read_text()


def test_a_new_probe_in_the_current_folder(probekit: Runner, tmp_path: Path) -> None:
    process = probekit.start("new", "close", "--tracepoint", "sys_enter_close", cwd=tmp_path)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert out.splitlines()[0] == "close.yaml: a probe of syscalls/sys_enter_close"
    for line in out.splitlines()[1:]:
        command = line.partition(":")[2].split()
        if command[0] == "probekit":
            assert probekit.run(*command[1:-1], tmp_path / command[-1]).code == 0


def test_usage_errors(probekit: Runner) -> None:
    outcome = probekit.run("new", "My Probe")
    assert (outcome.code, outcome.out) == (2, "")
    assert "error[bad-name]" in outcome.err
    assert "error[bad-usage]" in outcome.err
    outcome = probekit.run("new", "two", "-t", "sys_enter_close", "-t", "sched/sched_switch")
    assert (outcome.code, outcome.out) == (2, "")
    assert "`new` takes one tracepoint" in outcome.err
