"""However a session ends, it ends cleanly and leaves nothing in the kernel."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from running import (
    Runner,
    end,
    kernel_objects,
    processes_with,
    wait_for,
    wait_for_line,
)

from probekit.resources import spec_dir

pytestmark = pytest.mark.kernel

PYTHON = sys.executable
QUIET = """
name: quiet
maps: {calls: {type: hash, key: u32, value: u64, max_entries: 8}}
programs:
  - tracepoint: syscalls/sys_enter_getpgid
    when: pid == 0
    do: [{count: calls, key: 0}]
"""
CHATTY = """
name: chatty
programs:
  - tracepoint: syscalls/sys_enter_getpgid
    do: [{print: "{args.pid} some words to fill a pipe with"}]
"""
CALL_FOR_EVER = "import ctypes\ncall = ctypes.CDLL(None).getpgid\nwhile True: call(1)"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_maps_and_summary(probekit: Runner, number: signal.Signals) -> None:
    process = probekit.start("apply", probekit.spec(QUIET))
    wait_for_line(process, "attached")
    outcome = end(process, number)
    assert outcome.code == 0
    assert outcome.out == "calls: 0 of 8 entries\n"
    assert "quiet: 0 events, 0 lost, 0 failed updates" in outcome.err


def test_it_ends_by_itself_after_the_given_time(probekit: Runner) -> None:
    outcome = probekit.apply(QUIET, "--for", "300ms")
    assert outcome.code == 0
    assert "in 0.3 s" in outcome.err


def test_a_signal_before_it_is_attached_exits_with_130(probekit: Runner) -> None:
    spec = probekit.spec(QUIET)
    before = kernel_objects()
    process = probekit.start("apply", spec)
    assert wait_for(lambda: len(processes_with(str(spec))) >= 2)  # the loader child has begun
    outcome = end(process)
    assert outcome.code == 130
    assert "attached" not in outcome.err
    assert wait_for(lambda: not kernel_objects() - before)
    assert not processes_with(str(spec))


def test_a_second_signal_ends_it_at_once(probekit: Runner) -> None:
    """Nobody reads the pipe, so the first signal finds it waiting to write."""
    spec = probekit.spec(CHATTY)
    process = probekit.start("apply", spec, "--", PYTHON, "-c", CALL_FOR_EVER)
    wait_for_line(process, "attached")
    assert wait_for(lambda: _is_blocked(process.pid))
    process.send_signal(signal.SIGINT)
    assert not wait_for(lambda: process.poll() is not None, 0.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130


def _is_blocked(pid: int) -> bool:
    return Path(f"/proc/{pid}/syscall").read_text().startswith("1 0x1 ")  # write(1, ...)


def test_a_closed_pipe_ends_it_cleanly(probekit: Runner) -> None:
    process = probekit.start("apply", probekit.spec(CHATTY), "--", PYTHON, "-c", CALL_FOR_EVER)
    assert process.stdout is not None
    assert "some words" in process.stdout.readline()
    process.stdout.close()
    assert process.wait(20) == 0
    assert process.stderr is not None
    err = process.stderr.read()
    assert "chatty:" in err
    assert "Traceback" not in err
    assert "Broken" not in err


def test_a_closed_pipe_ends_a_probe_that_prints_nothing(probekit: Runner) -> None:
    process = probekit.start("apply", probekit.spec(QUIET))
    wait_for_line(process, "attached")
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(20) == 0


def test_a_full_disk_is_an_error_of_this_host(probekit: Runner) -> None:
    spec = probekit.spec(CHATTY)
    with open("/dev/full", "w") as full:
        process = probekit.start("apply", spec, "--", PYTHON, "-c", CALL_FOR_EVER, stdout=full)
        assert process.wait(30) == 3
    assert process.stderr is not None
    err = process.stderr.read()
    assert "error[cannot-write]" in err
    assert "chatty:" in err  # the summary comes all the same


def test_the_command_is_ended_with_the_probe(probekit: Runner) -> None:
    token = f"import time; time.sleep(300 + {random.random()})"
    process = probekit.start("apply", probekit.spec(QUIET), "--", PYTHON, "-c", token)
    wait_for_line(process, "attached")
    assert wait_for(lambda: len(processes_with(token)) == 2)
    outcome = end(process, signal.SIGTERM)
    assert outcome.code == 0
    assert f"the command `{PYTHON}` was still running: ended it" in outcome.err
    assert wait_for(lambda: not processes_with(token))


def test_nothing_stays_after_an_ordinary_end(probekit: Runner) -> None:
    before = kernel_objects()
    assert probekit.apply(QUIET, "--for", "0s").code == 0
    assert wait_for(lambda: not kernel_objects() - before)


def test_nothing_stays_whenever_it_is_killed(probekit: Runner) -> None:
    """From before anything is loaded to well after the command runs."""
    spec = probekit.spec(CHATTY)
    before = kernel_objects()
    mounts = Path("/proc/self/mounts").read_text()
    for _ in range(20):
        process = probekit.start(
            "apply", spec, "--", PYTHON, "-c", CALL_FOR_EVER, stdout=subprocess.DEVNULL
        )
        time.sleep(random.uniform(0.05, 1.2))
        process.kill()
        process.wait()
        assert wait_for(lambda: not processes_with(str(spec)))
        assert wait_for(lambda: not processes_with(CALL_FOR_EVER))
        assert wait_for(lambda: not kernel_objects() - before)
    assert Path("/proc/self/mounts").read_text() == mounts


def test_links_made_before_one_that_is_refused_are_undone(probekit: Runner) -> None:
    """The kernel takes 64 programs on one tracepoint."""
    program = "  - {tracepoint: syscalls/sys_enter_getpgid, when: pid == 0, do: [{stop: true}]}\n"
    many = probekit.spec("name: many\nprograms:\n" + program * 64, "many.yaml")
    one = probekit.spec("name: one\nprograms:\n" + program, "one.yaml")
    before = kernel_objects()
    outcome = probekit.run("apply", many, one, "--for", "0s", timeout=120)
    assert outcome.code == 3
    assert re.search(r"error\[attach-refused\].*sys_enter_getpgid", outcome.err)
    assert "one.yaml:4:6" in outcome.err
    assert wait_for(lambda: not kernel_objects() - before)


def test_probekit_does_not_see_itself(probekit: Runner) -> None:
    """A probe that prints at each write(2) of its own process would feed itself."""
    spec = probekit.spec(
        """
name: mirror
params: {me: {type: u32, default: 0}}
programs:
  - tracepoint: syscalls/sys_enter_write
    when: pid == me
    do: [{print: "write {args.fd}"}]
schedules:
  - {every: 100ms, print: "tick {tick}"}
"""
    )
    run = f"exec {PYTHON} -m probekit apply {spec} --set me=$$ --for 1s"
    without = _shell(run)
    assert "write" not in without
    assert "tick 5" in without
    assert "write 1" in _shell(f"{run} --include-self")


def _shell(command: str) -> str:
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def test_standard_error_may_be_closed(probekit: Runner) -> None:
    read, write = os.pipe()
    os.close(read)
    process = probekit.start("apply", probekit.spec(QUIET), "--for", "0s", stderr=write)
    os.close(write)
    out, _ = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "calls: 0 of 8 entries\n")


def test_the_sample_specs_end_with_what_they_show(probekit: Runner) -> None:
    for spec in sorted(spec_dir().glob("*.yaml")):
        outcome = probekit.apply(spec, command=["/bin/true"])
        assert outcome.code == 0, outcome.err
        assert outcome.number("lost") == 0
