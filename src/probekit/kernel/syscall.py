"""System calls that neither the C library nor Python has a function for."""

from __future__ import annotations

import ctypes
import os

# arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h. A number that is
# not known is -1, and the kernel answers ENOSYS.
_OWN_NUMBERS = {"x86_64": (321, 298, 319, 283), "aarch64": (280, 241, 279, 85)}
BPF, PERF_EVENT_OPEN, MEMFD_CREATE, TIMERFD_CREATE = _OWN_NUMBERS.get(
    os.uname().machine, (-1, -1, -1, -1)
)
PIDFD_SEND_SIGNAL = 424  # the same on every architecture, like all that came after it
FSOPEN = 430
FSCONFIG = 431
FSMOUNT = 432
PIDFD_OPEN = 434

# The kernel's own "not supported" (include/linux/errno.h): bpf(2) lets it out to user space, and
# the C library has no text for it.
ENOTSUPP = 524

_syscall = ctypes.CDLL(None, use_errno=True).syscall
_syscall.restype = ctypes.c_long
_syscall.argtypes = (ctypes.c_long,) * 7  # undeclared, ctypes would pass 32 bits of an int


def syscall(
    number: int, a: int = 0, b: int = 0, c: int = 0, d: int = 0, e: int = 0, f: int = 0
) -> int:
    """The result of system call `number`, or the negative errno: nothing is raised.

    Each argument fills a whole 64-bit register; what is not given is 0, since calls look at all of
    theirs. An address is an int, and the caller keeps alive what it points to.
    """
    result: int = _syscall(number, a, b, c, d, e, f)
    return -ctypes.get_errno() if result == -1 else result


def strerror(number: int) -> str:
    """The text of an errno, also of the one that the C library does not know."""
    return "Operation not supported by the kernel" if number == ENOTSUPP else os.strerror(number)
