"""SIGINT and SIGTERM: before the probe is attached they end the work, after it they ask for it."""

from __future__ import annotations

import os
import signal
import socket
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """A signal came before anything was attached."""


class Interrupts:
    """Takes both signals while it is open. `fd` becomes readable when one has come."""

    def __init__(self) -> None:
        self.requested = False
        self._attached = False
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._before = {
            number: signal.signal(number, self._handle)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    @property
    def fd(self) -> int:
        return self._reader.fileno()

    def attached(self) -> None:
        """From now on a signal asks for a clean end; a second one ends at once, with 130."""
        self._attached = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self._attached:
            raise Interrupted
        if self.requested:
            os._exit(130)  # the kernel drops all that was attached
        self.requested = True

    def close(self) -> None:
        """Gives the signals back."""
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._reader.close()
        self._writer.close()
