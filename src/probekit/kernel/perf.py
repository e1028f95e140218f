"""perf_event_open(2), as far as linking programs to tracepoints needs it."""

from __future__ import annotations

import ctypes
import struct

from probekit.kernel.syscall import PERF_EVENT_OPEN, strerror, syscall

_TYPE_TRACEPOINT = 2
_ATTR_SIZE = 64  # PERF_ATTR_SIZE_VER0: the first published struct perf_event_attr is enough
_FLAG_FD_CLOEXEC = 1 << 3


def open_tracepoint(event_id: int) -> int:
    """A perf event that counts the tracepoint `event_id`: what a program is linked to.

    Opened for every process on CPU 0; a linked program runs on all CPUs. It takes no samples,
    which would need more privilege. Raises OSError.
    """
    attr = struct.pack("=IIQ48x", _TYPE_TRACEPOINT, _ATTR_SIZE, event_id)
    buffer = ctypes.create_string_buffer(attr, len(attr))
    result = syscall(PERF_EVENT_OPEN, ctypes.addressof(buffer), -1, 0, -1, _FLAG_FD_CLOEXEC)
    if result < 0:
        text = f"perf_event_open for tracepoint {event_id}: {strerror(-result)}"
        raise OSError(-result, text)
    return result
