"""Specs against several saved kernels: what the table says, and what stands under it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from running import Outcome, Runner

from probekit.cli import _each_kernel
from probekit.kernel.btf import Btf
from probekit.kernel.profile import save
from probekit.kernel.tracefs import Field, TracepointFormat

SPEC = """\
name: disk
maps:
  sizes: {type: lru_hash, key: u32, value: u64, max_entries: 8}
programs:
  - tracepoint: block/issue
    # args.len is the request's length
    when: args.len > 0
    do:
      - count: sizes
        key: args.dev
"""


class Kernel:
    """A kernel of two tracepoints, the fields of one of which can be chosen."""

    origin = "a test"
    shipped = False

    def __init__(self, release: str, *fields: Field, machine: str = "x86_64") -> None:
        self.release = release
        self.machine = machine
        self.answers: dict[str, str] = {}
        self.formats = {("block", "complete"): TracepointFormat("block", "complete", ())}
        if fields:
            self.formats["block", "issue"] = TracepointFormat("block", "issue", fields)

    def tracepoint(self, group: str, name: str) -> TracepointFormat | None:
        return self.formats.get((group, name))

    def tracepoints(self) -> list[tuple[str, str]]:
        return sorted(self.formats)

    def btf(self) -> Btf | None:
        return None

    def feature(self, name: str) -> str:
        return self.answers.get(name, "yes")


def dev(offset: int = 8) -> Field:
    return Field("dev", "dev_t", offset, 4, False)


def length(offset: int = 12, size: int = 4, signed: bool = False, type: str = "u32") -> Field:
    return Field("len", type, offset, size, signed)


OLD = Kernel("5.15.0", dev(), length())


class Fleet:
    """Saved kernels, and the checks of specs against them."""

    def __init__(self, probekit: Runner, folder: Path) -> None:
        self._probekit = probekit
        self.folder = folder
        self.files: list[Path] = []

    def add(self, *kernels: Kernel) -> None:
        for kernel in kernels:
            path = self.folder / f"host{len(self.files)}.profile"
            save(kernel, path)
            self.files.append(path)

    def check(self, spec: str = SPEC, *options: str) -> Outcome:
        path = self._probekit.spec(spec)
        return self._probekit.run("check", path, "--kernel", *self.files, *options)

    def results(self, spec: str = SPEC) -> list[str]:
        """The table's last column."""
        head, *lines = self.check(spec).out.split("\n\n")[0].splitlines()
        at = head.index("result")
        return [line[at:].rstrip() for line in lines]


@pytest.fixture
def fleet(probekit: Runner, tmp_path: Path) -> Fleet:
    return Fleet(probekit, tmp_path)


def test_kernels_that_are_alike(fleet: Fleet) -> None:
    fleet.add(OLD, Kernel("6.1.0", dev(), length()))
    outcome = fleet.check()
    assert (outcome.code, outcome.err) == (0, "")
    assert [line.split()[-2:] for line in outcome.lines] == [
        ["kernel", "result"],
        ["5.15.0", "ok"],
        ["6.1.0", "ok"],
    ]


def test_a_field_that_moved_is_fine(fleet: Fleet) -> None:
    fleet.add(OLD, Kernel("6.1.0", dev(16), length()))
    outcome = fleet.check()
    assert (outcome.code, outcome.err) == (0, "")
    assert fleet.results() == ["ok; moves: args.dev at 8", "ok; moves: args.dev at 16"]
    assert "compiled for one is wrong on another" in outcome.out


def test_a_field_that_nobody_reads_may_differ(fleet: Fleet) -> None:
    other = Field("cmd", "char[16]", 20, 16, False)
    fleet.add(OLD, Kernel("6.1.0", dev(), length(), other))
    assert fleet.results() == ["ok", "ok"]


@pytest.mark.parametrize(
    ("changed", "type", "help"),
    [
        (
            length(16, 8, False, "u64"),
            "u64",
            "`u32` holds 0 to 4294967295, `u64` holds 0 to 18446744073709551615;"
            " `u32(args.len)` has the same values everywhere",
        ),
        (
            length(12, 4, True, "int"),
            "s32",
            "`u32` holds 0 to 4294967295, `s32` holds -2147483648 to 2147483647; arithmetic is"
            " signed on some only; `u32(args.len)` has the same values everywhere",
        ),
    ],
)
def test_another_size_or_sign_is_a_warning(
    fleet: Fleet, changed: Field, type: str, help: str
) -> None:
    fleet.add(OLD, Kernel("6.1.0", dev(), changed), Kernel("6.2.0", dev(), changed))
    outcome = fleet.check()
    assert outcome.code == 0
    assert (
        f"warning[field-differs]: `args.len` of `block/issue` is `u32` on 5.15.0"
        f" and `{type}` on 6.1.0, 6.2.0\n"
    ) in outcome.err
    assert "spec.yaml:8:11\n" in outcome.err  # not in the comment above
    assert help in outcome.err
    assert outcome.err.count("field-differs") == 1
    assert fleet.results() == ["ok; differs: args.len is u32"] + 2 * [
        f"ok; differs: args.len is {type}"
    ]


def test_text_of_another_size(fleet: Fleet) -> None:
    for number, size in enumerate((8, 10)):
        field = Field("rwbs", f"char[{size}]", 16, size, False)
        fleet.add(Kernel(f"6.{number}", dev(), length(), field))
    outcome = fleet.check(SPEC.replace("args.len > 0", "args.rwbs == 'W'"))
    assert outcome.code == 0
    assert "is `char(8)` on 6.0 and `char(10)` on 6.1\n" in outcome.err
    assert "text of more than 7 bytes is cut on some" in outcome.err


def test_a_tracepoint_that_one_kernel_lacks(fleet: Fleet) -> None:
    fleet.add(OLD, Kernel("6.1.0"), Kernel("6.2.0"))
    outcome = fleet.check()
    assert outcome.code == 1
    message = "this kernel has no tracepoint `block/issue`"
    assert outcome.err.count(f"error[unknown-tracepoint]: {message}\n") == 1
    assert "spec.yaml:6:17\n" in outcome.err
    assert "other kernels have it: write a spec of its own" in outcome.err
    assert "= on: 6.1.0, 6.2.0\n" in outcome.err
    assert fleet.results() == ["ok"] + 2 * [f"unknown-tracepoint: {message}"]


def test_a_name_that_no_kernel_has_is_misspelt(fleet: Fleet) -> None:
    fleet.add(OLD, Kernel("6.1.0", dev(), length()))
    outcome = fleet.check(SPEC.replace("block/issue", "block/isue"))
    assert outcome.code == 1
    assert outcome.err.count("error[") == 1
    assert "did you mean `block/issue`?" in outcome.err
    assert "= on: 5.15.0, 6.1.0\n" in outcome.err


def test_a_field_that_one_kernel_lacks(fleet: Fleet) -> None:
    fleet.add(OLD, Kernel("6.1.0", dev()))
    outcome = fleet.check()
    assert outcome.code == 1
    assert "error[unknown-field]" in outcome.err
    assert "other kernels have it" in outcome.err
    assert "= on: 6.1.0\n" in outcome.err


def test_a_value_that_does_not_fit_on_one_kernel(fleet: Fleet) -> None:
    fleet.add(OLD, Kernel("6.1.0", Field("dev", "u64", 24, 8, False), length()))
    outcome = fleet.check()
    assert outcome.code == 1
    assert "error[does-not-fit]" in outcome.err
    assert (
        "(on the other kernels it is not so: what you change must do for them, too)" in outcome.err
    )
    assert fleet.results()[0] == "ok"


def test_a_feature_that_one_kernel_lacks(fleet: Fleet) -> None:
    lacking = Kernel("5.9.0", dev(), length())
    lacking.answers = {"lru_hash": "no", "ring_buffers": "no", "missed_runs": "no"}
    fleet.add(OLD, lacking)
    outcome = fleet.check()
    assert outcome.code == 1
    assert "error[missing-feature]: this kernel has no maps of type `lru_hash`\n" in outcome.err
    assert "spec.yaml:4:3\n" in outcome.err
    assert "= help: use `type: hash`" in outcome.err
    assert "ring buffers" not in outcome.err  # the spec prints nothing
    assert "no count of missed runs on 5.9.0: summaries say `not known`" in outcome.out
    assert "ring buffers" in fleet.check(SPEC + '      - print: "{pid}"\n').err


def test_printk_of_many_values(fleet: Fleet) -> None:
    lacking = Kernel("5.15.0", dev(), length())
    lacking.answers = {"trace_vprintk": "no"}
    fleet.add(lacking)
    three = SPEC + '      - printk: "{pid} {tid} {uid}"\n'
    assert fleet.check(three).code == 0
    outcome = fleet.check(three.replace("{uid}", "{uid} {gid}"))
    assert outcome.code == 1
    assert "has no `printk` of more than 3 values" in outcome.err
    assert "spec.yaml:12:" in outcome.err


def test_a_feature_that_is_not_known_is_a_warning(fleet: Fleet) -> None:
    unknown = Kernel("6.1.0", dev(), length())
    unknown.answers = {"lru_hash": "cannot tell", "array": "cannot tell"}
    fleet.add(unknown)
    outcome = fleet.check()
    assert outcome.code == 0
    message = (
        "it is not known whether this kernel has maps of type `lru_hash`, maps of type `array`"
    )
    assert outcome.err.startswith(f"warning[missing-feature]: {message}\n")
    assert outcome.err.count("warning[") == 1
    assert fleet.results() == ["not known: whether it has every feature that the spec takes"]
    data = fleet.check(SPEC, "--format", "json").lines
    assert [line["result"] for line in map(json.loads, data) if "result" in line] == ["not known"]


def test_a_machine_that_probes_do_not_run_on(fleet: Fleet) -> None:
    fleet.add(OLD, Kernel("6.1.0", dev(), length(), machine="aarch64"))
    outcome = fleet.check()
    assert outcome.code == 3
    assert "error[unsupported-machine]" in outcome.err
    assert "this kernel is for aarch64" in outcome.err


def test_what_is_wrong_everywhere_is_said_once(fleet: Fleet) -> None:
    fleet.add(OLD, Kernel("6.1.0", dev(), length()))
    outcome = fleet.check(SPEC.replace("count: sizes", "count: sizs"))
    assert outcome.code == 1
    assert outcome.err.count("error[unknown-map]") == 1


def test_kernels_of_one_release_are_told_apart_by_their_files(fleet: Fleet) -> None:
    fleet.add(OLD, Kernel("5.15.0"), Kernel("6.1.0", dev(), length()))
    head, *lines = fleet.check().lines[:4]
    at = head.index("kernel")
    assert [line[at:].split()[0] for line in lines] == ["host0.profile", "host1.profile", "6.1.0"]


def test_messages_name_some_kernels_of_many(fleet: Fleet) -> None:
    fleet.add(*(Kernel(f"6.{number}") for number in range(20)))
    outcome = fleet.check()
    assert "= on: 6.0, 6.1, 6.2, 6.3, 6.4, 6.5, 6.6, 6.7 and 12 more\n" in outcome.err
    assert outcome.out.count("unknown-tracepoint") == 20
    said = json.loads(fleet.check(SPEC, "--format", "json").lines[0])
    assert len(said["kernels"]) == 20


def test_names_of_files_are_shown_escaped(fleet: Fleet) -> None:
    kernels = [Kernel("6.1.0", dev(), length()) for _ in range(2)]
    for kernel in kernels:
        kernel.answers = {"missed_runs": "no"}
    fleet.add(*kernels)
    fleet.files[0] = fleet.files[0].rename(fleet.folder / "a\x1b[31m.profile")
    outcome = fleet.check()
    assert "\x1b" not in outcome.out + outcome.err
    assert "no count of missed runs on a\\x1b[31m.profile, host1.profile" in outcome.out


def test_a_file_given_twice_is_one_kernel(fleet: Fleet) -> None:
    fleet.add(OLD)
    fleet.files *= 2
    assert fleet.results() == ["ok"]


def test_several_specs_and_a_narrow_terminal(fleet: Fleet, probekit: Runner) -> None:
    fleet.add(OLD, Kernel("6.1.0", dev(16), length()))
    first = probekit.spec(SPEC, "a.yaml")
    second = probekit.spec(SPEC.replace("block/issue", "block/none"), "b.yaml")
    files = [str(path) for path in fleet.files]
    outcome = probekit.run("check", "--kernel", *files, first, second)
    assert outcome.code == 1
    assert outcome.out.count("ok; moves") == 2
    assert outcome.out.count("unknown-tracepoint") == 2
    assert outcome.out.index("a.yaml") < outcome.out.index("ok; moves")


def test_the_table_as_json(fleet: Fleet) -> None:
    fleet.add(OLD, Kernel("6.1.0", dev(16), length(24, 8, False, "u64")), Kernel("6.2.0"))
    outcome = fleet.check(SPEC, "--format", "json")
    assert (outcome.code, outcome.err) == (1, "")
    lines = [json.loads(line) for line in outcome.lines]
    said = {line["code"]: line.get("kernels") for line in lines if "code" in line}
    assert said == {"unknown-tracepoint": ["6.2.0"], "field-differs": None}
    cells = [line for line in lines if "result" in line]
    assert [(cell["kernel"], cell["result"]) for cell in cells] == [
        ("5.15.0", "ok"),
        ("6.1.0", "ok"),
        ("6.2.0", "error"),
    ]
    assert cells[1] == {
        "spec": str(fleet.folder / "spec.yaml"),
        "kernel": "6.1.0",
        "file": str(fleet.files[1]),
        "release": "6.1.0",
        "machine": "x86_64",
        "result": "ok",
        "errors": [],
        "moved": [field_data("args.dev", "u32", 4, 16)],
        "changed": [field_data("args.len", "u64", 8, 24)],
    }


def field_data(name: str, type: str, size: int, offset: int) -> dict[str, object]:
    values = {"field": name, "type": type, "size": size, "offset": offset}
    return {"tracepoint": "block/issue", **values}


def test_render_for_a_saved_kernel(fleet: Fleet, probekit: Runner) -> None:
    fleet.add(OLD, Kernel("6.1.0", dev(16), length()))
    spec = probekit.spec(SPEC)
    texts = [probekit.run("render", spec, "--kernel", path).out for path in fleet.files]
    assert [", 8)" in text for text in texts] == [True, False]
    assert [", 16)" in text for text in texts] == [False, True]


def test_render_for_a_kernel_that_the_spec_does_not_run_on(fleet: Fleet, probekit: Runner) -> None:
    lacking = Kernel("5.9.0", dev(), length())
    lacking.answers = {"lru_hash": "no"}
    fleet.add(lacking, Kernel("6.1.0", dev(), length(), machine="aarch64"))
    spec = probekit.spec(SPEC)
    without, elsewhere = (probekit.run("render", spec, "--kernel", path) for path in fleet.files)
    assert (without.code, without.out) == (1, "")
    assert "has no maps of type `lru_hash`" in without.err
    assert (elsewhere.code, elsewhere.out) == (3, "")
    assert "error[unsupported-machine]" in elsewhere.err


@pytest.mark.parametrize("command", ["check", "render"])
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "profile-unreadable"),
        (b"name: close\n", "profile-damaged"),
        (b"probekit kernel profile 9\n{}\n", "profile-version"),
    ],
)
def test_a_file_that_is_no_profile(
    probekit: Runner, tmp_path: Path, command: str, content: bytes | None, code: str
) -> None:
    path = tmp_path / "odd.profile"
    if content is not None:
        path.write_bytes(content)
    outcome = probekit.run(command, probekit.spec(SPEC), "--kernel", path)
    assert outcome.code == (2 if content is None else 3)
    assert outcome.err.startswith(f"error[{code}]: ")
    assert "= help: " in outcome.err


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("a.yaml b.yml --kernel x y", "a.yaml b.yml --kernel x --kernel y"),
        ("--kernel x y a.yaml b", "--kernel x --kernel y a.yaml b"),
        ("--kernel x - --kernel y", "--kernel x - --kernel y"),
        ("a --kernel x y --format json", "a --kernel x --kernel y --format json"),
        ("a --kernel=x y", "a --kernel=x y"),
        ("--kernel a.yaml", "--kernel a.yaml"),
        ("a --kernel", "a --kernel"),
        ("a --kernel --format json", "a --kernel --format json"),
        ("a", "a"),
    ],
)
def test_a_shell_pattern_gives_several_kernels(typed: str, understood: str) -> None:
    assert _each_kernel(typed.split()) == understood.split()


def test_no_file_for_kernel_is_a_usage_error(probekit: Runner) -> None:
    outcome = probekit.run("check", probekit.spec(SPEC), "--kernel")
    assert outcome.code == 2
    assert "--kernel" in outcome.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_what_is_saved_can_be_read_by_others(fleet: Fleet) -> None:
    fleet.add(OLD)
    assert fleet.files[0].stat().st_mode & 0o777 == 0o644
