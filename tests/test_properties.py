"""Whatever a spec holds, the outcome is diagnostics or a probe, and never another exception."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from outcomes import outcome_of, refused

from probekit.expr.check import check as check_expression
from probekit.expr.evaluate import Value, evaluate
from probekit.expr.parse import parse
from probekit.expr.scope import Scope as Names
from probekit.expr.typed import show
from probekit.expr.userspace import check_user
from probekit.template import parse_template
from probekit.types import U64, CharType, Type, struct_of

TESTS = Path(__file__).parent
SPECS = [
    path.read_text()
    for path in sorted([*TESTS.glob("cases/render/*.yaml"), *TESTS.parent.glob("specs/*.yaml")])
]
TREES = [yaml.safe_load(text) for text in SPECS]

thorough = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

NASTY: st.SearchStrategy[Any] = st.sampled_from(
    [
        None, True, False, 0, -1, 1 << 31, 1 << 32, 1 << 63, 1 << 64, -(1 << 63), 10**400, 1.5,
        float("inf"), float("nan"), "", " ", "\0", "\x1b[31m", "\n", "a\nb", "\ud800", "\u200b",
        "\u202e", "é", "\U0001d41a", "\uff41", "pid", "comm", "args", "args.fd",
        "value", "tick", "now", "u64",
        "char(16)", "char(0)", "char(99999)", "hash", "global", "{", "}", "{pid}", "{comm:d}",
        "{pid:{pid}}", "{pid:>9999}", "{pid:" + "9" * 5000 + "}",
        "%s%n", "'x'", "'", "1 << 64", "-(1 << 63)", "1 / 0", "~0",
        "9" * 5000, "0x" + "f" * 5000, "(" * 200, "-" * 3000 + "1", "not " * 900 + "1",
        "pid in (1, 2)", "pid in x", "a.b.c.d", "1s", "1e9s", "999999999999h", "*", "&a", "!!x",
        "__builtin_trap()", '"; DROP', "*/", "#include", "\\", "??/", "sys_enter_close", "x/y",
        "../../etc/passwd", "syscalls/sys_enter_close", "sched/sched_switch", "syscalls/", "/", [],
        {}, [[]], {"": ""}, {"a": "a"}, {1: 1}, {None: None}, {True: 1.0},
    ]
)  # fmt: skip
LEAF = NASTY | st.text(max_size=20) | st.integers() | st.floats() | st.booleans()


@thorough
@given(st.text())
def test_any_text_as_yaml(text: str) -> None:
    outcome_of(text)


@thorough
@given(st.text(alphabet="ab01: -?,[]{}#&*!|>'\"%@`\n\t\\\ufeff~<=", max_size=60))
def test_any_punctuation_as_yaml(text: str) -> None:
    outcome_of(text)


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a tree with each of its keys or indices."""
    keys = list(node) if isinstance(node, dict) else range(len(node))
    for key in keys:
        yield node, key
        if isinstance(node[key], dict | list):
            yield from places(node[key])


def mutate(draw: st.DrawFn, root: Any) -> None:
    """Changes one place of the tree: replaces, removes, doubles, renames or swaps."""
    found = list(places(root))
    if not found:
        return
    node, key = draw(st.sampled_from(found))
    what = draw(st.sampled_from(["replace", "remove", "wrap", "rename", "swap"]))
    if what == "replace":
        node[key] = copy.deepcopy(draw(LEAF))  # the lists and mappings in it stay as they are
    elif what == "remove":
        del node[key]
    elif what == "wrap":
        node[key] = draw(st.sampled_from([[node[key]], {"a": node[key]}, [node[key]] * 2]))
    elif what == "rename" and isinstance(node, dict):
        new = draw(LEAF.filter(lambda leaf: not isinstance(leaf, dict | list)))
        node[new] = node.pop(key)
    else:
        other, there = draw(st.sampled_from(found))
        node[key] = yaml.safe_load(
            yaml.safe_dump(other.get(there) if isinstance(other, dict) else None)
        )


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid spec with one to four places changed."""
    root = yaml.safe_load(draw(st.sampled_from(SPECS)))
    for _ in range(draw(st.integers(1, 4))):
        mutate(draw, root)
    return yaml.safe_dump(root, sort_keys=False, allow_unicode=draw(st.booleans()))


@thorough
@given(mutated())
def test_a_valid_spec_with_nodes_changed(text: str) -> None:
    outcome_of(text)


SCRATCHES = st.sampled_from([":", "- ", "'", '"', "\t", "  ", "{", ",", "&a ", "!!x ", "\\"])


@st.composite
def scratched(draw: st.DrawFn) -> str:
    """A valid spec with lines lost, doubled, moved or written over."""
    lines = draw(st.sampled_from(SPECS)).split("\n")
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        column = draw(st.integers(0, len(lines[at])))
        scratch = draw(
            st.text(max_size=4) | st.sampled_from([":", "- ", "'", '"', "\t", "  ", "{", ","])
        )
        change = draw(st.integers(0, 4))
        if change == 0:
            del lines[at]
        elif change == 1:
            lines.insert(at, lines[draw(st.integers(0, len(lines) - 1))])
        elif change == 2:
            lines[at] = lines[at][:column] + scratch + lines[at][column:]
        else:
            lines[at] = lines[at][:column] + scratch + lines[at][column + 1 :]
        lines = lines or [""]
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines)


@thorough
@given(scratched())
def test_a_valid_spec_with_text_changed(text: str) -> None:
    outcome_of(text)


TOKENS = st.sampled_from(
    "pid comm args.fd now true False None 0 1 -1 10**9 0x_ff 18446744073709551616 'a' \"b\""
    " 'a\\x00'"
    " ( ) [ ] { } , . : = == != < <= > >= <> + - * / // % & | ^ ~ << >> and or not in is if else"
    " lambda x:x min( max( abs( u8( s64( bool( f'{pid}' b'x' 1.5 1j ... := @ ! ! && || ; \n \\ `"
    " args.in args.class x.y é \uff41 \t await yield async".split(" ")
)  # fmt: skip
EXPRESSIONS = st.text(max_size=40) | st.lists(TOKENS, max_size=12).map(" ".join)
NAMES = Names("`a/b`", {}, {})


@thorough
@given(EXPRESSIONS)
def test_any_text_as_expression(text: str) -> None:
    refused(lambda: show(check_expression(parse(text), NAMES)), text)


@thorough
@given(EXPRESSIONS)
def test_any_expression_in_user_space(text: str) -> None:
    names: dict[str, Value] = {"pid": 7, "comm": "a", "args": {"fd": 3}, "now": 1 << 70}
    refused(lambda: evaluate(parse(text), names), text)
    kinds: dict[str, Type] = {"pid": U64, "comm": CharType(16), "args": struct_of([("fd", U64)])}
    refused(lambda: check_user(parse(text), kinds), text)


@thorough
@given(st.text(alphabet="a{}:'\"()[]<>16x\\ ", max_size=40) | EXPRESSIONS.map("a{{{}:x}}".format))
def test_any_text_as_template(text: str) -> None:
    refused(lambda: parse_template(text), text)
