"""Values as people see them, and durations both ways."""

from __future__ import annotations

import re
import time

import pytest

from probekit.duration import parse_duration, show_duration
from probekit.show import Shape, format_value, show_text, show_value
from probekit.types import (
    BOOL,
    DURATION,
    POINTER,
    S64,
    TIMESTAMP,
    U64,
    CharType,
    IntType,
    struct_of,
)


@pytest.mark.parametrize(
    ("nanoseconds", "shown"),
    [
        (0, "0ns"),
        (1, "1ns"),
        (999, "999ns"),
        (1_000, "1us"),
        (1_500, "1.5us"),
        (1_234_567, "1.234ms"),
        (999_999, "999.9us"),
        (999_960_000, "999.9ms"),
        (999_999_999, "999.9ms"),
        (1_000_000_000, "1s"),
        (1_050_000_000, "1.05s"),
        (59_999_999_999, "59.99s"),
        (60_000_000_000, "1m"),
        (90_000_000_000, "1.5m"),
        (3_599_999_999_999, "59.99m"),
        (3_600_000_000_000, "1h"),
        (36_000_000_000_000_000, "10000h"),
        ((1 << 64) - 1, "5124095h"),
    ],
)
def test_show_duration(nanoseconds: int, shown: str) -> None:
    assert show_duration(nanoseconds) == shown


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1ns", 1),
        ("250us", 250_000),
        ("10ms", 10_000_000),
        ("1s", 1_000_000_000),
        ("1.5s", 1_500_000_000),
        ("0.001us", 1),
        ("0.0001us", 0),
        ("5m", 300_000_000_000),
        ("1h", 3_600_000_000_000),
        (" 1s ", 1_000_000_000),
        ("007s", 7_000_000_000),
    ],
)
def test_parse_duration(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "s",
        "1 s",
        "1S",
        "-1s",
        "+1s",
        "1.s",
        ".5s",
        "1e3s",
        "1d",
        "1s2",
        "٣s",
        "1" * 13 + "s",
    ],
)
def test_no_duration(text: str) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"nginx", "nginx"),
        ("é文".encode(), "é文"),
        (b"\x1b[31m", "\\x1b[31m"),
        (b"a\nb\t\x7f", "a\\x0ab\\x09\\x7f"),
        (b"\xff\xfe", "\\xff\\xfe"),
        ("\u202e\u2028".encode(), "\\u202e\\u2028"),
        ("\U000e0001".encode(), "\\U000e0001"),
        (b"", ""),
    ],
)
def test_text_is_never_raw(raw: bytes, shown: str) -> None:
    assert show_text(raw) == shown


def test_values_by_type() -> None:
    struct = struct_of([("n", U64), ("who", CharType(8)), ("took", DURATION), ("at", POINTER)])
    value: dict[str, Shape] = {"n": 5, "who": b"sh\x1b", "took": 1500, "at": 0xFFFF}
    assert show_value(value, struct) == "n=5, who=sh\\x1b, took=1.5us, at=0xffff"
    assert show_value(1, BOOL) == "true"
    assert show_value(0, BOOL) == "false"
    assert show_value(-7, S64) == "-7"


def test_a_timestamp_is_wall_time() -> None:
    shown = show_value(time.monotonic_ns(), TIMESTAMP)
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{6}", shown)
    assert shown[:5] in {
        time.strftime("%H:%M", time.localtime(time.time() + shift)) for shift in (-1, 0)
    }


def test_equal_timestamps_are_shown_equal() -> None:
    now = time.monotonic_ns()
    assert len({show_value(now, TIMESTAMP) for _ in range(2000)}) == 1


def test_a_later_timestamp_is_shown_later() -> None:
    now = time.monotonic_ns()
    first, second = (show_value(now + shift, TIMESTAMP) for shift in (0, 1_000))
    assert (int(second[-6:]) - int(first[-6:])) % 1_000_000 == 1


@pytest.mark.parametrize(
    ("value", "type", "spec", "shown"),
    [
        (7, U64, "", "7"),
        (255, U64, "x", "ff"),
        (255, U64, "08X", "000000FF"),
        (7, U64, ">4", "   7"),
        (1234567, U64, ",", "1,234,567"),
        (-7, S64, "+d", "-7"),
        (1, BOOL, "", "true"),
        (1, BOOL, "d", "1"),
        (1500, DURATION, "", "1.5us"),
        (1500, DURATION, ">8", "   1.5us"),
        (1500, DURATION, "d", "1500"),
        (0xFF, POINTER, "", "0xff"),
        (0xFF, POINTER, "x", "ff"),
        (b"sh\x1b", CharType(8), "<8", "sh\\x1b  "),
        (b"nginx", CharType(8), ".2", "ng"),
    ],
)
def test_format_value(value: int | bytes, type: IntType | CharType, spec: str, shown: str) -> None:
    assert format_value(value, type, spec) == shown


@pytest.mark.parametrize(
    ("value", "type", "spec"),
    [(7, U64, "q"), (7, U64, "c"), (7, U64, "n"), (7, U64, "s"), (b"a", CharType(2), "x")],
)
def test_format_refused(value: int | bytes, type: IntType | CharType, spec: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        format_value(value, type, spec)
