"""`probekit doctor`: what this host can do, found out by doing it."""

from __future__ import annotations

import os
import platform
import resource
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeAlias

from probekit.commands import table
from probekit.diagnostics import DiagnosticError
from probekit.kernel import privilege
from probekit.kernel.feature import EVERY_PROGRAM, FEATURES, Feature, answer
from probekit.kernel.profile import NO, UNKNOWN, YES
from probekit.record import Record
from probekit.runtime import host

_TINY_PROBE = "compile, load, attach"
_PERF_EVENT = "open perf events"
_TINY_SPEC = """\
probekit: 1
name: doctor
maps:
  numbers: {type: hash, key: u32, value: u64, max_entries: 1}
programs:
  - tracepoint: sched/sched_process_exec
    when: pid == 0
    do:
      - count: numbers
        key: 0
      - print: "{pid}"
"""


class Finding(Record):
    """One thing that this host can do, or not: `fix` says what to install, mount or allow.

    `is_needed`: without it no probe runs.
    """

    what: str
    state: str
    detail: str
    fix: str = ""
    is_needed: bool = True


# What is found, in a few words; raises what stops `apply`, too.
Attempt: TypeAlias = Callable[[], "str | Finding"]


def examine() -> list[Finding]:
    """Looks at everything that running a probe takes. Leaves nothing behind."""
    findings = [_finding(*check) for check in _CHECKS]
    findings += [_feature(feature) for feature in FEATURES]
    if all(finding.state == YES for finding in findings if finding.is_needed):
        findings.append(_finding(_TINY_PROBE, _tiny_probe))
    else:
        findings.append(Finding(_TINY_PROBE, UNKNOWN, "it needs what is missing above"))
    return findings


def _finding(what: str, attempt: Attempt, is_needed: bool = True) -> Finding:
    """What came of the attempt. What stops it is told with the words that `apply` has for it."""
    try:
        with host.explained():
            found = attempt()
    except DiagnosticError as error:
        diagnostic = error.diagnostics[0]
        detail = f"{diagnostic.code}: {diagnostic.message}"
        help = diagnostic.help if is_needed else f"not needed; {diagnostic.help}"
        return Finding(what, NO, detail, help, is_needed)
    except OSError as error:
        return Finding(what, NO, str(error), "", is_needed)
    return Finding(what, YES, found, is_needed=is_needed) if isinstance(found, str) else found


def _python() -> str:
    return f"{platform.python_version()}, {sys.executable}"


def _kernel() -> str:
    system = os.uname()
    host.require_kernel(system.release, system.machine)
    return f"Linux {system.release}, {system.machine}"


def _files() -> str:
    host.require_files()
    return "mounted"


def _open_files() -> str:
    host.require_descriptors()
    return f"{resource.getrlimit(resource.RLIMIT_NOFILE)[0]} at most"


def _lockdown() -> str:
    found = privilege.lockdown()
    if "[confidentiality]" in found:
        raise DiagnosticError([privilege.locked_down()])
    return found or "this kernel has none, or securityfs is not mounted"


def _load() -> str:
    from probekit.kernel import bpf

    bpf.current_pid()
    return f"user {os.geteuid()}"


def _tracefs() -> str:
    from probekit.kernel.tracefs import find_tracefs

    with find_tracefs() as tracefs:
        is_private = str(tracefs.path).startswith("/proc/")
        return "not mounted; probekit mounts it for itself" if is_private else str(tracefs.path)


def _perf_event() -> str | Finding:
    from probekit.kernel.perf import open_tracepoint
    from probekit.kernel.tracefs import find_tracefs

    try:
        tracefs = find_tracefs()
    except DiagnosticError:
        return Finding(_PERF_EVENT, UNKNOWN, "it needs tracefs")
    with tracefs:
        try:
            os.close(open_tracepoint(tracefs.event_id("sched", "sched_process_exec")))
        except OSError as error:
            if error.errno not in privilege.NOT_PERMITTED:
                raise
            raise DiagnosticError([privilege.explain(privilege.OPEN_EVENT, error.errno)]) from None
    return "of tracepoints"


def _bcc() -> str:
    """Imports bcc and compiles a little, which takes no privilege."""
    from probekit.backends import CSource
    from probekit.runtime.loader import load
    from probekit.source import Source

    load("bcc", CSource("int nothing(void) { return 0; }\n", "", (), ()), Source("doctor", ""))
    return "it compiles"


def _own_mounts() -> str:
    """Without, everything works, but detaching takes longer, and a kill leaves a folder behind."""
    from probekit.kernel.mounts import PrivateMount

    try:
        PrivateMount("tmpfs").close()
    except OSError as error:
        if error.errno not in privilege.NOT_PERMITTED:
            raise
        raise DiagnosticError([privilege.explain_mount(error.errno)]) from None
    return "tmpfs, bpf"


def _btf() -> str | Finding:
    host.require_files()
    if os.path.exists("/sys/kernel/btf/vmlinux"):
        return "/sys/kernel/btf/vmlinux"
    fix = "not needed yet; kernels built with CONFIG_DEBUG_INFO_BTF have it"
    return Finding("kernel types (BTF)", NO, "the kernel has none", fix, is_needed=False)


def _feature(feature: Feature) -> Finding:
    state = answer(feature.name)
    fix = feature.without if state == NO else ""
    return Finding(feature.what, state, "", fix, EVERY_PROGRAM in feature.needs)


def _tiny_probe() -> str:
    """Compiles, loads and attaches a probe, whose gate stays closed."""
    with ExitStack() as stack:
        seconds = _try_tiny_probe(stack)
    return f"by bcc, in {seconds * 1e3:.0f} ms"


def _try_tiny_probe(stack: ExitStack) -> float:
    from probekit import pipeline
    from probekit.check import check
    from probekit.codegen.render import Scope
    from probekit.frontend.spec import read
    from probekit.kernel import bpf
    from probekit.kernel.profile import LiveProfile
    from probekit.kernel.tracefs import find_tracefs
    from probekit.runtime.attach import Links
    from probekit.source import Source

    stopwatch = pipeline.Stopwatch()
    tracefs = stack.enter_context(find_tracefs())
    source = Source("doctor", _TINY_SPEC)
    probes = pipeline.probes_of([check(read(source), LiveProfile(tracefs), {})])
    pid = bpf.current_pid()
    live = pipeline.load_probes(probes, Scope(), "bcc", stopwatch, pid, stack)
    links = Links()
    stack.callback(links.close)
    with stopwatch.stage("attach"):
        links.attach(source, tracefs, live[0].attach_points())
    return sum(stopwatch.seconds.values())


_CHECKS: tuple[tuple[str, Attempt, bool], ...] = (
    ("python", _python, True),
    ("kernel", _kernel, True),
    ("/proc and /sys", _files, True),
    ("open files", _open_files, True),
    ("no lockdown", _lockdown, True),
    ("load programs", _load, True),
    ("tracefs", _tracefs, True),
    (_PERF_EVENT, _perf_event, True),
    ("bcc", _bcc, True),
    ("own mounts", _own_mounts, False),
    ("kernel types (BTF)", _btf, False),
)


def print_table(findings: list[Finding]) -> None:
    """The findings as a table on standard output; under it what to do, as text to paste."""
    styles = {YES: "green", NO: "bold red", UNKNOWN: "yellow"}
    rows = []
    for finding in findings:
        style = styles[finding.state] if finding.is_needed or finding.state == YES else "yellow"
        rows.append(((finding.what, ""), (finding.state, style), (finding.detail, "")))
    table.print_table(("this host can", "", "detail"), rows)
    for finding in findings:
        if finding.fix:
            print(f"\n{finding.what}: {finding.fix}")
