"""What is read of an expression's text: its tree's places, and limits on it."""

from __future__ import annotations

import time

import pytest

from probekit.expr.convert import MAX_PARTS
from probekit.expr.parse import MAX_LENGTH, ExpressionError, parse
from probekit.expr.syntax import Binary, Compare, Logic, Member, Name, Syntax, children
from probekit.template import Gap, parse_template


def placed(text: str) -> list[str]:
    """The text at the place of each part, from the outermost on."""
    found: list[str] = []

    def walk(tree: Syntax) -> None:
        found.append(text[tree.place.start : tree.place.end])
        for child in children(tree):
            walk(child)

    walk(parse(text))
    return found


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("pid", ["pid"]),
        ("  pid ", ["pid"]),
        ("a + bb * 2", ["a + bb * 2", "a", "bb * 2", "bb", "2"]),
        ("args.in.x", ["args.in.x", "args.in", "args"]),
        ("args . fd", ["args . fd", "args"]),
        ("'é' == comm", ["'é' == comm", "'é'", "comm"]),
        ("min(a, 'é', b)", ["min(a, 'é', b)", "a", "'é'", "b"]),
        ("a\n  + b", ["a\n  + b", "a", "b"]),
        ("a < b < c", ["a < b < c", "a < b", "a", "b", "b < c", "b", "c"]),
        ("not a", ["not a", "a"]),
        ("a if b else c", ["a if b else c", "a", "b", "c"]),
    ],
)
def test_places(text: str, parts: list[str]) -> None:
    assert placed(text) == parts


def test_a_members_name_has_a_place_of_its_own() -> None:
    text = "args.class + 1"
    tree = parse(text)
    assert isinstance(tree, Binary)
    assert isinstance(tree.left, Member)
    place = tree.left.name_place
    assert (tree.left.name, text[place.start : place.end]) == ("class", "class")


def test_a_word_of_python_is_no_name_alone() -> None:
    with pytest.raises(ExpressionError):
        parse("class")


def test_names_are_not_folded() -> None:
    """Python reads full-width letters in names as plain ones."""
    with pytest.raises(ExpressionError) as caught:
        parse("p\uff49d")
    assert (caught.value.code, caught.value.place.start) == ("bad-character", 1)


def test_in_becomes_comparisons() -> None:
    tree = parse("a in (1, 2)")
    assert isinstance(tree, Logic)
    assert tree.operator == "or"
    assert all(isinstance(part, Compare) and part.operator == "==" for part in tree.operands)


@pytest.mark.parametrize(
    "text",
    [
        "a + " * (MAX_LENGTH // 4) + "a",
        "(" * 33 + "a" + ")" * 33,
        "-" * 3000 + "1",
        "not " * 500 + "1",
        "a." * 500 + "b",
        "0<(" * 20 + "a" + ")<1" * 20,
        "(" * 20 + "a" + " in (1, 2))" * 20,
        "~" * 4000 + "1",
        "1 if a else " * 300 + "2",
        "9" * 4000 + "9" * 90,
        "u8(" * 30 + "a" + ")" * 30 + "+a" * 2000,
    ],
)
def test_no_expression_is_too_much(text: str) -> None:
    """Refused, or read to a tree that is not large; and quickly."""
    begin = time.perf_counter()
    count = 0
    try:
        pending: list[Syntax] = [parse(text)]
        while pending:
            count += 1
            pending.extend(children(pending.pop()))
    except ExpressionError:
        pass
    assert count <= MAX_PARTS
    assert time.perf_counter() - begin < 2


def test_template_parts_and_places() -> None:
    text = "{{a}} {pid:<5}{comm} 'x' {'}:{':>4}"
    parts = parse_template(text)
    gaps = [part for part in parts if isinstance(part, Gap)]
    assert [part for part in parts if isinstance(part, str)] == ["{a} ", " 'x' "]
    assert [gap.format for gap in gaps] == ["<5", "", ">4"]
    assert isinstance(gaps[0].syntax, Name)
    place = gaps[0].syntax.place
    assert text[place.start + gaps[0].start : place.end + gaps[0].start] == "pid"
    assert text[gaps[2].format_place.start : gaps[2].format_place.end] == ">4"


@pytest.mark.parametrize("text", ["", "plain", "100%", "a\tb"])
def test_template_without_gaps(text: str) -> None:
    assert parse_template(text) == ([text] if text else [])


@pytest.mark.parametrize(
    ("text", "code", "start"),
    [
        ("a } b", "bad-template", 2),
        ("a { b", "bad-template", 2),
        ("{pid:x", "bad-template", 0),
        ("{}", "empty-expression", 0),
        ("{ }", "empty-expression", 0),
        ("{:x}", "empty-expression", 0),
        ("ab {pid +} c", "bad-expression", 8),
        ("{pid:{tid}}", "bad-format", 5),
        ("{pid:1000}", "bad-format", 5),
        ("{pid:" + "9" * 5000 + "}", "bad-format", 5),
    ],
)
def test_template_refused(text: str, code: str, start: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_template(text)
    assert (caught.value.code, caught.value.place.start) == (code, start)
