"""The gate: one number that every program of a probe compares before it does anything."""

from __future__ import annotations

import os
import struct

from probekit.kernel import bpf
from probekit.kernel.bpf import command

GENERATION = 1
_CONTROL = struct.Struct("=QQ")  # struct pk_control in templates/c/probe.c.j2
_ONLY = bytes(4)
_ARRAY_OF_MAPS = 12  # include/uapi/linux/bpf.h


class Gate:
    """Opens and closes all programs of a probe at once; `control_fd` stays the caller's."""

    def __init__(self, control_fd: int, self_pid: int) -> None:
        self._fd = control_fd
        self._self_pid = self_pid

    def open(self) -> None:
        """From now on the programs handle events."""
        bpf.map_update(self._fd, _ONLY, _CONTROL.pack(GENERATION, self._self_pid))

    def close(self) -> None:
        """After it no program writes to a map any more: those still running are waited for."""
        bpf.map_update(self._fd, _ONLY, _CONTROL.pack(0, self._self_pid))
        wait_for_programs(self._fd)


def wait_for_programs(map_fd: int) -> None:
    """Returns when every program that is running now has ended (about 10 ms).

    An update of an outer map waits for them: maybe_wait_bpf_programs, kernel/bpf/syscall.c.
    `map_fd` is any map that can stand in an outer one.
    """
    outer = command.call("MAP_CREATE", "6I", _ARRAY_OF_MAPS, 4, 4, 1, 0, map_fd)
    try:
        bpf.map_update(outer, _ONLY, struct.pack("=I", map_fd))
    finally:
        os.close(outer)
