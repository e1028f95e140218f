"""Times that a map holds as plain numbers: what is taken from `now` then stays a time.

Imported on the way to an error only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from probekit.expr.durations import TimeForDurationError
from probekit.expr.parse import parse
from probekit.expr.syntax import Binary, ExpressionError, Name, Syntax, children, names_in
from probekit.frontend.yamlnodes import Scalar
from probekit.ir import Map
from probekit.types import IntType, Shown


def mean_plain_times(
    errors: Sequence[ExpressionError], tree: Syntax, sources: Mapping[str, Scalar | Map]
) -> None:
    """Says of a time beside a duration which map's plain numbers made it one.

    `sources` are the expressions that names of `tree` stand for, and the maps that they are from.
    """
    for error in errors:
        if isinstance(error, TimeForDurationError):
            for name in _subtracted(tree, sources, set()):
                found = sources.get(name)
                if isinstance(found, Map) and _is_plain(found):
                    error.message += f": `{name}` is a plain `{found.value}`"
                    error.help = f"declare `{found.name}`, on line {found.span.line}, with"
                    error.help += " `value: timestamp`: a difference of two is a duration"
                    break


def _subtracted(tree: Syntax, sources: Mapping[str, Scalar | Map], seen: set[str]) -> Iterator[str]:
    """Names that are taken from something in `tree`, or in what its names stand for."""
    if isinstance(tree, Binary) and tree.operator == "-" and isinstance(tree.right, Name):
        yield tree.right.name
    for part in children(tree):
        yield from _subtracted(part, sources, seen)
    for name in names_in(tree) - seen:
        seen.add(name)
        source = sources.get(name)
        if isinstance(source, Scalar):
            yield from _subtracted(parse(source.text), sources, seen)


def _is_plain(found: Map) -> bool:
    return isinstance(found.value, IntType) and found.value.shown is Shown.NUMBER
