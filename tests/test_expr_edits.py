"""What `check` offers as text to paste is right: pasted, it ends the fault that offers it."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from probekit.check import check
from probekit.check.edits import edits_of
from probekit.diagnostics import Diagnostic, DiagnosticError, Edit, Severity
from probekit.expr.syntax import Mend, Place, mended
from probekit.frontend.spec import read
from probekit.frontend.yamlnodes import Scalar
from probekit.kernel.profile import SavedProfile, shipped_profile
from probekit.source import Source, Span

CASES = Path(__file__).parent / "cases" / "reject"
NAMES = (
    "doubts edits-in-quotes expressions-refused from-bpftrace from-c from-prometheus from-python"
    " from-sql names-misspelt names-of-other-things not-yet-today other-languages parts-of-a-step"
    " print-templates text-without-quotes types-of-keys types-of-other-languages"
    " attach-points-elsewhere durations-in-schedules either-name-or-field other-spellings"
    " lists-and-commas names-to-come operators-in-pieces places-in-expressions"
    " rewritten-in-brackets text-beside-names times-and-durations"
).split()


@cache
def profile() -> SavedProfile:
    return shipped_profile()


def diagnostics(text: str) -> tuple[Diagnostic, ...]:
    try:
        return check(read(Source("spec.yaml", text)), profile(), {}).diagnostics
    except DiagnosticError as error:
        return error.diagnostics


def pasted(text: str, edits: tuple[Edit, ...]) -> str:
    """The text with all edits made."""
    lines = text.split("\n")
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        span = edit.span
        assert span.line == span.end_line
        line = lines[span.line - 1]
        lines[span.line - 1] = line[: span.column - 1] + edit.text + line[span.end_column - 1 :]
    return "\n".join(lines)


def said(found: tuple[Diagnostic, ...]) -> Counter[tuple[str, str]]:
    return Counter((diagnostic.code, diagnostic.message) for diagnostic in found)


@pytest.mark.parametrize("name", NAMES)
def test_each_edit_ends_its_fault(name: str) -> None:
    text = (CASES / f"{name}.yaml").read_text()
    found = diagnostics(text)
    for diagnostic in found:
        if diagnostic.edits:
            key = (diagnostic.code, diagnostic.message)
            after = diagnostics(pasted(text, diagnostic.edits))
            assert said(after)[key] < said(found)[key], diagnostic
            assert "yaml-syntax" not in {one.code for one in after}, diagnostic


def test_cases_have_edits() -> None:
    found = [d for name in NAMES for d in diagnostics((CASES / f"{name}.yaml").read_text())]
    assert sum(bool(diagnostic.edits) for diagnostic in found) > 100


def test_the_help_shows_what_is_written() -> None:
    text = (CASES / "from-c.yaml").read_text()
    for diagnostic in diagnostics(text):
        for edit in diagnostic.edits:
            assert edit.text.strip() in diagnostic.help or not edit.text, diagnostic


def scalar(raw: str, text: str) -> Scalar:
    lines = raw.split("\n")
    end = len(lines[-1]) + (4 if len(lines) == 1 else 1)
    return Scalar(Span(7, 4, 6 + len(lines), end), text, raw[:1] not in "'\"|>", raw)


@pytest.mark.parametrize(
    ("raw", "text", "mends", "edits"),
    [
        ("a && b", "a && b", [((2, 4), "and")], [((7, 6, 7, 8), "and")]),
        ("'a && b'", "a && b", [((2, 4), "and")], [((7, 7, 7, 9), "and")]),
        ("a = x", "a = x", [((4, 5), "'x'")], [((7, 8, 7, 9), "'x'")]),
        ("'a = x'", "a = x", [((4, 5), "'x'")], [((7, 9, 7, 10), "''x''")]),
        ('"a = x"', "a = x", [((4, 5), '"x"')], [((7, 9, 7, 10), '\\"x\\"')]),
        ('"\\x61 = x"', "a = x", [((0, 1), "b")], [((7, 5, 7, 9), "b")]),
        ("'it''s x'", "it's x", [((5, 6), "y")], [((7, 11, 7, 12), "y")]),
        ("|\n  a\n  && b", "a\n&& b", [((2, 4), "and")], [((9, 3, 9, 5), "and")]),
        # What a plain scalar cannot hold gives all of it quotes.
        ("x == a", "x == a", [((0, 1), "'x'")], [((7, 4, 7, 10), "\"'x' == a\"")]),
        ("x or a", "x or a", [((5, 6), "(1, 2)")], [((7, 4, 7, 10), '"x or (1, 2)"')]),
        ("x[1] or a", "x[1] or a", [((8, 9), "(1, 2)")], [((7, 12, 7, 13), "(1, 2)")]),
        (">\n  a\n  && b", "a && b", [((2, 4), "and")], [((9, 3, 9, 5), "and")]),
        # Where places are not known, or the text goes over lines, nothing is offered.
        (">\n\n\n  a && b", "\n\na && b", [((4, 6), "and")], []),
        ("a &&\n  b", "a && b", [((2, 6), "and b")], []),
    ],
)
def test_edits_are_those_of_the_scalar(
    raw: str,
    text: str,
    mends: list[tuple[tuple[int, int], str]],
    edits: list[tuple[tuple[int, int, int, int], str]],
) -> None:
    wanted = tuple(Edit(Span(*span), new) for span, new in edits)
    placed: list[Mend] = [(Place(*place), new) for place, new in mends]
    assert edits_of(scalar(raw, text), placed) == wanted


def test_mends_are_made_from_the_end() -> None:
    assert mended("[1]", [(Place(0, 1), "(("), (Place(2, 3), "))")]) == "((1))"


def test_doubts_alone_stop_nothing() -> None:
    text = (CASES / "doubts.yaml").read_text().replace("{wrong}", "{tid}")
    result = check(read(Source("spec.yaml", text)), profile(), {})
    assert result.probe is not None
    assert {diagnostic.severity for diagnostic in result.diagnostics} == {Severity.WARNING}
    codes = {diagnostic.code for diagnostic in result.diagnostics}
    assert codes == {"constant-comparison", "hidden-name", "doubtful-count", "bad-format"}


def test_a_value_may_hide_a_built_in() -> None:
    text = (CASES / "doubts.yaml").read_text()
    start = text[: text.index("      - if:")].replace("pid: {type", "other: {type")
    result = check(
        read(Source("spec.yaml", start + "      - let: {pid: args.mode}\n")), profile(), {}
    )
    assert result.probe is not None
    assert result.diagnostics == ()
