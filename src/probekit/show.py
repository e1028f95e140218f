"""Values as people see them. What comes from processes is hostile: nothing raw is shown."""

from __future__ import annotations

import re
import time
from typing import TypeAlias

from probekit.duration import show_duration
from probekit.types import CharType, IntType, Shown, StructType, Type

Shape: TypeAlias = "int | bytes | dict[str, Shape]"
_NUMERIC = re.compile(r".*[bdoxXeEfFgG%]", re.ASCII | re.DOTALL)


def show_text(raw: bytes) -> str:
    """Text with everything that a terminal could act on escaped."""
    text = raw.decode("utf-8", "backslashreplace")
    return text if text.isprintable() else escaped(text)


def escaped(text: str) -> str:
    """`text` with `\\x..` and `\\u....` in place of what a terminal does not show as it is."""
    return "".join(ch if ch.isprintable() else _escape(ch) for ch in text)


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def show_value(value: Shape, type: Type) -> str:
    """A map's or a record's value, by its type."""
    if isinstance(type, StructType):
        assert isinstance(value, dict)
        return ", ".join(
            f"{field.name}={show_value(value[field.name], field.type)}" for field in type.fields
        )
    if isinstance(type, CharType):
        assert isinstance(value, bytes)
        return show_text(value)
    assert isinstance(value, int)
    return show_integer(value, type)


def show_integer(value: int, type: IntType) -> str:
    """An integer as its type is shown."""
    match type.shown:
        case Shown.BOOL:
            return "true" if value else "false"
        case Shown.DURATION:
            return show_duration(value)
        case Shown.TIMESTAMP:
            return _wall_time(value)
        case Shown.POINTER:
            return f"0x{value:x}"
    return str(value)


class _WallClock:
    """How far CLOCK_REALTIME is ahead of CLOCK_MONOTONIC.

    Two readings of it differ by a microsecond though no time passes between them, so one is
    kept until the clocks have moved against each other (NTP, a new time).
    """

    DRIFT = 1_000_000  # ns

    def __init__(self) -> None:
        self._offset = 0

    def offset(self) -> int:
        """In nanoseconds, the same until it is more than a millisecond off."""
        now = time.time_ns() - time.monotonic_ns()
        if abs(now - self._offset) > self.DRIFT:
            self._offset = now
        return self._offset


_WALL_CLOCK = _WallClock()


def _wall_time(monotonic: int) -> str:
    """A CLOCK_MONOTONIC time in ns as local wall time."""
    nanoseconds = monotonic + _WALL_CLOCK.offset()
    clock = time.localtime(nanoseconds // 10**9)
    return time.strftime("%H:%M:%S", clock) + f".{nanoseconds % 10**9 // 1000:06d}"


def format_value(value: int | bytes, type: Type, spec: str) -> str:
    """A value of a print by Python's format spec. Raises ValueError on a spec not for it.

    A spec with a number's type (`d`, `x`, ...) formats the number; any other one formats
    the text that the type shows.
    """
    if isinstance(value, bytes):
        return format(show_text(value), spec)
    assert isinstance(type, IntType)
    if type.shown is not Shown.NUMBER and not _NUMERIC.fullmatch(spec):
        return format(show_integer(value, type), spec)
    if spec[-1:] in ("c", "n"):
        raise ValueError("characters and locales are not for numbers")
    return format(value, spec)
