"""File systems that are mounted, but nowhere: only who holds the descriptor gets in."""

from __future__ import annotations

import ctypes
import os

from probekit.kernel.syscall import FSCONFIG, FSMOUNT, FSOPEN, strerror, syscall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path  # 10 ms for who only attaches

# include/uapi/linux/mount.h
_FSOPEN_CLOEXEC = _FSMOUNT_CLOEXEC = 1
_FSCONFIG_SET_STRING = 1
_FSCONFIG_CMD_CREATE = 6
_ATTR_NOSUID_NODEV_NOEXEC = 2 | 4 | 8

# Their roots are open to everybody unless told otherwise. tracefs has one superblock for the
# whole machine, closed to others by itself: an option given here would change everybody's.
_TAKES_MODE = ("bpf", "tmpfs")


class PrivateMount:
    """A file system of type `fstype` for root alone, gone with the last open descriptor.

    For `bpf` (what is pinned there goes when this process does, also by SIGKILL), `tmpfs` and
    `tracefs`. Needs CAP_SYS_ADMIN in the user namespace that owns the mount namespace, for
    tracefs in the initial one; fsopen(2), fsconfig(2) and fsmount(2) raise OSError.
    """

    def __init__(self, fstype: str) -> None:
        self.fd = _mount(fstype)

    @property
    def path(self) -> Path:
        """Its root directory, as this process can name it: no other path leads there."""
        from pathlib import Path

        return Path(f"/proc/self/fd/{self.fd}")

    def close(self) -> None:
        """Lets go of it: it goes once no file of it is open and nobody's cwd is in it."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __enter__(self) -> PrivateMount:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _mount(fstype: str) -> int:
    context = _call(fstype, "fsopen", FSOPEN, fstype, _FSOPEN_CLOEXEC)
    try:
        if fstype in _TAKES_MODE:
            _call(fstype, "fsconfig", FSCONFIG, context, _FSCONFIG_SET_STRING, "mode", "0700")
        _call(fstype, "fsconfig", FSCONFIG, context, _FSCONFIG_CMD_CREATE)
        flags = _FSMOUNT_CLOEXEC, _ATTR_NOSUID_NODEV_NOEXEC
        return _call(fstype, "fsmount", FSMOUNT, context, *flags)
    finally:
        os.close(context)


def _call(fstype: str, name: str, number: int, *arguments: int | str) -> int:
    """One of the three calls; text goes as a pointer."""
    texts = [ctypes.create_string_buffer(a.encode()) for a in arguments if isinstance(a, str)]
    pointers = map(ctypes.addressof, texts)
    registers = (next(pointers) if isinstance(a, str) else a for a in arguments)
    result = syscall(number, *registers)
    if result < 0:
        raise OSError(-result, f"{name} of {fstype}: {strerror(-result)}")
    return result
