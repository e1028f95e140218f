"""Names in messages: the one that was probably meant, and those there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MAX_CANDIDATES = 2000  # to compare with each one takes a second for 10,000
_LIKE = 0.6
# Above this a name is a slip of the other one, and not only like it.
_SLIP = 0.74
_AHEAD = 0.1


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` most like `name`, None where none is like it."""
    import difflib  # only on the way to an error

    candidates = sorted(set(known))
    if len(candidates) > MAX_CANDIDATES:
        return None
    same = _same_letters(name, candidates)
    if same:
        return same[0]
    swapped = _swapped(name, candidates)
    if swapped:
        return swapped[0]
    found = difflib.get_close_matches(name, candidates, n=1, cutoff=_LIKE)
    return found[0] if found else None


def meant(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `name` is certainly a slip of; None where two could be meant.

    What it gives is what `nearest` gives, so that a help and its edit are one text.
    """
    import difflib

    candidates = sorted(set(known))
    if len(candidates) > MAX_CANDIDATES or name in candidates:
        return None
    same = _same_letters(name, candidates)
    if same:
        return same[0] if len(same) == 1 else None
    swapped = _swapped(name, candidates)
    if swapped and len(name) > 2:
        return swapped[0] if len(swapped) == 1 else None
    close = difflib.get_close_matches(name, candidates, n=2, cutoff=_LIKE)
    likeness = [difflib.SequenceMatcher(None, one, name).ratio() for one in close]
    if not close or likeness[0] < _SLIP:
        return None
    return close[0] if len(close) == 1 or likeness[0] - likeness[1] >= _AHEAD else None


def _same_letters(name: str, candidates: Sequence[str]) -> list[str]:
    """Those written with the same letters and digits: `maxEntries` and `max-entries` are."""
    letters = _letters(name)
    return [one for one in candidates if _letters(one) == letters] if letters else []


def _swapped(name: str, candidates: Sequence[str]) -> list[str]:
    """Those of the same letters in another order."""
    same_length = [one for one in candidates if len(one) == len(name)]
    return [one for one in same_length if sorted(one) == sorted(name)]


def _letters(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def offered(
    name: str, usable: Iterable[str], later: Iterable[str], otherwise: str
) -> tuple[str, str | None]:
    """A help for `name`, which nothing has, and the one of `usable` that it certainly is a slip of.

    A name of `later`, which this version lacks, is offered only where none is nearer, and said to
    be that. `otherwise` is the help where none is near.
    """
    usable, later = list(usable), list(later)
    sure = meant(name, [*usable, *later])
    near = sure or nearest(name, usable) or nearest(name, later)
    if near is None:
        return otherwise, None
    if near not in usable:
        return f"did you mean `{near}`? That is not in this version yet; {otherwise}", None
    return f"did you mean `{near}`?", sure


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """A help line that offers the nearest name, or `otherwise`."""
    found = nearest(name, known)
    return f"did you mean `{found}`?" if found else otherwise


def listed(names: Sequence[str]) -> str:
    """The first names in backticks, for a message."""
    return ", ".join(f"`{name}`" for name in names[:12]) + (", ..." if len(names) > 12 else "")
