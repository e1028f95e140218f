"""What `probekit new` writes runs, for tracepoints of every shape."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from running import Runner

from probekit.commands.starter import choose_tracepoint, spec_text
from probekit.kernel.profile import LiveProfile
from probekit.kernel.tracefs import find_tracefs

pytestmark = pytest.mark.kernel

SHAPES = (
    "syscalls/sys_enter_close",  # one number
    "syscalls/sys_enter_openat",  # addresses and numbers of a system call
    "syscalls/sys_exit_read",  # what it returned
    "sched/sched_switch",  # two texts
    "sched/sched_process_exec",  # text that is not in this version yet
    "sched/sched_process_exit",  # a bool
    "sched/sched_process_fork",
    "sched/sched_wakeup",
    "signal/signal_generate",
    "kmem/kmalloc",  # many fields, one a bool
    "irq/softirq_entry",  # seen wherever it interrupts
    "bpf_trace/bpf_trace_printk",  # nothing to read
)


def test_each_shape_is_loaded_and_attached(probekit: Runner) -> None:
    with find_tracefs() as tracefs:
        profile = LiveProfile(tracefs)
        paths = []
        for number, name in enumerate(SHAPES):
            paths.append(probekit.folder / f"p{number}.yaml")
            event = choose_tracepoint(profile, name, "p")
            paths[-1].write_text(spec_text(f"p{number}", event, paths[-1].name))
    outcome = probekit.run("apply", *paths, "--", "/bin/true")
    assert outcome.code == 0, outcome.err
    assert len(re.findall(r"^probekit: p\d+: \d+ events?", outcome.err, re.MULTILINE)) == len(
        SHAPES
    )
    assert re.search(r"^p0: true \(\d+\) fd=\d+$", outcome.out, re.MULTILINE)
    assert re.search(r"^p4: true \(\d+\) pid=\d+ old_pid=\d+$", outcome.out, re.MULTILINE)


def test_from_nothing_to_a_running_probe(probekit: Runner) -> None:
    path = probekit.folder / "exits.yaml"
    made = probekit.run("new", "exits", "--tracepoint", "sched_process_exit", "-o", path)
    assert (made.code, made.err) == (0, "")
    checked = probekit.run("check", path)
    assert checked.out == f"{path}: ok, checked against this host\n"
    script = "for i in 1 2 3 4 5; do /bin/true; done; sleep 1.2"
    outcome = probekit.apply(path, command=["sh", "-c", script])
    assert outcome.code == 0, outcome.err
    assert len(re.findall(r"^true \(\d+\) comm=true pid=\d+ prio=", outcome.out, re.MULTILINE)) == 5
    tables = re.findall(r"^events: .*\n +key +value\n((?: .*\n)+)", outcome.out, re.MULTILINE)
    assert tables, "shown once a second, and at the end"
    assert re.search(r"^ +true +5$", tables[-1], re.MULTILINE)


ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "first-minutes.md"


def sessions(path: Path) -> list[tuple[str, list[str]]]:
    """The commands that a root shell is shown to run, each with its lines."""
    blocks = re.findall(r"^```console\n(# .*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)
    parts = [part for block in blocks for part in re.split(r"^# ", block, flags=re.MULTILINE)]
    return [(part.split("\n")[0], part.split("\n")[1:-1]) for part in parts if part]


def shape(line: str) -> str:
    """A line with one number for all, and one name for a shell's child before and after exec."""
    words = re.sub(r"\bsleep\b", "sh", re.sub(r"\d+(\.\d+)?", "0", line)).split()
    return " ".join(words)


@pytest.mark.parametrize("page", [ROOT / "README.md", PAGE], ids=lambda page: page.name)
def test_the_first_minutes_are_as_shown(probekit: Runner, page: Path) -> None:
    shown = sessions(page)
    verbs = [command.split()[1] for command, _ in shown]
    assert [verb for verb in verbs if verb != "list"] == ["new", "check", "explain", "apply"]
    for command, lines in shown:
        process = probekit.start(*shlex.split(command)[1:], cwd=probekit.folder)
        out, err = process.communicate()
        assert process.returncode == 0, err
        if "apply" in command:
            wrote = {shape(line) for line in (out + err).splitlines()}
            assert {shape(line) for line in lines if line != "..."} <= wrote
        else:
            whole = lines[: lines.index("...")] if "..." in lines else lines
            assert out.splitlines()[: len(whole)] == whole
            assert ("..." in lines) == (len(out.splitlines()) > len(whole))
            assert err == ""


def test_the_spec_in_the_first_minutes_is_what_was_written(probekit: Runner) -> None:
    (shown,) = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    arguments = ("new", "signals", "--tracepoint", "signal/signal_generate")
    process = probekit.start(*arguments, cwd=probekit.folder)
    process.communicate()
    written = (probekit.folder / "signals.yaml").read_text()
    assert written.partition("\n\n")[2] == shown
