"""The lines that programs write with bpf_trace_printk, without taking them from anybody.

Reading `trace_pipe` takes lines away from its other readers. A perf event on the tracepoint
`bpf_trace:bpf_trace_printk` does not, but misses, uncounted, all that is written by a program
attached to a tracepoint: the kernel lets no software event happen inside another one
(perf_swevent_get_recursion_context). A raw tracepoint program runs there too, needs no tracefs,
and hands the lines over in a ring buffer of its own.
"""

from __future__ import annotations

import os
import struct

from probekit.kernel import bpf
from probekit.kernel.bpf import insn
from probekit.kernel.bpf.insn import R0, R1, R2, R3, R4, R6, R7, R10
from probekit.runtime.ringbuf import RingBuffer

_LINE = 1024  # bytes with the NUL: BPF_TRACE_PRINTK_SIZE in kernel/trace/bpf_trace.c
_RING_BYTES = 1 << 19
_U64 = struct.Struct("=Q")
_LONGEST_TAG = 255  # bytes: it is compared on the program's stack, which has 512
# One value per CPU, the program's working memory: lines lost, then the record: time, line.
_LOST, _RECORD, _TEXT, _SCRATCH_BYTES = 0, 8, 16, 16 + _LINE


class PrintkReader:
    """What is written with bpf_trace_printk from now on, by any program, if it begins with `tag`.

    Other readers of the trace pipe still get every line, and nothing stays behind whatever ends
    this process. `tag` is at most 255 bytes, none of them NUL. Raises BpfError where the kernel
    refuses the program, which reads kernel memory: that takes CAP_BPF and CAP_PERFMON, and no
    confidentiality lockdown.
    """

    def __init__(self, tag: bytes = b"") -> None:
        if len(tag) > _LONGEST_TAG or b"\0" in tag:
            raise ValueError(f"a tag is at most {_LONGEST_TAG} bytes, none of them NUL")
        self._descriptors: list[int] = []
        try:
            self._ring = self._open(tag)
        except BaseException:
            self._close_descriptors()
            raise

    def _open(self, tag: bytes) -> RingBuffer:
        """Link last: nothing runs before everything else is there."""
        ring = bpf.map_create(bpf.MapType.RINGBUF, 0, 0, _RING_BYTES, name="printk_lines")
        self._descriptors.append(ring)
        kind = bpf.MapType.PERCPU_ARRAY
        self._scratch = bpf.map_create(kind, 4, _SCRATCH_BYTES, 1, name="printk")
        self._descriptors.append(self._scratch)
        program = _program(tag, ring, self._scratch)
        self._prog = bpf.prog_load(bpf.ProgType.RAW_TRACEPOINT, program, name="printk_reader")
        self._descriptors.append(self._prog)
        reader = RingBuffer(ring, _RING_BYTES)
        self._descriptors.append(bpf.raw_tracepoint_open("bpf_trace_printk", self._prog))
        return reader

    @property
    def fds(self) -> list[int]:
        """The descriptors to poll: readable when there are lines."""
        return [self._ring.fd]

    def read(self) -> list[tuple[int, bytes]]:
        """The lines that are there, by time: ns of CLOCK_MONOTONIC, and the text with its tag.

        A newline at the end, which the trace pipe would double, is left out. Never waits.
        """
        records = self._ring.read(_RING_BYTES)
        start = _TEXT - _RECORD
        return sorted(
            (_U64.unpack_from(record)[0], record[start:-1].removesuffix(b"\n"))
            for record in records
        )

    @property
    def lost(self) -> int:
        """Lines not handed over: the ring was full, or they came while the program was at work.

        The latter, which kernels count since 6.1, can be lines without the tag.
        """
        size = bpf.percpu_value_size(_SCRATCH_BYTES)
        values = bpf.map_lookup(self._scratch, bytes(4), size) or b""
        starts = range(0, len(values), _SCRATCH_BYTES)  # a multiple of 8: there is no padding
        dropped = sum(int(_U64.unpack_from(values, at + _LOST)[0]) for at in starts)
        return dropped + (bpf.prog_stats(self._prog).recursion_misses or 0)

    def close(self) -> None:
        """Ends it; lines that were not read are gone."""
        self._ring.close()
        self._close_descriptors()

    def _close_descriptors(self) -> None:
        while self._descriptors:
            os.close(self._descriptors.pop())


def _program(tag: bytes, ring: int, scratch: int) -> bytes:
    """Runs at each line; `ring` and `scratch` are the maps' descriptors.

    Put together from its end, as each jump skips what is already there.
    """
    end = insn.mov(R0, 0) + insn.exit_()
    count = insn.load64(R1, R7, _LOST) + insn.add(R1, 1) + insn.store64(R7, _LOST, R1)
    send = _send(ring) + insn.jeq(R0, 0, skip=_length(count))
    read = _read() + insn.jgt(R0, _LINE, skip=_length(send))  # also an error, which is negative
    work = insn.mov_reg(R7, R0) + read + send + count
    body = _find(scratch) + insn.jeq(R0, 0, skip=_length(work)) + work + end
    return insn.load64(R6, R1, 0) + (_only_tagged(tag, body) if tag else body)


def _only_tagged(tag: bytes, body: bytes) -> bytes:
    """`body`, whose last two instructions end the program, only for lines that begin with `tag`."""
    zeros, start = insn.store_text(bytes(len(tag)))
    wanted = struct.unpack(f"={-start // 4}i", tag.ljust(-start, b"\0"))
    for at, word in reversed(list(enumerate(wanted))):
        compare = insn.jne32(R1, word, skip=_length(body) - 2)
        body = insn.load32(R1, R10, start + 4 * at) + compare + body
    arguments = insn.mov_reg(R1, R10) + insn.add(R1, start) + insn.mov(R2, len(tag))
    return zeros + arguments + insn.mov_reg(R3, R6) + insn.call(insn.PROBE_READ_KERNEL) + body


def _find(scratch: int) -> bytes:
    """r0 = this CPU's working memory."""
    key = insn.store32_imm(R10, -4, 0) + insn.mov_reg(R2, R10) + insn.add(R2, -4)
    return key + insn.map_fd(R1, scratch) + insn.call(insn.MAP_LOOKUP_ELEM)


def _read() -> bytes:
    """Time and line into the working memory; r0 = the line's bytes with its NUL."""
    time = insn.call(insn.KTIME_GET_NS) + insn.store64(R7, _RECORD, R0)
    target = insn.mov_reg(R1, R7) + insn.add(R1, _TEXT) + insn.mov(R2, _LINE)
    return time + target + insn.mov_reg(R3, R6) + insn.call(insn.PROBE_READ_KERNEL_STR)


def _send(ring: int) -> bytes:
    """The record to the ring buffer; r0 = 0 if it had room."""
    record = insn.mov_reg(R2, R7) + insn.add(R2, _RECORD)
    size = insn.mov_reg(R3, R0) + insn.add(R3, _TEXT - _RECORD)
    return record + size + insn.map_fd(R1, ring) + insn.mov(R4, 0) + insn.call(insn.RINGBUF_OUTPUT)


def _length(program: bytes) -> int:
    """In instructions, which is how jumps count."""
    return len(program) // 8
