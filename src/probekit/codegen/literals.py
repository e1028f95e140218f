"""The one place where a spec's values become C literals."""

from __future__ import annotations

from probekit.codegen.ccode import CCode

_PRINTABLE = frozenset(range(0x20, 0x7F)) - frozenset(b'"\\?')


def unsigned(value: int) -> CCode:
    """A u64. Raises ValueError where the value needs more bits."""
    if not -(1 << 63) <= value < 1 << 64:
        raise ValueError(f"not a 64-bit value: {value}")
    return CCode(f"{value & (1 << 64) - 1:d}ULL")


def signed(value: int) -> CCode:
    """An s64. Raises ValueError where the value needs more bits."""
    if not -(1 << 63) <= value < 1 << 63:
        raise ValueError(f"not a signed 64-bit value: {value}")
    return CCode(f"((s64){value & (1 << 64) - 1:d}ULL)")


def byte(value: int) -> CCode:
    """One byte of text, as a number."""
    if not 0 <= value <= 255:
        raise ValueError(f"not a byte: {value}")
    return CCode(f"{value:d}")


def string(text: bytes) -> CCode:
    """A C string; everything but plain ASCII as three octal digits, which end by themselves."""
    inside = "".join(chr(b) if b in _PRINTABLE else f"\\{b:03o}" for b in text)
    return CCode(f'"{inside}"')
