"""What must hold whatever a spec says: it becomes C, or diagnostics that can be shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import TypeAlias

from probekit.check import check
from probekit.codegen.render import Scope, render
from probekit.diagnostics import Diagnostic, DiagnosticError
from probekit.expr.parse import ExpressionError
from probekit.frontend.spec import read
from probekit.ir import Probe
from probekit.kernel.profile import SavedProfile, shipped_profile
from probekit.report import render_json, render_text
from probekit.source import Source, Span

# The probe, None where it is refused, and the codes of what is said about the spec.
Outcome: TypeAlias = tuple[Probe | None, set[str]]


@cache
def profile() -> SavedProfile:
    return shipped_profile()


def outcome_of(text: str, settings: Mapping[str, str] | None = None) -> Outcome:
    """Goes all the way with a spec, and looks at all that comes of it."""
    try:
        checked = check(read(Source("spec.yaml", text)), profile(), settings or {})
    except DiagnosticError as error:
        check_diagnostics(error.diagnostics)
        return None, {diagnostic.code for diagnostic in error.diagnostics}
    if checked.probe is None or checked.diagnostics:
        check_diagnostics(checked.diagnostics)
    if checked.probe is not None:
        assert render(checked.probe, Scope()).text.isascii()
    return checked.probe, {diagnostic.code for diagnostic in checked.diagnostics}


def check_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """There are some, a terminal shows them as they are, and their places exist."""
    found = list(diagnostics)
    assert found, "refused, and nothing is said about it"
    written = render_text(found, colour=False, verbose=True)
    assert written.replace("\n", "").isprintable(), "a terminal would act on this"
    assert render_json(found).isascii()
    for diagnostic in found:
        assert diagnostic.message
        labels = [diagnostic.label] if diagnostic.label else []
        for label in (*labels, *diagnostic.related):
            check_place(lines_of(label.source.text), label.span)
        for edit in diagnostic.edits:
            check_place(lines_of(labels[0].source.text), edit.span)


@lru_cache(maxsize=1)
def lines_of(text: str) -> list[str]:
    return text.split("\n")


def check_place(lines: list[str], span: Span) -> None:
    """The span lies in the lines, or is the one place after a line's end."""
    assert 1 <= span.line <= span.end_line <= len(lines), f"{span} has no line of {len(lines)}"
    assert 1 <= span.column <= len(lines[span.line - 1]) + 1, f"{span} is past its line"
    assert 1 <= span.end_column <= len(lines[span.end_line - 1]) + 2, f"{span} ends past its line"
    assert (span.line, span.column) <= (span.end_line, span.end_column), f"{span} ends early"


def refused(attempt: Callable[[], object], text: str) -> bool:
    """Whether it is refused: by an ExpressionError, and its place lies in the text."""
    error: ExpressionError | None = None
    try:
        attempt()
    except ExpressionError as raised:
        error = raised
    if error is None:
        return False
    assert 0 <= error.place.start < error.place.end <= max(1, len(text))
    assert error.message
    return True
