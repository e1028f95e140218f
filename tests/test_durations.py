"""Durations as text in user space: taken where handlers take them, and of the same value."""

from __future__ import annotations

import pytest

from probekit.expr.check import check
from probekit.expr.durations import with_durations
from probekit.expr.evaluate import Value, evaluate
from probekit.expr.parse import ExpressionError, parse
from probekit.expr.scope import Scope
from probekit.expr.typed import Local, Param
from probekit.expr.userspace import check_user
from probekit.types import DURATION, TIMESTAMP, U64, CharType, Type, struct_of

MS = 1_000_000
TYPES: dict[str, Type] = {
    "d": DURATION,
    "at": TIMESTAMP,
    "n": U64,
    "who": CharType(16),
    "s": struct_of([("took", DURATION), ("n", U64)]),
}
VALUES: dict[str, Value] = {
    "d": 5 * MS,
    "at": 9 * MS,
    "n": 3,
    "who": "10ms",
    "s": {"took": 7 * MS, "n": 4},
}
TAKEN = {
    "d + '10ms'": 15 * MS,
    "'10ms' + d": 15 * MS,
    "d > '4.5ms'": 1,
    "'1s' < d": 0,
    "d in ('5ms', '1s')": 1,
    "at + '1ms' - at == '1ms'": 1,
    "at - d": 4 * MS,
    "at - (at - d) > '3ms'": 1,
    "at - d > at - '6ms'": 1,
    "d * 2 == '10ms'": 1,
    "d / 5 == '1ms'": 1,
    "d % '2ms'": 1 * MS,
    "d / '2ms'": 2,
    "min(d, '1ms')": 1 * MS,
    "max('1s', s.took)": 1000 * MS,
    "s.took - '1ms' > '5ms'": 1,
    "'1ms' if n > 5 else d": 5 * MS,
    "(d if n else d) + '1ms'": 6 * MS,
    "max(d, d) + '1ms'": 6 * MS,
    "+d + '1ms'": 6 * MS,
    "not d < '1ms'": 1,
    "u64(d + '1ms')": 6 * MS,
    "n == 3 and d > '1ms'": 1,
    "who == '10ms'": 1,
    "who == '10ms' and d == '5ms'": 1,
}
REFUSED = (
    "n + '10ms'",
    "n > '10ms'",
    "s.n - '1s'",
    "d + 'soon'",
    "d + '10'",
    "d > '10'",
    "at - d > '3ms'",
    "at > d",
    "min(at, '1ms')",
    "d / d + '1ms'",
    "abs(d) + '1ms'",
    "u64(d) + '1ms'",
    "(d < d) + '1ms'",
    "min(n, '1ms')",
    "d & '1ms' > '1ms'",
    "'1ms' + '1ms'",
    "who + '1ms'",
    "d == who",
    "d + missing.took",
)


def in_handler(text: str) -> bool:
    """Whether a handler takes the expression."""
    names = {
        name: Param(name, type, 3) if name == "n" else Local(name, type)
        for name, type in TYPES.items()
    }
    try:
        check(parse(text), Scope("event", names, {}))
        return True
    except ExpressionError:
        return False


@pytest.mark.parametrize(("text", "value"), TAKEN.items())
def test_taken_as_in_handlers(text: str, value: int) -> None:
    assert in_handler(text)
    tree = with_durations(parse(text), TYPES)
    check_user(tree, TYPES)
    assert evaluate(tree, VALUES) == value


@pytest.mark.parametrize("text", REFUSED)
def test_refused_as_in_handlers(text: str) -> None:
    assert not in_handler(text)
    with pytest.raises(ExpressionError):
        check_user(with_durations(parse(text), TYPES), TYPES)


def test_places_stay() -> None:
    tree = parse("d + '10ms'")
    assert with_durations(tree, TYPES).place == tree.place
    assert with_durations(tree, {}) == tree
