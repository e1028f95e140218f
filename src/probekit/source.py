"""Where a piece of text stands: sources and the spans inside them."""

from __future__ import annotations

from functools import lru_cache

from probekit.record import Record


class Source(Record):
    """One text file as it was read; `name` is what the user called it."""

    name: str
    text: str

    def line(self, number: int) -> str:
        """The text of line `number` (from 1) without its end; empty past the last line."""
        lines = _lines_of(self.text)
        return lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else ""


@lru_cache(maxsize=8)
def _lines_of(text: str) -> list[str]:
    """Split once for all who ask: a file may have a million lines, and faults on each."""
    return text.split("\n")


class Span(Record):
    """A range inside one source: lines and columns from 1, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    def __lt__(self, other: Span) -> bool:
        return (self.line, self.column, self.end_line, self.end_column) < (
            other.line,
            other.column,
            other.end_line,
            other.end_column,
        )

    @classmethod
    def point(cls, line: int, column: int) -> Span:
        """A span of one character."""
        return cls(line, column, line, column + 1)
