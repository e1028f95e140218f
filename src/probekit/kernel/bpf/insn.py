"""Instructions, for programs of a few lines that need no compiler.

Opcodes are those of Documentation/bpf/standardization/instruction-set.rst; a jump's `skip` counts
instructions after the jump itself.
"""

from __future__ import annotations

import struct

R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 = range(11)

KTIME_GET_NS = 5  # enum bpf_func_id
MAP_LOOKUP_ELEM = 1
TRACE_PRINTK = 6
TRACE_VPRINTK = 177
GET_CURRENT_PID_TGID = 14
PROBE_READ_KERNEL = 113
PROBE_READ_KERNEL_STR = 115
RINGBUF_OUTPUT = 130
RINGBUF_RESERVE = 131
RINGBUF_SUBMIT = 132
RINGBUF_DISCARD = 133


def insn(code: int, dst: int = 0, src: int = 0, off: int = 0, imm: int = 0) -> bytes:
    """One `struct bpf_insn`."""
    return struct.pack("=BBhi", code, src << 4 | dst, off, imm)


def mov(dst: int, imm: int) -> bytes:
    """dst = imm, sign-extended."""
    return insn(0xB7, dst, imm=imm)


def mov_reg(dst: int, src: int) -> bytes:
    """dst = src."""
    return insn(0xBF, dst, src)


def add(dst: int, imm: int) -> bytes:
    """dst += imm."""
    return insn(0x07, dst, imm=imm)


def rsh(dst: int, imm: int) -> bytes:
    """dst >>= imm, unsigned."""
    return insn(0x77, dst, imm=imm)


def load64(dst: int, src: int, off: int) -> bytes:
    """dst = the 8 bytes at src + off."""
    return insn(0x79, dst, src, off)


def load32(dst: int, src: int, off: int) -> bytes:
    """dst = the 4 bytes at src + off."""
    return insn(0x61, dst, src, off)


def store64(dst: int, off: int, src: int) -> bytes:
    """The 8 bytes at dst + off = src."""
    return insn(0x7B, dst, src, off)


def store32_imm(dst: int, off: int, imm: int) -> bytes:
    """The 4 bytes at dst + off = imm."""
    return insn(0x62, dst, 0, off, imm)


def jeq(dst: int, imm: int, skip: int) -> bytes:
    """Skips where dst == imm."""
    return insn(0x15, dst, 0, skip, imm)


def jne(dst: int, imm: int, skip: int) -> bytes:
    """Skips where dst != imm."""
    return insn(0x55, dst, 0, skip, imm)


def jne32(dst: int, imm: int, skip: int) -> bytes:
    """Skips where the lower half of dst != imm."""
    return insn(0x56, dst, 0, skip, imm)


def jgt(dst: int, imm: int, skip: int) -> bytes:
    """Skips where dst > imm, unsigned."""
    return insn(0x25, dst, 0, skip, imm)


def map_fd(dst: int, fd: int) -> bytes:
    """dst = the map whose descriptor is `fd`; two instructions long."""
    return insn(0x18, dst, 1, imm=fd) + insn(0)


def call(helper: int) -> bytes:
    """r0 = helper(r1, ..., r5), which are lost; r6 to r9 stay."""
    return insn(0x85, imm=helper)


def exit_() -> bytes:
    """Ends the program with r0."""
    return insn(0x95)


def store_text(text: bytes) -> tuple[bytes, int]:
    """Instructions that put `text` and NULs on the stack; where it begins, relative to r10."""
    padded = text + b"\0" * (8 - len(text) % 8)
    words = struct.unpack(f"={len(padded) // 4}i", padded)
    stores = (store32_imm(R10, 4 * at - len(padded), word) for at, word in enumerate(words))
    return b"".join(stores), -len(padded)
