"""Loads a probe in a short-lived child: only file descriptors come back from it.

The child alone imports a backend and holds the compiler's memory; when the compiler kills it, that
is a diagnostic. It dies with its parent, and leaves nothing on disk.
"""

from __future__ import annotations

import array
import errno
import json
import os
import re
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from probekit.backends import CSource, Descriptors, LoadFailure
from probekit.diagnostics import Diagnostic, DiagnosticError, Origin, host_error
from probekit.kernel import privilege
from probekit.kernel.mounts import PrivateMount
from probekit.record import replace
from probekit.runtime import host, verifier
from probekit.runtime.loader_child import MAX_DESCRIPTORS, Job, run_child
from probekit.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

_MESSAGE_SIZE = 1 << 17  # bytes; the names of one message take a quarter of it
_OUT_OF_MEMORY = re.compile("std::bad_alloc|LLVM ERROR: out of memory|failed to map segment")
_OUTPUT_SIZE = 1 << 26  # bytes that are kept of what the child prints; verifier logs grow long


def load(backend: str, source: CSource, spec: Source) -> Descriptors:
    """Compiles and loads `source`; the caller closes the descriptors.

    Raises DiagnosticError, with labels in `spec`, the file whose lines the C's `#line` count.
    SIGINT, or whatever else raises an exception in here, ends the child first.
    """
    output = os.memfd_create("loader-output")
    try:
        with _private_folder(source.spec_text) as folder:
            result = _run(Job(backend, source, folder, output))
        if result.is_complete(source):
            return result.descriptors
        result.close()
        raise DiagnosticError(_explain(result, _text(output), source, spec))
    finally:
        os.close(output)


class _Result:
    """What came from the child, and how it ended (a `waitid` result)."""

    def __init__(self) -> None:
        self.descriptors = Descriptors({}, {})
        self.failure: LoadFailure | None = None
        self.end: os.waitid_result | None = None

    def is_complete(self, source: CSource) -> bool:
        """Whether the child had all of it done: each program and each map of `source` is there."""
        programs = {program.function for program in source.programs}
        there = self.descriptors
        named = there.programs.keys() == programs and there.maps.keys() == set(source.maps)
        return named and self.failure is None

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
        with _temporary_folder(spec_text) as folder:
            yield folder
        return
    with mount:
        _write(f"{mount.path}/{verifier.SPEC_NAME}", spec_text)
        yield str(mount.path)


def _temporary_folder(spec_text: str) -> TemporaryDirectory[str]:
    import tempfile

    try:
        folder = tempfile.TemporaryDirectory(prefix="probekit-")
        _write(f"{folder.name}/{verifier.SPEC_NAME}", spec_text)
    except OSError:
        raise host_error(
            "no-temporary-folder",
            "there is no folder to compile in: $TMPDIR, /tmp and /var/tmp are read-only or full",
            help="make room, or name another folder: `TMPDIR=/run`; with CAP_SYS_ADMIN none is"
            " needed",
        ) from None
    return folder


def _write(path: str, text: str) -> None:
    with open(path, "x", encoding="utf-8", newline="") as file:
        file.write(text)


def _run(job: Job) -> _Result:
    """Does `job` in a child, which is gone when this returns or raises."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # No signal comes between the fork and the `finally` that ends the child.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    with ours, theirs:
        try:
            parent = os.getpid()
            pid = os.fork()
            if pid == 0:
                run_child(job, theirs, parent)
            child = os.pidfd_open(pid)
            try:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
                theirs.close()
                return _collect(ours, child)
            finally:
                _end(child)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _collect(sock: socket.socket, child: int) -> _Result:
    """Everything the child sends, to its end."""
    result = _Result()
    try:
        while _receive(sock, result):
            pass
        result.end = os.waitid(os.P_PIDFD, child, os.WEXITED)
    except BaseException:
        result.close()
        raise
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
    space = socket.CMSG_SPACE(MAX_DESCRIPTORS * 4)
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
    if _OUT_OF_MEMORY.search(text):
        return [replace(host.exhausted(MemoryError()), details=text)]
    if failure is None:
        if end is not None and end.si_code != os.CLD_EXITED:
            return [verifier.death(signal.Signals(end.si_status).name, text, spec)]
        # LLVM may print an error and leave by exit(1).
        return verifier.compile_diagnostics(text, source, spec)
    if failure.kind == "compile":
        return [_named(d) for d in verifier.compile_diagnostics(text, source, spec)]
    if failure.kind == "load":
        found = verifier.load_diagnostics(text, failure.function, source, spec)
        return [_named(d) for d in found]
    return [
        Diagnostic(
            failure.kind, failure.message, help=failure.help, origin=Origin.HOST, details=text
        )
    ]


def _named(diagnostic: Diagnostic) -> Diagnostic:
    """With the privilege by its name where one is missing, which no log says."""
    if diagnostic.code != "no-privilege":
        return diagnostic
    cause = privilege.explain(privilege.LOAD, errno.EPERM)
    return replace(cause, label=diagnostic.label, details=diagnostic.details)
