"""The system call itself: a command, its attr, and the error it ends in."""

from __future__ import annotations

import ctypes
import struct

from probekit.kernel.syscall import BPF, strerror, syscall

Buffer = ctypes.Array[ctypes.c_char]


# enum bpf_cmd. The names are what errors say.
_COMMANDS = {
    "MAP_CREATE": 0,
    "MAP_LOOKUP_ELEM": 1,
    "MAP_UPDATE_ELEM": 2,
    "MAP_DELETE_ELEM": 3,
    "MAP_GET_NEXT_KEY": 4,
    "PROG_LOAD": 5,
    "OBJ_PIN": 6,
    "PROG_TEST_RUN": 10,
    "PROG_GET_NEXT_ID": 11,
    "MAP_GET_NEXT_ID": 12,
    "OBJ_GET_INFO_BY_FD": 15,
    "RAW_TRACEPOINT_OPEN": 17,
    "MAP_LOOKUP_BATCH": 24,
    "MAP_LOOKUP_AND_DELETE_BATCH": 25,
    "MAP_UPDATE_BATCH": 26,
    "LINK_CREATE": 28,
    "LINK_GET_NEXT_ID": 31,
    "ENABLE_STATS": 32,
}


class BpfError(OSError):
    """The kernel refused `command`; `detail` is what it said beyond the errno (a verifier log).

    `done` is how many entries of a batch it had taken before.
    """

    def __init__(self, number: int, command: str, detail: str = "", done: int = 0) -> None:
        super().__init__(number, strerror(number))
        self.command = command
        self.detail = detail
        self.done = done

    def __str__(self) -> str:
        text = f"BPF_{self.command}: {self.strerror}"
        return f"{text}\n{self.detail}" if self.detail else text


def bpf(command: str, layout: str, *values: int | bytes) -> tuple[int, Buffer]:
    """Packs `values` as the attr. The result (a negative errno if refused) and the attr after it.

    `layout` is the attr's, as `struct` writes it, without alignment.
    """
    packed = struct.pack("=" + layout, *values)
    attr = buffer(packed)
    return syscall(BPF, _COMMANDS[command], ctypes.addressof(attr), len(packed)), attr


def call(command: str, layout: str, *values: int | bytes) -> int:
    """As `bpf`, for a command that only succeeds or not; gives its result, mostly a descriptor."""
    return checked(command, bpf(command, layout, *values)[0])


def checked(command: str, result: int) -> int:
    """`result`; raises BpfError if it is a negative errno."""
    if result < 0:
        raise BpfError(-result, command)
    return result


def buffer(content: bytes) -> Buffer:
    """Memory that the kernel can be pointed at, holding `content`."""
    return ctypes.create_string_buffer(content, len(content))


def address(memory: Buffer) -> int:
    """Where `memory` is; a null pointer for an empty one (the key of a queue)."""
    return ctypes.addressof(memory) if len(memory) else 0


def object_name(name: str) -> bytes:
    """`name` as the kernel keeps it: letters, digits, `_` and `.`, cut to 15."""
    return name.encode("ascii")[:15]
