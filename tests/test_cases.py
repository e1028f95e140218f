"""A file in `cases/` is a test; `pytest --update` writes its expectation anew.

`reject/NAME.yaml`, `.txt`   a spec and all that is said about it
`render/NAME.yaml`, `.c`     a spec and its C
`expr/NAME.txt`              expressions, each with its typed tree or what is wrong with it

Kernels are that of the shipped profile, so the results are the same everywhere. A spec's
first line may set params: `# --set NAME=VALUE ...`.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from probekit.check import Checked, check
from probekit.codegen.render import Scope, render
from probekit.diagnostics import DiagnosticError
from probekit.expr.check import check as check_expression
from probekit.expr.fits import check_fits
from probekit.expr.parse import ExpressionError, parse
from probekit.expr.scope import Scope as Names
from probekit.expr.typed import EventField, Local, Param, show
from probekit.frontend.spec import read
from probekit.kernel.profile import SavedProfile, shipped_profile
from probekit.report import render_text
from probekit.source import Source
from probekit.types import (
    BOOL,
    DURATION,
    POINTER,
    S8,
    S32,
    S64,
    TIMESTAMP,
    U8,
    U32,
    U64,
    CharType,
    scalar_type,
    struct_of,
)

ROOT = Path(__file__).parents[1]
CASES = Path(__file__).parent / "cases"
ERRORS_PAGE = ROOT / "docs" / "errors.md"

# Conditions of a host or of a run, of the command line, and of no spec at all: kernel tests
# and tests of their own modules meet them.
NOT_FROM_A_SPEC = frozenset(
    """
    attach-refused bad-pattern bad-trust bad-usage broken-bcc call-missing cannot-fix cannot-write
    command-not-found compile-failed descriptor-limit duplicate-probe field-differs
    file-exists file-size-limit index-outside internal-error kernel-refused loader-died
    loader-output lockdown map-full map-refused map-too-large memory-limit missing-capability
    missing-feature no-bcc no-kernel-files no-libyaml no-match no-privilege no-temporary-folder
    not-listed old-kernel perf-paranoid printk-lost prints-lost process-limit
    profile-damaged profile-unreadable profile-version schedule-failed seccomp-filter
    tracefs-denied tracefs-unmounted tracepoint-format tracepoint-missing
    unknown-param unknown-topic unreadable-spec unsupported-machine untrusted-spec
    user-namespace verifier-rejected write-failed wrong-bcc yaml-too-large
    """.split()
)
NOT_CODES = frozenset({"x-not-yet"})


@cache
def profile() -> SavedProfile:
    return shipped_profile()


def checked(path: Path) -> Checked:
    """The spec's check, with the params that its first line sets."""
    text = path.read_text()
    settings = dict(re.findall(r"--set (\w+)=(\S*)", text.partition("\n")[0]))
    try:
        return check(read(Source(path.name, text)), profile(), settings)
    except DiagnosticError as error:
        return Checked(None, error.diagnostics)


def agree(path: Path, found: str, update: bool) -> None:
    """Compares with what `path` holds, or writes it."""
    if update:
        path.write_text(found)
    assert path.exists(), f"no {path.name}: write it with `pytest --update`"
    assert found == path.read_text()


def files(pattern: str) -> list[Path]:
    found = sorted(CASES.glob(pattern))
    assert found
    return found


def name(path: Path) -> str:
    return path.stem


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))


@pytest.mark.parametrize("path", files("reject/*.yaml"), ids=name)
def test_reject(path: Path, update: bool) -> None:
    result = checked(path)
    assert result.probe is None
    assert result.diagnostics
    agree(path.with_suffix(".txt"), render_text(result.diagnostics, colour=False), update)


@pytest.mark.parametrize("path", files("render/*.yaml"), ids=name)
def test_render(path: Path, update: bool) -> None:
    result = checked(path)
    assert result.probe is not None, render_text(result.diagnostics, colour=False)
    agree(path.with_suffix(".c"), render(result.probe, Scope()).text, update)


FIELDS = (
    EventField("fd", U32, 16),
    EventField("ret", S64, 24),
    EventField("size", U64, 32),
    EventField("small", U8, 40),
    EventField("tiny", S8, 41),
    EventField("ok", BOOL, 42),
    EventField("code", S32, 44),
    EventField("name", CharType(16), 48),
    EventField("address", POINTER, 64),
    EventField("in", U32, 72),
)
STARTED = struct_of([("at", TIMESTAMP), ("took", DURATION), ("who", CharType(8)), ("n", U32)])
NAMES = Names(
    "`group/event`",
    {
        "started": Local("started", STARTED),
        "flag": Local("flag", BOOL),
        "took": Local("took", DURATION),
        "min_fd": Param("min_fd", U32, 3),
        "who": Param("who", CharType(16), b"nginx"),
    },
    {field.name: field for field in FIELDS},
    {"filename": "__data_loc char[]"},
)


def explained(line: str) -> str:
    """What is made of `EXPRESSION`, or of `EXPRESSION -> TYPE` for one that is stored."""
    text, arrow, target = line.partition(" -> ")
    try:
        typed = check_expression(parse(text), NAMES)
        if arrow:
            wanted = STARTED if target == "struct" else scalar_type(target)
            assert wanted is not None
            check_fits(typed, wanted, parse(text).place)
        return f"= {show(typed)}"
    except ExpressionError as error:
        marks = " " * error.place.start + "^" * (error.place.end - error.place.start)
        help = f"\n! help: {error.help}" if error.help else ""
        return f"{marks} {error.code}\n! {error.message}{help}"


@pytest.mark.parametrize("path", files("expr/*.txt"), ids=name)
def test_expression(path: Path, update: bool) -> None:
    """Paragraphs: an expression, and what is made of it; lines with `#` are comments."""
    paragraphs = [part for part in path.read_text().strip().split("\n\n") if part]
    found: list[str] = []
    for paragraph in paragraphs:
        lines = paragraph.split("\n")
        comments = [line for line in lines if line.startswith("#")]
        expression = next((line for line in lines if not line.startswith("#")), None)
        made = [expression, explained(expression)] if expression is not None else []
        found.append("\n".join(comments + made))
    agree(path, "\n\n".join(found) + "\n", update)


def codes_in_source() -> set[str]:
    """Every string of the code that has a code's form."""
    slug = re.compile(r"[a-z]+(-[a-z]+)+|lockdown")
    found: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, str) and slug.fullmatch(value):
                found.add(value)
    return found - NOT_CODES


def test_every_code_has_a_case() -> None:
    reported = {
        code
        for path in CASES.glob("reject/*.txt")
        for code in re.findall(r"^(?:error|warning)\[([a-z-]+)\]", path.read_text(), re.MULTILINE)
    }
    assert codes_in_source() - reported - NOT_FROM_A_SPEC == set()
    assert codes_in_source() >= NOT_FROM_A_SPEC
    assert reported & NOT_FROM_A_SPEC == set()


# docs/errors.md: `## code`, and for what a spec can have, a fenced `yaml` that has it and one
# that has it no more.
SECTIONS = re.findall(
    r"^## `([a-z-]+)`\n(.*?)(?=^## |\Z)", ERRORS_PAGE.read_text(), re.MULTILINE | re.DOTALL
)


def snippets(section: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def test_every_code_is_documented() -> None:
    documented = [code for code, _ in SECTIONS]
    assert sorted(documented) == sorted(codes_in_source())
    assert documented == sorted(documented)
    lacking = {code for code, text in SECTIONS if len(snippets(text)) != 2}
    assert lacking <= NOT_FROM_A_SPEC | {"bad-set"}


def codes_of(snippet: str) -> set[str]:
    """The codes for a snippet: a whole spec, or sections of one, or steps, completed."""
    try:
        result = check(read(Source("spec.yaml", completed(snippet))), profile(), {})
        return {diagnostic.code for diagnostic in result.diagnostics}
    except DiagnosticError as error:
        return {diagnostic.code for diagnostic in error.diagnostics}


_PROGRAM = "programs:\n  - tracepoint: syscalls/sys_enter_close\n    do:\n"
_MAPS = "maps:\n  calls: {type: hash, key: u32, value: u64, max_entries: 100}\n"


def completed(snippet: str) -> str:
    """A spec around what the page shows of one."""
    is_whole = re.search(r"^probekit:", snippet, re.MULTILINE)
    if is_whole or all(line.startswith("#") for line in snippet.splitlines()):
        return snippet
    whole = "probekit: 1\nname: example\n"
    if snippet.startswith(("- every", "- at", "- after")):
        return whole + _MAPS + _PROGRAM + "      - stop: true\nschedules:\n" + snippet
    if snippet.startswith("- "):
        steps = "".join(f"      {line}\n" for line in snippet.splitlines())
        return whole + _MAPS + _PROGRAM + steps
    whole += snippet
    if not re.search(r"^maps:", snippet, re.MULTILINE):
        whole += _MAPS
    if not re.search(r"^programs:", snippet, re.MULTILINE):
        whole += _PROGRAM + "      - stop: true\n"
    return whole


@pytest.mark.parametrize(("code", "section"), SECTIONS, ids=[code for code, _ in SECTIONS])
def test_documented_snippets(code: str, section: str) -> None:
    found = snippets(section)
    if found:
        wrong, mended = found
        assert code in codes_of(wrong)
        assert codes_of(mended) == set()
