"""What is to be written in an expression's place → edits of the file it stands in."""

from __future__ import annotations

from collections.abc import Sequence

from probekit.diagnostics import Edit
from probekit.expr.syntax import Mend, Place, mended
from probekit.frontend.yamlnodes import Scalar
from probekit.frontend.yamlplaces import Spot, spots
from probekit.frontend.yamlquote import quoted
from probekit.source import Span

_FLOW = frozenset(",[]{}")  # they end a plain scalar inside of YAML's own brackets
_INDICATORS = frozenset("'\"&*!|>%@`#,[]{}")  # no plain scalar begins with one


def edits_of(scalar: Scalar, mends: Sequence[Mend]) -> tuple[Edit, ...]:
    """The mends as edits of the file: none where the scalar's characters have no plain places.

    What a scalar without quotes cannot hold makes one edit, which gives all of it quotes.
    """
    found = spots(scalar.raw, scalar.text)
    if not found or not mends:
        return ()
    whole = mended(scalar.text, mends)
    if scalar.plain and not _is_plain(whole, scalar.text):
        return (Edit(scalar.span, quoted(whole)),) if _is_one_line(found) else ()
    edits: list[Edit] = []
    for place, text in mends:
        here = found[place.start : max(place.end, place.start + 1)] or found[-1:]
        if not _is_one_line(here) or "\n" in text:
            return ()
        edits.append(Edit(_span(scalar, here, place.start, place.end), _escaped(scalar, text)))
    return tuple(edits)


def renaming(scalar: Scalar, name: str | None) -> tuple[Edit, ...]:
    """The edit that writes `name` in place of all of the scalar; none without one."""
    return edits_of(scalar, ((Place(0, len(scalar.text)), name),)) if name else ()


def _is_one_line(found: Sequence[Spot]) -> bool:
    return found[0].line == found[-1].line


def _span(scalar: Scalar, here: Sequence[Spot], start: int, end: int) -> Span:
    """Of the characters `here`; without width before the first one, or after the text's last."""
    line = scalar.span.line + here[0].line
    before = (scalar.span.column if here[0].line == 0 else 1) - 1
    first = before + here[0].column + 1
    if end > start:
        return Span(line, first, line, before + here[-1].column + here[-1].width + 1)
    if start >= len(scalar.text):
        first += here[-1].width
    return Span(line, first, line, first)


def _escaped(scalar: Scalar, text: str) -> str:
    """As it stands inside the scalar's own quotes."""
    quote = scalar.raw[:1]
    if quote == "'":
        return text.replace("'", "''")
    return text.replace("\\", "\\\\").replace('"', '\\"') if quote == '"' else text


def _is_plain(new: str, old: str) -> bool:
    """Whether `new` needs no quotes where `old` needs none."""
    is_block = bool(_FLOW & set(old))  # else it may stand in YAML's own brackets
    if not new or new != new.strip() or "\n" in new or ": " in new or " #" in new:
        return False
    if new[0] in _INDICATORS or new.startswith(("- ", "? ", ": ")) or new.endswith(":"):
        return False
    return is_block or not _FLOW & set(new)
