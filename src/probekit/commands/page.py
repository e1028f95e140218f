"""Text for people to read: paragraphs and tables of names, as wide as the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from probekit.record import Record

NARROWEST, WIDEST = 40, 120


def as_text(lines: Iterable[str]) -> str:
    """The lines with their ends."""
    return "\n".join(lines) + "\n"


class Page(Record):
    """How lines are written: `width` columns, headings bold where there are colours."""

    width: int
    colour: bool

    def heading(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self.colour else text

    def paragraph(self, text: str, first: str = "", rest: str = "") -> list[str]:
        """`text` in lines, `first` before the first of them and `rest` before the others."""
        return textwrap.wrap(
            text,
            self.width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def table(self, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
        """Names, and what is said about each beside it."""
        found = list(rows)
        wide = max((len(name) for name, _ in found), default=0) + 4
        for name, text in found:
            yield from self.paragraph(text, f"  {name:<{wide - 2}}", " " * wide)
