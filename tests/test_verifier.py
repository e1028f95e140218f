"""Compiler output and verifier logs, recorded on Linux 6.18 with bcc 0.26 and LLVM 14.

Each `verifier_logs/NAME.c` says in its first line what `NAME.log` must be read as;
`kernel/test_loader.py` loads the same C and expects the same.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from probekit.backends import CProgram, CSource
from probekit.diagnostics import Diagnostic, Origin
from probekit.runtime import verifier
from probekit.source import Source

LOGS = Path(__file__).parent / "verifier_logs"
SPEC = Source("specs/refused.yaml", (LOGS / "spec.yaml").read_text())
ORIGINS = {
    "compile-failed": Origin.BUG,
    "loader-died": Origin.BUG,
    "map-refused": Origin.HOST,
    "no-privilege": Origin.HOST,
    "stack-exceeded": Origin.SPEC,
    "verifier-rejected": Origin.HOST,
}
CASES = sorted(path.stem for path in LOGS.glob("*.c"))
REJECTED = [
    name for name in CASES if " @ spec.yaml:" in (LOGS / f"{name}.log").read_text(errors="replace")
]


def read(name: str, log: str) -> Diagnostic:
    """What becomes of `log`, taken for that of the case `name`."""
    text = (LOGS / f"{name}.c").read_text()
    stage = text.removeprefix("/* ").split(":")[0]
    source = CSource(text, SPEC.text, (CProgram("p0_close", "tracepoint"),), ())
    if stage == "death":
        return verifier.death("SIGABRT", log, SPEC)
    if stage == "load":
        (diagnostic,) = verifier.load_diagnostics(log, "p0_close", source, SPEC)
    else:
        (diagnostic,) = verifier.compile_diagnostics(log, source, SPEC)
    return diagnostic


def expected(name: str) -> str:
    first = (LOGS / f"{name}.c").read_text().split("\n")[0]
    return first.removeprefix("/* ").removesuffix(" */").split(": ", 1)[1]


def shown(diagnostic: Diagnostic) -> str:
    assert diagnostic.label is not None
    return f"{diagnostic.code} at {diagnostic.label.span.line}: {diagnostic.message}"


@pytest.mark.parametrize("name", CASES)
def test_a_recorded_log(name: str) -> None:
    log = (LOGS / f"{name}.log").read_text()
    diagnostic = read(name, log)
    assert shown(diagnostic) == expected(name)
    assert diagnostic.origin is ORIGINS[diagnostic.code]
    assert diagnostic.details == log
    assert diagnostic.help


@pytest.mark.parametrize("name", REJECTED)
def test_a_kernel_before_6_10_quotes_the_line_alone(name: str) -> None:
    log = re.sub(r" @ \S+:\d+$", "", (LOGS / f"{name}.log").read_text(), flags=re.MULTILINE)
    assert shown(read(name, log)) == expected(name)


def test_there_are_logs_with_quotations() -> None:
    assert len(REJECTED) >= 5


def test_the_label_spans_the_line_and_says_what_the_verifier_said() -> None:
    label = read("entry_not_checked", (LOGS / "entry_not_checked.log").read_text()).label
    assert label is not None
    assert label.source is SPEC
    line = SPEC.line(15)
    assert line[label.span.column - 1 : label.span.end_column - 1] == line.strip()
    assert label.text == "R0 invalid mem access 'map_value_or_null'"


def test_what_the_spec_says_is_no_complaint_of_the_verifier() -> None:
    log = (LOGS / "entry_not_checked.log").read_text()
    quoting = log.replace(
        "\nR0 invalid", "\n; - print: Operation not permitted @ spec.yaml:15\nR0 invalid"
    )
    assert quoting != log
    assert shown(read("entry_not_checked", quoting)) == expected("entry_not_checked")


def test_a_log_with_nothing_known_in_it_points_at_the_program() -> None:
    log = "bpf: Failed to load program: Invalid argument\n0: R1=ctx()\nsomething new\n"
    diagnostic = read("entry_not_checked", log)
    assert shown(diagnostic) == "verifier-rejected at 9: the kernel's verifier refuses this program"
    assert diagnostic.label is not None
    assert diagnostic.label.text == "something new"


def test_bcc_knows_since_when_a_helper_is_there() -> None:
    log = (
        "bpf: Failed to load program: Invalid argument\n0: (85) call unknown#177\n"
        "invalid func unknown#177\n\nHINT: bpf_trace_vprintk missing (added in Linux 5.16).\n"
    )
    message = read("entry_not_checked", log).message
    assert message == "this kernel has no helper `bpf_trace_vprintk`: it came with Linux 5.16"


@pytest.mark.parametrize(
    ("name", "log"),
    [
        ("map_too_large", "could not open bpf map: m_entries, error: Operation not permitted\n"),
        ("entry_not_checked", "bpf: Failed to load program: Operation not permitted\n"),
    ],
)
def test_bpf_is_not_permitted(name: str, log: str) -> None:
    diagnostic = read(name, log)
    assert (diagnostic.code, diagnostic.origin) == ("no-privilege", Origin.HOST)


def test_an_error_outside_of_the_spec_has_no_line() -> None:
    log = "/virtual/main.c:3:1: error: unknown type name 'u128'\n1 error generated.\n"
    diagnostic = read("undeclared", log)
    assert diagnostic.label is None
    assert diagnostic.message == "the C does not compile: unknown type name 'u128'"


@pytest.mark.parametrize(
    ("log", "why"), [("", "nothing says why"), ("Traceback:\n  x\nOSError: y\n\n", "OSError: y")]
)
def test_a_failure_of_an_unknown_kind(log: str, why: str) -> None:
    diagnostic = read("undeclared", log)
    assert (diagnostic.code, diagnostic.origin) == ("compile-failed", Origin.BUG)
    assert diagnostic.message == f"compiling and loading failed: {why}"


def test_being_killed_is_the_hosts_doing() -> None:
    diagnostic = verifier.death("SIGKILL", "", SPEC)
    assert (diagnostic.code, diagnostic.origin) == ("loader-died", Origin.HOST)
    assert diagnostic.label is None


@pytest.mark.parametrize(
    ("identifier", "line"),
    [
        ("p0_close", 9),
        ("m_entries", 5),
        ("m_more", 6),
        ("entry", 0),
        ("main", 0),
        ("helper", 0),
        ("m_", 0),
    ],
)
def test_the_line_of_a_name_in_the_c(identifier: str, line: int) -> None:
    text = """struct entry { u64 a; };
#line 5 "spec.yaml"
BPF_F_TABLE("hash", u32, u64, m_entries, 1, 0);
BPF_F_TABLE("hash", u32, struct entry, m_more, 1, 0);
#line 1 "main.c"
static int helper(void);
#line 9 "spec.yaml"
int p0_close(void *ctx)
"""
    assert verifier.spec_line(text, identifier) == line
