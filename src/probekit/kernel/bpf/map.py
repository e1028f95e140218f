"""Maps: create, read, write, empty.

Keys and values are bytes of exactly the map's own sizes. With a value size that is smaller than
the map's, the kernel would write past the end of what was set aside for it.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Iterator, Sequence

from probekit.kernel.bpf.command import BpfError, address, bpf, buffer, call, checked, object_name
from probekit.kernel.syscall import ENOTSUPP

ANY = 0  # create the entry, or replace its value
NOEXIST = 1  # only create it
EXIST = 2  # only replace its value

_FIRST_BATCH = 512  # entries in the first call: most maps are small
_BATCH_BYTES = 1 << 20  # larger than this, the calls themselves cost nothing any more


class MapType:
    """enum bpf_map_type, those in use here."""

    HASH = 1
    ARRAY = 2
    PROG_ARRAY = 3
    PERF_EVENT_ARRAY = 4
    PERCPU_HASH = 5
    PERCPU_ARRAY = 6
    LRU_HASH = 9
    LRU_PERCPU_HASH = 10
    LPM_TRIE = 11
    QUEUE = 22
    STACK = 23
    RINGBUF = 27


def map_create(
    kind: int, key_size: int, value_size: int, max_entries: int, *, flags: int = 0, name: str = ""
) -> int:
    """A new map of type `kind`; `name` may hold ASCII letters, digits, `_` and `.`."""
    values = kind, key_size, value_size, max_entries, flags, object_name(name)
    return call("MAP_CREATE", "5I8x16s", *values)


def map_lookup(fd: int, key: bytes, value_size: int) -> bytes | None:
    """The entry's value, None where there is none; of a queue or stack (no key) the next one.

    `value_size` of a per-CPU map is `percpu_value_size`: one value for every possible CPU.
    """
    value = buffer(bytes(value_size))
    result = _element("MAP_LOOKUP_ELEM", fd, key, address(value))
    if result == -errno.ENOENT:
        return None
    checked("MAP_LOOKUP_ELEM", result)
    return value.raw


def map_update(fd: int, key: bytes, value: bytes, mode: int = ANY) -> None:
    """Writes one entry; `mode` is ANY, NOEXIST (EEXIST if it is there) or EXIST (else ENOENT)."""
    memory = buffer(value)
    result = _element("MAP_UPDATE_ELEM", fd, key, address(memory), mode)
    checked("MAP_UPDATE_ELEM", result)


def map_delete(fd: int, key: bytes) -> bool:
    """Removes the entry; False where there was none."""
    result = _element("MAP_DELETE_ELEM", fd, key)
    return result != -errno.ENOENT and checked("MAP_DELETE_ELEM", result) == 0


def map_items(fd: int, key_size: int, value_size: int) -> list[tuple[bytes, bytes]]:
    """All entries, each key once; what is added or removed meanwhile may be missing."""
    items: dict[bytes, bytes] = {}
    try:
        for keys, values in map_batches(fd, key_size, value_size):
            items.update(zip(_slices(keys, key_size), _slices(values, value_size), strict=True))
    except BpfError as error:
        if error.errno != ENOTSUPP:
            raise
        items.update(_walk(fd, key_size, value_size))
    return list(items.items())


def map_batches(
    fd: int, key_size: int, value_size: int, *, delete: bool = False
) -> Iterator[tuple[bytes, bytes]]:
    """All entries as blocks: keys one after the other, and as many values.

    With `delete` each entry is removed as it is read. A type of map that has no batches raises
    BpfError with ENOTSUPP before the first block.
    """
    command = "MAP_LOOKUP_AND_DELETE_BATCH" if delete else "MAP_LOOKUP_BATCH"
    cursor = buffer(bytes(max(key_size, 4)))  # a bucket's number, or a key
    start, count = 0, _FIRST_BATCH
    while True:
        keys, values = buffer(bytes(count * key_size)), buffer(bytes(count * value_size))
        addresses = start, *map(ctypes.addressof, (cursor, keys, values))
        result, done = _batch(command, fd, addresses, count)
        if result not in (0, -errno.ENOENT, -errno.ENOSPC):
            raise BpfError(-result, command)
        yield ctypes.string_at(keys, done * key_size), ctypes.string_at(values, done * value_size)
        if result == -errno.ENOENT:
            return
        if result == 0:
            start = ctypes.addressof(cursor)
        if result == -errno.ENOSPC or len(keys) + len(values) < _BATCH_BYTES:
            count *= 2  # ENOSPC: one bucket of the hash has more entries than were asked for


def map_update_batch(fd: int, items: Sequence[tuple[bytes, bytes]], mode: int = ANY) -> None:
    """Writes `items` in order, in one call where it can; stops at the first error.

    The error's `done` is how many were written.
    """
    if not items:
        return
    result, done = -ENOTSUPP, 0
    if mode == ANY:  # the only mode that the batch has
        keys, values = (buffer(b"".join(column)) for column in zip(*items, strict=True))
        addresses = 0, 0, address(keys), address(values)
        result, done = _batch("MAP_UPDATE_BATCH", fd, addresses, len(items))
    if result == -ENOTSUPP:
        _update_each(fd, items, mode)
    elif result < 0:
        raise BpfError(-result, "MAP_UPDATE_BATCH", done=done)


def map_clear(fd: int, key_size: int, value_size: int) -> None:
    """Removes every entry of a map that entries can be removed from: a hash, not an array."""
    try:
        for _ in map_batches(fd, key_size, value_size, delete=True):
            pass
    except BpfError as error:
        if error.errno != ENOTSUPP:
            raise
        for key, _ in map_items(fd, key_size, value_size):
            map_delete(fd, key)


def percpu_value_size(value_size: int) -> int:
    """Bytes of one value of a per-CPU map: padded to 8, for each possible CPU."""
    return (value_size + 7) // 8 * 8 * possible_cpus()


def possible_cpus() -> int:
    """How many CPUs this machine can have: what the values of per-CPU maps are sized by."""
    return len(cpus("possible"))


def cpus(which: str) -> list[int]:
    """The CPUs that are `possible` or `online` (Documentation/admin-guide/cputopology.rst)."""
    with open(f"/sys/devices/system/cpu/{which}", encoding="ascii") as file:
        ranges = [part.split("-") for part in file.read().strip().split(",")]
    return [cpu for ends in ranges for cpu in range(int(ends[0]), int(ends[-1]) + 1)]


def _element(command: str, fd: int, key: bytes, value: int = 0, flags: int = 0) -> int:
    memory = buffer(key)
    return bpf(command, "I4xQQQ", fd, address(memory), value, flags)[0]


def _batch(command: str, fd: int, addresses: tuple[int, ...], count: int) -> tuple[int, int]:
    """The result, and how many entries were done. `addresses`: start, end, keys, values."""
    result, attr = bpf(command, "4Q2I16x", *addresses, count, fd)
    return result, int(struct.unpack_from("=I", attr, 32)[0])


def _update_each(fd: int, items: Sequence[tuple[bytes, bytes]], mode: int) -> None:
    for done, (key, value) in enumerate(items):
        try:
            map_update(fd, key, value, mode)
        except BpfError as error:
            error.done = done
            raise


def _walk(fd: int, key_size: int, value_size: int) -> Iterator[tuple[bytes, bytes]]:
    """Entry by entry. A key removed meanwhile would start it again: it ends there."""
    key, seen = b"", set[bytes]()
    while True:
        memory, following = buffer(key), buffer(bytes(key_size))
        values = fd, address(memory), ctypes.addressof(following)
        result, _ = bpf("MAP_GET_NEXT_KEY", "I4xQQ8x", *values)
        if result == -errno.ENOENT or following.raw in seen:
            return
        checked("MAP_GET_NEXT_KEY", result)
        key = following.raw
        seen.add(key)
        value = map_lookup(fd, key, value_size)
        if value is not None:
            yield key, value


def _slices(block: bytes, size: int) -> Iterator[bytes]:
    return (block[at : at + size] for at in range(0, len(block), size))
