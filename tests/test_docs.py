"""The documents say what is true: their examples run, and they name all there is."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from running import Runner

from probekit import entry, maps, types
from probekit.check import check
from probekit.diagnostics import Diagnostic, DiagnosticError
from probekit.expr import builtins
from probekit.frontend import schemachoice
from probekit.frontend.spec import read
from probekit.kernel.profile import shipped_profile
from probekit.report import render_text
from probekit.source import Source

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "spec.md"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SECTIONS = ("params", "maps", "programs", "schedules")
EVENT = "syscalls/sys_exit_read"  # where the reference says that its steps belong
PROFILE = shipped_profile()


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block. `words` follow the language: a section's name, `steps`, `error=CODES`."""

    path: Path
    line: int
    language: str
    words: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.path.name}:{self.line}"

    @property
    def codes(self) -> set[str]:
        """The codes of the errors that the block shows."""
        lists = [word.removeprefix("error=") for word in self.words if word.startswith("error=")]
        return {code for codes in lists for code in codes.split(",")}


def fences_of(path: Path) -> list[Fence]:
    """All fenced blocks of a document, in order."""
    found: list[Fence] = []
    start, info, lines = 0, "", list[str]()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.startswith("```"):
            lines.append(line)
        elif not start:
            start, info, lines = number, line[3:], []
        else:
            language, *words = info.split() or [""]
            text = "\n".join(lines) + "\n"
            found.append(Fence(path, start, language, tuple(words), text))
            start = 0
    assert not start, f"{path.name}:{start} is not closed"
    return found


FENCES = [fence for path in DOCUMENTS if path.exists() for fence in fences_of(path)]
SPECS = [fence for fence in FENCES if fence.language == "yaml" and fence.path.name != "errors.md"]
RECIPES = [fence for fence in SPECS if fence.path.name == "recipes.md"]
PAIRS = [
    (block, after)
    for block, after in itertools.pairwise(FENCES)
    if block.language == "yaml" and after.language == "text" and block.path == after.path
]
RUNS = [pair for pair in PAIRS if "run" in pair[0].words]
MESSAGES = [pair for pair in PAIRS if pair[0].codes]


def sections(text: str) -> dict[str, str]:
    """The text of each top-level key."""
    parts = re.split(r"^(?=\w+:)", text, flags=re.MULTILINE)
    return {part.partition(":")[0]: part for part in parts if part.strip()}


def shared() -> dict[str, str]:
    """The maps and params that the reference's fragments use."""
    (fence,) = (fence for fence in SPECS if "shared" in fence.words)
    return sections(fence.text)


def whole(fence: Fence) -> str:
    """The fence's spec, with the shared parts around it where it is a fragment."""
    given = sections(fence.text)
    if "probekit" in given:
        return fence.text
    head = "probekit: 1\nname: example\n"
    steps = fence.text if "steps" in fence.words else "- stop: true\n"
    indented = "".join(f"      {line}\n" for line in steps.splitlines())
    defaults = {"programs": f"programs:\n  - tracepoint: {EVENT}\n    do:\n{indented}"}
    parts = shared() | defaults | ({} if "steps" in fence.words else given)
    assert set(parts) <= set(SECTIONS), f"{fence} is no fragment of a spec"
    return head + "".join(parts[name] for name in SECTIONS if name in parts)


def diagnose(text: str) -> tuple[Diagnostic, ...]:
    """What `check` says, against the profile that ships with the package."""
    try:
        return check(read(Source("example.yaml", text)), PROFILE, {}).diagnostics
    except DiagnosticError as error:
        return error.diagnostics


@pytest.mark.parametrize("fence", SPECS, ids=str)
def test_examples_are_what_they_say(fence: Fence) -> None:
    known = {"run", "shared", "steps", *SECTIONS}
    assert all(word in known or word.startswith("error=") for word in fence.words)
    found = diagnose(whole(fence))
    assert {diagnostic.code for diagnostic in found} == fence.codes, render_text(
        found, colour=False
    )


@pytest.mark.parametrize(("fence", "after"), MESSAGES, ids=str)
def test_errors_are_quoted_as_they_are(fence: Fence, after: Fence) -> None:
    said = render_text(diagnose(whole(fence)), colour=False)
    for line in after.text.splitlines():
        assert line in said


@pytest.mark.kernel
@pytest.mark.parametrize(("fence", "after"), RUNS, ids=str)
def test_runs_write_what_is_shown(probekit: Runner, fence: Fence, after: Fence) -> None:
    path = probekit.folder / "example.yaml"
    path.write_text(fence.text)
    outcome = probekit.apply(path, command=["true"])
    assert outcome.code == 0, outcome.err
    assert outcome.out == after.text


def test_recipes_are_whole_specs_with_names_of_their_own() -> None:
    names = [re.findall(r"^name: (.+)$", fence.text, re.MULTILINE) for fence in RECIPES]
    assert len(names) >= 8
    assert all(len(name) == 1 for name in names)
    assert len({name[0] for name in names}) == len(names)
    assert all("probekit" in sections(fence.text) for fence in RECIPES)


@pytest.mark.kernel
def test_recipes_run(probekit: Runner) -> None:
    paths = [probekit.folder / f"recipe-{fence.line}.yaml" for fence in RECIPES]
    for path, fence in zip(paths, RECIPES, strict=True):
        path.write_text(fence.text)
    outcome = probekit.run("apply", *paths, "--", "sh", "-c", "ls / > /dev/null; true")
    assert outcome.code == 0, outcome.err
    assert outcome.err.count(" 0 lost, 0 failed updates, ") == len(RECIPES), outcome.err
    assert not re.search(r"error|warning|[1-9][0-9]* failed\)", outcome.err), outcome.err


def test_the_reference_has_examples_of_each_kind() -> None:
    assert len(SPECS) >= 30
    assert len(RUNS) >= 3
    assert len(MESSAGES) >= 3


def test_the_first_probe_is_the_sample() -> None:
    sample = (ROOT / "specs" / "close.yaml").read_text()
    without_comment = sample.partition("\n")[2]
    assert next(fence.text for fence in SPECS if fence.path == REFERENCE) == without_comment


LATER = (
    *schemachoice.LATER_VERBS,
    *schemachoice.LATER_KINDS,
    *types.LATER_TYPES,
    *maps.LATER_MAP_KINDS,
    *builtins.LATER_NAMES,
    *builtins.LATER_FUNCTIONS,
)


def reference_parts() -> tuple[str, str]:
    """What there is, and what is not there yet."""
    now, title, later = REFERENCE.read_text().partition("## Not in this version yet\n")
    assert title
    return now, later


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            *maps.MAP_KINDS,
            *schemachoice.VERBS,
            *schemachoice.ACTIONS,
            *schemachoice.TIMES,
            *schemachoice.KINDS,
            *builtins.BUILTINS,
            *builtins.CASTS,
            *builtins.FUNCTIONS,
            *types.INTEGERS,
            "char",
        }
    ),
)
def test_the_reference_names_all_there_is(name: str) -> None:
    assert re.search(rf"`{name}\b", reference_parts()[0])


@pytest.mark.parametrize("name", sorted(set(LATER)))
def test_the_reference_names_what_is_not_there_yet(name: str) -> None:
    assert re.search(rf"`{name}\b", reference_parts()[1])


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("verb", schemachoice.VERBS),
        ("action", schemachoice.ACTIONS),
        ("time", schemachoice.TIMES),
        ("`type`", maps.MAP_KINDS),
        ("code", tuple(map(str, {0, *entry.EXIT_CODES.values(), entry.INTERRUPTED}))),
    ],
)
def test_tables_have_a_row_for_each(kind: str, names: tuple[str, ...]) -> None:
    assert set(names) == set(first_column(kind))


def first_column(heading: str) -> Iterator[str]:
    """The first word in code of each row of the table that begins with `heading`."""
    lines = iter(reference_parts()[0].splitlines())
    assert any(line.startswith(f"| {heading} |") for line in lines)
    next(lines)
    for line in lines:
        if not line.startswith("|"):
            return
        match = re.match(r"\| `(\w+)", line)
        assert match, line
        yield match.group(1)


def anchor(title: str) -> str:
    """The name under which a heading can be linked to."""
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


def links() -> Iterator[tuple[Path, str]]:
    """Each link of each document that stays in the project."""
    for path in DOCUMENTS:
        text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if not re.match(r"[a-z]+:", target):
                yield path, target


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for origin, target in links():
        if origin != path:
            continue
        name, _, place = target.partition("#")
        file = path.parent / name if name else path
        assert file.exists(), f"{path.name} links to {target}"
        if place:
            titles = re.findall(r"^#+ (.+)$", file.read_text(), flags=re.MULTILINE)
            assert place in map(anchor, titles), f"{path.name} links to {target}"
