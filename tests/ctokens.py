"""C as clang's own lexer reads it, and two renderings of one probe compared token by token."""

from __future__ import annotations

import re
from functools import cache
from itertools import zip_longest
from typing import Any, NamedTuple

from clang.cindex import Index, SourceLocation, SourceRange, TranslationUnit


class Token(NamedTuple):
    """One token: what clang takes it for, how it stands in the file, and at which line."""

    kind: str
    text: str
    line: int


# What a typed hole may hold, each exactly one token: a name with a prefix of ours; text, in which
# quotes, question marks, backslashes and what is not plain ASCII are octal; one byte as a number.
HOLES = {
    "IDENTIFIER": re.compile(r"[mfv]_[A-Za-z0-9_]+|p[0-9]+_[A-Za-z0-9_]+"),
    "LITERAL": re.compile(
        r'"(?:[ !#->@-\[\]-~]|\\[0-3][0-7]{2})*"|[0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5]'
    ),
}


@cache
def _index() -> Any:
    return Index.create()


def tokens(text: str, *options: str) -> list[Token]:
    """Every token of `text`, comments too, before the preprocessor has seen it."""
    flags = TranslationUnit.PARSE_INCOMPLETE | TranslationUnit.PARSE_SKIP_FUNCTION_BODIES
    unit = _index().parse("probe.c", ["-x", "c", *options], [("probe.c", text)], flags)
    file = unit.get_file("probe.c")
    ends = [SourceLocation.from_offset(unit, file, offset) for offset in (0, len(text))]
    whole = SourceRange.from_locations(*ends)
    return [
        Token(found.kind.name, found.spelling, found.location.line)
        for found in unit.get_tokens(extent=whole)
    ]


def differing(one: str, other: str, *options: str) -> list[tuple[Token, Token]]:
    """The tokens that differ between two renderings.

    Fails where anything differs but what a hole may hold: a token more or less, another kind
    of token, a token on another line, other text, anything in a directive.
    """
    if one == other:
        return []
    found: list[tuple[Token, Token]] = []
    first = Token("", "", 0)
    for mine, yours in zip_longest(tokens(one, *options), tokens(other, *options)):
        first = mine if mine and mine.line != first.line else first
        if mine == yours:
            continue
        assert mine is not None, f"the first ends before {yours}"
        assert yours is not None, f"the other ends before {mine}"
        assert (mine.kind, mine.line) == (yours.kind, yours.line), f"{mine} in place of {yours}"
        hole = HOLES.get(mine.kind)
        assert hole is not None, f"{mine} in place of {yours}"
        assert first.text != "#", f"{mine} in place of {yours} in a directive"
        assert hole.fullmatch(mine.text), f"{mine} is nothing that a hole may hold"
        assert mine.text.startswith('"') == yours.text.startswith('"')
        found.append((mine, yours))
    return found
