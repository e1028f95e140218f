"""How much memory maps take, and whether this host has it: the kernel would try, and stall."""

from __future__ import annotations

from pathlib import Path

from probekit.diagnostics import Diagnostic, DiagnosticError, Label, Origin
from probekit.ir import Map, Probe

_ENTRY_OVERHEAD = 48  # struct htab_elem, kernel/bpf/hashtab.c
_BUCKET = 16  # struct bucket, of which there is a power of two


def map_bytes(target: Map, cpus: int) -> int:
    """About how many bytes of kernel memory `target` takes, as soon as it is created."""
    value = _round8(target.value.size)
    if target.kind.per_cpu:
        return target.max_entries * (value * cpus + 8)
    if target.kind.indexed:
        return target.max_entries * value
    key = _round8(target.key.size) if target.key is not None else 4
    buckets = 1 << (target.max_entries - 1).bit_length()
    return _BUCKET * buckets + target.max_entries * (_ENTRY_OVERHEAD + key + value)


def _round8(size: int) -> int:
    return -(-size // 8) * 8


def require_memory(probe: Probe, cpus: int) -> None:
    """Raises DiagnosticError where a map of `probe` needs more than this host has to give."""
    available = available_bytes()
    faults = [
        _too_large(probe, target, needed, available)
        for target in probe.maps
        if available is not None and (needed := map_bytes(target, cpus)) > available
    ]
    if faults:
        raise DiagnosticError(faults)


def available_bytes() -> int | None:
    """MemAvailable of proc_meminfo(5), None where it cannot be read."""
    try:
        text = Path("/proc/meminfo").read_text()
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _too_large(probe: Probe, target: Map, needed: int, available: int) -> Diagnostic:
    return Diagnostic(
        "map-too-large",
        f"the map `{target.name}` needs about {_mebibytes(needed)},"
        f" and this host has {_mebibytes(available)} available",
        Label(probe.source, target.max_entries_span),
        help="lower `max_entries`",
        origin=Origin.HOST,
    )


def _mebibytes(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MiB"
