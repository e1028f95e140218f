"""Fields that are not the same on all kernels, and what that changes in an expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from probekit.check.needs import FieldUse
from probekit.diagnostics import Diagnostic, Label, Severity
from probekit.ir import Probe
from probekit.types import CharType, IntType, Type

_NAMED = 3

# The fields that a spec reads on one kernel, by tracepoint and name.
Uses = Mapping[tuple[str, str], FieldUse]


def differing(uses: Sequence[Uses], of: Callable[[FieldUse], object]) -> set[tuple[str, str]]:
    """The fields of which `of` is not the same on all the kernels that have them."""
    seen: dict[tuple[str, str], set[object]] = {}
    for used in uses:
        for key, use in used.items():
            seen.setdefault(key, set()).add(of(use))
    return {key for key, values in seen.items() if len(values) > 1}


def warning(
    probe: Probe, key: tuple[str, str], uses: Sequence[Uses], names: Sequence[str]
) -> Diagnostic:
    """What to know of a field whose type is another one on some of the kernels `names`."""
    where: dict[Type, list[str]] = {}
    for used, kernel in zip(uses, names, strict=True):
        if key in used:
            where.setdefault(used[key].field.type, []).append(kernel)
    use = next(used[key] for used in uses if key in used)
    types = " and ".join(f"`{type}` on {_first(on)}" for type, on in where.items())
    return Diagnostic(
        "field-differs",
        f"`{use.name}` of `{use.tracepoint}` is {types}",
        Label(probe.source, use.span, "not the same on all kernels"),
        help=_meaning(use.name, list(where)),
        severity=Severity.WARNING,
    )


def _first(names: Sequence[str]) -> str:
    """As many names as a message has room for; the table has each."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _meaning(name: str, types: Sequence[Type]) -> str:
    """What the difference does, and the expression that means the same everywhere."""
    integers = [type for type in types if isinstance(type, IntType)]
    if len(integers) == len(types):
        return _meaning_of_integers(name, integers)
    texts = [type.size for type in types if isinstance(type, CharType)]
    if len(texts) == len(types):
        return (
            f"text of more than {min(texts) - 1} bytes is cut on some: there, texts that differ"
            " only after that are equal"
        )
    return "it is text on some and a number on others: write a spec for each"


def _meaning_of_integers(name: str, types: Sequence[IntType]) -> str:
    narrow = min(type.bits for type in types)
    signs = {type.signed for type in types}
    ranges = ", ".join(f"`{type}` holds {type.low} to {type.high}" for type in types)
    effect = "; arithmetic is signed on some only" if len(signs) > 1 else ""
    same = f"{'u' if False in signs else 's'}{narrow}({name})"
    return f"{ranges}{effect}; `{same}` has the same values everywhere"
