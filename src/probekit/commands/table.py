"""A table on standard output, as wide as the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from probekit.report import visible, wants_colour

_UNLIMITED = 500  # columns of what is no terminal: a file has no right edge


def print_table(headings: Sequence[str], rows: Iterable[Sequence[tuple[str, str]]]) -> None:
    """Each cell is its text and a style (`red`, `bold red`, empty for none); long text is folded.

    Nothing in a text is followed by the terminal, and no line ends in blanks.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(text), style=style) for text, style in row))
    console = Console(
        highlight=False,
        width=None if sys.stdout.isatty() else _UNLIMITED,
        color_system="auto" if wants_colour(sys.stdout) else None,
    )
    with console.capture() as capture:
        console.print(table)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in capture.get().splitlines())
