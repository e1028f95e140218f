"""Files that are written whole or not at all, where others may write to the folder, too.

The folder is held by its descriptor: whatever its path leads to meanwhile, nothing is written,
renamed or removed elsewhere.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def held_folder(path: str) -> Iterator[tuple[int, str]]:
    """The folder of the file `path`, as a descriptor, and the file's name in it. Raises OSError."""
    folder, base = os.path.split(path)
    if not base:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    fd = os.open(folder or ".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield fd, base
    finally:
        os.close(fd)


def replace_file(
    folder: int, base: str, make: Callable[[], bytes], finish: Callable[[int], None]
) -> None:
    """Puts a file with the bytes of `make` in the place of `base` in `folder`.

    Nothing is made where no file can be put there. The new one is private until `finish`, given
    its descriptor, has given it its owner and mode. Raises OSError, and what the two raise.
    """
    temporary = f".probekit-{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(temporary, flags, 0o600, dir_fd=folder)
    try:
        with open(fd, "wb") as file:
            file.write(make())
            file.flush()
            finish(file.fileno())
            os.fsync(file.fileno())
        os.replace(temporary, base, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
