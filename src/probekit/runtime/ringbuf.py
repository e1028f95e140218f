"""The reading end of a BPF ring buffer, as memory of this process.

The layout is that of Documentation/bpf/ringbuf.rst: a page with the consumer's position, which
is ours to write; a page with the producer's; the data, mapped twice in a row, so that every
record is in one piece. Both positions only grow; a record lies at its position modulo the size.
"""

from __future__ import annotations

import mmap
import os

_BUSY = 1 << 31  # in a record's header: reserved, not submitted yet
_DISCARDED = 1 << 30
_LENGTH = _DISCARDED - 1
_HEADER = 8  # bytes before each record


class RingBuffer:
    """The only reader of the ring buffer map `map_fd` of `size` bytes (its max_entries).

    The descriptor stays the caller's to close. x86-64 only: there a plain 8-byte load or store
    is as ordered as the protocol asks, elsewhere it takes barriers that Python has no word for,
    and NotImplementedError is raised. OSError where the map is not a ring buffer.
    """

    def __init__(self, map_fd: int, size: int) -> None:
        if os.uname().machine != "x86_64":
            raise NotImplementedError("ring buffers are read on x86-64 only")
        if size < mmap.PAGESIZE or size & (size - 1):
            raise ValueError(f"a ring buffer is a power of two of pages large, not {size} bytes")
        self.fd = map_fd
        self._size = size
        self._ours = mmap.mmap(map_fd, mmap.PAGESIZE)
        self._theirs = mmap.mmap(
            map_fd, mmap.PAGESIZE + 2 * size, prot=mmap.PROT_READ, offset=mmap.PAGESIZE
        )
        # Through a view of 8-byte items a position is one load, one store. `struct` goes byte by
        # byte: either side could see half of a new position.
        self._consumer = memoryview(self._ours).cast("Q")
        self._producer = memoryview(self._theirs)[: mmap.PAGESIZE].cast("Q")
        self._words = memoryview(self._theirs)[mmap.PAGESIZE :].cast("I")
        self._position = self._consumer[0]

    def read(self, limit_bytes: int = 1 << 20) -> list[bytes]:
        """The complete records that are there, in order; their space is the kernel's again.

        Stops at one that is still being written, and after about `limit_bytes`. A record is as
        long as was reserved. Never waits: poll `fd` for that.
        """
        begin = self._position
        end, spans = self._scan(begin, min(self._producer[0], begin + limit_bytes))
        first = mmap.PAGESIZE + begin % self._size
        window = self._theirs[first : first + end - begin]
        records = [window[start:stop] for start, stop in spans]
        if end != begin:
            self._position = self._consumer[0] = end
        return records

    def _scan(self, begin: int, limit: int) -> tuple[int, list[tuple[int, int]]]:
        """Where the complete records end, and where each lies, counted from `begin`.

        Looks at the live headers: in a copy, a header could be newer than its record.
        """
        words, mask, position = self._words, self._size - 1, begin
        spans: list[tuple[int, int]] = []
        while position < limit:
            header = words[(position & mask) >> 2]
            if header & _BUSY:
                break
            length = header & _LENGTH
            if not header & _DISCARDED:
                start = position - begin + _HEADER
                spans.append((start, start + length))
            position += (_HEADER + length + 7) & ~7
        return position, spans

    def close(self) -> None:
        """Unmaps it; what was not read stays unread."""
        for view in (self._consumer, self._producer, self._words):
            view.release()
        self._ours.close()
        self._theirs.close()
