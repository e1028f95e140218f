"""Loads a probe in a short-lived child: only file descriptors come back from it.

The child alone imports a backend and holds the compiler's memory; when the compiler kills it, that
is a diagnostic. It dies with its parent, and leaves nothing on disk.
"""

from __future__ import annotations

import array
import importlib
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from probekit import verifier
from probekit.backends import Backend, CSource, Descriptors, LoadFailure
from probekit.diagnostics import Diagnostic, DiagnosticError, Origin, host_error
from probekit.kernel.mounts import PrivateMount
from probekit.source import Source

BACKENDS = {"bcc": "BccBackend"}  # name, and module of that name → class; imported in the child

_MAX_DESCRIPTORS = 253  # of one message: SCM_MAX_FD, include/net/scm.h
_MESSAGE_SIZE = 1 << 17  # bytes; 253 names take a quarter of it
_OUTPUT_SIZE = 1 << 26  # bytes that are kept of what the child prints; verifier logs grow long
_PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h
_EXIT_BUG = 70


def load(backend: str, source: CSource, spec: Source) -> Descriptors:
    """Compiles and loads `source`; the caller closes the descriptors.

    Raises DiagnosticError, with labels in `spec`, the file whose lines the C's `#line` count.
    SIGINT, or whatever else raises an exception in here, ends the child first.
    """
    output = os.memfd_create("loader-output")
    try:
        with _private_folder(source.spec_text) as folder:
            result = _run(lambda socket: _work(socket, backend, source, folder, output))
        if result.is_complete(source):
            return result.descriptors
        result.close()
        raise DiagnosticError(_explain(result, _text(output), source, spec))
    finally:
        os.close(output)


@dataclass(slots=True)
class _Result:
    """What came from the child, and how it ended (a `waitid` result)."""

    descriptors: Descriptors = field(default_factory=lambda: Descriptors({}, {}))
    failure: LoadFailure | None = None
    end: os.waitid_result | None = None

    def is_complete(self, source: CSource) -> bool:
        """Whether each program and each map of `source` is there."""
        programs = {program.function for program in source.programs}
        there = self.descriptors
        return there.programs.keys() == programs and there.maps.keys() == set(source.maps)

    def close(self) -> None:
        for fd in (*self.descriptors.programs.values(), *self.descriptors.maps.values()):
            os.close(fd)


@contextmanager
def _private_folder(spec_text: str) -> Iterator[str]:
    """A folder for root alone with `spec.yaml` in it, which goes with this process.

    Where the user may not mount, it is a temporary folder, which SIGKILL would leave behind.
    """
    try:
        mount = PrivateMount("tmpfs")
    except OSError:
        mount = None
    if mount is None:
        import tempfile

        with tempfile.TemporaryDirectory(prefix="probekit-") as folder:
            _write(f"{folder}/{verifier.SPEC_NAME}", spec_text)
            yield folder
        return
    with mount:
        _write(f"{mount.path}/{verifier.SPEC_NAME}", spec_text)
        yield str(mount.path)


def _write(path: str, text: str) -> None:
    with open(path, "x", encoding="utf-8", newline="") as file:
        file.write(text)


# The parent's side


def _run(work: Callable[[socket.socket], None]) -> _Result:
    """Runs `work` in a child, which is gone when this returns or raises."""
    result = _Result()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _child(parent, lambda: work(theirs))
        child = os.pidfd_open(pid)
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()
            while _receive(ours, result):
                pass
            result.end = os.waitid(os.P_PIDFD, child, os.WEXITED)
        except BaseException:
            result.close()
            raise
        finally:
            _end(child)
    return result


def _end(child: int) -> None:
    """Kills and reaps the child where that is still to be done."""
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(child, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitid(os.P_PIDFD, child, os.WEXITED)
    os.close(child)


def _receive(sock: socket.socket, result: _Result) -> bool:
    """Takes one message of the child; False at its end."""
    # Not socket.recv_fds: it does not pass the flags on.
    space = socket.CMSG_SPACE(_MAX_DESCRIPTORS * 4)
    data, ancillary, flags, _ = sock.recvmsg(_MESSAGE_SIZE, space, socket.MSG_CMSG_CLOEXEC)
    fds = array.array("i")
    for _, _, content in ancillary:
        fds.frombytes(content[: len(content) // 4 * 4])
    if data:
        _take(json.loads(data), fds, result)
    if flags & socket.MSG_CTRUNC:
        raise host_error(
            "descriptor-limit",
            "there are more programs and maps than this process may have open files",
            help="raise the limit: `ulimit -n 4096`",
        )
    return bool(data)


def _take(message: dict[str, Any], fds: Sequence[int], result: _Result) -> None:
    """Puts a message into `result`: a failure, or [kind, name] of each descriptor with it."""
    if "failure" in message:
        result.failure = LoadFailure(**message["failure"])
        return
    for (kind, name), fd in zip(message["loaded"], fds, strict=False):
        found: dict[str, int] = getattr(result.descriptors, kind)
        found[name] = fd


def _text(output: int) -> str:
    """The last of what the child printed."""
    size = os.fstat(output).st_size
    return os.pread(output, _OUTPUT_SIZE, max(0, size - _OUTPUT_SIZE)).decode(errors="replace")


def _explain(result: _Result, text: str, source: CSource, spec: Source) -> list[Diagnostic]:
    """Why the child did not send everything."""
    failure, end = result.failure, result.end
    if failure is None:
        if end is not None and end.si_code != os.CLD_EXITED:
            return [verifier.death(signal.Signals(end.si_status).name, text, spec)]
        # LLVM may print an error and leave by exit(1).
        return verifier.compile_diagnostics(text, source, spec)
    if failure.kind == "compile":
        return verifier.compile_diagnostics(text, source, spec)
    if failure.kind == "load":
        return verifier.load_diagnostics(text, failure.function, source, spec)
    return [
        Diagnostic(
            failure.kind, failure.message, help=failure.help, origin=Origin.HOST, details=text
        )
    ]


# The child's side


def _child(parent: int, work: Callable[[], None]) -> NoReturn:
    try:
        _bind_to(parent)
        work()
        os._exit(0)
    except BaseException:
        import traceback

        os.write(2, traceback.format_exc().encode(errors="replace"))
    finally:
        os._exit(_EXIT_BUG)


def _work(sock: socket.socket, backend: str, source: CSource, folder: str, output: int) -> None:
    _redirect(output)
    _confine(folder)
    try:
        _send(sock, _backend(backend).load(source))
    except LoadFailure as failure:
        content = {name: getattr(failure, name) for name in ("kind", "message", "help", "function")}
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
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    unlimited = resource.RLIM_INFINITY
    with suppress(OSError, ValueError):  # maps count against it before Linux 5.11 only
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (unlimited, unlimited))


def _backend(name: str) -> Backend:
    module = importlib.import_module(f"probekit.backends.{name}")
    backend: Backend = getattr(module, BACKENDS[name])()
    return backend


def _send(sock: socket.socket, descriptors: Descriptors) -> None:
    """Sends names and descriptors, as many to a message as it takes."""
    entries = [("programs", *item) for item in descriptors.programs.items()]
    entries += [("maps", *item) for item in descriptors.maps.items()]
    for start in range(0, len(entries), _MAX_DESCRIPTORS):
        chunk = entries[start : start + _MAX_DESCRIPTORS]
        message = {"loaded": [(kind, name) for kind, name, _ in chunk]}
        socket.send_fds(sock, [json.dumps(message).encode()], [fd for _, _, fd in chunk])
