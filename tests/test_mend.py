"""`check --fix`: what diagnostics offer is done, does what it says, and harms nothing."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import Runner

from probekit.check import check
from probekit.commands.mendfile import changes
from probekit.diagnostics import Diagnostic, DiagnosticError, Edit, Label
from probekit.frontend.editplaces import apply_edits
from probekit.frontend.mend import MAX_CHECKS, mend
from probekit.frontend.spec import read
from probekit.frontend.yamlparse import parse
from probekit.kernel.profile import SavedProfile, shipped_profile
from probekit.source import Source, Span

TESTS = Path(__file__).parent
REJECTED = sorted((TESTS / "cases" / "reject").glob("*.yaml"))
VALID = sorted([*TESTS.glob("cases/render/*.yaml"), *TESTS.parent.glob("specs/*.yaml")])
HEAD = "probekit: 1\nname: example\n"
MAPS = "maps:\n  calls: {type: hash, key: u32, value: u64, max_entries: 100}\n"
PROGRAM = "programs:\n  - tracepoint: syscalls/sys_enter_close\n    do:\n"
WRONG = f"{HEAD}{MAPS}{PROGRAM}      - cout: calls\n        key: min(pid, 5)\n"
RIGHT = WRONG.replace("cout", "count")


@cache
def profile() -> SavedProfile:
    return shipped_profile()


def found_in(source: Source) -> Sequence[Diagnostic]:
    try:
        return check(read(source), profile(), {}).diagnostics
    except DiagnosticError as error:
        return error.diagnostics


def mended(text: str) -> str:
    return mend(Source("spec.yaml", text), found_in).source.text


def steps(*lines: str) -> str:
    return HEAD + MAPS + PROGRAM + "".join(f"      {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (["- let: {n: min(pid, 5)}"], ['- let: {n: "min(pid, 5)"}']),
        (["- print: pid #{pid}"], ['- print: "pid #{pid}"']),
        (["- print: closed: {pid}"], ['- print: "closed: {pid}"']),
        (["- print: {comm} closed"], ['- print: "{comm} closed"']),
        (["- print: {comm}"], ['- print: "{comm}"']),
        (["- {print: pid {pid}}"], ['- {print: "pid {pid}"}']),
        (["- print: 'it's closed'"], ['- print: "it\'s closed"']),
        (["- print: @comm"], ['- print: "@comm"']),
        ([r'- print: "\d"'], [r'- print: "\\d"']),
        (["- print: “closed”"], ['- print: "closed"']),
        (["- count:calls", "  key: pid"], ["- count: calls", "  key: pid"]),
        (["- count: calls, key: pid"], ["- count: calls", "  key: pid"]),
        (["- count: calls", "   key: pid"], ["- count: calls", "  key: pid"]),
        (["- count: calls", " key: pid"], ["- count: calls", "  key: pid"]),
        (["- count: calls", "  - key: pid"], ["- count: calls", "  key: pid"]),
        (["- count: calls", "- key: pid"], ["- count: calls", "  key: pid"]),
        (["- {count:calls, key:pid}"], ["- {count: calls, key: pid}"]),
        (["- {count: calls key: pid}"], ["- {count: calls, key: pid}"]),
        (["- Count: calls", "  kye: pid"], ["- count: calls", "  key: pid"]),
        (["- stop"], ["- stop: true"]),
        (["- stop: yes"], ["- stop: true"]),
        (["- stop:"], ["- stop: true"]),
        (["- let: n = pid"], ["- let: {n: pid}"]),
        (["-\tcount: calls", "  key: pid"], ["- count: calls", "  key: pid"]),
        (["- print: one", "count: calls", "  key: pid"],
         ["- print: one", "- count: calls", "  key: pid"]),
        (["- if: pid == 1", "  count: calls", "  key: pid"],
         ["- if: pid == 1", "  then:", "    - count: calls", "      key: pid"]),
        (["- if: pid == 1", "- then:", "    - stop: true"],
         ["- if: pid == 1", "  then:", "    - stop: true"]),
        (["- if: pid == 1", "  then:", "    count: calls", "    key: pid"],
         ["- if: pid == 1", "  then:", "    - count: calls", "      key: pid"]),
        (["- if: !pid", "  then: stop"], ["- if: not pid", "  then: [{stop: true}]"]),
    ],
)  # fmt: skip
def test_what_is_mended(wrong: list[str], right: list[str]) -> None:
    assert mended(steps(*wrong)) == steps(*right)
    assert found_in(Source("spec.yaml", steps(*right))) == ()


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (HEAD.replace("1", '"1"'), HEAD),
        (HEAD.replace("probekit: 1\n", ""), HEAD),
        (HEAD.replace(": 1", ":1"), HEAD),
        (HEAD.replace("probekit", "Probekit"), HEAD),
        ("\u200b" + HEAD, HEAD),
        ("---\n" + HEAD, "---\n" + HEAD),
    ],
)
def test_heads_are_mended(wrong: str, right: str) -> None:
    rest = MAPS + PROGRAM + "      - stop: true\n"
    assert mended(wrong + rest) == right + rest


@pytest.mark.parametrize(
    "lines",
    [
        ["- every: 1", "  show: calls"],
        ["- every: 1s", "  sho_or_clear: calls"],
        ["- every: 1M", "  show: calls"],
    ],
)
def test_what_is_not_certain_is_left(lines: list[str]) -> None:
    text = steps("- stop: true") + "schedules:\n" + "".join(f"  {line}\n" for line in lines)
    assert found_in(Source("spec.yaml", text))
    assert mended(text) == text


WAIT = "params:\n  wait: {type: duration, default: 1s}\n"


def condition(text: str) -> str:
    return f"{HEAD}{WAIT}{PROGRAM}      - if: {text}\n        then: [{{stop: true}}]\n"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("uid + pid between 1 and 3", "1 <= uid + pid <= 3"),
        ("uid NOT BETWEEN 1 AND 3 or pid", "not 1 <= uid <= 3 or pid"),
        ("(pid) BETWEEN 1 AND 3", "1 <= (pid) <= 3"),
        ("uid between 1 and 2 and pid between 3 and 4", "1 <= uid <= 2 and 3 <= pid <= 4"),
        ('"1 + (pid ? 1 : 0)"', '"1 + (1 if pid else 0)"'),
        ('"(pid ? 1 : 2) == 1"', '"(1 if pid else 2) == 1"'),
        ('"min(pid ? 1 : 2, 3) == 1"', '"min(1 if pid else 2, 3) == 1"'),
        ('"uid == !pid"', '"uid == (not pid)"'),
        ('"!pid && uid"', '"not pid and uid"'),
        ("pid =! 1", "pid != 1"),
        ("pid > = 1", "pid >= 1"),
        ("pid is not (1, 2)", "pid not in (1, 2)"),
        ("pid is not 1 and uid is 2", "pid != 1 and uid == 2"),
        ("comm is None", "comm == ''"),
        ("wait > 10ms", "wait > '10ms'"),
        ("args.fd > 1.5MiB", "args.fd > 1572864"),
        ("pdi = 1", "pid == 1"),
        ("(u32)args.fd == 1", "u32(args.fd) == 1"),
        ("pid in (1,000, 2)", "pid in (1000, 2)"),
    ],
)
def test_what_an_expression_is_mended_to(wrong: str, right: str) -> None:
    assert mended(condition(wrong)) == condition(right)
    assert found_in(Source("spec.yaml", condition(right))) == ()


@pytest.mark.parametrize(
    "text",
    [
        "uid == 1 between 1 and 3",
        '"pid ? 1 : uid ? 2 : 3"',
        "exe == '/bin/ls'",
        "comm == nginx",
        "comm == True",
        "comm == ENOENT",
        "process == 1234",
        "execname == 1234",
        "comm == 1234",
        "1 < comm < 3",
        "wait.ms == 3",
        "pid->tgid == 1",
        "pid.length == 3",
        'wait < "1"',
        "wait > 1M",
        "args.fd > 1.5MB",
        "args.fd > 1k",
        "pid == None",
        "pid == no",
        "args.fd > 10ms",
        "now > 10ms",
        "ppidd == 1",
        'comm{job="x"}',
        "pid in [1, [2, 3]]",
        "pid in (1,000,200)",
        "pid == $x",
        "pid = 1 and uid++",
    ],
)
def test_an_expression_that_would_stay_wrong_is_left(text: str) -> None:
    assert found_in(Source("spec.yaml", condition(text)))
    assert mended(condition(text)) == condition(text)


def spec(
    *, head: str = "", maps: str = MAPS, program: str = PROGRAM, do: str = "", end: str = ""
) -> str:
    body = do or "- count: calls\n  key: pid"
    lines = "".join(f"      {line}\n" for line in body.split("\n"))
    return HEAD + head + maps + program + lines + end


TIMES = "schedules:\n  - every: 1s\n    show: calls\n"
BLOCK = "  calls:\n    type: hash\n    key: u32\n    value: u64\n    max_entries: 100\n"
BLOCKS = "maps:\n" + BLOCK


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        # What stands before quotes, quotes of other kinds, and what stands behind them.
        (spec(do='- print: f"is: {pid}"'), spec(do='- print: "is: {pid}"')),
        (spec(do="- print: f'is: {pid}'"), spec(do="- print: 'is: {pid}'")),
        (spec(do='- print: rb"is: {pid}"'), spec(do='- print: "is: {pid}"')),
        (spec(do="- print: “is: {pid}”\n- print: “b: {pid}”"),
         spec(do='- print: "is: {pid}"\n- print: "b: {pid}"')),
        (spec(do='- print: "is: %d %s", pid, comm'), spec(do='- print: "is: {pid} {comm}"')),
        (spec(do='- print: "is: {}" % pid'), spec(do='- print: "is: {pid}"')),
        (spec(do='- print: "is: {pid}";'), spec(do='- print: "is: {pid}"')),
        (spec(do='- print: ""is: {pid}"'), spec(do='- print: "is: {pid}"')),
        (spec(do='- print: is: {pid}"'), spec(do='- print: "is: {pid}"')),
        (spec(do='- print("is: {pid}")'), spec(do='- print: "is: {pid}"')),
        (spec(do='- print: "is: {pid}" - stop: true'),
         spec(do='- print: "is: {pid}"\n- stop: true')),
        # Dashes.
        (spec(do="- print: a\n-print: b"), spec(do="- print: a\n- print: b")),
        (spec(do="-print: a\n-print: b"), spec(do="- print: a\n- print: b")),
        (spec(do="• print: a\n• print: b"), spec(do="- print: a\n- print: b")),
        (spec(do="* print: a\n* print: b"), spec(do="- print: a\n- print: b")),
        *((spec(end=TIMES.replace("- ", dash)), spec(end=TIMES))
          for dash in ("\u2013 ", "\u2014 ", "• ", "* ")),
        (spec(end=TIMES.replace("- ", "-").replace("    show", "   show")), spec(end=TIMES)),
        (spec(end=TIMES.replace("- ", "-")), spec(end=TIMES)),
        (spec(program=PROGRAM.replace("- ", "-")), spec()),
        # Brackets.
        (spec(maps=MAPS.replace("}", "}}")), spec()),
        (spec(maps=MAPS.replace("}", ")")), spec()),
        (spec(maps=MAPS.replace("{", "")), spec()),
        (spec(maps=MAPS.replace(",", ";")), spec()),
        (spec(maps=MAPS.replace("max_entries:", "max_entries")), spec()),
        (spec(maps=MAPS.replace("u32", "char[16]"), do="- stop: true"),
         spec(maps=MAPS.replace("u32", "char(16)"), do="- stop: true")),
        (spec(do="- let: {a= pid}"), spec(do="- let: {a: pid}")),
        (spec(do="- let: a: pid"), spec(do="- let: {a: pid}")),
        # Tabs.
        (spec(maps=BLOCKS.replace("    type", "\ttype")), spec(maps=BLOCKS)),
        (spec(maps=BLOCKS.replace("  calls", "\tcalls")), spec(maps=BLOCKS)),
        (spec(maps=MAPS.replace("  calls", "\tcalls")), spec()),
        (spec(program=PROGRAM.replace("  - ", "\t- ")), spec()),
        # A key above, or in another place.
        (spec(program=PROGRAM.replace("    do:\n", "")), spec()),
        (spec(do="- if: pid == 1\n    - stop: true"),
         spec(do="- if: pid == 1\n  then:\n    - stop: true")),
        (spec(do="- if: pid == 1\n  then: stop: true"),
         spec(do="- if: pid == 1\n  then:\n    - stop: true")),
        (spec(do="- if: pid == 1\n  then:\n    - stop: true\n    else:\n    - stop: true"),
         spec(do="- if: pid == 1\n  then:\n    - stop: true\n  else:\n    - stop: true")),
        (spec(program=PROGRAM.replace("    do:\n", "    do:\n    when: pid\n")),
         spec(program=PROGRAM.replace("    do:\n", "    when: pid\n    do:\n"))),
        (spec(program=PROGRAM.replace("programs:\n", "")), spec()),
        (spec(maps=MAPS.replace("maps:", "maps: {}")), spec()),
        (spec(maps="  calls:\nmaps:\n" + BLOCK.partition("\n")[2]), spec(maps=BLOCKS)),
        (spec(end="  schedules:\n    - every: 1s\n      show: calls\n"), spec(end=TIMES)),
        (spec(end="schedules:\n    every: 1s\n  - show: calls\n"), spec(end=TIMES)),
        (spec(end=TIMES.replace("schedules:\n", "")), spec(end=TIMES)),
        (" " + spec(), spec()),
        # Values.
        (spec(program=PROGRAM.replace("point: ", "point: tracepoint: ")), spec()),
        (spec(program=PROGRAM.replace("close", "close:")), spec()),
        (spec(do="- if: {% pid == 1 %}\n  then: [{stop: true}]"),
         spec(do="- if: pid == 1\n  then: [{stop: true}]")),
        # Of Markdown, shells and other languages.
        ("```yaml\n" + spec() + "```\n", spec()),
        ("$ cat spec.yaml\n" + spec(), spec()),
        (spec(do="// say it\n- stop: true"), spec(do="# say it\n- stop: true")),
        (spec(head="/* a comment */\n"), spec(head="# a comment\n")),
        (spec(maps="maps: // all\n" + BLOCK), spec(maps="maps: # all\n" + BLOCK)),
    ],
)  # fmt: skip
def test_slips_are_mended(wrong: str, right: str) -> None:
    assert found_in(Source("spec.yaml", right)) == ()
    assert mended(wrong) == right


@pytest.mark.parametrize(
    "text",
    [
        spec(maps=MAPS.replace("u32", "{pid: u32")),
        spec(do="- if: pid == 1\n  then: count: calls\n    key: pid"),
        spec(do='- print: [hello, "{pid}"]'),
        spec(do='- print: "called: %x", pid'),
        spec(do="- count: calls: x\n  key: pid"),
        spec(program=PROGRAM.replace("    do:\n", "do:\n")),
        spec(do='- {count: calls, key: pid}, "x"'),
        spec(program=PROGRAM.replace("  - tracepoint", "  - name: x\n  - tracepoint")),
    ],
)
def test_what_could_be_mended_in_two_ways_is_left(text: str) -> None:
    assert found_in(Source("spec.yaml", text))
    assert mended(text) == text


def test_an_edit_that_makes_another_shape_is_taken_back() -> None:
    """It makes YAML of what was none, and the item a fault where it stands."""
    wrong = spec(do="- print: a\n stop: true")
    line = wrong[: wrong.rindex("stop")].count("\n") + 1

    def look(source: Source) -> Sequence[Diagnostic]:
        if source.text != wrong:
            return found_in(source)
        return [diagnostic("no YAML", Edit(Span(line, 1, line, 8), "        "))]

    assert is_yaml(Source("s", apply_edits(wrong, look(Source("s", wrong))[0].edits)))
    assert mend(Source("spec.yaml", wrong), look).source.text == wrong


def test_edits_that_only_move_a_fault_on_are_all_taken_back() -> None:
    """Each makes the next line wrong, until nothing is left to offer."""
    wrong = "a: 1\n  b: 1\n  c: 1\n  d: 1\n  e: 1\n"
    looks: list[str] = []

    def look(source: Source) -> list[Diagnostic]:
        looks.append(source.text)
        lines = source.text.split("\n")
        at = next(n for n, line in enumerate(lines, 1) if line.startswith(" "))
        edits = (Edit(Span(at, 1, at, 3), ""),) if at < 4 else ()
        label = Label(source, Span(at, 1, at, 3))
        return [Diagnostic("x", f"line {at}", label, edits=edits)]

    result = mend(Source("s", wrong), look)
    assert "a: 1\nb: 1\nc: 1\n  d: 1\n  e: 1\n" in looks
    assert result.source.text == wrong
    assert result.fixed == ()


def test_line_ends_are_kept() -> None:
    wrong = steps("- count: calls, key: pid").replace("\n", "\r\n")
    assert mended(wrong) == steps("- count: calls", "  key: pid").replace("\n", "\r\n")


def offered() -> list[tuple[str, Diagnostic]]:
    """Every diagnostic of the rejected specs that has edits."""
    return [
        (path.stem, one)
        for path in REJECTED
        for one in found_in(Source(path.name, path.read_bytes().decode("utf-8-sig")))
        if one.edits
    ]


def test_help_and_edits_are_the_same_text() -> None:
    """All that an edit writes is in the help, or stood there before it: quotes apart."""
    pairs = offered()
    assert len(pairs) > 60
    for name, one in pairs:
        assert one.label is not None
        for edit in one.edits:
            known = one.help + one.label.source.line(edit.span.line)
            for word in edit.text.split():
                assert word.strip("'\"") in known, (name, one.help, edit.text)


def test_each_edit_keeps_its_promise() -> None:
    """All that is offered is done: an offer that fails is a wrong help."""
    broken: list[str] = []
    for path in REJECTED:
        source = Source(path.name, path.read_bytes().decode("utf-8-sig"))
        left = [one for one in mend(source, found_in).left if one.edits]
        broken += [f"{path.stem}: {one.message}" for one in left]
    assert broken == []


@pytest.mark.parametrize("path", REJECTED, ids=lambda path: path.stem)
def test_mending_makes_nothing_worse(path: Path) -> None:
    source = Source(path.name, path.read_bytes().decode("utf-8-sig"))
    before, after = found_in(source), mend(source, found_in)
    assert (after.source.text != source.text) == bool(after.fixed)
    assert tuple(found_in(after.source)) == after.left
    if is_yaml(source):
        assert len(after.left) <= len(before)
    assert mend(after.source, found_in).source.text == after.source.text


def is_yaml(source: Source) -> bool:
    try:
        parse(source)
    except DiagnosticError:
        return False
    return True


def diagnostic(text: str, *edits: Edit) -> Diagnostic:
    return Diagnostic("x", text, Label(Source("s", ""), edits[0].span), edits=edits)


def test_edits_that_meet_are_not_both_made() -> None:
    """Of two faults with edits in one place the first goes, then the second one's are new."""
    text = "a b c"

    def look(source: Source) -> list[Diagnostic]:
        whole = diagnostic("whole", Edit(Span(1, 1, 1, 4), "x"))
        part = diagnostic("part", Edit(Span(1, 3, 1, 4), "y"))
        return [whole, part] if source.text == text else []

    assert mend(Source("s", text), look).source.text == "x c"


def test_an_edit_that_leaves_its_fault_is_left_out() -> None:
    good = diagnostic("good", Edit(Span(1, 4, 1, 5), "b"))
    bad = diagnostic("bad", Edit(Span(2, 4, 2, 5), "b"))

    def look(source: Source) -> list[Diagnostic]:
        return [*([good] if source.text.startswith("a: a") else []), bad]

    result = mend(Source("s", "a: a\nb: a\n"), look)
    assert result.source.text == "a: b\nb: a\n"
    assert result.fixed == (good,)
    assert result.left == (bad,)


def test_an_edit_that_makes_another_fault_is_left_out() -> None:
    one = diagnostic("one", Edit(Span(1, 1, 1, 2), "b"))
    others = [diagnostic(f"{n}", Edit(Span(1, 1, 1, 2), "b")) for n in range(2)]
    result = mend(Source("s", "a: 1"), lambda s: [one] if s.text == "a: 1" else others)
    assert result.source.text == "a: 1"


def test_it_ends() -> None:
    """A check that always has another edit to offer."""
    looks = []

    def look(source: Source) -> list[Diagnostic]:
        looks.append(source)
        return [diagnostic(f"{len(source.text)}", Edit(Span(1, 1, 1, 1), "a"))]

    mend(Source("s", "a"), look)
    assert len(looks) <= MAX_CHECKS + 1


def test_places_outside_of_the_text_end_with_it() -> None:
    assert apply_edits("ab\ncd", [Edit(Span(1, 2, 1, 99), "x"), Edit(Span(9, 1, 9, 5), "y")]) in (
        "ax\nyd",
        "ax\ny",
        "ax\ny" + "cd",
    )


def test_changes_are_shown_by_line() -> None:
    assert changes("a\nb\x1b\nc\n", "a\nB\nd\nc\n") == ["  2 - b\\x1b", "  2 + B", "  3 + d"]


def test_changes_of_a_long_text_are_found_quickly() -> None:
    """Of few words, which are the same again and again."""
    before = "count: m\nkye: pid\n" * 20000
    after = before.replace("kye", "key", 150)
    shown = changes(before, "new\n" + after)
    assert len(shown) == 301
    assert shown[:3] == ["      1 + new", "      2 - kye: pid", "      3 + key: pid"]
    assert changes("a\n" * 100, "b\n" * 100)[-1] == "  100 + b"


SLIPS = st.sampled_from(
    [
        (": ", ":"), (":", ""), ("- ", "-"), ("  ", "\t"), ("  ", " "), ("  ", "   "), ('"', ""),
        ('"', "'"), (", ", " "), ("}", ""), ("{", ""), ("true", "yes"), ("true", "True"),
        ("count", "Count"), ("key", "kye"), ("do", "Do"), ("value", "valeu"), ("- ", ""),
        ("max_entries", "maxEntries"), ("every", "evry"), ("1s", "1 sec"), ("1s", "1"),
        (" ", "\u00a0"), ("print", "printf"), ("pid", "pidd"), (": ", ": #"), ("tracepoint", "tp"),
        ("\n", "\n\n"), ("\n", " "), ("u32", "u33"), ("(", ""), ("1", "01"), ("then", "than"),
    ]
)  # fmt: skip


@st.composite
def slipped(draw: st.DrawFn) -> str:
    """A spec that was right, with some slips of the pen."""
    text = draw(st.sampled_from([path.read_text() for path in VALID]))
    for _ in range(draw(st.integers(1, 4))):
        old, new = draw(SLIPS)
        places = [found.start() for found in re.finditer(re.escape(old), text)]
        if places:
            at = draw(st.sampled_from(places))
            text = text[:at] + new + text[at + len(old) :]
    return text


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(slipped())
def test_slips_are_mended_without_harm(text: str) -> None:
    """The number of faults does not grow, the edits end, and what is left is what is said."""
    source = Source("spec.yaml", text)
    before, result = found_in(source), mend(source, found_in)
    assert tuple(found_in(result.source)) == result.left
    if is_yaml(source):
        assert is_yaml(result.source)
        assert len(result.left) <= len(before)


def write(folder: Path, text: str = WRONG, mode: int = 0o644) -> Path:
    path = folder / "spec.yaml"
    path.write_bytes(text.encode())
    path.chmod(mode)
    return path


def test_a_file_is_mended_and_checked_again(probekit: Runner) -> None:
    path = write(probekit.folder, mode=0o640)
    outcome = probekit.run("check", "--fix", str(path))
    assert outcome.code == 0, outcome.err
    assert path.read_text() == RIGHT
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    number = WRONG[: WRONG.index("cout")].count("\n") + 1
    assert f"  {number} -       - cout: calls\n  {number} +       - count: calls\n" in outcome.out
    assert "1 mistake mended" in outcome.out
    assert "spec.yaml: ok" in outcome.out
    assert [one.name for one in path.parent.iterdir()] == ["spec.yaml"]


def test_what_is_left_is_reported(probekit: Runner) -> None:
    path = write(probekit.folder, WRONG.replace("pid", "nothing"))
    outcome = probekit.run("check", "--fix", str(path))
    assert outcome.code == 1
    assert "error[unknown-name]" in outcome.err
    assert "cout" not in path.read_text()


def test_a_right_file_is_not_touched(probekit: Runner) -> None:
    path = write(probekit.folder, RIGHT)
    before = path.stat()
    assert probekit.run("check", "--fix", str(path)).code == 0
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_diff_writes_nothing(probekit: Runner) -> None:
    path = write(probekit.folder)
    outcome = probekit.run("check", "--diff", str(path))
    assert outcome.code == 1
    assert "1 mistake would be mended" in outcome.out
    assert path.read_text() == WRONG


def test_standard_input_goes_to_standard_output(probekit: Runner) -> None:
    process = probekit.start("check", "--fix", "-", stdin=subprocess.PIPE)
    out, err = process.communicate(WRONG, timeout=60)
    assert process.returncode == 0
    assert out == RIGHT
    assert "1 mistake mended" in err


def test_a_link_stays_one(probekit: Runner) -> None:
    path = write(probekit.folder)
    link = probekit.folder / "link.yaml"
    link.symlink_to("spec.yaml")
    assert probekit.run("check", "--fix", str(link)).code == 0
    assert link.is_symlink()
    assert path.read_text() == RIGHT


def test_byte_order_mark_and_line_ends_are_kept(probekit: Runner) -> None:
    path = write(probekit.folder, "\ufeff" + WRONG.replace("\n", "\r\n"))
    assert probekit.run("check", "--fix", str(path)).code == 0
    assert path.read_bytes() == ("\ufeff" + RIGHT.replace("\n", "\r\n")).encode()


def test_what_is_not_written(probekit: Runner) -> None:
    path = write(probekit.folder, mode=0o444)
    outcome = probekit.run("check", "--fix", str(path))
    assert outcome.code == 2
    assert "error[cannot-fix]" in outcome.err
    assert "read-only" in outcome.err
    path.chmod(0o644)
    os.link(path, probekit.folder / "other.yaml")
    outcome = probekit.run("check", "--fix", str(path))
    assert outcome.code == 2
    assert "hard links" in outcome.err
    assert "error[unknown-key]" in outcome.err
    assert path.read_text() == WRONG


def test_json_has_edits_and_what_was_fixed(probekit: Runner) -> None:
    path = write(probekit.folder, WRONG.replace("pid", "nothing"))
    (first, *_) = map(
        json.loads, probekit.run("check", "--format", "json", str(path)).out.splitlines()
    )
    assert [edit["text"] for edit in first["edits"]] == ["count"]
    lines = probekit.run("check", "--fix", "--format", "json", str(path)).out.splitlines()
    fixed, left = map(json.loads, lines)
    assert fixed["fixed"]
    assert fixed["code"] == "unknown-key"
    assert left["code"] == "unknown-name"
    assert "fixed" not in left
