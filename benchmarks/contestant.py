"""Who is compared: the same probe for probekit, bpftrace and bcc, and how each is started."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import machine

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to run the probe.

    `stay` ends at SIGINT, `once` as soon as it is attached. `attached` is in the line that it
    prints when, and not before, every program of it is attached.
    """

    name: str
    version: str
    attached: str
    stay: tuple[str, ...]
    once: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


def contestants(traced: int) -> tuple[list[Contestant], dict[str, str]]:
    """Those that are here, to trace the process `traced`, and why each of the others is not."""
    found = {"bpftrace": _bpftrace(traced), "bcc": _bcc(traced), "probekit": _probekit(traced)}
    here = [one for one in found.values() if isinstance(one, Contestant)]
    return here, {name: one for name, one in found.items() if isinstance(one, str)}


def _bpftrace(traced: int) -> Contestant | str:
    path = shutil.which("bpftrace")
    if path is None:
        return "not installed: `apt install bpftrace`"
    program = (str(HERE / "peers/close_count.bt"), str(traced))
    return Contestant(
        "bpftrace",
        machine.bpftrace_version(path),
        # What it prints by itself, `Attaching 1 probe...`, comes before, and so does what a
        # BEGIN prints: only this, made for its own tests, comes after.
        attached="__BPFTRACE_NOTIFY_PROBES_ATTACHED",
        stay=(path, *program),
        # A probe of its own to call exit() would be one more to attach and to detach.
        once=(path, "-c", shutil.which("true") or "/bin/true", *program),
        environment={"__BPFTRACE_NOTIFY_PROBES_ATTACHED": "1"},
    )


def _bcc(traced: int) -> Contestant | str:
    version = machine.bcc_version()
    if version is None:
        return "not installed: `apt install python3-bpfcc`"
    argv = (machine.DISTRIBUTION_PYTHON, "-I", str(HERE / "peers/close_count.py"), str(traced))
    if machine.has_kernel_headers():
        environment, headers = {}, "the kernel's headers"
    else:
        environment = {"BCC_KERNEL_SOURCE": str(ROOT / "templates/c/bcc")}
        headers = "probekit's headers, as this kernel's are not installed"
    return Contestant(
        "bcc", f"{version}, {headers}", "attached", argv, (*argv, "--once"), environment
    )


def _probekit(traced: int) -> Contestant | str:
    launcher = ROOT / ".venv/bin/probekit"
    program = (str(launcher),) if launcher.exists() else (sys.executable, "-m", "probekit")
    spec = str(HERE / "specs/close-count.yaml")
    argv = (*program, "apply", spec, "--set", f"traced={traced}")
    return Contestant(
        "probekit",
        "this checkout",
        "probekit: attached ",
        argv,
        (*argv, "--for", "0s"),
        {} if launcher.exists() else {"PYTHONPATH": str(ROOT / "src")},
    )


def environment_of(contestant: Contestant) -> dict[str, str]:
    """The environment that it runs in: this process's, and what it needs."""
    return {**os.environ, **contestant.environment}
