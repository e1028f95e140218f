"""`probekit explain` and `probekit schema`: everything there is can be asked for."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from running import Runner

from probekit.commands.explain import explain
from probekit.commands.reference import Place, read_reference
from probekit.commands.vocabulary import vocabulary
from probekit.commands.yamltext import yaml_lines
from probekit.diagnostics import DiagnosticError
from probekit.expr.builtins import BUILTINS, CASTS, FUNCTIONS, LATER_FUNCTIONS, LATER_NAMES
from probekit.frontend.yamlnodes import plain_data
from probekit.frontend.yamlparse import parse
from probekit.maps import LATER_MAP_KINDS, MAP_KINDS
from probekit.source import Source
from probekit.types import INTEGERS, LATER_TYPES

ROOT = Path(__file__).parents[1]
REFERENCE = read_reference()
CODES = re.findall(r"^## `([a-z-]+)`$", (ROOT / "docs" / "errors.md").read_text(), re.MULTILINE)


def about(topic: str | None, width: int = 80) -> str:
    return explain(topic, width=width)


def first_line(topic: str) -> str:
    return about(topic).partition("\n")[0]


@pytest.mark.parametrize(
    ("topic", "place"),
    [
        ("name", "name"),
        ("programs.do.count", "programs.do.count"),
        ("programs[0].do[1].count", "programs.do.count"),
        ("programs.0.do.1.count", "programs.do.count"),
        ("programs.do.if.then.count", "programs.do.count"),
        ("programs.do.if.then.if.else.count.by", "programs.do.count.by"),
        ("programs.do.then", "programs.do.if.then"),
        ("programs.do.by", "programs.do.count.by"),
        ("programs.do.let.bytes", "programs.do.let.NAME"),
        ("programs.tracepoint.when", "programs.when"),
        ("maps.type", "maps.NAME.type"),
        ("maps.NAME.type", "maps.NAME.type"),
        ("maps.calls.type", "maps.NAME.type"),
        ("maps.type.type", "maps.NAME.type"),
        ("maps.calls", "maps.NAME"),
        ("maps.max_entries", "maps.NAME.max_entries"),
        ("max_entries", "maps.NAME.max_entries"),
        ("schedules.every", "schedules.every"),
        ("schedules.update.every", "schedules.every"),
        ("schedules[2].show.top", "schedules.show.top"),
        ("count", "programs.do.count"),
        ("count:", "programs.do.count"),
        ("`do.count`", "programs.do.count"),
        ("count.by", "programs.do.count.by"),
    ],
)
def test_a_path_is_typed_in_many_ways(topic: str, place: str) -> None:
    assert first_line(topic) == place


@pytest.mark.parametrize("place", REFERENCE.places, ids=lambda place: place.name)
def test_each_place_has_a_page(place: Place) -> None:
    page = about(place.name)
    assert page.startswith(f"{place.name}\n")
    assert place.schema["description"].split()[0] in page
    assert ("Not in this version yet" in " ".join(page.split())) or not place.is_later


def test_a_page_says_all_that_there_is_to_a_key() -> None:
    page = about("programs.do.update")
    for words in (
        "Writes an entry of this map, new or old.",
        "is         the name of a map",
        "required   a step has exactly one verb",
        "stands in  programs.do, and `then` and `else` of an `if`",
        "  value  What is written: an expression",
        "  mode   When it writes",
        "Not in this version yet: as.",
        "  - update: calls\n    key: pid\n    value: 1\n",
    ):
        assert words in page
    assert "is            `any` or `create` or `exist`\n" in about("update.mode")
    assert "unless given  `any`" in about("update.mode")
    assert "a whole number, at least 1, at most 4294967295" in about("max_entries")
    assert "required   yes" in about("programs.do")
    assert "required   depends on the `type`" in about("max_entries")
    assert "required   yes, where the map has keys" in about("count.key")
    assert "required   yes, or `entries`" in about("schedules.update.value")
    assert "required   no" in about("programs.when")


def test_steps_and_schedules_list_what_they_choose_from() -> None:
    page = about("programs.do")
    assert "Exactly one verb\n\n  let " in page
    assert "Not in this version yet: take, observe" in page
    page = about("schedules")
    assert "Exactly one time\n\n  every " in page
    assert "Exactly one action\n\n  update " in page
    assert "Other keys\n\n  delay " in page


def test_a_key_of_several_places_lists_them() -> None:
    page = about("value")
    for place in ("maps.NAME.value", "programs.do.update.value", "schedules.update.value"):
        assert f"\n  {place}\n" in page
    assert "A name in the expressions of schedules" in page


def test_a_key_of_the_top_names_the_other_places() -> None:
    page = about("name")
    assert page.startswith("name\n\nThe probe's name")
    assert "also       programs.name, schedules.name" in page


def test_alone_it_is_an_overview() -> None:
    page = about(None)
    for place in REFERENCE.places:
        if len(place.path) == 1:
            assert re.search(rf"\b{place.name}\b", page)
    assert "probekit explain programs.do.count" in page


WORDS = {
    *BUILTINS,
    *CASTS,
    *FUNCTIONS,
    *INTEGERS,
    *MAP_KINDS,
    *LATER_NAMES,
    *LATER_FUNCTIONS,
    *LATER_TYPES,
    *LATER_MAP_KINDS,
}


@pytest.mark.parametrize("word", sorted(WORDS))
def test_each_word_has_a_page(word: str) -> None:
    assert word in {known.name for known in vocabulary()}
    assert word in about(word)


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        (
            "pid",
            "A name in the expressions of handlers, a `u32`: the number of the current process.",
        ),
        ("min(pid, 5)", "min(x, y)\n\nA function of expressions: the smaller of two numbers."),
        ("char(16)", "char(N)\n\nA type of values: text of at most N-1 bytes"),
        ("u16", "whole numbers from 0 to 65535; it takes 2 bytes"),
        ("u32(4)", "u32(4)\n\nA type of values: part of the format, but not in this version yet."),
        ("u32(x)", "A function of expressions: x cut to the bits of a `u32`."),
        ("args.ret", "args\n\nA name"),
        ("global", "one value. It has no `key` and no `max_entries`."),
        ("percpu_array", "the value of its own CPU, elsewhere the sum of all."),
        ("and", "An operator of expressions: whether both sides are true"),
        ("<<", "An operator of expressions: moves the bits"),
        ("ms", "A unit of durations: 1000000 nanoseconds"),
        ("expressions", "How values are written: names, whole numbers, text in quotes"),
        ("counter", "part of the format, but not in this version yet"),
    ],
)
def test_words_say_what_they_are(topic: str, words: str) -> None:
    assert words in explain(topic, width=120)


@pytest.mark.parametrize("code", CODES)
def test_each_code_has_its_page(code: str) -> None:
    page = about(code)
    assert f"{code}\n" in page
    assert "```" not in page


def test_the_page_of_a_code_has_the_wrong_and_the_right() -> None:
    page = about("error[unknown-map]")
    assert page.startswith("unknown-map\n\nA step or a schedule names a map")
    assert "\nWrong\n\n  - count: cals\n    key: pid\n\nRight\n\n  - count: calls\n" in page


@pytest.mark.parametrize(
    ("topic", "help"),
    [
        ("programs.do.cuont", "did you mean `programs.do.count`?"),
        ("cuont", "did you mean `count`?"),
        ("maps.tpye", "did you mean `maps.type`?"),
        ("max_entires", "did you mean `max_entries`?"),
        ("unknwon-map", "did you mean `unknown-map`?"),
        ("expression", "did you mean `expressions`?"),
        ("durration", "did you mean `duration`?"),
        ("qqqqqq", "`probekit explain` shows where to begin"),
        ("", "`probekit explain` shows where to begin"),
        (".", "`probekit explain` shows where to begin"),
        ("[", "`probekit explain` shows where to begin"),
    ],
)
def test_what_is_not_known_is_told_the_nearest_name(topic: str, help: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        about(topic)
    (found,) = caught.value.diagnostics
    assert (found.code, found.help) == ("unknown-topic", help)


@pytest.mark.parametrize("width", [1, 40, 80, 100, 500])
def test_lines_are_as_wide_as_the_terminal(width: int) -> None:
    room = min(max(width, 40), 120)
    for topic in (None, "maps", "programs.do", "schedules", "maps.entries", "value", "now"):
        page = explain(topic, width=width)
        prose = page.partition("\nExample\n")[0]
        assert max(map(len, prose.splitlines())) <= room
        assert not re.search(r" $", page, re.MULTILINE)


def test_headings_are_bold_only_in_colour() -> None:
    assert "\x1b" not in about("maps")
    assert "\x1b[1mmaps\x1b[0m" in explain("maps", width=80, colour=True)


@pytest.mark.parametrize("place", REFERENCE.places, ids=lambda place: place.name)
def test_examples_are_written_as_yaml_that_says_the_same(place: Place) -> None:
    for example in place.schema["examples"]:
        assert back({"it": example}) == {"it": example}


@pytest.mark.parametrize(
    "value",
    [
        "", " ", "a: b", "a #b", "a:", "#", "'x'", '"', "true", "null", "~", "10", "1e3", "0x1f",
        "-", "- a", "a\nb", "\t", "é", "\u2028", "{a}", "[a", "a, b", "&a", "*", "!a", "%a", "@",
        0, -1, True, False, [], {}, [[1, ["a, b"]]], [{"a": {"b": []}}], {"a b": {"c: d": "e"}},
        {"long": ["a word that is long"] * 9}, {"x": {"y": "a, b", "z": "]"}}, {"0": 1, "": 2},
    ],
)  # fmt: skip
def test_any_value_is_written_as_yaml_that_says_the_same(value: object) -> None:
    assert back({"it": value}) == {"it": value}
    assert back({"it": [value]}) == {"it": [value]}


def back(value: dict[str, object]) -> object:
    """What YAML reads of what was written."""
    text = "\n".join(yaml_lines(value))  # type: ignore[arg-type]  # any data of a test
    return plain_data(parse(Source("example.yaml", text)))


def test_the_command_explains(probekit: Runner) -> None:
    outcome = probekit.run("explain", "programs.do.count")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == about("programs.do.count")
    assert probekit.run("explain").out == about(None)
    outcome = probekit.run("explain", "cuont")
    assert (outcome.code, outcome.out) == (2, "")
    assert "did you mean `count`?" in outcome.err


def test_what_is_asked_for_reaches_no_terminal_raw(probekit: Runner) -> None:
    outcome = probekit.run("explain", "a\x1b[31m\nb")
    assert outcome.code == 2
    assert "\x1b" not in outcome.err


def test_it_needs_no_validator() -> None:
    code = (
        "import sys; from probekit.commands.explain import explain; explain('count', width=80)\n"
        "print(sorted({'jsonschema', 'yaml', 'typer', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-Ic", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_schema_is_printed_byte_by_byte(probekit: Runner) -> None:
    file = ROOT / "schemas" / "probekit.schema.json"
    assert probekit.run("schema").out.encode() == file.read_bytes()
    assert probekit.run("schema", "--path").out == f"{file}\n"


def test_a_constant_is_its_number(probekit: Runner) -> None:
    said = " ".join(probekit.run("explain", "ENOENT").out.split())
    assert said.startswith("ENOENT A constant of the kernel: 2 on x86-64.")
    assert "write the number" in said


def test_links_of_the_page_of_errors_are_read_as_text(probekit: Runner) -> None:
    said = probekit.run("explain", "untrusted-spec").out
    assert "security.md has the rule" in said
    assert "](" not in said
