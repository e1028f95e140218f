"""No spec reaches C as text: clang's own tokens, with only the typed holes filled.

Whatever stands in a spec's strings, it is refused, or its C differs from that of the same probe
with harmless strings only in single tokens of the kinds that holes have.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ctokens import differing, tokens
from grown import TEXTS, quoted, specs
from hostile import TRICKS, WORDS
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from outcomes import outcome_of
from tamed import tamed
from test_properties import SPECS, places

from probekit.codegen import literals, names
from probekit.codegen.ccode import CCode
from probekit.codegen.render import Scope, render
from probekit.ir import Probe
from probekit.resources import spec_dir

TRIGRAPHS = "-std=c11"  # clang reads them only where it is told to follow the standard
REAL = [
    *sorted((Path(__file__).parent / "cases" / "render").glob("*.yaml")),
    *sorted(Path(spec_dir()).glob("*.yaml")),
]
quick = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink one takes minutes
)


def filled_holes(probe: Probe) -> int:
    """How many tokens of its C depend on the probe's names and texts; fails on a leak."""
    found = [render(one, Scope()).text for one in (probe, tamed(probe))]
    return len(differing(*found, TRIGRAPHS))


def written(spec: Any, unicode: bool) -> str:
    text: str = yaml.safe_dump(spec, sort_keys=False, allow_unicode=unicode)
    return text


def test_specs_grown_from_hostile_text() -> None:
    seen: Counter[str] = Counter()

    @quick
    @given(specs(), st.booleans())
    def run(grown: tuple[dict[str, Any], dict[str, str]], unicode: bool) -> None:
        spec, set_params = grown
        probe, codes = outcome_of(written(spec, unicode), set_params)
        seen.update(codes)
        if probe is not None:
            seen["accepted"] += 1
            seen["holes"] += filled_holes(probe)

    run()
    assert seen["accepted"] >= 40, seen
    assert seen["holes"] >= 200, seen


def test_specs_with_any_string_changed() -> None:
    seen: Counter[str] = Counter()

    @st.composite
    def changed(draw: st.DrawFn) -> str:
        """A real spec, with hostile text in, beside or in place of one or two of its strings."""
        root = yaml.safe_load(draw(st.sampled_from(SPECS)))
        for _ in range(draw(st.integers(1, 2))):
            node, key = draw(st.sampled_from(list(places(root))))
            text = draw(TEXTS | st.sampled_from(WORDS) | quoted())
            how = draw(st.sampled_from(["{1}", "{0}{1}", "{1}{0}", "{0} {1}"]))
            if isinstance(node, dict) and draw(st.booleans()):
                node[how.format(key, text)] = node.pop(key)
            elif not isinstance(node[key], dict | list):
                node[key] = how.format(node[key], text)
        return written(root, draw(st.booleans()))

    @quick
    @given(changed())
    def run(text: str) -> None:
        probe, codes = outcome_of(text)
        seen.update(codes)
        if probe is not None:
            seen["accepted"] += 1
            seen["holes"] += filled_holes(probe)

    run()
    assert seen["accepted"] >= 5, seen


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
@pytest.mark.parametrize("options", [(), (TRIGRAPHS,)], ids=["gnu", "standard"])
def test_real_specs(path: Path, options: tuple[str, ...]) -> None:
    probe, codes = outcome_of(path.read_text())
    assert probe is not None, codes
    mine, yours = (render(one, Scope()).text for one in (probe, tamed(probe)))
    kinds = {token.kind for pair in differing(mine, yours, *options) for token in pair}
    assert "IDENTIFIER" in kinds
    assert kinds <= {"IDENTIFIER", "LITERAL"}
    assert {token.kind for token in tokens(mine, *options)} == {
        "COMMENT", "IDENTIFIER", "KEYWORD", "LITERAL", "PUNCTUATION",
    }  # fmt: skip


def with_tricks(tricks: Iterable[str]) -> str:
    """A spec with each of the texts wherever text can stand and reach C."""
    steps: list[dict[str, Any]] = []
    for number, trick in enumerate(tricks):
        text, got = repr(trick), f"got{number}"
        steps.append({"printk": trick.replace("{", "{{").replace("}", "}}") + f"{{{text}}}"})
        steps.append({"printk": trick.replace("{", "{{").replace("}", "}}")})
        steps.append({"lookup": "texts", "key": text, "default": text, "as": got})
        steps.append({"if": f"{got} == {text}", "then": [{"count": "calls"}]})
    texts = {"type": "hash", "key": "char(100)", "value": "char(100)", "max_entries": 9}
    return written(
        {
            "probekit": 1,
            "name": "tricks",
            "maps": {"texts": texts, "calls": {"type": "global", "value": "u64"}},
            "programs": [{"tracepoint": "syscalls/sys_enter_close", "do": steps}],
        },
        unicode=False,
    )


def test_each_trick_wherever_text_can_stand() -> None:
    accepted = [trick for trick in TRICKS if outcome_of(with_tricks([trick]))[0] is not None]
    assert {'"', "\\", "??/", "*/", "'", "%n", "{{ 7*7 }}", "\\u0041"} <= set(accepted)
    for trick in accepted:
        probe, codes = outcome_of(with_tricks([trick]))
        assert probe is not None, codes
        assert filled_holes(probe) > 5 + len(trick)


def with_names(name: str, plain: str = "plain") -> Iterator[str]:
    """Specs in each of which `name` is something else's name, and everything else is `plain`."""
    for kind in ("param", "map", "field", "let", "as", "program"):
        called = dict.fromkeys(("param", "map", "field", "let", "as", "program"), plain)
        called |= {"let": "first", "as": "second", "param": "third", kind: name}
        struct = {called["field"]: "u64"}
        stored = {called["field"]: called["param"]}
        steps = [
            {"let": {called["let"]: "args.fd"}},
            {"lookup": called["map"], "key": stored, "default": dict(stored), "as": called["as"]},
            {"printk": f"{{{called['let']}}} {{{called['as']}.{called['field']}}}"},
        ]
        program = {"name": called["program"], "tracepoint": "syscalls/sys_enter_close"}
        kinds = {"type": "hash", "key": struct, "value": dict(struct), "max_entries": 9}
        spec = {
            "probekit": 1,
            "name": "names",
            "params": {called["param"]: {"type": "u64", "default": 7}},
            "maps": {called["map"]: kinds},
            "programs": [{**program, "do": steps}],
        }
        yield written(spec, unicode=False)


@pytest.mark.parametrize("word", WORDS)
def test_each_word_as_every_kind_of_name(word: str) -> None:
    for text in with_names(word):
        probe, codes = outcome_of(text)
        if probe is None:
            assert codes <= {"bad-name", "bad-expression"}, text
        else:
            filled_holes(probe)


def test_a_name_that_is_no_identifier_is_refused() -> None:
    """The name of a program never reaches C, and may be more."""
    for trick in (*TRICKS, "a b", "a-b", "1a", "a\n", "\uff41", ""):
        refused = [outcome_of(text)[0] is None for text in with_names(trick)]
        is_name = re.fullmatch(r"[A-Za-z_]\w{0,62}", trick, re.ASCII) is not None
        assert refused[:-1] == [not is_name] * 5, trick


LEAKY = """\
probekit: 1
name: leaky
description: '*/ int leaked; /*'
maps:
  int: {type: hash, key: char(16), value: u64, max_entries: 9}
programs:
  - tracepoint: syscalls/sys_enter_close
    do:
      - let: {asm: args.fd}
      - count: int
        key: "'\\"; leaked(); //'"
        by: asm
      - printk: '"; leaked(); // {asm}'
"""


def test_hostile_text_in_its_holes() -> None:
    probe, codes = outcome_of(LEAKY)
    assert probe is not None, codes
    assert filled_holes(probe) > 20


def test_names_and_texts_like_our_own_decide_nothing() -> None:
    """`pk_time` is the variable that `now` is read into, where it is read."""
    spec = LEAKY.replace(" int:", " pk_time:").replace("count: int", "count: pk_time")
    for text in (spec, LEAKY.replace("leaked();", "pk_time")):
        probe, codes = outcome_of(text)
        assert probe is not None, codes
        filled_holes(probe)


def _quotes_only(text: bytes) -> CCode:
    return CCode('"' + text.decode("latin-1") + '"')


def _unchanged(name: str) -> CCode:
    return CCode(name)


def _as_character(value: int) -> CCode:
    return CCode(f"'{chr(value)}'")


@pytest.mark.parametrize(
    ("module", "function", "mistake"),
    [
        (literals, "string", _quotes_only),
        (literals, "byte", _as_character),
        (names, "map_name", _unchanged),
        (names, "value_name", _unchanged),
    ],
    ids=["string", "byte", "map_name", "value_name"],
)
def test_a_hole_that_takes_raw_text_is_noticed(
    monkeypatch: pytest.MonkeyPatch, module: Any, function: str, mistake: Callable[..., CCode]
) -> None:
    probe, _ = outcome_of(LEAKY)
    assert probe is not None
    monkeypatch.setattr(module, function, mistake)
    with pytest.raises(AssertionError):
        filled_holes(probe)


@pytest.mark.parametrize(
    "leak",
    [
        "/* {} */",
        "// {}",
        '#line 1 "{}"',
        "#define DESCRIPTION {}",
        "asm volatile(\"\" :: \"r\"({}));",
    ],
)  # fmt: skip
def test_a_description_in_the_c_is_noticed(leak: str) -> None:
    """In a comment, in a directive, in code: also where the C would still compile."""
    probe, _ = outcome_of(LEAKY)
    assert probe is not None
    with pytest.raises(AssertionError):
        differing(*(leak.format(one.description) + "\n" for one in (probe, tamed(probe))))
