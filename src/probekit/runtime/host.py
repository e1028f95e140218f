"""What this host must have for a probe to run; what it lacks, or refuses, as a diagnostic."""

from __future__ import annotations

import errno
import os
import resource  # now: where there are no descriptors left, nothing can be imported
from collections.abc import Iterator
from contextlib import contextmanager

from probekit.diagnostics import Diagnostic, DiagnosticError, Origin, host_error
from probekit.kernel import privilege
from probekit.kernel.bpf import BpfError

_FILE_SYSTEMS = {
    "/proc/self/fd": "mount -t proc proc /proc",
    "/sys/kernel": "mount -t sysfs sys /sys",
}
_OLDEST = (5, 8)
_DESCRIPTORS = 32  # that a run has open at once, beside those of its maps and programs


def require_files() -> None:
    """Raises DiagnosticError `no-kernel-files` where proc(5) or sysfs(5) is not mounted."""
    for path, command in _FILE_SYSTEMS.items():
        if not os.path.exists(path):
            raise host_error("no-kernel-files", f"`{path}` is not there", help=f"`{command}`")


def require_kernel(release: str, machine: str) -> None:
    """Raises DiagnosticError: `unsupported-machine`, `old-kernel`. As uname(2) names them."""
    if machine != "x86_64":
        raise host_error(
            "unsupported-machine",
            f"this version runs probes on x86-64 only, and this machine is {machine}",
            help="`probekit check` and `probekit render` work here",
        )
    numbers = tuple(int(part) if part.isdigit() else 0 for part in release.split(".")[:2])
    if numbers < _OLDEST:
        raise host_error(
            "old-kernel",
            f"ring buffers need Linux 5.8 or later, and this is {release}",
            help="`probekit check` and `probekit render` work here",
        )


def require_descriptors(count: int = _DESCRIPTORS) -> None:
    """Raises DiagnosticError where this process may not open `count` files more."""
    taken: list[int] = []
    failure: OSError | None = None
    try:
        taken.extend(os.dup(0) for _ in range(count))
    except OSError as error:
        failure = error
    for fd in taken:
        os.close(fd)
    if failure is not None:
        raise DiagnosticError([exhausted(failure)])


@contextmanager
def explained() -> Iterator[None]:
    """What this host refuses in the block, as the DiagnosticError that says why."""
    try:
        yield
    except (OSError, MemoryError) as error:
        diagnostic = explain(error)
        if diagnostic is None:
            raise
        raise DiagnosticError([diagnostic]) from None


def explain(error: OSError | MemoryError) -> Diagnostic | None:
    """Why the kernel gave that error; None where this is not the host's doing."""
    if isinstance(error, BpfError):
        return explain_bpf(error)
    if isinstance(error, FileNotFoundError) and str(error.filename).startswith(("/sys/", "/proc/")):
        help = " and ".join(f"`{command}`" for command in _FILE_SYSTEMS.values())
        return _host("no-kernel-files", f"`{error.filename}` is not there", f"mount them: {help}")
    if isinstance(error, MemoryError) or error.errno in _EXHAUSTED:
        return exhausted(error)
    is_call = error.errno in privilege.NOT_PERMITTED and error.filename is None
    return privilege.explain_ordinary() if is_call else None


def explain_bpf(error: BpfError) -> Diagnostic:
    """Why the kernel refused a command of bpf(2)."""
    if error.errno in privilege.NOT_PERMITTED:
        return privilege.explain(privilege.LOAD, error.errno)
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return exhausted(error)
    return Diagnostic(
        "kernel-refused",
        f"the kernel refuses BPF_{error.command}: {error.strerror}",
        help="`probekit doctor` says what this host can do",
        origin=Origin.HOST,
        details=error.detail,
    )


# What there can be too little of: by errno, which limit it is, in whose words, and what to do.
_EXHAUSTED = {
    errno.EMFILE: (
        "descriptor-limit",
        "RLIMIT_NOFILE",
        "this process may have only {} open files, which is too few",
        "raise the limit: `ulimit -n 4096`, in a systemd unit `LimitNOFILE=4096`",
    ),
    errno.ENFILE: (
        "descriptor-limit",
        "",
        "this machine has as many open files as it may have",
        "raise the limit: `sysctl fs.file-max=1000000`",
    ),
    errno.EAGAIN: (
        "process-limit",
        "RLIMIT_NPROC",
        "no other process may be started (this user may have {} of them)",
        "raise the limit: `ulimit -u 4096`, in a container `--pids-limit`,"
        " in a systemd unit `TasksMax=`",
    ),
    errno.EFBIG: (
        "file-size-limit",
        "RLIMIT_FSIZE",
        "this process may write only {} bytes into a file",
        "raise the limit: `ulimit -f unlimited`, in a systemd unit `LimitFSIZE=infinity`",
    ),
    errno.ENOMEM: (
        "memory-limit",
        "RLIMIT_AS",
        "there is not enough memory (this process may address {} of it)",
        "raise the limit: `ulimit -v unlimited`, in a container `--memory`,"
        " in a systemd unit `MemoryMax=`",
    ),
}


def exhausted(error: OSError | MemoryError) -> Diagnostic:
    """What there is too little of; `error` is a MemoryError, or of an errno for that."""
    number = errno.ENOMEM if isinstance(error, MemoryError) else error.errno or 0
    code, limit, message, help = _EXHAUSTED[number]
    most = resource.getrlimit(getattr(resource, limit))[0] if limit else 0
    shown = f"{most >> 20} MiB" if limit == "RLIMIT_AS" else f"{most}"
    message = message.format("any amount" if most == resource.RLIM_INFINITY else shown)
    return _host(code, message, help)


def _host(code: str, message: str, help: str) -> Diagnostic:
    return Diagnostic(code, message, help=help, origin=Origin.HOST)
