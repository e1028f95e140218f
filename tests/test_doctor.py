"""What `doctor` says. Hosts where something is missing are in `kernel/test_hosts.py`."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from running import Runner, kernel_objects, wait_for

from probekit.commands.doctor import _finding
from probekit.diagnostics import Diagnostic, DiagnosticError, Origin, host_error
from probekit.kernel.bpf import BpfError
from probekit.kernel.profile import NO, YES
from probekit.runtime.host import exhausted, explain, require_kernel


@pytest.mark.kernel
def test_it_leaves_nothing_behind(probekit: Runner) -> None:
    before, mounts = kernel_objects(), Path("/proc/self/mountinfo").read_text()
    outcome = probekit.run("doctor")
    assert outcome.code == 0, outcome.out
    assert wait_for(lambda: not kernel_objects() - before)
    assert Path("/proc/self/mountinfo").read_text() == mounts


def test_a_filter_is_blamed_for_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Diagnostic("seccomp-filter", "a filter", origin=Origin.HOST)
    monkeypatch.setattr("probekit.kernel.privilege.explain_ordinary", lambda: found)
    assert explain(PermissionError(errno.EPERM, "not permitted")) is found
    assert explain(PermissionError(errno.EACCES, "denied", "/root/out")) is None


def test_a_finding_has_the_words_of_the_diagnostic() -> None:
    def attempt() -> str:
        raise host_error("no-bcc", "there is none", help="install it")

    found = _finding("bcc", attempt)
    assert (found.state, found.detail, found.fix) == (NO, "no-bcc: there is none", "install it")
    assert _finding("bcc", attempt, is_needed=False).fix == "not needed; install it"
    assert _finding("bcc", lambda: "there").state == YES


@pytest.mark.parametrize(
    ("release", "machine", "code"),
    [
        ("5.7.19", "x86_64", "old-kernel"),
        ("4.18.0-553.el8.x86_64", "x86_64", "old-kernel"),
        ("unreadable", "x86_64", "old-kernel"),
        ("5.15.0-generic", "aarch64", "unsupported-machine"),
        ("5.8.0", "x86_64", None),
        ("6.18.44-fc", "x86_64", None),
        ("10.0", "x86_64", None),
    ],
)
def test_kernels(release: str, machine: str, code: str | None) -> None:
    found = None
    try:
        require_kernel(release, machine)
    except DiagnosticError as error:
        found = error.diagnostics[0]
    assert (found.code if found else None) == code
    assert found is None or found.origin is Origin.HOST


def explained(error: OSError | MemoryError) -> Diagnostic:
    found = explain(error)
    assert found is not None
    return found


def test_what_the_host_refuses_is_explained() -> None:
    missing = FileNotFoundError(2, os.strerror(2), "/sys/devices/system/cpu/possible")
    assert explained(missing).code == "no-kernel-files"
    assert explained(OSError(24, "")).code == "descriptor-limit"
    assert explained(OSError(23, "")).message.startswith("this machine has as many open files")
    assert explained(MemoryError()).code == "memory-limit"
    assert explained(BpfError(22, "MAP_CREATE", "log")).details == "log"
    assert explained(BpfError(24, "MAP_CREATE")).code == "descriptor-limit"


def test_what_is_not_the_hosts_doing_is_not() -> None:
    assert explain(FileNotFoundError(2, "", "/home/spec.yaml")) is None
    assert explain(OSError(22, "")) is None


def test_limits_that_are_none() -> None:
    assert "any amount" in exhausted(MemoryError()).message
