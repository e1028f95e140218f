"""A file system in user space with one file in it that claims to be root's: `fuseserver.py MOUNT`.

Mounted as fusermount(1) does for the user USER; fuse(4) and include/uapi/linux/fuse.h. Serves
until it is unmounted; says so on standard output once it is there.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys

USER = 65534
NAME, TEXT = b"spec.yaml", b"probekit: 1\n"
ROOT_ID, FILE_ID = 1, 2
LOOKUP, FORGET, GETATTR, OPEN, READ, INIT, OPENDIR, ACCESS = 1, 2, 3, 14, 15, 26, 27, 34
ENOENT, ENOSYS = 2, 38


def attributes(node: int) -> bytes:
    """struct fuse_attr: whatever it likes to say."""
    size = 0 if node == ROOT_ID else len(TEXT)
    mode = stat.S_IFDIR | 0o755 if node == ROOT_ID else stat.S_IFREG | 0o644
    return struct.pack("=6Q10I", node, size, 1, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def answer(call: int, node: int, body: bytes) -> bytes | int:
    """The reply's content, or an errno."""
    if call == INIT:
        return struct.pack("=4I2H2I2H8I", 7, 31, 1 << 16, 0, 12, 10, 1 << 16, 1, 1, 0, *[0] * 8)
    if call == LOOKUP:
        found = body.rstrip(b"\0") == NAME
        return struct.pack("=4Q2I", FILE_ID, *[0] * 5) + attributes(FILE_ID) if found else ENOENT
    if call == GETATTR:
        return struct.pack("=Q2I", 0, 0, 0) + attributes(node)
    if call in (OPEN, OPENDIR):
        return struct.pack("=Q2I", 1, 0, 0)
    if call == READ:
        _, offset, size = struct.unpack_from("=2QI", body)
        return TEXT[offset : offset + size]
    return b"" if call == ACCESS else ENOSYS


def main(mount: str) -> None:
    fd = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fd},rootmode=40000,user_id={USER},group_id={USER},allow_other"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"test", mount.encode(), b"fuse", 0, options.encode()):
        raise OSError(ctypes.get_errno(), "mount")
    print("served", flush=True)
    while True:
        try:
            request = os.read(fd, 1 << 18)
        except OSError:  # unmounted
            return
        _, call, unique, node = struct.unpack_from("=2I2Q", request)
        if call == FORGET:
            continue
        result = answer(call, node, request[40:])
        content, error = (b"", -result) if isinstance(result, int) else (result, 0)
        os.write(fd, struct.pack("=IiQ", 16 + len(content), error, unique) + content)


if __name__ == "__main__":
    main(sys.argv[1])
