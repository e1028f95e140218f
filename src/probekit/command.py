"""The command after `--`: started, held back until the probe is ready, and waited for."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from probekit.diagnostics import Diagnostic, DiagnosticError, Origin
from probekit.kernel import bpf

_PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h


@dataclass(slots=True)
class Command:
    """A child process that waits to become the command.

    `pid` is what the kernel calls it, `local_pid` what this process's namespace does.
    `end_fd` becomes readable when it has ended.
    """

    name: str
    pid: int
    local_pid: int
    end_fd: int
    _go: int
    status: int | None = None

    def release(self) -> None:
        """Lets it start its program."""
        os.write(self._go, b"!")
        os.close(self._go)
        self._go = -1

    def reap(self) -> None:
        """Takes its end, if it has ended, into `status`."""
        if self.status is None:
            pid, status = os.waitpid(self.local_pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)

    @property
    def failure(self) -> str | None:
        """How it failed, None where it did not or has not ended."""
        if not self.status:
            return None
        if self.status > 0:
            return f"exit status {self.status}"
        return f"killed by {signal.Signals(-self.status).name}"

    def close(self) -> None:
        """Ends it, if it has not ended yet, with SIGTERM."""
        if self._go >= 0:
            os.close(self._go)
            self._go = -1
        self.reap()
        if self.status is None:
            os.kill(self.local_pid, signal.SIGTERM)
            self.reap()
        os.close(self.end_fd)


def find(argv: Sequence[str]) -> str:
    """The path of the program that `argv` names. Raises DiagnosticError where there is none."""
    path = shutil.which(argv[0])
    if path is None:
        raise DiagnosticError(
            [
                Diagnostic(
                    "command-not-found",
                    f"no command `{argv[0]}`",
                    help="check its name, or give its path",
                    origin=Origin.USAGE,
                )
            ]
        )
    return path


def start(path: str, argv: Sequence[str]) -> Command:
    """A child that runs `path` with `argv` when it is released; it dies with this process."""
    ready, tell = os.pipe2(os.O_CLOEXEC)
    wait, go = os.pipe2(os.O_CLOEXEC)
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        os.close(go)
        _become(path, argv, parent, tell, wait)
    os.close(tell)
    os.close(wait)
    answer = os.read(ready, 32)
    os.close(ready)
    end_fd = os.pidfd_open(child)
    return Command(argv[0], int(answer or child), child, end_fd, go)


def _become(path: str, argv: Sequence[str], parent: int, tell: int, wait: int) -> NoReturn:
    """Never returns; whatever fails here ends the child with 127, as a shell would."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        os.write(tell, str(bpf.current_pid()).encode())
        if os.getppid() == parent and os.read(wait, 1):
            os.execv(path, list(argv))
    except OSError as error:
        os.write(2, f"probekit: `{argv[0]}` does not start: {error.strerror}\n".encode())
    finally:
        os._exit(127)
