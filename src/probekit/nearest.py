"""Names in messages: the one that was probably meant, and those there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MAX_CANDIDATES = 2000  # to compare with each one takes a second for 10,000


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` most like `name`, None where none is like it."""
    import difflib  # only on the way to an error

    candidates = sorted(set(known))
    if len(candidates) > MAX_CANDIDATES:
        return None
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    if name.lower() in by_lower:
        return by_lower[name.lower()]
    found = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """A help line that offers the nearest name, or `otherwise`."""
    found = nearest(name, known)
    return f"did you mean `{found}`?" if found else otherwise


def listed(names: Sequence[str]) -> str:
    """The first names in backticks, for a message."""
    return ", ".join(f"`{name}`" for name in names[:12]) + (", ..." if len(names) > 12 else "")
