"""What there is: ids, types and names of programs, maps and links."""

from __future__ import annotations

import ctypes
import errno
import struct

from probekit.kernel.bpf.command import bpf, buffer, call, checked


class Info:
    """What tells a program or map from all others. `name` is at most 15 characters."""

    __slots__ = ("id", "name", "type")

    def __init__(self, id: int, type: int, name: str) -> None:
        self.id = id
        self.type = type
        self.name = name


def prog_info(fd: int) -> Info:
    """Which program `fd` is (struct bpf_prog_info)."""
    return _info(fd, "II56x16s")


def map_info(fd: int) -> Info:
    """Which map `fd` is (struct bpf_map_info)."""
    return _info(fd, "II16x16s")


def prog_ids() -> list[int]:
    """The ids of all programs of this kernel, in order."""
    return _ids("PROG_GET_NEXT_ID")


def map_ids() -> list[int]:
    """The ids of all maps of this kernel, in order."""
    return _ids("MAP_GET_NEXT_ID")


def link_ids() -> list[int]:
    """The ids of all links of this kernel, in order."""
    return _ids("LINK_GET_NEXT_ID")


def _info(fd: int, layout: str) -> Info:
    memory = buffer(bytes(struct.calcsize("=" + layout)))
    call("OBJ_GET_INFO_BY_FD", "IIQ", fd, len(memory), ctypes.addressof(memory))
    kind, number, name = struct.unpack("=" + layout, memory.raw)
    return Info(number, kind, name.split(b"\0")[0].decode("ascii"))


def _ids(command: str) -> list[int]:
    ids: list[int] = []
    while True:
        result, attr = bpf(command, "II4x", ids[-1] if ids else 0, 0)
        if result == -errno.ENOENT:
            return ids
        checked(command, result)
        ids.append(struct.unpack_from("=I", attr, 4)[0])
