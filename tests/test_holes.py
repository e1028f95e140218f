"""Every hole of every template is typed: none takes a plain string."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2 import nodes
from outcomes import outcome_of

from probekit.codegen import render as rendering
from probekit.codegen.ccode import CCode
from probekit.codegen.render import Scope, Seen, render
from probekit.kernel.profile import shipped_profile
from probekit.resources import template_dir

TESTS = Path(__file__).parent
SOURCE = TESTS.parent / "src" / "probekit"
TEMPLATES = sorted(Path(template_dir()).rglob("*.j2"))
HOSTILE = "HOSTILE"

# Where text that is not written out in the code becomes C: each after a check of its own.
MAKERS = {
    "codegen/ccode.py": "joins pieces of C",
    "codegen/literals.py": "numbers and escaped text",
    "codegen/names.py": "identifiers with a prefix",
    "codegen/render.py": "what a macro of a template printed, and map types from a table",
    "expr/emit.py": "the names of integer types, and operators from a table",
}


def render_everything() -> None:
    """Renders every verb with all of its options, for every scope."""
    fork = shipped_profile().tracepoint("sched", "sched_process_fork")
    for path in sorted((TESTS / "cases" / "render").glob("*.yaml")):
        probe, codes = outcome_of(path.read_text())
        assert probe is not None, codes
        for scope in (Scope(), Scope(Seen.TREE, fork)):
            render(probe, scope)


def holes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each C text and number that is handed to a template, lists and mappings opened."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from holes(part, (*path, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from holes(part, (*path, index))
    elif value is not None and not isinstance(value, bool):
        yield path


def with_plain_text(value: Any, path: tuple[Any, ...]) -> Any:
    """A copy of what a template is given, with a plain string at the end of `path`."""
    if not path:
        return HOSTILE
    key, *rest = path
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[key] = with_plain_text(copied[key], tuple(rest))
    return copied


def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, dict[str, Any]]]:
    """Each template and macro that rendering uses, with what it is given: one of each kind."""
    found: dict[Any, tuple[Any, dict[str, Any]]] = {}
    whole = jinja2.Template.render

    def template(self: jinja2.Template, **given: Any) -> str:
        found[self.name, given["seen"]] = (lambda **g: whole(self, **g)), given
        return whole(self, **given)

    class Verbs:
        def __init__(self, module: Any) -> None:
            self.module = module

        def __getattr__(self, verb: str) -> Any:
            macro = getattr(self.module, verb)

            def call(**given: Any) -> Any:
                kind = (verb, *(bool(value) for value in given.values()), given.get("mode"))
                found[kind] = macro, given
                return macro(**given)

            return call

    monkeypatch.setattr(jinja2.Template, "render", template)
    monkeypatch.setattr(rendering, "_verbs", lambda e: Verbs(e.get_template("verbs.j2").module))
    render_everything()
    monkeypatch.undo()
    return list(found.values())


def test_no_hole_takes_a_plain_string(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a template prints raises; what it only asks about (`mode`) is not printed."""
    raised: set[str] = set()
    unprinted: set[str] = set()
    for printer, given in calls(monkeypatch):
        for path in holes(given):
            name = next(part for part in reversed(path) if isinstance(part, str))
            try:
                assert HOSTILE not in printer(**with_plain_text(given, path)), path
                unprinted.add(name)
            except TypeError:
                raised.add(name)
    assert len(raised) > 25
    assert unprinted - raised == {"mode", "seen"}


def parsed(path: Path) -> nodes.Template:
    return jinja2.Environment().parse(path.read_text())  # noqa: S701  # it only parses


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_call_only_their_own_words_c(path: Path) -> None:
    """`code` turns text into C: templates may say so of text that they write out, no other."""
    for filtered in parsed(path).find_all(nodes.Filter):
        if filtered.name == "code":
            assert isinstance(filtered.node, nodes.Const), f"line {filtered.lineno}"
        else:
            assert filtered.name == "length", f"line {filtered.lineno}"
    assert not list(parsed(path).find_all((nodes.ScopedEvalContextModifier, nodes.MarkSafe)))


def test_only_few_places_turn_text_into_c() -> None:
    found: set[str] = set()
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("CCode", "Markup")
                and not all(isinstance(argument, ast.Constant) for argument in node.args)
            ):
                found.add(path.relative_to(SOURCE).as_posix())
    assert found == MAKERS.keys()


def test_text_from_outside_is_no_c() -> None:
    assert not isinstance(CCode("a") + "b", CCode)
    assert not isinstance(CCode("{}").format("a"), CCode)
    assert not isinstance("".join([CCode("a")]), CCode)
