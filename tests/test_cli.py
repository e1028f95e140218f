"""The command line without a kernel: verbs, usage errors, exit codes, who may do what."""

from __future__ import annotations

import fcntl
import json
import os
import struct
import subprocess
import sys
import tempfile
import termios
from contextlib import suppress
from pathlib import Path

import pytest
from running import Outcome, Runner

from probekit.resources import spec_dir

CLOSE = Path(spec_dir()) / "close.yaml"
NOBODY = 65534


def unprivileged(*arguments: str | Path, folder: Path) -> Outcome:
    """`probekit` as an ordinary user, from a folder that has nothing in it."""
    code = "from probekit.entry import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=folder,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        check=False,
        timeout=60,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def test_version_and_help(probekit: Runner) -> None:
    assert probekit.run("--version").out == "probekit 0.1.0\n"
    outcome = probekit.run("--help")
    assert outcome.code == 0
    for verb in ("apply", "check", "render", "doctor"):
        assert verb in outcome.out
        assert probekit.run(verb, "--help").code == 0


def test_no_command_shows_the_help(probekit: Runner) -> None:
    outcome = probekit.run()
    assert outcome.code == 2
    assert "Usage: probekit" in outcome.out + outcome.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_there(probekit: Runner, shell: str) -> None:
    assert "probekit" in probekit.run("--show-completion", shell).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "error[bad-usage]: there is no command `nonsense`"),
        (["nonsense"], "help: there are `apply`, `check`,"),
        (["aply"], "help: did you mean `apply`?"),
        (["validate"], "help: did you mean `check`?"),
        (["kernel", "sav"], "help: did you mean `save`?"),
        (["help"], "help: write `probekit --help`"),
        (["help", "list"], "help: write `probekit list --help`"),
        (["close.yaml"], "help: write `probekit apply close.yaml`, or"),
        (["check"], "error[bad-usage]: `probekit check` needs `SPEC...`"),
        (["kernel", "save"], "help: write `probekit kernel save FILE`"),
        (["check", CLOSE, "--fx"], "`probekit check` has no option `--fx`"),
        (["check", CLOSE, "--fx"], "help: did you mean `--fix`?"),
        (["check", CLOSE, "-q"], "help: `probekit check --help` shows those there are"),
        (["check", CLOSE, "--set"], "help: write `--set NAME=VALUE`"),
        (["check", CLOSE, "--fix=3"], "help: write `--fix` alone"),
        (["doctor", "x"], "`x` is more than `probekit doctor` takes"),
        (["new", "x", "a/b"], "help: write `probekit new x --tracepoint a/b`"),
        (
            ["new", "sched/sched_process_exec"],
            "help: write `probekit new sched_process_exec --tracepoint sched/sched_process_exec`",
        ),
        (["check", CLOSE, "--set", "x:1"], "help: write `--set x=1`"),
        (["check", "x=1"], "help: to set a param write `--set x=1`"),
        (["check", f"{CLOSE}x"], f"help: did you mean `{CLOSE}`?"),
        (["check", CLOSE.with_suffix(".yml")], f"help: did you mean `{CLOSE}`?"),
        (["check", CLOSE, "--kernel", "not-there.profile"], "error[profile-unreadable]"),
        (["check", CLOSE, "--format", "xml"], "error[bad-format]"),
        (["check", CLOSE, "--set", "x"], "error[bad-set]"),
        (["render", CLOSE, "--set", "x=1"], "error[unknown-param]"),
        (["apply", CLOSE, "--for", "soon"], "error[bad-duration]"),
        (["check", CLOSE, "--", "true"], "only `apply` takes a command"),
        (["apply", CLOSE, "--"], "no command after `--`"),
        (["check", "not-there.yaml"], "error[unreadable-spec]"),
        (["check", "/"], "error[unreadable-spec]"),
    ],
)
def test_usage_errors_exit_with_2(
    probekit: Runner, arguments: list[str | Path], words: str
) -> None:
    outcome = probekit.run(*arguments)
    assert outcome.code == 2
    assert words in outcome.err
    assert "Traceback" not in outcome.err
    assert outcome.out == ""


@pytest.mark.parametrize("command", [["sh", "-c", "true"], ["sleep", "0"], ["sh", "--for", "1s"]])
def test_a_command_without_its_dashes(probekit: Runner, command: list[str]) -> None:
    outcome = probekit.run("apply", CLOSE, *command)
    assert outcome.code == 2
    said = "" if command[1] == "--for" else f" {command[1]}"
    assert f"`probekit apply {CLOSE} -- {command[0]}{said}" in outcome.err
    assert outcome.err.count("error[") == 1


def test_helps_are_as_wide_as_the_terminal(probekit: Runner) -> None:
    near, far = os.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    process = probekit.start("new", "sched", stderr=far)
    os.close(far)
    written = b""
    with suppress(OSError):  # EIO: nobody has the other end open any more
        while part := os.read(near, 4096):
            written += part
    os.close(near)
    assert process.wait() == 2
    first, second, *_ = written.decode().split("help: ")[1].split("\r\n")
    assert first == "find one with"
    assert second == f"{' ' * 10}`probekit list 'tracepoint:*sched*'`,"


def test_render_says_what_check_warns_of(probekit: Runner) -> None:
    spec = probekit.spec(
        "name: a\nprograms:\n  - tracepoint: syscalls/sys_enter_close\n"
        "    do: [{print: '{{ pid }}'}]\n"
    )
    outcome = probekit.run("render", spec)
    assert outcome.code == 0
    assert outcome.err.startswith("warning[text-not-value]: `{{ pid }}` prints the text")
    assert outcome.err == probekit.run("check", spec).err


@pytest.mark.parametrize(
    ("value", "help"),
    [("100", "as in `100ms`"), ("soon", "as in `100ms`")],
)
def test_a_duration_that_has_no_unit(probekit: Runner, value: str, help: str) -> None:
    spec = probekit.spec(
        "name: a\nparams: {least: {type: duration, default: 1s}}\n"
        "programs: [{tracepoint: syscalls/sys_enter_close, do: [{stop: true}]}]\n"
    )
    outcome = probekit.run("check", spec, "--set", f"least={value}")
    assert outcome.code == 2
    assert help in outcome.err
    assert probekit.run("check", spec, "--set", "least:100ms").code == 2
    assert probekit.run("check", spec, "--set", "least=100ms").code == 0


def test_a_spec_with_errors_exits_with_1_and_all_of_all_files_are_told(probekit: Runner) -> None:
    first = probekit.spec("name: a\nprograms: [{tracepoint: x, do: [{cuont: m}]}]\n", "a.yaml")
    second = probekit.spec("name: b\nmaps: {m: {type: hsh}}\n", "b.yaml")
    outcome = probekit.run("check", first, CLOSE, second)
    assert outcome.code == 1
    assert outcome.out.startswith(f"{CLOSE}: ok, checked against ")
    assert "a.yaml:3" in outcome.err
    assert "b.yaml:1:1" in outcome.err
    assert "missing-key" in outcome.err


def test_diagnostics_as_json(probekit: Runner) -> None:
    spec = probekit.spec(
        "name: a\nprograms:\n  - tracepoint: syscalls/sys_enter_close\n    do: [{count: m}]\n"
    )
    outcome = probekit.run("check", spec, "--format", "json")
    assert outcome.code == 1
    assert outcome.err == ""
    (line,) = outcome.out.splitlines()
    found = json.loads(line)
    assert found["code"] == "unknown-map"
    assert (found["file"], found["line"], found["column"]) == (str(spec), 5, 18)


def test_a_spec_from_standard_input(probekit: Runner) -> None:
    process = probekit.start("check", "-", stdin=subprocess.PIPE)
    out, _ = process.communicate(CLOSE.read_text())
    assert process.returncode == 0
    assert out.startswith("<stdin>: ok")


def test_bytes_that_are_no_text(probekit: Runner, tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"name: caf\xe9\n")
    outcome = probekit.run("check", path)
    assert outcome.code == 2
    assert "it is not UTF-8 text (byte 9)" in outcome.err


def test_render_prints_the_same_bytes_every_time(probekit: Runner, tmp_path: Path) -> None:
    copy = tmp_path / "another name.yaml"
    copy.write_text(CLOSE.read_text())
    texts = {probekit.run("render", path).out for path in (CLOSE, CLOSE, copy)}
    assert len(texts) == 1
    assert "int p0_sys_enter_close(void *ctx)" in texts.pop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_check_and_render_need_no_root(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    outcome = unprivileged("check", CLOSE, folder=Path("/"))
    assert (outcome.code, outcome.err) == (0, "")
    assert "the shipped profile" in outcome.out
    assert unprivileged("render", CLOSE, folder=Path("/")).code == 0


@pytest.mark.kernel
def test_apply_without_root_says_what_to_do() -> None:
    outcome = unprivileged("apply", CLOSE, "--for", "0s", folder=Path("/"))
    assert outcome.code == 3
    assert "error[no-privilege]" in outcome.err
    assert "run it as root, with `sudo`" in outcome.err


@pytest.mark.kernel
def test_the_doctor_says_what_this_host_can_do(probekit: Runner) -> None:
    outcome = probekit.run("doctor")
    assert outcome.code == 0, outcome.out
    for words in ("python", "kernel", "load programs", "tracefs", "compile, load, attach"):
        assert words in outcome.out


@pytest.mark.kernel
def test_the_doctor_says_what_to_do_without_root() -> None:
    outcome = unprivileged("doctor", folder=Path("/"))
    assert outcome.code == 3
    assert "load programs: run it as root, with `sudo`" in outcome.out
    assert "cannot tell" in outcome.out


@pytest.mark.kernel
def test_two_specs_of_one_name_are_refused(probekit: Runner, tmp_path: Path) -> None:
    copy = tmp_path / "copy.yaml"
    copy.write_text(CLOSE.read_text())
    outcome = probekit.run("apply", CLOSE, copy, "--for", "0s")
    assert outcome.code == 2
    assert "error[duplicate-probe]: two of the specs are named `close`" in outcome.err


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_standard_streams_may_be_closed(closed: str) -> None:
    command = f"{sys.executable} -m probekit check {CLOSE} {closed}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_output_that_cannot_be_written(probekit: Runner) -> None:
    with open("/dev/full", "w") as full:
        process = probekit.start("render", CLOSE, stdout=full)
        _, err = process.communicate()
    assert process.returncode == 3
    assert "standard output cannot be written" in err


def test_text_that_the_terminal_has_no_letters_for(probekit: Runner, tmp_path: Path) -> None:
    spec = probekit.spec("name: a\nprograms: [{tracepoint: é/→, do: [{stop: true}]}]\n")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    process = probekit.start("check", spec, env=environment)
    _, err = process.communicate()
    assert process.returncode == 1
    assert r"\xe9/\u2192" in err


@pytest.mark.parametrize("command", ["list tracepoint:*", f"render {CLOSE}"])
def test_a_reader_that_goes_is_no_failure(command: str) -> None:
    code = "from probekit.entry import main; main()"
    child = subprocess.Popen(
        [sys.executable, "-Ic", code, *command.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()  # before it has written anything
    assert (child.wait(60), child.stderr.read()) == (0, b"")
    child.stderr.close()


def test_render_without_what_it_needs_to_know_is_no_success() -> None:
    spec = "probekit: 1\nname: a\nprograms: [{tracepoint: mine/own, do: [{stop: true}]}]\n"
    with tempfile.TemporaryDirectory() as name:  # one that an ordinary user may enter
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "a.yaml").write_text(spec)
        checked = unprivileged("check", "a.yaml", folder=folder)
        rendered = unprivileged("render", "a.yaml", folder=folder)
    for outcome in (checked, rendered):
        assert outcome.err.count("warning[unknown-tracepoint]") == 1
    assert (checked.code, rendered.code, rendered.out) == (0, 1, "")


def test_what_is_wrong_with_the_command_line_is_json_too(probekit: Runner) -> None:
    outcome = probekit.run("check", CLOSE, "--format", "json", "--kernel", "nosuch")
    assert json.loads(outcome.out)["code"] == "profile-unreadable"
    assert (outcome.code, outcome.err) == (2, "")
