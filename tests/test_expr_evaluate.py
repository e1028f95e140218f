"""Expressions as user space computes them: unbounded integers, and text."""

from __future__ import annotations

import pytest

from probekit.expr.arithmetic import cut, fold
from probekit.expr.evaluate import Value, evaluate
from probekit.expr.parse import ExpressionError, parse
from probekit.types import BOOL, S8, S32, S64, U8, U32, U64, IntType

NAMES: dict[str, Value] = {
    "tick": 7,
    "who": "nginx",
    "big": 1 << 70,
    "value": {"n": 5, "who": "sh", "inner": {"m": -3}},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("tick * 2 + 1", 15),
        ("-tick / 2", -3),
        ("-tick % 2", -1),
        ("tick / -2", -3),
        ("tick % -2", 1),
        ("big * big", 1 << 140),
        ("big + 1 - big", 1),
        ("-1 >> 1", -1),
        ("1 << 63", 1 << 63),
        ("1 << 64", 1),
        ("tick << -1", 7 << 63),
        ("~tick", -8),
        ("tick & 3 | 8 ^ 1", 11),
        ("not tick", 0),
        ("not 0", 1),
        ("tick and 0", 0),
        ("tick and 2", 1),
        ("0 or 0", 0),
        ("0 and 1 / 0", 0),
        ("1 or 1 / 0", 1),
        ("1 if tick == 7 else 1 / 0", 1),
        ("who if tick > 7 else 'other'", "other"),
        ("1 < tick < 10", 1),
        ("1 < tick < 5", 0),
        ("tick in (1, 7)", 1),
        ("tick not in (1, 7)", 0),
        ("who in ('sh', 'nginx')", 1),
        ("who == 'nginx'", 1),
        ("who != 'nginx'", 0),
        ("value.n + value.inner.m", 2),
        ("value.who", "sh"),
        ("min(tick, 3)", 3),
        ("max(tick, big) == big", 1),
        ("abs(value.inner.m)", 3),
        ("u8(300)", 44),
        ("s8(200)", -56),
        ("u64(-1)", (1 << 64) - 1),
        ("s64(1 << 63)", -(1 << 63)),
        ("bool(2)", 1),
        ("bool(0)", 0),
        ("true + true", 2),
        ("'a' 'b'", "ab"),
        ("0x10 + 0o17 + 0b11 + 1_000", 1034),
    ],
)
def test_value(text: str, value: Value) -> None:
    assert evaluate(parse(text), NAMES) == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1 / 0", "division-by-zero"),
        ("tick % (tick - 7)", "division-by-zero"),
        ("who + 1", "wrong-operand"),
        ("-who", "wrong-operand"),
        ("who < 'z'", "wrong-operand"),
        ("value + 1", "wrong-operand"),
        ("1 if who else 2", "wrong-operand"),
        ("value.x", "unknown-field"),
        ("tick.x", "unknown-field"),
        ("other", "unknown-name"),
        ("len(who)", "unknown-function"),
        ("min(tick)", "wrong-arguments"),
        ("u8('a')", "wrong-operand"),
    ],
)
def test_refused(text: str, code: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(parse(text), NAMES)
    assert caught.value.code == code


@pytest.mark.parametrize("left", [-9, -8, -1, 0, 1, 8, 9])
@pytest.mark.parametrize("right", [-9, -2, -1, 1, 2, 9])
def test_division_truncates_as_in_c(left: int, right: int) -> None:
    quotient, rest = fold("/", left, right), fold("%", left, right)
    assert quotient == int(left / right)
    assert quotient * right + rest == left
    assert abs(rest) < abs(right)
    assert rest == 0 or (rest < 0) == (left < 0)


def test_folding_by_zero_gives_zero() -> None:
    assert fold("/", 5, 0) == fold("%", 5, 0) == 0


@pytest.mark.parametrize(
    ("value", "target", "left"),
    [
        (255, U8, 255),
        (256, U8, 0),
        (-1, U8, 255),
        (127, S8, 127),
        (128, S8, -128),
        (-129, S8, 127),
        (1 << 32, U32, 0),
        (-1, S32, -1),
        (1 << 31, S32, -(1 << 31)),
        (1 << 64, U64, 0),
        ((1 << 64) - 1, S64, -1),
        (2, BOOL, 1),
        (256, BOOL, 1),
        (0, BOOL, 0),
    ],
)
def test_casts_cut(value: int, target: IntType, left: int) -> None:
    assert cut(value, target) == left
