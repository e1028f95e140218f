"""What the loader's child does: it confines itself, runs a backend, sends descriptors, and ends."""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from typing import NoReturn

from probekit.backends import Backend, CSource, Descriptors, LoadFailure
from probekit.diagnostics import DiagnosticError
from probekit.record import Record
from probekit.runtime import host

BACKENDS = {"bcc": "BccBackend"}  # name, and module of that name → class; imported only in here
MAX_DESCRIPTORS = 253  # of one message: SCM_MAX_FD, include/net/scm.h

_PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h
_EXIT_BUG = 70
_COMPILER_FILES = 16  # what bcc and its compiler have open at once


class Job(Record):
    """What to load, where to compile it, and the open file for everything that is printed."""

    backend: str
    source: CSource
    folder: str
    output: int


def run_child(job: Job, sock: socket.socket, parent: int) -> NoReturn:
    """Does `job` in the process just forked from `parent`, and ends it.

    Sends `{"loaded": [[kind, name], ...]}` with as many descriptors, in several messages where
    they are many, or `{"failure": {...}}`, a LoadFailure. Whatever else goes wrong is printed.
    """
    try:
        _bind_to(parent)
        _redirect(job.output)
        _confine(job.folder)
        _report(job, sock)
        os._exit(0)
    except BaseException:
        import traceback

        os.write(2, traceback.format_exc().encode(errors="replace"))
    finally:
        os._exit(_EXIT_BUG)


def _report(job: Job, sock: socket.socket) -> None:
    try:
        _require_descriptors(job.source)
        _send(sock, _backend(job.backend).load(job.source))
    except LoadFailure as failure:
        names = ("kind", "message", "help", "function")
        content = {name: getattr(failure, name) for name in names}
        sock.send(json.dumps({"failure": content}).encode())


def _bind_to(parent: int) -> None:
    """Dies with the parent, which alone decides what Ctrl-C, sent to both, means."""
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(_EXIT_BUG)
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _redirect(output: int) -> None:
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)


def _confine(folder: str) -> None:
    """Nothing of the caller's environment is left, and nothing is written outside `folder`."""
    os.chdir(folder)
    os.environ.clear()
    os.environ["PWD"] = folder  # in an unmounted file system getcwd(3) has no answer
    sys.dont_write_bytecode = True
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    unlimited = resource.RLIM_INFINITY
    with suppress(OSError, ValueError):  # where it matters, what follows says so
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with suppress(OSError, ValueError):  # maps count against it before Linux 5.11 only
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (unlimited, unlimited))


def _require_descriptors(source: CSource) -> None:
    """The compiler and bcc say nothing of use where they run out of them."""
    try:
        with host.explained():
            host.require_descriptors(_COMPILER_FILES + len(source.maps) + len(source.programs))
    except DiagnosticError as error:
        (found,) = error.diagnostics
        raise LoadFailure(found.code, found.message, found.help) from None


def _backend(name: str) -> Backend:
    module = importlib.import_module(f"probekit.backends.{name}")
    backend: Backend = getattr(module, BACKENDS[name])()
    return backend


def _send(sock: socket.socket, descriptors: Descriptors) -> None:
    """Sends names and descriptors, as many to a message as it takes."""
    entries = [("programs", *item) for item in descriptors.programs.items()]
    entries += [("maps", *item) for item in descriptors.maps.items()]
    for start in range(0, len(entries), MAX_DESCRIPTORS):
        chunk = entries[start : start + MAX_DESCRIPTORS]
        message = {"loaded": [(kind, name) for kind, name, _ in chunk]}
        socket.send_fds(sock, [json.dumps(message).encode()], [fd for _, _, fd in chunk])
