"""Hosts that cannot run probes, each made of this one for one process: what is said, by `apply`
before anything is attached, and the same by `doctor`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from running import Outcome

import probekit
from probekit import resources
from probekit.kernel import syscall

pytestmark = pytest.mark.kernel

SPEC = Path(resources.spec_dir()) / "close.yaml"
PRLIMIT64 = 302  # arch/x86/entry/syscalls/syscall_64.tbl
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")

# Runs what comes after the numbers with a seccomp filter: the errno, and the calls that get it.
FILTER = """
import ctypes, os, struct, sys
number, *calls = map(int, sys.argv[1].split(","))
code = struct.pack("=HBBI", 0x20, 0, 0, 0)  # the call's number
for call in calls:
    code += struct.pack("=HBBI", 0x15, 0, 1, call)  # equal: the next, else skip it
    code += struct.pack("=HBBI", 0x06, 0, 0, 0x00050000 | number)  # SECCOMP_RET_ERRNO
code += struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000)  # SECCOMP_RET_ALLOW
memory = ctypes.create_string_buffer(code, len(code))
program = struct.pack("=H6xQ", len(code) // 8, ctypes.addressof(memory))
assert ctypes.CDLL(None).prctl(22, 2, program, 0, 0) == 0  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
os.execvp(sys.argv[2], sys.argv[2:])
"""


def without(*capabilities: str) -> tuple[str, ...]:
    """Root that lacks these."""
    return ("setpriv", "--bounding-set=" + ",".join(f"-{name}" for name in capabilities))


def nobody_with(*capabilities: str) -> tuple[str, ...]:
    """An ordinary user that has these and no others."""
    names = ",".join(f"+{name}" for name in capabilities)
    return (*NOBODY, f"--inh-caps={names}", f"--ambient-caps={names}")


def filtered(number: int, *calls: int) -> tuple[str, ...]:
    return (sys.executable, "-c", FILTER, ",".join(map(str, (number, *calls))))


def in_mounts(*commands: str) -> tuple[str, ...]:
    """In a mount namespace that the commands have changed."""
    script = " && ".join((*commands, 'exec "$@"'))
    return ("unshare", "--mount", "sh", "-c", script, "sh")


UNMOUNTED = in_mounts(
    "mount -t tmpfs none /sys/kernel/tracing",
    "{ test ! -d /sys/kernel/debug || mount -t tmpfs none /sys/kernel/debug; }",
)
MOUNTED = in_mounts("mount -t tracefs none /sys/kernel/tracing")

# How the host is made; the code; what is said; what to do; the row of `doctor` that says so, None
# where it cannot say anything.
HOSTS = {
    "an ordinary user": (
        NOBODY,
        "no-privilege",
        "only root may do this: the kernel refuses bpf(2) to user 65534",
        "run it as root, with `sudo`",
        "load programs",
    ),
    "no CAP_BPF": (
        without("sys_admin", "bpf"),
        "missing-capability",
        "this process lacks CAP_BPF: the kernel refuses bpf(2)",
        "in a container `--cap-add BPF`, in a systemd unit `AmbientCapabilities=CAP_BPF`",
        "load programs",
    ),
    "no CAP_PERFMON": (
        without("sys_admin", "perfmon"),
        "missing-capability",
        "this process lacks CAP_PERFMON: the kernel refuses bpf(2)",
        "`--cap-add PERFMON`",
        "load programs",
    ),
    "no capability": (
        without("all"),
        "missing-capability",
        "this process lacks CAP_BPF and CAP_PERFMON",
        "`--cap-add BPF --cap-add PERFMON`",
        "load programs",
    ),
    "no CAP_SYS_ADMIN, tracefs unmounted": (
        (*UNMOUNTED, *without("sys_admin")),
        "tracefs-unmounted",
        "could not be mounted: this process lacks CAP_SYS_ADMIN",
        "`mount -t tracefs nodev /sys/kernel/tracing`; or give it",
        "tracefs",
    ),
    "no CAP_DAC_READ_SEARCH, tracefs mounted": (
        (*MOUNTED, *nobody_with("bpf", "perfmon")),
        "tracefs-denied",
        "is closed to this user, who lacks CAP_DAC_READ_SEARCH",
        "`--cap-add DAC_READ_SEARCH`",
        "tracefs",
    ),
    "root of a user namespace": (
        ("unshare", "--user", "--map-root-user"),
        "user-namespace",
        "this process is root in its user namespace only",
        "run it as root of the host",
        "load programs",
    ),
    "a filter of bpf(2)": (
        filtered(1, syscall.BPF),  # EPERM, as container runtimes have it
        "seccomp-filter",
        "a seccomp filter refuses bpf(2) to this process",
        "`--security-opt seccomp=unconfined`",
        "load programs",
    ),
    "a filter that denies bpf(2) exists": (
        filtered(38, syscall.BPF),  # ENOSYS
        "seccomp-filter",
        "a seccomp filter refuses bpf(2) to this process",
        "`SystemCallFilter=@system-service @mount bpf perf_event_open`",
        "load programs",
    ),
    "a filter of perf_event_open(2)": (
        filtered(1, syscall.PERF_EVENT_OPEN),
        "seccomp-filter",
        "a seccomp filter refuses perf_event_open(2) to this process",
        "`--cap-add PERFMON`",
        "open perf events",
    ),
    "a filter of mounting": (
        (*UNMOUNTED, *filtered(1, syscall.FSOPEN)),
        "tracefs-unmounted",
        "could not be mounted: a seccomp filter refuses fsopen(2) to this process",
        "`mount -t tracefs nodev /sys/kernel/tracing`",
        "tracefs",
    ),
    "a filter of a part of mounting": (
        (*UNMOUNTED, *filtered(1, syscall.FSMOUNT)),
        "tracefs-unmounted",
        "could not be mounted: a seccomp filter refuses fsmount(2) to this process",
        "`SystemCallFilter=@system-service @mount bpf perf_event_open`",
        "tracefs",
    ),
    "a filter that does not know pidfd_open(2)": (
        filtered(1, syscall.PIDFD_OPEN),
        "seccomp-filter",
        "a seccomp filter refuses pidfd_open(2) to this process",
        "in a container a newer runtime allows it",
        "bcc",
    ),
    "a filter that does not know memfd_create(2)": (
        filtered(38, syscall.MEMFD_CREATE),
        "seccomp-filter",
        "a seccomp filter refuses memfd_create(2) to this process",
        "`--security-opt seccomp=unconfined`",
        "bcc",
    ),
    "a filter of timerfd_create(2)": (
        filtered(1, syscall.TIMERFD_CREATE),
        "seccomp-filter",
        "a seccomp filter refuses timerfd_create(2) to this process",
        "`--security-opt seccomp=unconfined`",
        None,
    ),
    "no /sys": (
        in_mounts("umount -l /sys"),
        "no-kernel-files",
        "`/sys/kernel` is not there",
        "`mount -t sysfs sys /sys`",
        "/proc and /sys",
    ),
    "no /proc": (
        in_mounts("umount -l /proc"),
        "no-kernel-files",
        "`/proc/self/fd` is not there",
        "`mount -t proc proc /proc`",
        "/proc and /sys",
    ),
    "few open files": (
        ("prlimit", "--nofile=20"),
        "descriptor-limit",
        "this process may have only 20 open files",
        "`ulimit -n 4096`",
        "open files",
    ),
    "very few open files": (
        ("prlimit", "--nofile=12"),
        "descriptor-limit",
        "this process may have only 12 open files",
        "`ulimit -n 4096`",
        None,
    ),
    "little memory": (
        ("prlimit", "--as=150000000"),
        "memory-limit",
        "there is not enough memory (this process may address 143 MiB of it)",
        "`ulimit -v unlimited`",
        "bcc",
    ),
    "no file may be written": (
        ("prlimit", "--fsize=0"),
        "file-size-limit",
        "this process may write only 0 bytes into a file",
        "`ulimit -f unlimited`",
        "compile, load, attach",
    ),
    "no other process": (
        (*MOUNTED, *nobody_with("bpf", "perfmon", "dac_read_search"), "prlimit", "--nproc=1"),
        "process-limit",
        "no other process may be started (this user may have 1 of them)",
        "`ulimit -u 4096`",
        "bcc",
    ),
    "no folder to write in": (
        (
            *in_mounts(
                "mount -t tracefs none /sys/kernel/tracing",
                "mount --bind /tmp /tmp",  # the checkout may lie in it
                "mount -o remount,bind,ro /tmp",
                "mount -t tmpfs -o size=4k none /var/tmp",
                "{ head -c 9999 /dev/zero > /var/tmp/full || true; } 2>/dev/null",
                "cd /proc",
            ),
            *without("sys_admin"),
        ),
        "no-temporary-folder",
        "there is no folder to compile in: $TMPDIR, /tmp and /var/tmp are read-only or full",
        "`TMPDIR=/run`",
        "bcc",
    ),
    "an old kernel": (
        ("setarch", "--uname-2.6"),
        "old-kernel",
        "ring buffers need Linux 5.8 or later, and this is 2.6.",
        "`probekit check` and `probekit render` work here",
        "kernel",
    ),
    "another machine": (
        ("setarch", "i686"),
        "unsupported-machine",
        "this version runs probes on x86-64 only, and this machine is i686",
        "`probekit check` and `probekit render` work here",
        "kernel",
    ),
}


NO_PROC = in_mounts("umount -l /proc")


def test_without_proc_specs_are_checked_as_by_an_ordinary_user() -> None:
    """A mount of tracefs for this process alone has no name there."""
    checked = run((*UNMOUNTED, *NO_PROC), "check", SPEC)
    assert (checked.code, checked.err) == (0, "")
    assert "checked against the shipped profile" in checked.out
    listed = run((*UNMOUNTED, *NO_PROC), "list", "tracepoint:syscalls/sys_enter_close")
    assert listed.out == "tracepoint: syscalls/sys_enter_close\n"


@pytest.mark.parametrize(
    ("host", "path"),
    [((*UNMOUNTED, *NO_PROC), "/proc/self/fd"), (HOSTS["no /sys"][0], "/sys/kernel")],
)
def test_no_profile_is_saved_of_half_a_kernel(
    host: tuple[str, ...], path: str, tmp_path: Path
) -> None:
    saved = run(host, "kernel", "save", tmp_path / "this.profile")
    assert saved.code == 3
    assert said(saved)[:2] == ("no-kernel-files", f"`{path}` is not there")
    assert not list(tmp_path.iterdir())


def test_a_limit_that_may_not_be_raised_stops_nothing() -> None:
    """A filter of prlimit64(2): the loader goes on with the limits that there are."""
    applied = run(filtered(1, PRLIMIT64), "apply", SPEC, "--for", "0s")
    assert applied.code == 0, applied.err


def run(
    host: Sequence[str],
    *arguments: str | Path,
    environ: Mapping[str, str] | None = None,
    python: str = sys.executable,
) -> Outcome:
    """`probekit` on such a host."""
    environment = {**os.environ, "PYTHONPATH": str(Path(probekit.__file__).parents[1])}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", **(environ or {})}
    argv = [*host, python, "-m", "probekit", *map(str, arguments)]
    done = subprocess.run(
        argv, capture_output=True, text=True, env=environment, check=False, timeout=120
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def said(outcome: Outcome) -> tuple[str, str, str]:
    """The code, the message and the help of the one diagnostic."""
    (found,) = re.findall(r"error\[([a-z-]+)\]: (.*)\n(?:.*\n)*? += help: (.*)", outcome.err)
    code, message, help = found
    return code, message, help


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_without(name: str) -> None:
    host, code, message, help, row = HOSTS[name]
    applied = run(host, "apply", SPEC, "--for", "0s")
    assert applied.code == 3, applied.err
    found = said(applied)
    assert (found[0], message in found[1], help in found[2]) == (code, True, True), applied.err
    assert "Traceback" not in applied.err
    if row is None:
        return
    doctor = run(host, "doctor")
    assert doctor.code == 3, doctor.err
    assert re.search(rf"^{row} +no +{code}: {re.escape(found[1])} *$", doctor.out, re.MULTILINE)
    assert f"\n{row}: {found[2]}\n" in doctor.out
    assert "Traceback" not in doctor.out + doctor.err


# bcc

BROKEN = {
    "another project": (
        "class Lattice: ...",
        "wrong-bcc",
        "is not the BPF Compiler Collection: it has no `BPF`",
        "`pip uninstall bcc`",
    ),
    "no library": (
        "import ctypes; ctypes.CDLL('libbcc.so.99')",
        "broken-bcc",
        "bcc cannot be used: its library `libbcc.so.99` is not there",
        "`apt install --reinstall python3-bpfcc libbpfcc`",
    ),
    "a library of another version": (
        "import ctypes; ctypes.CDLL(None).bcc_not_yet_known",
        "broken-bcc",
        "bcc cannot be used: its library is of another version",
        "`apt install --reinstall python3-bpfcc libbpfcc`",
    ),
    "written for another Python": (
        "print 'hello'",
        "broken-bcc",
        "bcc/__init__.py ends in SyntaxError",
        "look for a second one",
    ),
    "a part is missing": (
        "from bcc import libbcc",
        "broken-bcc",
        "bcc/__init__.py ends in ImportError",
        "look for a second one",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_bcc_that_is_none(tmp_path: Path, name: str) -> None:
    content, code, message, help = BROKEN[name]
    (tmp_path / "bcc").mkdir()
    (tmp_path / "bcc" / "__init__.py").write_text(content)
    source = Path(probekit.__file__).parents[1]
    environ = {"PYTHONPATH": f"{tmp_path}:{source}"}
    check_bcc(run((), "apply", SPEC, environ=environ), code, message, help)
    doctor = run((), "doctor", environ=environ)
    assert re.search(rf"^bcc +no +{code}: .*{re.escape(message)}", doctor.out, re.MULTILINE)


def check_bcc(outcome: Outcome, code: str, message: str, help: str) -> None:
    assert outcome.code == 3, outcome.err
    found = said(outcome)
    assert (found[0], message in found[1], help in found[2]) == (code, True, True), outcome.err


def test_no_bcc(tmp_path: Path) -> None:
    """A virtual environment without the distribution's packages, which bcc is one of."""
    import yaml

    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    places = (Path(probekit.__file__).parents[1], Path(str(yaml.__file__)).parents[1])
    python = tmp_path / "venv/bin/python"

    def apply(*more: Path) -> Outcome:
        environ = {"PYTHONPATH": ":".join(map(str, (*places, *more)))}
        return run((), "apply", SPEC, environ=environ, python=str(python))

    check_bcc(apply(), "no-bcc", "venv/bin/python finds no bcc", "`apt install python3-bpfcc`")
    (tmp_path / "other" / "bcc").mkdir(parents=True)  # a folder alone is a package, too
    where = f"{tmp_path}/other/bcc is not the BPF Compiler Collection"
    check_bcc(apply(tmp_path / "other"), "wrong-bcc", where, "`apt install python3-bpfcc`")
