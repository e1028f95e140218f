"""Durations as they are written (`250us`, `10ms`, `1s`, `5m`, `1h`) and shown."""

from __future__ import annotations

import re

_UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_DURATION = re.compile(r"([0-9]{1,12})(\.[0-9]{1,9})?(ns|us|ms|s|m|h)", re.ASCII)
FORM = "a duration is written `250us`, `10ms`, `1s`, `5m` or `1h`"


def parse_duration(text: str) -> int | None:
    """Nanoseconds, None where `text` is not a duration."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        return None
    unit = _UNITS[match.group(3)]
    fraction = match.group(2) or ""
    return int(match.group(1)) * unit + int(fraction[1:] or 0) * unit // 10 ** len(fraction[1:])


def show_duration(nanoseconds: int) -> str:
    """With three or four digits, in the largest unit that leaves one before the point."""
    for unit in ("h", "m", "s", "ms", "us"):
        size = _UNITS[unit]
        if nanoseconds >= size:
            return f"{nanoseconds / size:.4g}{unit}" if nanoseconds < 1000 * size else (
                f"{nanoseconds // size}{unit}"
            )
    return f"{nanoseconds}ns"
