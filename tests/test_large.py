"""Specs as large as they may be, made to cost time: each ends well before the tests' time limit.

Without what each of them is answered with, they take minutes to hours.
"""

from __future__ import annotations

import pytest
from outcomes import outcome_of, profile

from probekit.check import check
from probekit.diagnostics import MOST_ERRORS, Diagnostic, DiagnosticError, Edit, Label
from probekit.frontend.mend import mend
from probekit.frontend.spec import read
from probekit.frontend.yamlnodes import MAX_BYTES
from probekit.source import Source, Span

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
        (STEPS + '  - count: "calls[', " ", 'x"'),
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
    [
        (HEAD + "programs:\n", "-\n"),
        (STEPS, "  - let: {a: pidd}\n"),
        ("", "- *a\n"),
        ("", "a: b\n"),
    ],
    ids=["shape", "meaning", "yaml", "keys"],
)
def test_faults_without_end_are_not_all_looked_for(head: str, unit: str) -> None:
    source = Source("spec.yaml", head + unit * (3 * MOST_ERRORS))
    try:
        found = check(read(source), profile(), {}).diagnostics
    except DiagnosticError as error:
        found = error.diagnostics
    assert MOST_ERRORS < len(found) < 2 * MOST_ERRORS


PROGRAMS = HEAD + "programs: [{tracepoint: syscalls/sys_enter_close, do: [{stop: true}]}]\n"


@pytest.mark.parametrize(
    ("head", "unit", "tail"),
    [
        (STEPS, "  - prnt: a\n", ""),
        (STEPS[:-1] + " [", "{prnt: a},", "]"),
        (PROGRAMS + "schedules: [", "{evry: 1s, shw: m},", "]"),
        (STEPS, "  - count: m\n  - key: pid\n", ""),
        (STEPS, "  - {print: min(a, 5)}\n", ""),
    ],
    ids=["steps", "flow", "schedules", "strayed", "cut"],
)
def test_the_same_slip_in_every_item(head: str, unit: str, tail: str) -> None:
    with pytest.raises(DiagnosticError) as raised:
        read(Source("spec.yaml", filled(head, unit, tail)))
    assert MOST_ERRORS < len(raised.value.diagnostics) < 2 * MOST_ERRORS


def test_maps_without_end_in_the_wrong_section() -> None:
    unit = "  m%d: {type: hash, key: u32, value: u64, max_entries: 8}\n"
    maps = "".join(unit % number for number in range(13_000))
    with pytest.raises(DiagnosticError) as raised:
        read(Source("spec.yaml", PROGRAMS + "params:\n  a: {type: u32, default: 1}\n" + maps))
    assert MOST_ERRORS < len(raised.value.diagnostics) < 2 * MOST_ERRORS


def test_a_large_spec_is_mended_in_few_checks() -> None:
    looks: list[str] = []

    def look(source: Source) -> list[Diagnostic]:
        looks.append(source.text)
        edit = Edit(Span(1, 1, 1, 2), "b" if source.text[0] == "a" else "a")
        label = Label(source, edit.span)
        return [Diagnostic("x", f"{len(looks)}", label, edits=(edit,))]

    result = mend(Source("s", "a" * MAX_BYTES), look)
    assert len(looks) <= 10
    assert result.is_part
    assert not mend(Source("s", "a"), lambda _: []).is_part
