"""YAML as specs use it: scalars as editors show them, places, and what is refused."""

from __future__ import annotations

import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from probekit.diagnostics import DiagnosticError, Origin
from probekit.frontend.yamlnodes import Mapping, Scalar, Sequence, plain_data, scalar_value
from probekit.frontend.yamlparse import MAX_DEPTH, parse
from probekit.frontend.yamlplaces import spots
from probekit.source import Source, Span


def scalar(text: str) -> Scalar:
    """The value of `key` in a mapping."""
    root = parse(Source("spec.yaml", text))
    assert isinstance(root, Mapping)
    node = root.get("key")
    assert isinstance(node, Scalar)
    return node


def refusal(text: str) -> tuple[str, Span]:
    """Code and place of the first diagnostic."""
    with pytest.raises(DiagnosticError) as caught:
        parse(Source("spec.yaml", text))
    found = caught.value.diagnostics[0]
    assert found.label is not None
    return found.code, found.label.span


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("7", 7),
        ("-7", -7),
        ("+7", 7),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        ("1:30", "1:30"),
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ("~", None),
        ("null", None),
        ("", None),
        ("'7'", "7"),
        ('"true"', "true"),
        ("''", ""),
        ("2024-01-01", "2024-01-01"),
        ("1" * 101, "1" * 101),
        ("a b", "a b"),
    ],
)
def test_scalars_are_what_editors_show(written: str, value: object) -> None:
    found = scalar_value(scalar(f"key: {written}"))
    assert found == value
    assert type(found) is type(value)


def test_not_a_number_is_a_float() -> None:
    found = scalar_value(scalar("key: .nan"))
    assert isinstance(found, float)
    assert math.isnan(found)


def test_data_keeps_order_and_text_keys() -> None:
    root = parse(Source("spec.yaml", "b: [1, {2: x}]\na: {true: ~}\n"))
    assert plain_data(root) == {"b": [1, {"2": "x"}], "a": {"true": None}}
    assert isinstance(root, Mapping)
    assert [key.text for key, _ in root] == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "part", "line", "column", "end"),
    [
        ("key: say wrong now", "wrong", 1, 10, 15),
        ("key: 'say wrong'", "wrong", 1, 11, 16),
        ("key: 'it''s wrong'", "wrong", 1, 13, 18),
        ('key: "say wrong"', "wrong", 1, 11, 16),
        (r'key: "\t\x41\u00e9\U0001F600 wrong"', "wrong", 1, 30, 35),
        (r'key: "a \"wrong\""', "wrong", 1, 11, 16),
        ('key: "first\n  wrong"', "wrong", 2, 3, 8),
        ('key: "first\n\n\n   wrong"', "wrong", 4, 4, 9),
        ('key: "first\\\n   wrong"', "wrong", 2, 4, 9),
        ("key: 'first\n  wrong'", "wrong", 2, 3, 8),
        ("key: first\n  wrong", "wrong", 2, 3, 8),
        ("key: first  \n\n  wrong # note", "wrong", 3, 3, 8),
        ("key: |\n  first\n  wrong\n", "wrong", 3, 3, 8),
        ("key: |-\n    first\n\n      wrong", "wrong", 4, 7, 12),
        ("key: |2\n    wrong", "wrong", 2, 5, 10),
        ("key: |  # note\n  a wrong\n", "wrong", 2, 5, 10),
        ("key: >\n  first\n  wrong\n", "wrong", 3, 3, 8),
        ("key: >-\n  first\n\n\n    more\n  so wrong", "wrong", 6, 6, 11),
        ("key: >\n  first\n\n  wrong\n\n", "wrong", 4, 3, 8),
        ("key: >\r\n  first\r\n  wrong\r\n", "wrong", 3, 3, 8),
        ("key: 文字 wrong", "wrong", 1, 9, 14),
        ("key: 'first\r\n  wrong'\r\n", "wrong", 2, 3, 8),
        ("key: |\r\n  first\r\n  wrong\r\n", "wrong", 3, 3, 8),
    ],
)
def test_places_inside_scalars(text: str, part: str, line: int, column: int, end: int) -> None:
    node = scalar(text)
    start = node.text.index(part)
    assert node.part(start, start + len(part)) == Span(line, column, line, end)


def test_a_part_over_two_lines_ends_on_the_second() -> None:
    node = scalar("key: first\n  second")
    assert node.part(3, 9) == Span(1, 9, 2, 6)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.text(alphabet="ab {:'", max_size=6)), min_size=1),
    st.sampled_from(["|", ">", ">-", ">+"]),
)
def test_each_character_of_a_block_stands_where_it_is_said(
    lines: list[tuple[int, str]], header: str
) -> None:
    written = ["  " + " " * more + text if text.strip() else "" for more, text in lines]
    try:
        node = scalar("key: " + "\n".join([header, *written]) + "\n")
    except DiagnosticError:
        return
    rows = node.raw.split("\n")
    for character, spot in zip(node.text, spots(node.raw, node.text), strict=False):
        row = rows[spot.line] if spot.line < len(rows) else ""
        if spot.column < len(row):
            assert row[spot.column] == character
        else:
            assert character in " \n"


def test_an_escape_is_underlined_whole() -> None:
    assert scalar(r'key: "a\x41b"').part(1, 2) == Span(1, 8, 1, 12)


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: 1\na: 2", "duplicate-key", 2, 1),
        ("a: {b: 1, b: 2}", "duplicate-key", 1, 11),
        ("1: a\n'1': b", "duplicate-key", 2, 1),
        ("a: &x 1", "yaml-alias", 1, 4),
        ("a: [&x 1, *x]", "yaml-alias", 1, 5),
        ("a: !!int '1'", "yaml-tag", 1, 4),
        ("a: !!python/object:os.system {}", "yaml-tag", 1, 4),
        ("--- 1\n--- 2", "yaml-documents", 2, 1),
        ("%YAML 1.1\n---\na: 1", "yaml-directive", 1, 1),
        ("? [a]\n: 1", "bad-key", 1, 3),
        ("", "empty-spec", 1, 1),
        ("# only\n", "empty-spec", 1, 1),
        ("a:\n\t- 1", "yaml-syntax", 2, 1),
        ("a: 'b", "yaml-syntax", 1, 4),
        ("a: b #{c}", "cut-by-comment", 1, 4),
        ("a: 'b' #{c}\n'd", "yaml-syntax", 2, 1),
        ("a: it's b # it's c\n'd", "yaml-syntax", 2, 1),
        ("a: f(b #c)", "cut-by-comment", 1, 4),
        ("a: #{b}", "cut-by-comment", 1, 4),
        ("a: \u201cb\u201d", "typographic-quotes", 1, 4),
        ("a:\u00a0b", "hidden-character", 1, 3),
        ("a\u00a0b: c", "hidden-character", 1, 2),
        ("a: b\u00a0", "hidden-character", 1, 5),
        ("a: {b:c}", "yaml-syntax", 1, 5),
        ("a: {b: c[0]}", "unquoted-comma", 1, 9),
        ("a: 1\n---\n# end", "yaml-documents", 2, 1),
        ("#include <linux/bpf.h>", "not-a-spec", 1, 1),
        ("\x7fELF", "not-a-spec", 1, 1),
        ("a: [1,\nb: 2", "yaml-syntax", 1, 4),
        ("a: b\u200bc", "hidden-character", 1, 5),
        ("a: 1\rb: 2", "hidden-character", 1, 5),
        ("a: 1\u2028b: 2", "hidden-character", 1, 5),
        ("a: 1\x85b: 2", "hidden-character", 1, 5),
        ("\ufeffa: 1", "hidden-character", 1, 1),
        ("\n a: \x1b", "hidden-character", 2, 5),
        ("a: " + "[" * MAX_DEPTH, "yaml-too-deep", 1, 3 + MAX_DEPTH),
        ("a: " + "x" * (1 << 20), "yaml-too-large", 1, 1),
    ],
)
def test_refused(text: str, code: str, line: int, column: int) -> None:
    found, span = refusal(text)
    assert (found, span.line, span.column) == (code, line, column)


def test_a_merge_key_is_refused_at_its_alias() -> None:
    with pytest.raises(DiagnosticError) as caught:
        parse(Source("spec.yaml", "a: &a {b: 1}\nc:\n  <<: *a\n"))
    assert [found.code for found in caught.value.diagnostics] == ["yaml-alias", "yaml-alias"]


def test_nesting_up_to_the_limit_is_read() -> None:
    root = parse(Source("spec.yaml", "[" * MAX_DEPTH + "]" * MAX_DEPTH))
    assert isinstance(root, Sequence)


def test_a_bill_of_laughs_costs_nothing() -> None:
    lines = ["a0: &a0 x"] + [f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]" for i in range(1, 50)]
    code, _ = refusal("\n".join(lines))
    assert code == "yaml-alias"


def test_without_libyaml_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another parser would mean other things, and say others of the same text."""
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    with pytest.raises(DiagnosticError) as caught:
        parse(Source("spec.yaml", "a: b"))
    (found,) = caught.value.diagnostics
    assert (found.code, found.origin) == ("no-libyaml", Origin.HOST)
    assert "`apt install python3-yaml`" in found.help
