"""Durations as they are written (`250us`, `10ms`, `1s`, `5m`, `1h`) and shown."""

from __future__ import annotations

import re
from itertools import pairwise

_UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_DURATION = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,9}))?(ns|us|ms|s|m|h)", re.ASCII)
FORM = "a duration is written `250us`, `10ms`, `1s`, `5m` or `1h`"
# The units' names elsewhere; `M` alone could be a month, and stays unknown.
_OTHER_UNITS = {
    "ns": "nsec nsecs nanosecond nanoseconds",
    "us": "µs μs usec usecs microsecond microseconds",
    "ms": "msec msecs millis millisecond milliseconds",
    "s": "sec secs second seconds",
    "m": "min mins minute minutes",
    "h": "hr hrs hour hours",
}
_PART = re.compile(r"([0-9]{1,9})\s*(d|h|m|s|ms|us)(?![a-z])\s*")
_LOOSE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*([^\W\d_]{1,12})")


def parse_duration(text: str) -> int | None:
    """Nanoseconds, None where `text` is not a duration; a fraction of one is cut."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        return None
    whole, fraction, name = match.groups(default="")
    unit = _UNITS[name]
    return int(whole) * unit + int(fraction or 0) * unit // int("1" + "0" * len(fraction))


def meant_duration(text: str) -> str | None:
    """`1 sec` as it is written here: `1s`. None where `text` is right, or could mean anything."""
    match = _LOOSE.fullmatch(text.strip())
    if parse_duration(text) is not None:
        return None
    parts = _PART.findall(text.strip())
    if parts and _PART.sub("", text.strip()) == "" and (len(parts) > 1 or parts[0][1] == "d"):
        return _sum(parts)
    if match is None:
        return None
    number, word = match[1], match[2].lower()
    names = [unit for unit, others in _OTHER_UNITS.items() if word in (unit, *others.split())]
    return number + names[0] if names and match[2] != "M" else None


def _sum(parts: list[tuple[str, str]]) -> str | None:
    """`1m30s` as `90s`, `1d` as `24h`; None where the units do not get smaller."""
    sizes = [24 * _UNITS["h"] if unit == "d" else _UNITS[unit] for _, unit in parts]
    if any(a <= b for a, b in pairwise(sizes)):
        return None
    total = sum(int(number) * size for (number, _), size in zip(parts, sizes, strict=True))
    last = "h" if parts[-1][1] == "d" else parts[-1][1]
    return f"{total // _UNITS[last]}{last}"


def duration_help(text: str, quote: str = "") -> str:
    """What to write in place of `text`, which is no duration; inside of `quote`."""
    found = meant_duration(text)
    return f"write `{quote}{found}{quote}`" if found else FORM


def other_units() -> list[str]:
    """All words that are taken for a unit, as it is spelt here and elsewhere."""
    return [word for unit, others in _OTHER_UNITS.items() for word in (unit, *others.split())]


def show_duration(nanoseconds: int) -> str:
    """With four digits at most before zeros are cut, in the largest unit that it reaches.

    Digits beyond those are cut, not rounded: 999.96 ms is `999.9ms`, and never `1000ms`.
    """
    name, size = "ns", 1
    for candidate, its_size in _UNITS.items():
        if nanoseconds >= its_size:
            name, size = candidate, its_size
    whole, rest = divmod(nanoseconds, size)
    digits = max(0, 4 - len(str(whole)))
    fraction = f"{rest * 10**digits // size:0{digits}d}".rstrip("0") if digits else ""
    return f"{whole}.{fraction}{name}" if fraction else f"{whole}{name}"
