"""Diagnostics as text and as data: nothing raw, columns as a terminal counts them."""

from __future__ import annotations

import json
import re

import pytest

from probekit.diagnostics import Diagnostic, Edit, Label, Origin, Severity
from probekit.report import (
    MOST,
    display_width,
    fixed_as_json,
    render_json,
    render_text,
    visible,
    wrapped,
)
from probekit.source import Source, Span

SOURCE = Source("spec.yaml", "one: two\nthree: four\n")


def text(diagnostic: Diagnostic, *, verbose: bool = False, colour: bool = False) -> str:
    return render_text([diagnostic], colour=colour, verbose=verbose)


def test_a_whole_diagnostic() -> None:
    found = Diagnostic(
        "unknown-map",
        "no map named `four`",
        Label(SOURCE, Span(2, 8, 2, 12), "not declared"),
        (Label(SOURCE, Span(1, 1, 1, 4), "a similar one"),),
        "did you mean `one`?",
        Severity.WARNING,
    )
    assert text(found) == (
        "warning[unknown-map]: no map named `four`\n"
        " --> spec.yaml:2:8\n"
        "  |\n"
        "2 | three: four\n"
        "  |        ^^^^ not declared\n"
        "  |\n"
        "1 | one: two\n"
        "  | --- a similar one\n"
        "  = help: did you mean `one`?\n"
        "\n"
    )


def test_without_a_place() -> None:
    found = Diagnostic("no-bcc", "bcc is missing", help="install it", origin=Origin.HOST)
    assert text(found) == "error[no-bcc]: bcc is missing\n  = help: install it\n\n"


def test_details_wait_for_verbose() -> None:
    found = Diagnostic("verifier-rejected", "no", details="one\ntwo\x1b[31m")
    assert "-v" in text(found)
    assert "one" not in text(found)
    assert "| one\n  | two\\x1b[31m\n" in text(found, verbose=True)


def test_a_bug_asks_for_a_report_and_shows_its_details() -> None:
    found = Diagnostic("internal-error", "KeyError", origin=Origin.BUG, details="Traceback")
    assert "please report it" in text(found)
    assert "Traceback" in text(found)


def test_nothing_raw_reaches_the_terminal() -> None:
    source = Source("a\nb\x1b[31m.yaml", "key: \x1b[31m\udcff\u202e\tx")
    found = Diagnostic("x", "a\nb `\x07`", Label(source, Span(1, 1, 1, 4), "\x9b"), (), "\x1b]0;")
    written = text(found)
    assert written.replace("\n", "").isprintable()
    assert written.count("\n") == 7


@pytest.mark.parametrize(
    ("line", "span", "before", "width"),
    [
        ("abc: x", Span(1, 6, 1, 7), 5, 1),
        ("文字: x", Span(1, 5, 1, 6), 6, 1),
        ("文字: x", Span(1, 1, 1, 3), 0, 4),
        ("e\u0301: x", Span(1, 5, 1, 6), 3, 1),
        ("\ta: x", Span(1, 2, 1, 3), 1, 1),
        ("a\x1bb", Span(1, 3, 1, 4), 5, 1),
        ("short", Span(1, 9, 1, 12), 5, 1),
        ("two lines", Span(1, 5, 2, 3), 4, 5),
        ("", Span(1, 1, 1, 2), 0, 1),
    ],
)
def test_marks_stand_under_what_they_mark(line: str, span: Span, before: int, width: int) -> None:
    found = Diagnostic("x", "y", Label(Source("s", line + "\nmore"), span))
    marks = text(found).splitlines()[4]
    assert marks == "  | " + " " * before + "^" * width


def test_a_long_line_is_shown_around_the_place() -> None:
    line = "x" * 5000 + "HERE" + "y" * 5000
    shown, marks = text(
        Diagnostic("x", "y", Label(Source("s", line), Span(1, 5001, 1, 5005)))
    ).splitlines()[3:5]
    assert len(shown) < 200
    at = marks.index("^")
    assert shown[at : at + 4] == "HERE"
    assert marks.count("^") == 4


def test_a_span_longer_than_the_window_ends_with_it() -> None:
    line = "x" * 5000
    marks = text(Diagnostic("x", "y", Label(Source("s", line), Span(1, 1, 1, 5001)))).splitlines()[
        4
    ]
    assert len(marks) < 200


def test_what_a_message_quotes_is_not_endless() -> None:
    first = text(Diagnostic("x", f"`{'n' * 9000}` is not a number")).splitlines()[0]
    assert len(first) < 150
    assert first.endswith("nnn` is not a number")


def test_colour_changes_nothing_but_colour() -> None:
    found = Diagnostic("x", "y", Label(SOURCE, Span(1, 1, 1, 4)), (), "z")
    coloured = text(found, colour=True)
    assert "\x1b[1;31m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text(found)


def test_json_has_the_same_content() -> None:
    found = Diagnostic(
        "unknown-map",
        "no map",
        Label(SOURCE, Span(2, 8, 2, 12)),
        (Label(SOURCE, Span(1, 1, 1, 4), "here"),),
        "help",
        details="log",
    )
    (line,) = render_json([found]).splitlines()
    assert json.loads(line) == {
        "severity": "error",
        "code": "unknown-map",
        "message": "no map",
        "file": "spec.yaml",
        "line": 2,
        "column": 8,
        "end_line": 2,
        "end_column": 12,
        "related": [
            {
                "file": "spec.yaml",
                "line": 1,
                "column": 1,
                "end_line": 1,
                "end_column": 4,
                "message": "here",
            }
        ],
        "help": "help",
        "details": "log",
    }


def test_json_has_edits_and_what_was_fixed() -> None:
    span = Span(2, 8, 2, 12)
    found = Diagnostic("x", "y", Label(SOURCE, span), edits=(Edit(span, "one"),))
    (line,) = render_json([found]).splitlines()
    place = {"line": 2, "column": 8, "end_line": 2, "end_column": 12}
    assert json.loads(line)["edits"] == [{**place, "text": "one"}]
    (fixed,) = fixed_as_json([found]).splitlines()
    assert json.loads(fixed) == {**json.loads(line), "fixed": True}


def test_of_one_file_the_first_errors_are_shown() -> None:
    """Errors come before warnings where not all are shown, and each file has its own share."""
    label, other = Label(SOURCE, Span(1, 1, 1, 4)), Label(Source("b.yaml", "b"), Span(1, 1, 1, 2))
    warning = Diagnostic("w", "warning", label, severity=Severity.WARNING)
    errors = [Diagnostic("e", f"number {n}.", label) for n in range(MOST + 2)]
    written = render_text([warning, *errors, Diagnostic("o", "other", other)], colour=False)
    assert written.count("error[e]") == MOST
    assert "warning[w]" not in written
    assert f"number {MOST - 1}." in written
    assert "error[o]" in written
    assert written.endswith(
        "... and 3 more in spec.yaml: `check --format json` has all of them\n\n"
    )
    assert render_text(errors, colour=False, verbose=True).count("error[e]") == MOST + 2
    assert len(render_json(errors).splitlines()) == MOST + 2


def test_json_survives_half_characters() -> None:
    (line,) = render_json([Diagnostic("x", "`\udcff`")]).splitlines()
    assert json.loads(line)["message"] == "`\udcff`"
    line.encode()


def test_a_help_goes_over_lines_on_a_terminal() -> None:
    found = Diagnostic("x", "y", help="write `one two three four`, or `five`; \u6587\u6587 end")
    assert render_text([found], colour=False).count("\n") == 3
    assert render_text([found], colour=False, width=30) == (
        "error[x]: y\n"
        "  = help: write\n"
        "          `one two three four`,\n"
        "          or `five`; \u6587\u6587 end\n"
        "\n"
    )


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("a b", None, ["a b"]),
        ("a b", 3, ["a b"]),
        ("a b", 1, ["a", "b"]),
        ("`a b`", 1, ["`a b`"]),
        ("\u6587 \u6587", 4, ["\u6587", "\u6587"]),
        ("a ` b", 3, ["a `", "b"]),
        ("", 1, [""]),
    ],
)
def test_wrapped(text: str, width: int | None, lines: list[str]) -> None:
    assert wrapped(text, width) == lines


@pytest.mark.parametrize(("written", "width"), [("abc", 3), ("文", 2), ("e\u0301", 1), ("", 0)])
def test_display_width(written: str, width: int) -> None:
    assert display_width(written) == width


def test_visible() -> None:
    assert visible("a\tb\x00\x7f\u200b\U000e0001") == "a b\\x00\\x7f\\u200b\\U000e0001"
