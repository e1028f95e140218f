"""bpf(2): maps, programs, links and pins as file descriptors.

Every descriptor is an int, close-on-exec, and the caller's to close. Layouts are those of
`union bpf_attr` in include/uapi/linux/bpf.h. What the kernel refuses raises `BpfError`.
"""

from __future__ import annotations

from probekit.kernel.bpf.command import BpfError
from probekit.kernel.bpf.info import Info, link_ids, map_ids, map_info, prog_ids, prog_info
from probekit.kernel.bpf.link import PERF_EVENT, link_create, obj_pin, raw_tracepoint_open
from probekit.kernel.bpf.map import (
    ANY,
    EXIST,
    NOEXIST,
    MapType,
    cpus,
    map_batches,
    map_clear,
    map_create,
    map_delete,
    map_items,
    map_lookup,
    map_update,
    map_update_batch,
    percpu_value_size,
    possible_cpus,
)
from probekit.kernel.bpf.program import (
    ProgStats,
    ProgType,
    current_pid,
    enable_stats,
    prog_load,
    prog_stats,
    prog_test_run,
)

__all__ = [
    "ANY",
    "EXIST",
    "NOEXIST",
    "PERF_EVENT",
    "BpfError",
    "Info",
    "MapType",
    "ProgStats",
    "ProgType",
    "cpus",
    "current_pid",
    "enable_stats",
    "link_create",
    "link_ids",
    "map_batches",
    "map_clear",
    "map_create",
    "map_delete",
    "map_ids",
    "map_info",
    "map_items",
    "map_lookup",
    "map_update",
    "map_update_batch",
    "obj_pin",
    "percpu_value_size",
    "possible_cpus",
    "prog_ids",
    "prog_info",
    "prog_load",
    "prog_stats",
    "prog_test_run",
    "raw_tracepoint_open",
]
