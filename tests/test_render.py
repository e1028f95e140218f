"""What reaches C: only what the code itself wrote, each line at its step's own line."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from probekit.check import check
from probekit.codegen import literals, names
from probekit.codegen.ccode import CCode, c, joined
from probekit.codegen.render import Scope, Seen, _environment, pinned, render
from probekit.frontend.spec import read
from probekit.ir import Probe
from probekit.kernel.profile import shipped_profile
from probekit.resources import spec_dir
from probekit.source import Source


def probe_of(path: Path) -> Probe:
    checked = check(read(Source(path.name, path.read_text())), shipped_profile(), {})
    assert checked.probe is not None
    return checked.probe


def test_a_template_raises_on_a_plain_string() -> None:
    template = _environment("bcc").from_string("{{ value }}")
    assert template.render(value=CCode("x")) == "x"
    assert template.render(value=7) == "7"
    for value in ("x", True, None, 1.5, ["x"], b"x"):
        with pytest.raises(TypeError):
            template.render(value=value)
    with pytest.raises((jinja2.UndefinedError, TypeError)):
        template.render()


def test_c_is_made_of_c_only() -> None:
    assert c("{} + {}", c("a"), 1) == "a + 1"
    with pytest.raises(TypeError):
        c("{}", "a")  # type: ignore[arg-type]  # what the test is about
    with pytest.raises(TypeError):
        joined(", ", ["a"])  # type: ignore[list-item]  # what the test is about


@pytest.mark.parametrize(
    "name", ["", "a b", "1a", "a\n", "é", "a;", "x" * 64, "a-b", "int(", "\x00"]
)
def test_names_that_are_no_identifiers_are_refused(name: str) -> None:
    for make in (names.map_name, names.field_name, names.value_name):
        with pytest.raises(ValueError, match="not an identifier"):
            make(name)


def test_a_program_is_named_after_its_event() -> None:
    assert names.program_name(3, "sys-enter.close") == "p3_sys_enter_close"


def test_literals() -> None:
    assert literals.unsigned(-1) == "18446744073709551615ULL"
    assert literals.signed(-1) == "((s64)18446744073709551615ULL)"
    assert literals.string(b'a"\\?\n\x00\xe9') == '"a\\042\\134\\077\\012\\000\\351"'
    for wrong in (1 << 64, -(1 << 63) - 1):
        with pytest.raises(ValueError, match="not a 64-bit value"):
            literals.unsigned(wrong)
    with pytest.raises(ValueError, match="not a signed"):
        literals.signed(1 << 63)
    with pytest.raises(ValueError, match="not a byte"):
        literals.byte(256)


def test_each_line_of_a_program_stands_behind_its_step(tmp_path: Path) -> None:
    text = render(probe_of(Path(spec_dir()) / "close.yaml"), Scope()).text
    lines = text.split("\n")
    begin = next(i for i, line in enumerate(lines) if "m_my_hash_map" in line)
    for before, line in zip(lines[begin - 1 :], lines[begin:], strict=False):
        if line.strip() and not line.startswith("#line"):
            assert before.startswith("#line "), line


def test_pinned_repeats_directives() -> None:
    assert pinned('a\n#line 3 "spec.yaml"\nb\n\nc\n') == (
        'a\n#line 3 "spec.yaml"\nb\n\n#line 3 "spec.yaml"\nc\n'
    )


def test_the_scope_decides_whose_events_are_seen() -> None:
    probe = probe_of(Path(spec_dir()) / "close.yaml")
    fork = shipped_profile().tracepoint("sched", "sched_process_fork")
    texts = [render(probe, scope) for scope in (Scope(), Scope(Seen.ALL), Scope(Seen.TREE, fork))]
    assert ["control->self" in text.text for text in texts] == [True, False, False]
    assert ["pk_in_tree()" in text.text for text in texts] == [False, False, True]
    assert [len(text.programs) for text in texts] == [1, 1, 3]
