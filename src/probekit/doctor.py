"""`probekit doctor`: what this host can do, found out by doing it."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from probekit.diagnostics import DiagnosticError
from probekit.record import Record

YES, NO, UNKNOWN = "yes", "no", "cannot tell"

_TINY_PROBE = "compile, load, attach"
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


def examine() -> list[Finding]:
    """Looks at everything that running a probe takes. Leaves nothing behind."""
    findings: list[Finding] = []
    for check in _CHECKS:
        findings.append(check())
    if all(finding.state == YES for finding in findings if finding.is_needed):
        findings.append(_tiny_probe())
    else:
        findings.append(Finding(_TINY_PROBE, UNKNOWN, "it needs what is missing above"))
    return findings


def _python() -> Finding:
    version = platform.python_version()
    return Finding("python", YES, f"{version}, {sys.executable}")


def _kernel() -> Finding:
    release, machine = os.uname().release, os.uname().machine
    detail = f"Linux {release}, {machine}"
    if machine != "x86_64":
        return Finding("kernel", NO, detail, "probekit reads ring buffers on x86-64 only so far")
    numbers = release.split(".")[:2]
    if [int(n) if n.isdigit() else 0 for n in numbers] < [5, 8]:
        return Finding("kernel", NO, detail, "ring buffers need Linux 5.8 or later")
    return Finding("kernel", YES, detail)


def _lockdown() -> Finding:
    try:
        text = Path("/sys/kernel/security/lockdown").read_text()
    except FileNotFoundError:
        return Finding("no lockdown", YES, "this kernel has none, or securityfs is not mounted")
    except OSError as error:
        return Finding("no lockdown", UNKNOWN, str(error.strerror), is_needed=False)
    mode = text[text.find("[") + 1 : text.find("]")]
    if mode == "confidentiality":
        fix = "start the kernel without `lockdown=confidentiality`"
        return Finding("no lockdown", NO, mode, fix)
    return Finding("no lockdown", YES, mode)


def _privilege() -> Finding:
    from probekit.kernel import bpf

    try:
        bpf.current_pid()
    except OSError as error:
        fix = (
            "run it as root: `sudo probekit doctor`"
            if os.geteuid()
            else "allow bpf(2): CAP_BPF and CAP_PERFMON, and no seccomp filter that forbids it"
        )
        return Finding("load programs", NO, str(error.strerror), fix)
    return Finding("load programs", YES, f"user id {os.geteuid()}")


def _tracefs() -> Finding:
    from probekit.kernel.tracefs import find_tracefs

    try:
        with find_tracefs() as tracefs:
            is_private = str(tracefs.path).startswith("/proc/")
            detail = "not mounted; probekit mounts it for itself" if is_private else tracefs.path
            return Finding("tracefs", YES, str(detail))
    except DiagnosticError as error:
        diagnostic = error.diagnostics[0]
        return Finding("tracefs", NO, diagnostic.message, diagnostic.help)


def _btf() -> Finding:
    if Path("/sys/kernel/btf/vmlinux").exists():
        return Finding("kernel types (BTF)", YES, "/sys/kernel/btf/vmlinux", is_needed=False)
    fix = "not needed yet; kernels built with CONFIG_DEBUG_INFO_BTF have it"
    return Finding("kernel types (BTF)", NO, "the kernel has none", fix, is_needed=False)


def _missed_runs() -> Finding:
    from probekit.live import counts_missed_runs

    if counts_missed_runs():
        return Finding("count missed runs", YES, "", is_needed=False)
    fix = "summaries say `not known`; Linux 6.7 and later count them"
    return Finding("count missed runs", NO, "", fix, is_needed=False)


def _tiny_probe() -> Finding:
    """Compiles, loads and attaches a probe, whose gate stays closed."""
    try:
        with ExitStack() as stack:
            seconds = _try_tiny_probe(stack)
    except DiagnosticError as error:
        diagnostic = error.diagnostics[0]
        return Finding(_TINY_PROBE, NO, f"{diagnostic.code}: {diagnostic.message}", diagnostic.help)
    except OSError as error:
        fix = "mount /proc and /sys, as every Linux system has them"
        return Finding(_TINY_PROBE, NO, str(error), fix)
    return Finding(_TINY_PROBE, YES, f"by bcc, in {seconds * 1e3:.0f} ms")


def _try_tiny_probe(stack: ExitStack) -> float:
    from probekit import pipeline
    from probekit.attach import Links
    from probekit.check import check
    from probekit.kernel import bpf
    from probekit.kernel.profile import LiveProfile
    from probekit.kernel.tracefs import find_tracefs
    from probekit.render import Scope
    from probekit.source import Source
    from probekit.spec import read

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


_CHECKS: tuple[Callable[[], Finding], ...] = (
    _python,
    _kernel,
    _lockdown,
    _privilege,
    _tracefs,
    _btf,
    _missed_runs,
)


def print_table(findings: list[Finding]) -> None:
    """The findings as a table on standard output; under it what to do, as text to paste."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in ("this host can", "", "detail"):
        table.add_column(heading, overflow="fold")
    styles = {YES: "green", NO: "bold red", UNKNOWN: "yellow"}
    for finding in findings:
        style = styles[finding.state] if finding.is_needed or finding.state == YES else "yellow"
        table.add_row(finding.what, Text(finding.state, style=style), Text(finding.detail))
    width = None if sys.stdout.isatty() else 500  # a file has no right edge
    Console(highlight=False, width=width).print(table)
    for finding in findings:
        if finding.fix:
            print(f"\n{finding.what}: {finding.fix}")
