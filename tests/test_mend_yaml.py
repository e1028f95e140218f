"""`check --fix` on text that is no YAML: what is certain is done, and no character is lost."""

from __future__ import annotations

import pytest
from test_mend import BLOCKS, HEAD, MAPS, PROGRAM, found_in, mended, steps

from probekit.frontend.yamlnodes import plain_data
from probekit.frontend.yamlparse import parse
from probekit.source import Source

STOP = "      - stop: true\n"


def data(text: str) -> object:
    return plain_data(parse(Source("spec.yaml", text)))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("- print: 'don't close {pid}", '- print: "don\'t close {pid}"'),
        ("- print: 'it's a dog's {pid}'", "- print: \"it's a dog's {pid}\""),
        ('- print "called: {pid}"', '- print: "called: {pid}"'),
        ('- print:"called: {pid}"', '- print: "called: {pid}"'),
        ('- print"called: {pid}"', '- print: "called: {pid}"'),
        ("- print: {comm}#{pid}", '- print: "{comm}#{pid}"'),
        ("- let: {n: pid}# x", "- let: {n: pid}  # x"),
    ],
)
def test_steps_are_mended(wrong: str, right: str) -> None:
    assert mended(steps(wrong)) == steps(right)
    assert found_in(Source("spec.yaml", steps(right))) == ()


@pytest.mark.parametrize(
    "line",
    [
        '- print: "a "b" c {pid}',
        "- print: \"called: {pid}'",
        '- print: "a" "b"',
        "- print: 'the dogs' {pid}",
        '- print: "{comm}"#{pid}',
    ],
)
def test_steps_of_unclear_text_are_left(line: str) -> None:
    assert found_in(Source("spec.yaml", steps(line)))
    assert mended(steps(line)) == steps(line)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (MAPS.replace("calls:", "calls"), MAPS),
        (MAPS.replace(": {", ":\n    (").replace("}", ")"), MAPS.replace(": {", ":\n    {")),
        (BLOCKS.replace("calls:\n   ", "calls:"), BLOCKS),
        (MAPS.replace("maps:", "maps:}"), MAPS),
        (MAPS.replace("maps:", "maps\uff1a"), MAPS),
    ],
)
def test_maps_are_mended(wrong: str, right: str) -> None:
    assert mended(HEAD + wrong + PROGRAM + STOP) == HEAD + right + PROGRAM + STOP


@pytest.mark.parametrize(
    "right",
    [
        PROGRAM + STOP + PROGRAM.removeprefix("programs:\n").replace("close", "read") + STOP,
        PROGRAM + "      - count: calls\n        key: pid\n" + STOP,
        PROGRAM
        + STOP
        + "schedules:\n  - every: 1s\n    show: calls\n  - at: stop\n    clear: calls\n",
    ],
)
def test_dashes_are_written_where_they_are_missing(right: str) -> None:
    start, _, text = (HEAD + MAPS + right).partition("programs:\n")
    for at in range(len(text)):
        if text.startswith("- ", at):
            wrong = f"{start}programs:\n{text[:at]}  {text[at + 2 :]}"
            text_made = mended(wrong)
            assert text_made == wrong or data(text_made) == data(HEAD + MAPS + right)


@pytest.mark.parametrize("key", ["type", "key", "value", "max_entries"])
def test_dashes_before_keys_of_maps_are_removed(key: str) -> None:
    text = HEAD + BLOCKS + PROGRAM + "      - count: calls\n        key: pid\n"
    assert mended(text.replace(f"    {key}:", f"    - {key}:", 1)) == text


COUNT = "      - count: calls\n        key: pid\n"
DEEP = "  calls:\n      type: hash\n      key: u32\n      value: u64\n      max_entries: 100\n"
UPDATE = "schedules:\n  - every: 1s\n    update: calls\n    key: 1\n    value: tick\n"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (BLOCKS.replace("  calls", "    calls"), "maps:\n  " + DEEP),
        (BLOCKS.replace("    ", "  "), BLOCKS),
        (BLOCKS.replace("    type", "  type"), BLOCKS),
        (BLOCKS.replace("    max", "max"), BLOCKS),
    ],
)
def test_parts_of_maps_are_indented(wrong: str, right: str) -> None:
    assert mended(HEAD + wrong + PROGRAM + COUNT) == HEAD + right + PROGRAM + COUNT


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (COUNT + STOP[4:], COUNT + STOP),
        (COUNT + STOP[6:], COUNT + STOP),
        (STOP + COUNT.replace("    ", "", 1).replace("        ", "    "), STOP + COUNT),
        (COUNT + UPDATE.replace("    value", "value"), COUNT + UPDATE),
        ("      - let:\n        n: pid\n        m: uid\n" + COUNT,
         "      - let:\n          n: pid\n          m: uid\n" + COUNT),
    ],
)  # fmt: skip
def test_what_slid_out_of_its_item_is_put_back(wrong: str, right: str) -> None:
    assert mended(HEAD + MAPS + PROGRAM + wrong) == HEAD + MAPS + PROGRAM + right


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("- let: {n: pid]", "- let: {n: pid}"),
        ("- let: {n: pid,, m: cpu}", "- let: {n: pid, m: cpu}"),
        ("- let: {n: comm in ('a', 'b')}", "- let: {n: \"comm in ('a', 'b')\"}"),
        ("- {print: a, and b: c}", '- {print: "a, and b: c"}'),
        ("- {print: #1 of all}", '- {print: "#1 of all"}'),
        ("- let: {n :pid}", "- let: {n: pid}"),
        ('- {"if": "pid > 1" "then": [{"stop": true}]}',
         '- {"if": "pid > 1", "then": [{"stop": true}]}'),
        ('- {"print"= "a"}', '- {"print": "a"}'),
        ('- print: {"by {comm}"}', '- print: "by {comm}"'),
        ('- print: {"comm}"', '- print: "{comm}"'),
        ("- let: {n: `pid`}", "- let: {n: pid}"),
        ("- let: n: pid + 1, m: cpu", "- let: {n: pid + 1, m: cpu}"),
        ("- let: {n: pid}, m: cpu", "- let: {n: pid, m: cpu}"),
        ("- let: {n: pid,\n            m: cpu\n      - stop: true",
         "- let: {n: pid,\n            m: cpu}\n      - stop: true"),
    ],
)  # fmt: skip
def test_brackets_are_mended(wrong: str, right: str) -> None:
    assert mended(steps(wrong)) == steps(right)
    assert found_in(Source("spec.yaml", steps(right))) == ()


def test_line_ends_of_old_are_mended() -> None:
    assert mended(steps("- stop: true").replace("\n", "\r")) == steps("- stop: true")


@pytest.mark.parametrize("line", ["%FOO\n", "$ cat spec.yaml\n# its first line\n"])
def test_a_strange_first_line_is_removed(line: str) -> None:
    text = steps("- stop: true")
    assert mended(line + text) == line.partition("\n")[2] + text


@pytest.mark.parametrize(
    "text",
    [
        HEAD.replace("name", "<<<<<<< HEAD\nname").replace("\n", "\n=======\n>>>>>>> b\n", 1),
        HEAD + "maps: {a: 1, #two, b: 3}\n",
        HEAD + "maps: {description: a, and b: c, d}\n",
    ],
)
def test_what_has_no_certain_end_is_left(text: str) -> None:
    assert found_in(Source("spec.yaml", text + PROGRAM + STOP))
    assert mended(text + PROGRAM + STOP) == text + PROGRAM + STOP


SECTIONS = HEAD + MAPS + PROGRAM + COUNT + UPDATE


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("calls: {type", "calls :{type"),
        ("every: 1s", "every :1s"),
        ("every: 1s", "every: 1s:"),
        ("  - every", "  -- every"),
        ("{type: hash, key: u32, value: u64, max_entries: 100}",
         "type: hash, key: u32, value: u64, max_entries: 100"),
        (", max_entries: 100}", "}, max_entries: 100"),
        ("maps:\n", ""),
        ("    key: 1", "  key: 1"),
        ("  calls: ", '  "calls: '),
        ("    do:\n      - count: calls", "    do:\n          - count: calls"),
    ],
)  # fmt: skip
def test_a_slip_in_one_place_is_mended(right: str, wrong: str) -> None:
    text = SECTIONS.replace(right, wrong, 1)
    assert data(mended(text)) == data(SECTIONS)


@pytest.mark.parametrize(
    "line",
    [
        "- let: {n: @calls[pid]}",
        "- let: {n: %pid}",
        "- if: > 10",
        "- count: {calls",
        '- print: {"comm"}',
        "- update: calls  # all\n          of them\n        key: pid",
    ],
)
def test_what_is_no_value_in_quotes_either_is_left(line: str) -> None:
    assert found_in(Source("spec.yaml", steps(line)))
    assert mended(steps(line)) == steps(line)


@pytest.mark.parametrize("part", ["key: {u32 a, char b[16]}", "type: hash(u32, u64)"])
def test_types_are_never_put_in_quotes(part: str) -> None:
    text = SECTIONS.replace(f"{part[: part.index(':')]}: ", f"{part}, was: ", 1)
    assert mended(text) == text


def test_several_items_too_deep_are_left() -> None:
    """It may be the one above them that stands wrong, and an `else:` would take in the last."""
    first, rest = "- let: {n: pid}", ["- if: n > 5", "  then: [{stop: true}]", "- count: calls"]
    text = steps(first, *rest, "  key: n").replace(f"  {first}", first)
    assert found_in(Source("spec.yaml", text))
    assert mended(text) == text
