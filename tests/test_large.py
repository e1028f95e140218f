"""Specs as large as they may be, made to cost time: each ends well before the tests' time limit.

Without what each of them is answered with, they take minutes to hours.
"""

from __future__ import annotations

import pytest
from outcomes import outcome_of, profile

from probekit.check import check
from probekit.diagnostics import MOST_ERRORS, DiagnosticError
from probekit.frontend.spec import read
from probekit.frontend.yamlnodes import MAX_BYTES
from probekit.source import Source

HEAD = "probekit: 1\nname: large\n"
STEPS = HEAD + "programs:\n- tracepoint: syscalls/sys_enter_close\n  do:\n"


def filled(head: str, unit: str, tail: str) -> str:
    """`unit` again and again, up to the most that a spec may have."""
    room = MAX_BYTES - len((head + tail).encode())
    return head + unit * (room // len(unit.encode())) + tail


@pytest.mark.parametrize(
    ("head", "unit", "tail"),
    [
        ("a: b ", "\n", "\n a: b: c"),
        ("a: {b: ", "a:", ""),
        ("a: [", "(", "}"),
        ("a: [", "\\", "}"),
        ("a: {b: ", "''", " x: y: z"),
        ("  a: b\n c: ", "\n", "}"),
        ("a: b ", "\xa0", "}"),
        ("a: 'kprobe:", "a:", "'"),
        ("[", "*a,", "]"),
        ("[", "!!a b,", "]"),
        (STEPS + "  - print: '", "{pid", "'"),
        (STEPS + "  - print: '", " ", "{pidd}'"),
        (STEPS + "  - print: ", "\t", "x {pidd}"),
        (STEPS + '  - print: "', " ", '{pidd}"'),
    ],
    ids=lambda text: repr(text[-8:]),
)
def test_a_large_spec_that_is_none(head: str, unit: str, tail: str) -> None:
    probe, _ = outcome_of(filled(head, unit, tail))
    assert probe is None


@pytest.mark.parametrize(
    ("head", "unit"),
    [(HEAD + "programs:\n", "-\n"), (STEPS, "  - let: {a: pidd}\n"), ("", "- *a\n")],
    ids=["shape", "meaning", "yaml"],
)
def test_faults_without_end_are_not_all_looked_for(head: str, unit: str) -> None:
    source = Source("spec.yaml", head + unit * (3 * MOST_ERRORS))
    try:
        found = check(read(source), profile(), {}).diagnostics
    except DiagnosticError as error:
        found = error.diagnostics
    assert MOST_ERRORS < len(found) < 2 * MOST_ERRORS
