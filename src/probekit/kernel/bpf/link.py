"""Links, which attach programs, and pins, which keep them."""

from __future__ import annotations

import ctypes
import os

from probekit.kernel.bpf.command import buffer, call

PERF_EVENT = 41  # enum bpf_attach_type: what links to tracepoints, kprobes and uprobes are


def link_create(prog_fd: int, target_fd: int, attach_type: int = PERF_EVENT) -> int:
    """Attaches a program to `target_fd`: for PERF_EVENT a perf event (since Linux 5.15)."""
    return call("LINK_CREATE", "3I4x8x", prog_fd, target_fd, attach_type)


def raw_tracepoint_open(name: str, prog_fd: int) -> int:
    """A link that runs a RAW_TRACEPOINT program at the tracepoint `name`, on every CPU."""
    text = buffer(name.encode() + b"\0")
    return call("RAW_TRACEPOINT_OPEN", "QI4x", ctypes.addressof(text), prog_fd)


def obj_pin(fd: int, path: str | os.PathLike[str]) -> None:
    """Gives a map, program or link the name `path`, which keeps it, in a bpf file system."""
    text = buffer(os.fsencode(path) + b"\0")
    call("OBJ_PIN", "QI4x", ctypes.addressof(text), fd)
