"""Programs → links. Undone as a whole when a link is refused."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence

from probekit.diagnostics import Diagnostic, DiagnosticError, Label, Origin
from probekit.kernel import bpf, privilege
from probekit.kernel.mounts import PrivateMount
from probekit.kernel.perf import open_tracepoint
from probekit.kernel.tracefs import Tracefs
from probekit.record import Record, replace
from probekit.runtime import host
from probekit.source import Source, Span


class AttachPoint(Record):
    """A program to be attached to the tracepoint `group`/`event`, for the spec's `span`."""

    program_fd: int
    group: str
    event: str
    span: Span


class Links:
    """The links of all probes of a process.

    Closing a tracepoint's link blocks for some 50 ms. So links are pinned in a bpffs that is
    mounted nowhere, whose going, with this process, drops them all at once. Where such a
    mount is refused (no CAP_SYS_ADMIN), the links' own descriptors are kept and closed.
    """

    def __init__(self) -> None:
        self._descriptors: list[int] = []
        self._count = 0
        self._mount: PrivateMount | None
        try:
            self._mount = PrivateMount("bpf")
        except OSError:
            self._mount = None

    def attach(self, source: Source, tracefs: Tracefs, points: Sequence[AttachPoint]) -> None:
        """Attaches in order. Raises DiagnosticError; the caller closes what is attached."""
        for point in points:
            try:
                self._attach(tracefs, point)
            except OSError as error:
                raise DiagnosticError([_refused(source, point, error)]) from None

    def _attach(self, tracefs: Tracefs, point: AttachPoint) -> None:
        event = open_tracepoint(tracefs.event_id(point.group, point.event))
        try:
            link = bpf.link_create(point.program_fd, event)
        finally:
            os.close(event)  # the link holds the event
        if self._mount is None:
            self._descriptors.append(link)
            return
        try:
            bpf.obj_pin(link, self._mount.path / f"link{self._count}")
        finally:
            os.close(link)
        self._count += 1

    def close(self) -> None:
        """Detaches everything."""
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()
        if self._mount is not None:
            self._mount.close()


def _refused(source: Source, point: AttachPoint, error: OSError) -> Diagnostic:
    """Why the kernel does not attach a program, as far as its errno tells."""
    name = f"{point.group}/{point.event}"
    label = Label(source, point.span)
    if error.errno in privilege.NOT_PERMITTED:
        call = privilege.LOAD if isinstance(error, bpf.BpfError) else privilege.OPEN_EVENT
        return replace(privilege.explain(call, error.errno), label=label)
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return replace(host.exhausted(error), label=label)
    is_full = error.errno in (errno.E2BIG, errno.ENOSPC)
    return Diagnostic(
        "attach-refused",
        f"the kernel does not attach a program to `{name}`: {error.strerror}",
        label,
        help="the kernel takes 64 programs on one tracepoint: end others"
        if is_full
        else "`probekit doctor` says what this host can do",
        origin=Origin.HOST,
        details=str(error),
    )
