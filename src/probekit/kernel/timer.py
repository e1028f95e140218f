"""timerfd_create(2): a descriptor that becomes readable at a time, to the microsecond."""

from __future__ import annotations

import ctypes
import os
import time

_CLOEXEC, _NONBLOCK, _ABSOLUTE = os.O_CLOEXEC, os.O_NONBLOCK, 1
_libc = ctypes.CDLL(None, use_errno=True)


class _Itimerspec(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_long) for name in ("every_s", "every_ns", "value_s", "value_ns")
    )


class Timer:
    """Wakes whoever polls `fd`, once for each time it is set."""

    def __init__(self) -> None:
        self.fd = int(_libc.timerfd_create(time.CLOCK_MONOTONIC, _CLOEXEC | _NONBLOCK))
        if self.fd < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def set(self, when: int) -> None:
        """To `when`, in ns of CLOCK_MONOTONIC; a time that has passed wakes at once."""
        value = _Itimerspec(0, 0, *divmod(max(when, 1), 1_000_000_000))
        _libc.timerfd_settime(self.fd, _ABSOLUTE, ctypes.byref(value), None)

    def close(self) -> None:
        os.close(self.fd)
