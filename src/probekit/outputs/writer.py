"""A descriptor that is written to without waiting for whoever reads it."""

from __future__ import annotations

import errno
import os
import select
import stat
import time

from probekit.outputs import OutputError

PENDING_BYTES = 1 << 20  # beyond this there is no room: what comes waits where it is
_CHUNK = 4096  # PIPE_BUF: so much fits into a pipe that poll(2) calls writable
_CHUNK_FILE = 1 << 16


class Writer:
    """Keeps what cannot be written yet. `fd` stays the caller's.

    Raises BrokenPipeError when nobody reads any more, OutputError when writing fails. The
    descriptor is shared with other processes, so it is never set to non-blocking here, and
    somebody else may have done so.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._is_file = stat.S_ISREG(os.fstat(fd).st_mode)
        self._pending = bytearray()
        self._is_stopped = False
        self._poll = select.poll()
        self._poll.register(fd, select.POLLOUT)

    @property
    def has_pending(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._pending)

    @property
    def has_room(self) -> bool:
        """Whether more should come."""
        return len(self._pending) < PENDING_BYTES

    @property
    def pending_lines(self) -> int:
        """How many lines wait, a half-written one among them."""
        return self._pending.count(b"\n")

    def write(self, text: str) -> None:
        """Adds `text`; nothing of it is lost before the end."""
        self._pending += text.encode("utf-8", "backslashreplace")

    def stop(self) -> None:
        """Nothing is written any more; what is added only counts as pending."""
        self._is_stopped = True

    def push(self) -> None:
        """Writes as much as goes without waiting."""
        if self._is_stopped:
            return
        written = 0
        try:
            while written < len(self._pending) and self._is_writable():
                size = _CHUNK_FILE if self._is_file else _CHUNK
                count = self._write(self._pending[written : written + size])
                if not count:
                    break
                written += count
        finally:
            del self._pending[:written]

    def _is_writable(self) -> bool:
        return self._is_file or bool(self._poll.poll(0))

    def _write(self, chunk: bytearray) -> int:
        """How many bytes went out: none where somebody's O_NONBLOCK stands in the way."""
        try:
            return os.write(self.fd, chunk)
        except BlockingIOError:
            time.sleep(0.001)  # poll(2) said otherwise: do not spin
            return 0
        except BrokenPipeError:
            raise
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise BrokenPipeError from None
            raise OutputError(error.strerror or str(error)) from None

    def drain(self, *, patience: float | None, stop_fd: int | None = None) -> bool:
        """Waits for the reader until all is written; False where it was given up.

        `patience`: how many seconds it may take nothing, None for as long as it likes;
        `stop_fd` becoming readable ends the waiting too.
        """
        waiting = select.poll()
        waiting.register(self.fd, select.POLLOUT)
        if stop_fd is not None:
            waiting.register(stop_fd, select.POLLIN)
        self.push()
        progress = time.monotonic()
        while self._pending and not self._is_stopped:
            before = len(self._pending)
            ready = waiting.poll(None if patience is None else patience * 1000)
            self.push()
            if len(self._pending) < before:
                progress = time.monotonic()
            is_stuck = patience is not None and time.monotonic() - progress >= patience
            if is_stuck or any(fd == stop_fd for fd, _ in ready):
                break
        return not self._pending
