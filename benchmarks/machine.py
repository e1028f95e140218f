"""What the figures depend on: facts of this machine, and a tracefs that the peers can read."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
from pathlib import Path

DISTRIBUTION_PYTHON = "/usr/bin/python3"  # the one that the distribution's bcc is for

# include/uapi/linux/sched.h, include/uapi/linux/mount.h
_CLONE_NEWNS = 0x00020000
_MS_REC_PRIVATE = 0x4000 | 1 << 18

_TRACEFS_PLACES = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))
_BCC_FACTS = """
import bcc, platform, re
llvm = re.search(r"libLLVM[-.](?:so[.])?([0-9.]+)", open("/proc/self/maps").read())
llvm = llvm[1].rstrip(".") if llvm else "built in"
print("python", platform.python_version(), "bcc", bcc.__version__, "LLVM", llvm)
"""


def kernel() -> str:
    """`Linux 6.1.0, 4 CPUs (model)`: the CPUs are those that this process may use."""
    cpus = len(os.sched_getaffinity(0))
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    model = f" ({found[1]})" if found else ""
    return f"Linux {os.uname().release}, {cpus} CPU{'s' * (cpus != 1)}{model}"


def bpftrace_version(path: str) -> str:
    """bpftrace's version and its LLVM's, as it prints them."""
    info = _output([path, "--info"])
    version = re.search(r"version: v?(\S+)", info)
    llvm = re.search(r"LLVM: (\S+)", info)
    return f"{version[1] if version else '?'} (LLVM {llvm[1] if llvm else '?'})"


def bcc_version() -> str | None:
    """bcc's version, its LLVM's and its Python's; None where bcc is not installed."""
    try:
        printed = _output([DISTRIBUTION_PYTHON, "-I", "-c", _BCC_FACTS])
    except OSError:
        return None
    found = re.fullmatch(r"python (\S+) bcc (\S+) LLVM (.+)\n", printed)
    return f"{found[2]} (LLVM {found[3]}, Python {found[1]})" if found else None


def _output(argv: list[str]) -> str:
    """What it prints, to either of its outputs."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


def has_kernel_headers() -> bool:
    """Whether bcc finds the headers of the running kernel by itself."""
    modules = Path("/lib/modules") / os.uname().release
    places = (modules / "build", modules / "source", Path("/sys/kernel/kheaders.tar.xz"))
    return any(place.exists() for place in places)


def show_tracefs() -> None:
    """Where tracefs is not mounted, mounts it for this process and its children alone.

    The mount goes with the last of them. unshare(2) and mount(2) raise OSError, without
    CAP_SYS_ADMIN for one.
    """
    if any((place / "events").is_dir() for place in _TRACEFS_PLACES):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    place = os.fsencode(_TRACEFS_PLACES[0])
    _check(libc.unshare(_CLONE_NEWNS), "unshare")
    # Else the mount would spread to where this namespace was copied from.
    _check(libc.mount(None, b"/", None, ctypes.c_ulong(_MS_REC_PRIVATE), None), "mount /")
    _check(libc.mount(b"tracefs", place, b"tracefs", ctypes.c_ulong(0), None), "mount tracefs")


def _check(result: int, call: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
