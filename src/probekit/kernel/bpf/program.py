"""Programs: load, run once, and what was counted of them."""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from probekit.kernel.bpf import insn
from probekit.kernel.bpf.command import BpfError, address, bpf, buffer, call, checked, object_name

_LOG_SIZES = (1 << 16, 1 << 20, 1 << 24)  # of verifier logs, the kernel's own limit last


class ProgType:
    """enum bpf_prog_type, those in use here."""

    KPROBE = 2
    TRACEPOINT = 5
    PERF_EVENT = 7
    RAW_TRACEPOINT = 17
    SYSCALL = 31


class ProgStats:
    """What the kernel counted of one program; None where this kernel does not count it."""

    __slots__ = ("prog_id", "recursion_misses", "run_cnt", "run_time_ns")

    def __init__(
        self, prog_id: int, run_cnt: int, run_time_ns: int, recursion_misses: int | None
    ) -> None:
        self.prog_id = prog_id
        self.run_cnt = run_cnt
        self.run_time_ns = run_time_ns
        self.recursion_misses = recursion_misses


def prog_load(kind: int, insns: bytes, *, license: str = "GPL", name: str = "") -> int:
    """A new program of type `kind`; the BpfError of a refused one has the verifier's log."""
    result, log = _load(kind, insns, license, name, 0)
    for size in _LOG_SIZES:
        if result >= 0:
            return result
        result, log = _load(kind, insns, license, name, size)
        if result != -errno.ENOSPC:  # the log was not larger than that
            break
    if result < 0:
        raise BpfError(-result, "PROG_LOAD", log)
    return result


def _load(kind: int, insns: bytes, license: str, name: str, log_size: int) -> tuple[int, str]:
    code, terms, log = buffer(insns), buffer(license.encode() + b"\0"), buffer(bytes(log_size))
    program = kind, len(insns) // 8, ctypes.addressof(code), ctypes.addressof(terms)
    logging = int(log_size > 0), log_size, address(log)
    for _ in range(5):  # EAGAIN: a signal came while the verifier was at work
        values = *program, *logging, object_name(name)
        result, _attr = bpf("PROG_LOAD", "2I2Q2IQ8x16s8x", *values)
        if result != -errno.EAGAIN:
            break
    return result, bytes(log).rstrip(b"\0").decode(errors="replace")


def prog_test_run(fd: int, context: bytes = b"") -> int:
    """What a RAW_TRACEPOINT or SYSCALL program returns, a u32, run once in this thread."""
    memory = buffer(context)
    values = fd, len(memory), address(memory)
    result, attr = bpf("PROG_TEST_RUN", "I36xI4xQ8x16x", *values)
    checked("PROG_TEST_RUN", result)
    return int(struct.unpack_from("=I", attr, 4)[0])


def current_pid() -> int:
    """This process's pid as programs and tracepoints see it: in the initial pid namespace.

    `os.getpid` is another number inside a pid namespace. Only for the main thread: 32 bits come
    back from a program that is run once, and the lower ones are the thread's id.
    """
    program = insn.call(insn.GET_CURRENT_PID_TGID) + insn.exit_()
    fd = prog_load(ProgType.RAW_TRACEPOINT, program)
    try:
        return prog_test_run(fd)
    finally:
        os.close(fd)


def prog_stats(fd: int) -> ProgStats:
    """What was counted of a program (kernel/bpf/syscall.c, bpf_prog_show_fdinfo).

    Runs and times stand still unless a descriptor of `enable_stats` is open. No privilege needed.
    """
    with open(f"/proc/self/fdinfo/{fd}", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    prog_id, runs, time_ns = (int(fields[key]) for key in ("prog_id", "run_cnt", "run_time_ns"))
    misses = fields.get("recursion_misses")
    return ProgStats(prog_id, runs, time_ns, None if misses is None else int(misses))


def enable_stats() -> int:
    """While this descriptor is open, the kernel counts the runs and times of all programs."""
    return call("ENABLE_STATS", "I", 0)
