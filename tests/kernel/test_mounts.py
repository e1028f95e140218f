"""File systems mounted nowhere, on the running kernel."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from probekit.kernel import bpf
from probekit.kernel.mounts import PrivateMount

pytestmark = pytest.mark.kernel

NOBODY = 65534

# Attaches one program to five tracepoints, pins the links and closes their descriptors, says the
# ids of the program and the links, and waits, or ends, as it is told.
PINNER = """
import os, sys
from probekit.kernel import bpf, perf
from probekit.kernel.bpf.insn import R0, exit_, mov
from probekit.kernel.mounts import PrivateMount
from probekit.kernel.tracefs import find_tracefs
mount, tracefs = PrivateMount("bpf"), find_tracefs()
prog = bpf.prog_load(bpf.ProgType.TRACEPOINT, mov(R0, 0) + exit_())
for name in ("getpgid", "getsid", "getpriority", "setpgid", "setsid"):
    event = perf.open_tracepoint(tracefs.event_id("syscalls", "sys_enter_" + name))
    link = bpf.link_create(prog, event)
    bpf.obj_pin(link, mount.path / name)
    os.close(link)
    os.close(event)
print(bpf.prog_info(prog).id, *os.listdir(mount.path), flush=True)
if sys.argv[1] == "wait":
    sys.stdin.read()
"""


def running_pinner(how: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PINNER, how]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    assert process.stdout is not None
    number, *pins = process.stdout.readline().split()
    return int(number), pins


def seconds_until_gone(prog_id: int, limit: float) -> float:
    begin = time.monotonic()
    while prog_id in bpf.prog_ids():
        assert time.monotonic() < begin + limit, "the program is still there"
        time.sleep(0.005)
    return time.monotonic() - begin


def test_pinned_links_go_when_their_process_is_killed() -> None:
    with running_pinner("wait") as process:
        prog_id, pins = said(process)
        # A kernel with CONFIG_BPF_PRELOAD adds two files of its own.
        assert {"getpgid", "getsid", "getpriority", "setpgid", "setsid"} <= set(pins)
        assert prog_id in bpf.prog_ids()
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert seconds_until_gone(prog_id, limit=1.0) < 1.0


def test_pinned_links_go_when_their_process_ends() -> None:
    with running_pinner("end") as process:
        prog_id, _ = said(process)
    assert process.returncode == 0
    assert seconds_until_gone(prog_id, limit=1.0) < 1.0


def test_it_is_mounted_nowhere() -> None:
    before = Path("/proc/self/mountinfo").read_text()
    with PrivateMount("tmpfs") as mount:
        assert Path("/proc/self/mountinfo").read_text() == before
        assert not os.get_inheritable(mount.fd)
        assert mount.path.is_dir()
        fd = mount.fd
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)
    mount.close()


@pytest.mark.parametrize("fstype", ["bpf", "tmpfs", "tracefs"])
def test_its_root_is_for_root_alone(fstype: str) -> None:
    with PrivateMount(fstype) as mount:
        status = os.stat(mount.path)
    assert (status.st_mode & 0o777, status.st_uid) == (0o700, 0)


def test_an_option_of_tracefs_is_nobody_elses() -> None:
    """All tracefs mounts of a machine share one superblock, and with it the options."""
    with PrivateMount("tracefs") as first:
        before = os.stat(first.path)
        with PrivateMount("tracefs") as second:
            assert os.stat(second.path).st_dev == before.st_dev
        assert os.stat(first.path).st_mode == before.st_mode


def test_two_mounts_share_nothing() -> None:
    with PrivateMount("tmpfs") as one, PrivateMount("tmpfs") as other:
        (one.path / "file").write_text("x")
        assert os.listdir(other.path) == []


def test_a_process_works_inside_and_others_stay_out() -> None:
    with PrivateMount("tmpfs") as mount:
        child = os.fork()
        if child == 0:
            os._exit(0 if works_inside(mount.fd) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def works_inside(fd: int) -> bool:
    """In a process of its own: its working folder and its user change."""
    os.fchdir(fd)
    Path("spec.yaml").write_text("probekit: 1")
    if Path("spec.yaml").read_text() != "probekit: 1" or os.listdir(".") != ["spec.yaml"]:
        return False
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    for path in ("spec.yaml", f"/proc/self/fd/{fd}/spec.yaml"):
        try:
            Path(path).read_text()
        except PermissionError:
            continue
        return False
    return True


def test_an_unknown_file_system_is_an_error() -> None:
    with pytest.raises(OSError, match="fsopen of nosuchfs: No such device"):
        PrivateMount("nosuchfs")
