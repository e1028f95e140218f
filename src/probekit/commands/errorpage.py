"""The page of errors (docs/errors.md), a section at a time, as text for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probekit.commands.page import Page
from probekit.resources import errors_page

_LINK = re.compile(r"\[([^]]+)\]\(([^)]+)\)")


def sections() -> Iterator[tuple[str, str]]:
    """Each code of the page of errors, and its section."""
    with open(errors_page(), encoding="utf-8") as file:
        _, *sections = re.split(r"^## ", file.read(), flags=re.MULTILINE)
    for section in sections:
        title, _, text = section.partition("\n")
        yield title.strip("`"), text.strip("\n")


def code_page(page: Page, code: str, text: str) -> Iterator[str]:
    """Paragraphs wrapped, blocks as they are: a wrong piece, and the same piece mended."""
    yield page.heading(code)
    names = iter(("Wrong", "Right"))
    for part in re.split(r"^(```.*?^```)$", text, flags=re.MULTILINE | re.DOTALL):
        if part.startswith("```"):
            info, *lines = part.splitlines()[:-1]
            if info == "```yaml":
                yield from ("", page.heading(next(names, "Also")))
            yield from ("", *(f"  {line}".rstrip() for line in lines))
        elif part.strip():
            for paragraph in part.strip().split("\n\n"):
                yield from ("", *page.paragraph(_LINK.sub(_target, " ".join(paragraph.split()))))


def _target(link: re.Match[str]) -> str:
    """A link's text; beside it what it leads to, where that is not the text and no section here."""
    text, target = link.groups()
    return text if target.startswith("#") or target == text else f"{text} (docs/{target})"
