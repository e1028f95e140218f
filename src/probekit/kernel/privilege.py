"""Why the kernel refuses this process a call: the privilege that it lacks, by its name.

capabilities(7); who asks for what: kernel/bpf/syscall.c, kernel/events/core.c, fs/fsopen.c.
"""

from __future__ import annotations

import errno
import os

from probekit.diagnostics import Diagnostic, DiagnosticError, Origin, host_error
from probekit.record import Record

_NUMBERS = {  # include/uapi/linux/capability.h
    "CAP_DAC_OVERRIDE": 1,
    "CAP_DAC_READ_SEARCH": 2,
    "CAP_SYS_ADMIN": 21,
    "CAP_PERFMON": 38,
    "CAP_BPF": 39,
}
_INITIAL_USER_NAMESPACE = 0xEFFFFFFD  # PROC_USER_INIT_INO, include/linux/proc_ns.h
_LOCKDOWN = "/sys/kernel/security/lockdown"
_PARANOID = "/proc/sys/kernel/perf_event_paranoid"
_BEYOND_A_PAGE = 1 << 20
_SYSTEMD_CALLS = "@system-service @mount bpf perf_event_open"  # all that a run takes
NOT_PERMITTED = (errno.EPERM, errno.EACCES, errno.ENOSYS)  # what `explain` knows


class Call(Record):
    """A system call, and the privilege that it needs: any one of the `enough` groups.

    `senseless` are arguments that the kernel refuses as such, with the errno `says`: another
    answer is a filter's. `number` is the call's name in `kernel.syscall`.
    """

    name: str
    enough: tuple[tuple[str, ...], ...]
    number: str
    senseless: tuple[int, ...]
    says: int


LOAD = Call(
    "bpf(2)",
    (("CAP_BPF", "CAP_PERFMON"), ("CAP_SYS_ADMIN",)),
    "BPF",
    (0, 0, _BEYOND_A_PAGE),  # an attr that is too large
    errno.E2BIG,
)
OPEN_EVENT = Call(
    "perf_event_open(2)",
    (("CAP_PERFMON",), ("CAP_SYS_ADMIN",)),
    "PERF_EVENT_OPEN",
    (0, 0, -1, -1, 1 << 40),  # a flag that there is not
    errno.EINVAL,
)
_ADMIN = (("CAP_SYS_ADMIN",),)
_NO_FLAG = 1 << 20  # of any of the calls below
_MOUNT = (
    Call("fsopen(2)", _ADMIN, "FSOPEN", (0, 0), errno.EFAULT),
    Call("fsconfig(2)", _ADMIN, "FSCONFIG", (-1, 0), errno.EINVAL),
    Call("fsmount(2)", _ADMIN, "FSMOUNT", (-1, _NO_FLAG), errno.EINVAL),
)
# What everybody may call, but for filters that were made before the kernel had it.
_ORDINARY = (
    Call("pidfd_open(2)", (), "PIDFD_OPEN", (0, _NO_FLAG), errno.EINVAL),
    Call("pidfd_send_signal(2)", (), "PIDFD_SEND_SIGNAL", (-1, 0, 0, _NO_FLAG), errno.EINVAL),
    Call("memfd_create(2)", (), "MEMFD_CREATE", (0, _NO_FLAG), errno.EINVAL),
    Call("timerfd_create(2)", (), "TIMERFD_CREATE", (-1, 0), errno.EINVAL),
)
_READ = Call("open(2)", (("CAP_DAC_READ_SEARCH",), ("CAP_DAC_OVERRIDE",)), "", (), 0)


def holds(capability: str) -> bool:
    """Whether this process may use the capability now: it is in its effective set."""
    return bool(int(_status("CapEff") or "0", 16) >> _NUMBERS[capability] & 1)


def _status(name: str) -> str:
    """A line of proc_pid_status(5) of this process; "" where there is none."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            lines = dict(line.split(":", 1) for line in file)
    except OSError:
        return ""
    return lines.get(name, "").strip()


def lacking(call: Call) -> tuple[str, ...]:
    """The capabilities to give to this process for `call`; none if it has enough."""
    missing = [tuple(one for one in group if not holds(one)) for group in call.enough]
    return () if () in missing else missing[0]


def explain(call: Call, number: int) -> Diagnostic:
    """Why `call` ended in the errno `number`: EPERM, EACCES or ENOSYS."""
    missing = lacking(call)
    if number == errno.ENOSYS:
        return _filtered(call) if _is_filtered() else _not_built_in(call)
    if missing and os.geteuid() != 0 and not any(map(holds, _NUMBERS)):
        return _host(
            "no-privilege",
            f"only root may do this: the kernel refuses {call.name} to user {os.geteuid()}",
            f"run it as root, with `sudo`; or {_give(missing)}",
        )
    if in_user_namespace():
        return _host(
            "user-namespace",
            f"this process is root in its user namespace only: the kernel refuses {call.name}",
            "run it as root of the host: no rootless container, no `unshare -U`",
        )
    if missing:
        return _host(
            "missing-capability",
            f"this process lacks {' and '.join(missing)}: the kernel refuses {call.name}",
            _give(missing),
        )
    return _refused_to_the_privileged(call, number)


def explain_mount(number: int) -> Diagnostic:
    """Why mounting ended in the errno `number`: the call of the three that is refused."""
    refused = (call for call in _MOUNT if not _reaches_the_kernel(call))
    return explain(next(refused, _MOUNT[0]), number)


def explain_ordinary() -> Diagnostic | None:
    """Why a call that needs no privilege is refused: a filter does it; None where none does."""
    if not _is_filtered():
        return None
    return next((_filtered(call) for call in _ORDINARY if not _reaches_the_kernel(call)), None)


def _reaches_the_kernel(call: Call) -> bool:
    """Whether the call's own answer comes back, and no filter's before it."""
    from probekit.kernel import syscall

    return syscall.syscall(getattr(syscall, call.number), *call.senseless) == -call.says


def _refused_to_the_privileged(call: Call, number: int) -> Diagnostic:
    from probekit.kernel import syscall

    if not _reaches_the_kernel(call):
        return _filtered(call)
    if "[confidentiality]" in lockdown():
        return locked_down()
    if call is OPEN_EVENT and not holds("CAP_SYS_ADMIN"):
        return _paranoid()
    return _host(
        "kernel-refused",
        f"the kernel refuses {call.name} to this process: {syscall.strerror(number)}",
        "it has the capabilities, so a security module does (AppArmor, SELinux): `dmesg` tells",
    )


def closed(path: str) -> DiagnosticError:
    """Why the files of tracefs at `path` cannot be read."""
    message, missing = f"tracefs at `{path}` is closed to this user", lacking(_READ)
    if not missing or not any(map(holds, _NUMBERS)):
        return host_error("tracefs-denied", message, help="run it as root, with `sudo`")
    message += f", who lacks {' and '.join(missing)}"
    return host_error("tracefs-denied", message, help=_give(missing))


def unmounted(error: OSError) -> tuple[str, str]:
    """Why mounting ended in `error`, and a further way out, as the rest of a sentence."""
    if error.errno not in NOT_PERMITTED:
        return error.strerror or str(error), ""
    cause = explain_mount(error.errno or 0)
    return cause.message, f"; or {cause.help}"


def _give(capabilities: tuple[str, ...]) -> str:
    """How a process gets capabilities. Not by setcap(8): a script's interpreter would get them."""
    added = " ".join(f"--cap-add {name.removeprefix('CAP_')}" for name in capabilities)
    return (
        f"give it to the process: in a container `{added}`,"
        f" in a systemd unit `AmbientCapabilities={' '.join(capabilities)}`"
    )


def in_user_namespace() -> bool:
    """Whether this is another user namespace than the host's own (user_namespaces(7))."""
    try:
        return os.stat("/proc/self/ns/user").st_ino != _INITIAL_USER_NAMESPACE
    except OSError:
        return False


def _is_filtered() -> bool:
    """Whether a filter of seccomp(2) is at work."""
    return _status("Seccomp") == "2"


def _filtered(call: Call) -> Diagnostic:
    names = call.enough[0] if call.enough else ()
    options = " ".join(f"--cap-add {name.removeprefix('CAP_')}" for name in names)
    opens = f"`{options}` opens the usual filter" if options else "a newer runtime allows it"
    return _host(
        "seccomp-filter",
        f"a seccomp filter refuses {call.name} to this process",
        f"in a container {opens}, or `--security-opt seccomp=unconfined` takes it away;"
        f" in a systemd unit add `SystemCallFilter={_SYSTEMD_CALLS}`",
    )


def _not_built_in(call: Call) -> Diagnostic:
    return _host(
        "call-missing",
        f"this kernel has no {call.name}",
        "use a kernel with CONFIG_BPF_SYSCALL, CONFIG_PERF_EVENTS and CONFIG_BPF_EVENTS",
    )


def _paranoid() -> Diagnostic:
    """Debian and Ubuntu have settings of 3 and 4, which CAP_PERFMON does not get round."""
    try:
        with open(_PARANOID, encoding="ascii") as file:
            setting = file.read().strip()
    except OSError:
        setting = "not known"
    return _host(
        "perf-paranoid",
        f"perf_event_open(2) is closed to this process: kernel.perf_event_paranoid is {setting}",
        f"`sysctl kernel.perf_event_paranoid=2`; or {_give(('CAP_SYS_ADMIN',))}",
    )


def lockdown() -> str:
    """What the kernel says of its lockdown, as `[none] integrity confidentiality`; "" for none."""
    try:
        with open(_LOCKDOWN, encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def locked_down() -> Diagnostic:
    """The kernel is locked down, so that probes may not read anything."""
    return _host(
        "lockdown",
        "this kernel is locked down (confidentiality): it tells nothing of its tracepoints",
        "start it without `lockdown=confidentiality`",
    )


def _host(code: str, message: str, help: str) -> Diagnostic:
    return Diagnostic(code, message, help=help, origin=Origin.HOST)
