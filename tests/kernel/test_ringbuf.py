"""Reading ring buffers that programs on the running kernel fill."""

from __future__ import annotations

import mmap
import os
import select
import struct
import subprocess
import sys
from collections.abc import Iterator

import pytest

from probekit.kernel import bpf
from probekit.kernel.bpf.insn import (
    R0,
    R1,
    R2,
    R3,
    R6,
    R7,
    R9,
    RINGBUF_DISCARD,
    RINGBUF_RESERVE,
    RINGBUF_SUBMIT,
    add,
    call,
    exit_,
    insn,
    jeq,
    load64,
    map_fd,
    mov,
    mov_reg,
    store64,
)
from probekit.runtime.ringbuf import RingBuffer

pytestmark = pytest.mark.kernel

SIZE = mmap.PAGESIZE


class Ring:
    """A ring buffer, and programs that write one record of a given size into it."""

    def __init__(self, size: int = SIZE) -> None:
        self.fd = bpf.map_create(bpf.MapType.RINGBUF, 0, 0, size)
        self.reader = RingBuffer(self.fd, size)
        self._programs: dict[tuple[int, int], int] = {}

    def write(self, number: int, size: int = 16, end: int = RINGBUF_SUBMIT) -> bool:
        """Whether there was room for a record whose first 8 bytes are `number`."""
        if (size, end) not in self._programs:
            program = one_record(self.fd, size, end)
            kind = bpf.ProgType.RAW_TRACEPOINT
            self._programs[size, end] = bpf.prog_load(kind, program)
        return bpf.prog_test_run(self._programs[size, end], number.to_bytes(8, "little")) == 1

    def read(self, limit_bytes: int = 1 << 20) -> list[int]:
        return [int.from_bytes(record[:8], "little") for record in self.reader.read(limit_bytes)]

    def close(self) -> None:
        self.reader.close()
        for fd in (self.fd, *self._programs.values()):
            os.close(fd)


def one_record(ring: int, size: int, end: int) -> bytes:
    """Reserves `size` bytes, writes the context's first 8, and submits or discards them."""
    write = mov_reg(R1, R0) + store64(R1, 0, R7) + mov(R2, 0) + call(end) + mov(R0, 1)
    reserve = map_fd(R1, ring) + mov(R2, size) + mov(R3, 0) + call(RINGBUF_RESERVE)
    return load64(R7, R1, 0) + reserve + jeq(R0, 0, skip=len(write) // 8) + write + exit_()


@pytest.fixture
def ring() -> Iterator[Ring]:
    ring = Ring()
    yield ring
    ring.close()


def test_records_come_in_order_and_once(ring: Ring) -> None:
    assert ring.read() == []
    assert all(ring.write(number) for number in range(100))
    assert ring.read() == list(range(100))
    assert ring.read() == []


def test_a_record_is_as_long_as_was_reserved(ring: Ring) -> None:
    sizes = [8, 9, 15, 16, 17, 100, 1000]
    for size in sizes:
        ring.write(size, size)
    records = ring.reader.read()
    assert [len(record) for record in records] == sizes
    assert [record[0] for record in records] == [size % 256 for size in sizes]


def test_records_across_the_end_are_whole(ring: Ring) -> None:
    for number in range(1000):  # 72 bytes do not divide the ring: some record crosses its end
        assert ring.write(number, 64)
        assert ring.write(number + 5000, 40)
        assert ring.read() == [number, number + 5000]


def test_discarded_records_are_skipped(ring: Ring) -> None:
    for number in range(2000):  # many times around
        ring.write(number, 24, RINGBUF_DISCARD if number % 3 else RINGBUF_SUBMIT)
        if number % 50 == 49:
            first = number - 49
            assert ring.read() == [kept for kept in range(first, number + 1) if kept % 3 == 0]
    ring.write(1, 8, RINGBUF_DISCARD)
    assert ring.read() == []


def test_a_full_ring_takes_no_more_until_it_is_read(ring: Ring) -> None:
    taken = [ring.write(number) for number in range(1000)]
    room = taken.index(False)
    assert SIZE // 24 - 1 <= room <= SIZE // 24
    assert not any(taken[room:])
    assert ring.read() == list(range(room))
    assert ring.write(7)
    assert ring.read() == [7]


def test_a_limit_leaves_the_rest_for_the_next_time(ring: Ring) -> None:
    for number in range(10):
        ring.write(number)
    assert ring.read(limit_bytes=1) == [0]
    assert ring.read(limit_bytes=48) == [1, 2]
    assert ring.read() == list(range(3, 10))


def test_what_another_reader_left_is_read(ring: Ring) -> None:
    ring.write(1)
    ring.write(2)
    assert ring.read(limit_bytes=1) == [1]
    ring.reader.close()
    ring.reader = RingBuffer(ring.fd, SIZE)
    assert ring.read() == [2]


def test_the_descriptor_wakes_a_sleeper(ring: Ring) -> None:
    poller = select.poll()
    poller.register(ring.reader.fd, select.POLLIN)
    assert poller.poll(0) == []
    ring.write(1)
    assert poller.poll(1000) == [(ring.fd, select.POLLIN)]
    ring.read()
    assert poller.poll(0) == []


def test_what_is_no_ring_buffer_is_refused() -> None:
    fd = bpf.map_create(bpf.MapType.HASH, 4, 4, 1)
    with pytest.raises(OSError, match="Errno"):
        RingBuffer(fd, SIZE)
    with pytest.raises(ValueError, match="power of two of pages"):
        RingBuffer(fd, 3 * SIZE)
    os.close(fd)


def test_a_record_still_being_written_ends_the_read() -> None:
    """On memory laid out as the kernel's, since no program can be halted amid a record."""
    fd = os.memfd_create("ring")
    os.ftruncate(fd, 4 * SIZE)
    kernel = mmap.mmap(fd, 4 * SIZE)
    kernel[SIZE : SIZE + 8] = struct.pack("Q", 3 * 16)
    busy = 1 << 31
    kernel[2 * SIZE : 2 * SIZE + 48] = struct.pack("IIQ" * 3, 8, 0, 1, 8 | busy, 0, 2, 8, 0, 3)
    reader = RingBuffer(fd, SIZE)
    assert reader.read() == [struct.pack("Q", 1)]
    assert reader.read() == []
    assert struct.unpack_from("Q", kernel) == (16,)
    kernel[2 * SIZE + 16 : 2 * SIZE + 20] = struct.pack("I", 8)
    assert reader.read() == [struct.pack("Q", 2), struct.pack("Q", 3)]
    assert struct.unpack_from("Q", kernel) == (48,)
    reader.close()
    os.close(fd)


WORDS = 16  # of a record, all the same number
RECORDS = 20  # one run of the program


def many_records(ring: int) -> bytes:
    """Writes RECORDS records of WORDS words that count on from the context; r0: how many fit."""
    fill = mov_reg(R1, R0) + b"".join(store64(R1, 8 * word, R6) for word in range(WORDS))
    fill += mov(R2, 0) + call(RINGBUF_SUBMIT) + add(R9, 1)
    reserve = map_fd(R1, ring) + mov(R2, 8 * WORDS) + mov(R3, 0) + call(RINGBUF_RESERVE)
    body = reserve + jeq(R0, 0, skip=len(fill) // 8) + fill + add(R6, 1) + add(R7, 1)
    again = insn(0xA5, R7, 0, -(len(body) // 8) - 1, RECORDS)  # if r7 < RECORDS
    start = load64(R6, R1, 0) + mov(R7, 0) + mov(R9, 0)
    return start + body + again + mov_reg(R0, R9) + exit_()


PRODUCER = """
import sys
from probekit.kernel import bpf
program, written = int(sys.argv[1]), 0
for number in range(0, int(sys.argv[2]), int(sys.argv[3])):
    written += bpf.prog_test_run(program, number.to_bytes(8, "little"))
print(written)
"""


def test_nothing_is_torn_or_miscounted_while_another_process_writes() -> None:
    ring = Ring(1 << 20)
    program = bpf.prog_load(bpf.ProgType.RAW_TRACEPOINT, many_records(ring.fd))
    os.set_inheritable(program, True)
    total = 400_000
    command = [sys.executable, "-c", PRODUCER, str(program), str(total), str(RECORDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=[program]) as producer:
        numbers: list[int] = []
        while producer.poll() is None:
            numbers += checked(ring.reader.read())
        numbers += checked(ring.reader.read())
        assert producer.stdout is not None
        written = int(producer.stdout.read())
    os.close(program)
    ring.close()
    assert len(numbers) == written
    assert numbers == sorted(set(numbers))
    assert 0 < written <= total


def checked(records: list[bytes]) -> list[int]:
    """The numbers of records whose words are all the same."""
    for record in records:
        assert record == record[:8] * WORDS
    return [int.from_bytes(record[:8], "little") for record in records]
