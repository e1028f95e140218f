"""The command after `--`: started, held back until the probe is ready, and waited for."""

from __future__ import annotations

import ctypes
import errno
import os
import select
import shutil
import signal
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeAlias

from probekit.diagnostics import Diagnostic, DiagnosticError, Origin
from probekit.kernel import bpf
from probekit.show import show_text

Dispositions: TypeAlias = Mapping[signal.Signals, Any]
GRACE_MS = 200
_PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h


class Command:
    """A child process that waits to become the command.

    `pid` is what the kernel calls it, `local_pid` what this process's namespace does.
    `end_fd` becomes readable when it has ended.
    """

    def __init__(self, name: str, pid: int, local_pid: int, end_fd: int, go: int) -> None:
        self.name = name
        self.pid = pid
        self.local_pid = local_pid
        self.end_fd = end_fd
        self._go = go
        self.status: int | None = None
        self.was_ended = False

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

    def end(self) -> None:
        """Ends it, if it has not ended by itself: SIGTERM, and a moment to obey."""
        self.reap()
        if self.status is not None:
            return
        for number in (signal.SIGTERM, signal.SIGCONT):  # one that is stopped has to go on for it
            os.kill(self.local_pid, number)
        poller = select.poll()
        poller.register(self.end_fd, select.POLLIN)
        poller.poll(GRACE_MS)
        self.reap()
        self.was_ended = self.status is not None

    def close(self) -> None:
        """Ends it, if it was never released or still runs."""
        if self._go >= 0:
            os.close(self._go)
            self._go = -1
        self.end()
        os.close(self.end_fd)


def find(argv: Sequence[str]) -> str:
    """The path of the program that `argv` names. Raises DiagnosticError where there is none."""
    path = shutil.which(argv[0])
    if path is None:
        raise _not_found(argv[0])
    return path


def _not_found(name: str) -> DiagnosticError:
    """Why a command cannot be started."""
    shown = show_text(name.encode(errors="surrogateescape"))
    message, help = f"no command `{shown}`", "check its name, or give its path"
    if os.path.isdir(name):
        message, help = f"`{shown}` is a folder, not a command", ""
    elif os.path.exists(name):
        message, help = f"`{shown}` is not executable", "allow it: `chmod +x`"
    return DiagnosticError(
        [Diagnostic("command-not-found", message, help=help, origin=Origin.USAGE)]
    )


def start(path: str, argv: Sequence[str], dispositions: Dispositions) -> Command:
    """A child that runs `path` with `argv` when it is released; it dies with this process.

    `dispositions`: what this process did at signals before it took them itself.
    """
    ready, tell = os.pipe2(os.O_CLOEXEC)
    wait, go = os.pipe2(os.O_CLOEXEC)
    parent = os.getpid()
    # No signal may run this process's handlers in the child.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, dispositions.keys())
    child = os.fork()
    if child == 0:
        os.close(go)
        _become(path, argv, parent, tell, wait, dispositions, mask)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    os.close(tell)
    os.close(wait)
    answer = os.read(ready, 32)
    os.close(ready)
    end_fd = os.pidfd_open(child)
    return Command(argv[0], int(answer or child), child, end_fd, go)


def _become(
    path: str,
    argv: Sequence[str],
    parent: int,
    tell: int,
    wait: int,
    dispositions: Dispositions,
    mask: set[int | signal.Signals],
) -> NoReturn:
    """Never returns; whatever fails here ends the child with 127, as a shell would."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        signal.set_wakeup_fd(-1)
        for number, before in dispositions.items():
            signal.signal(number, signal.SIG_IGN if before == signal.SIG_IGN else signal.SIG_DFL)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.write(tell, str(bpf.current_pid()).encode())
        if os.getppid() == parent and os.read(wait, 1):
            os.execv(path, list(argv))
    except OSError as error:
        os.write(2, _start_failure(argv[0], error).encode())
    finally:
        os._exit(127)


def _start_failure(name: str, error: OSError) -> str:
    shown = show_text(name.encode(errors="surrogateescape"))
    why = error.strerror or str(error)
    if error.errno == errno.ENOEXEC:
        why = "it is no program; a script begins with a line such as `#!/bin/sh`"
    return f"probekit: `{shown}` does not start: {why}\n"
