"""What each map type is and allows: one table, read by the checker, the renderer and the docs.

From the kernel's own rules: kernel/bpf/hashtab.c, kernel/bpf/arraymap.c.
"""

from __future__ import annotations

from probekit.record import Record


class MapKind(Record):
    """One map type of the language.

    `keyed`: entries have a key (a `global` has none); `indexed`: the key is an u32 from 0
    to max_entries - 1 and every entry always exists, so none can be added or deleted;
    `per_cpu`: one value for each CPU, seen from outside as their sum.
    """

    name: str
    kernel_name: str
    keyed: bool
    indexed: bool
    per_cpu: bool
    meaning: str


MAP_KINDS = {
    kind.name: kind
    for kind in (
        MapKind("hash", "hash", True, False, False, "entries by key"),
        MapKind("lru_hash", "lru_hash", True, False, False, "a hash that forgets the least used"),
        MapKind("array", "array", True, True, False, "entries by number, all there from the start"),
        MapKind("percpu_array", "percpu_array", True, True, True, "an array for each CPU"),
        MapKind("global", "array", False, True, False, "one value"),
    )
}

LATER_MAP_KINDS = frozenset(
    "percpu_hash lru_percpu_hash ringbuf perf_event_array queue stack lpm_trie bloom_filter"
    " stack_trace task_storage cgrp_storage sk_storage".split()
)

ANY_SIZE = (1 << 32) - 1  # entries of a map whose size is wrong: no use of it is for that
MAX_KEY_SIZE = 512
MAX_VALUE_SIZE = 32 << 10
