"""SIGINT, SIGTERM and SIGHUP: before the probe is attached they end the work, after it they
ask for its end.
"""

from __future__ import annotations

import os
import signal
import socket
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """A signal came before anything was attached."""


class Interrupts:
    """Takes the signals while it is open. `fd` becomes readable when one has come.

    One that was ignored (by `nohup`, or a shell for what it starts in the background) stays so.
    `before` is what was done at each until now.
    """

    def __init__(self) -> None:
        self.requested = False
        self._attached = False
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self.before = {number: signal.getsignal(number) for number in _SIGNALS}
        for number, handler in self.before.items():
            if handler != signal.SIG_IGN:
                signal.signal(number, self._handle)
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
        for number, handler in self.before.items():
            signal.signal(number, handler)
        self._reader.close()
        self._writer.close()
