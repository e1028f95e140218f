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
    found = re.search(r"in ([0-9.]+) s$", outcome.err, re.MULTILINE)
    assert found is not None
    assert 0.3 <= float(found[1]) < 3  # not 300 ms taken for another unit


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
    wait_for_line(process, "prints-lost")
    process.send_signal(signal.SIGINT)
    assert not wait_for(lambda: process.poll() is not None, 0.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130


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
    for spec in sorted(Path(spec_dir()).glob("*.yaml")):
        outcome = probekit.apply(spec, command=["/bin/true"])
        assert outcome.code == 0, outcome.err
        assert outcome.number("lost") == 0


def _reader(spec: Path, arguments: str, reader: str) -> tuple[int, str, str]:
    """A run whose standard output goes to the shell command `reader`."""
    command = f"{PYTHON} -m probekit apply {spec} {arguments}; echo rc=$? >&2"
    done = subprocess.run(
        ["bash", "-c", f"({command}) | {reader}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    match = re.search(r"rc=(\d+)", done.stderr)
    assert match
    return int(match.group(1)), done.stdout, done.stderr


def test_a_reader_that_is_slow_gets_everything_that_is_not_counted_as_lost(
    probekit: Runner,
) -> None:
    """The gate closes on time all the same."""
    call = "import ctypes; call = ctypes.CDLL(None).getpgid\nfor n in range(200000): call(n)"
    script = probekit.folder / "calls.py"
    script.write_text(call)
    code, out, err = _reader(
        probekit.spec(CHATTY), f"-- {PYTHON} {script}", "(sleep 3; grep -c words)"
    )
    assert code == 0
    events, lost = (int(n) for n in re.findall(r"(\d+) events, (\d+) lost", err)[0])
    assert events == 200000
    assert int(out) + lost == events
    assert lost > 0


def test_a_reader_that_stopped_does_not_hold_up_a_signal(probekit: Runner) -> None:
    process = probekit.start("apply", probekit.spec(CHATTY), "--", PYTHON, "-c", CALL_FOR_EVER)
    wait_for_line(process, "attached")
    wait_for_line(process, "prints-lost")  # the pipe is full, and so is the ring
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert process.stderr is not None
    assert re.search(r"\d+ lines not written: standard output takes no more", process.stderr.read())


def test_a_command_that_makes_the_pipe_non_blocking_costs_nothing(probekit: Runner) -> None:
    script = probekit.folder / "calls.py"
    script.write_text(
        "import ctypes, os; os.set_blocking(1, False); call = ctypes.CDLL(None).getpgid\n"
        "for n in range(20000): call(n)"
    )
    code, out, err = _reader(
        probekit.spec(CHATTY), f"-- {PYTHON} {script}", "(sleep 1; grep -c words)"
    )
    assert code == 0
    assert int(out) == 20000
    assert "20000 events, 0 lost" in err


@pytest.mark.parametrize("stderr", ["/dev/full", "/dev/null"])
def test_messages_that_cannot_be_written_end_nothing(probekit: Runner, stderr: str) -> None:
    with open(stderr, "w") as full:
        process = probekit.start("apply", probekit.spec(QUIET), "--for", "0s", stderr=full)
        out, _ = process.communicate(timeout=30)
        assert (process.returncode, out) == (0, "calls: 0 of 8 entries\n")
        process = probekit.start("apply", "not-there.yaml", stderr=full)
        process.communicate(timeout=30)
        assert process.returncode == 2


def test_the_command_starts_with_the_signals_it_would_have_alone(probekit: Runner) -> None:
    spec = probekit.spec(QUIET)
    shown = ["grep", "^SigIgn", "/proc/self/status"]
    for prefix in ("", "trap '' INT HUP;"):
        alone = _shell(f"{prefix} exec {' '.join(shown)}")
        under = _shell(f"{prefix} exec {PYTHON} -m probekit apply {spec} -- {' '.join(shown)}")
        assert under.splitlines()[0] == alone.strip()


def test_a_command_that_does_not_obey_is_said_to_run_on(probekit: Runner) -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(3)"
    outcome = probekit.apply(QUIET, "--for", "1s", command=[PYTHON, "-c", stubborn])
    assert "is still running, though SIGTERM was sent to it" in outcome.err
    stopped = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"
    outcome = probekit.apply(QUIET, "--for", "1s", command=[PYTHON, "-c", stopped])
    assert "was still running: ended it" in outcome.err


def test_a_closed_terminal_ends_it_cleanly(probekit: Runner) -> None:
    process = probekit.start("apply", probekit.spec(QUIET))
    wait_for_line(process, "attached")
    outcome = end(process, signal.SIGHUP)
    assert outcome.code == 0
    assert outcome.out == "calls: 0 of 8 entries\n"


def test_a_large_array_is_shown_without_its_zeros(probekit: Runner) -> None:
    """In memory that does not grow with the array, and soon."""
    spec = """
name: wide
maps: {wide: {type: array, key: u32, value: u64, max_entries: 20000000, entries: {19999999: 7}}}
programs:
  - {tracepoint: syscalls/sys_enter_getpgid, when: pid == 0, do: [{stop: true}]}
"""
    path = probekit.spec(spec)
    limited = f"ulimit -v 3000000; exec {PYTHON} -m probekit apply {path} --for 0s"
    assert _shell(limited).splitlines() == [
        "wide: 20000000 entries",
        "       key  value",
        "  19999999      7",
        "  (19999999 entries are 0)",
    ]


def test_a_schedule_each_millisecond_runs_each_millisecond(probekit: Runner) -> None:
    """Those that a busy machine makes late are counted: together they are all."""
    spec = """
name: fast
maps: {ticks: {type: global, value: u64}}
programs:
  - {tracepoint: syscalls/sys_enter_getpgid, when: pid == 0, do: [{stop: true}]}
schedules:
  - {every: 1ms, times: 1000, update: ticks, value: tick + 1}
"""
    outcome = probekit.apply(spec, "--for", "6s")
    assert outcome.value("ticks") == 1000
    assert outcome.number("schedule runs") == 1000


def test_printk_that_comes_too_fast_is_said_so(probekit: Runner) -> None:
    spec = probekit.spec(CHATTY.replace("print:", "printk:"))
    call = "import ctypes; call = ctypes.CDLL(None).getpgid\nfor n in range(100000): call(n)"
    flood = (
        "import os, signal, subprocess, sys; os.kill(os.getppid(), signal.SIGSTOP)\n"
        f"subprocess.run([sys.executable, '-c', {call!r}])\n"
        "os.kill(os.getppid(), signal.SIGCONT)"
    )
    outcome = probekit.apply(spec, command=[PYTHON, "-c", flood])
    assert outcome.err.count("warning[printk-lost]") == 1
    shown = sum("some words" in line for line in outcome.lines)
    assert shown + outcome.number("lost") == 100000


def test_a_table_at_the_stop_reaches_a_slow_reader(probekit: Runner) -> None:
    """More is waiting for it than anything but the end would add to."""
    call = "import ctypes; call = ctypes.CDLL(None).getpgid\nfor n in range(200000): call(n)"
    script = probekit.folder / "calls.py"
    script.write_text(call)
    spec = probekit.spec(
        CHATTY
        + """
maps: {calls: {type: global, value: u64, entries: [{value: 4711}]}}
schedules: [{at: stop, show: calls}]
"""
    )
    code, out, err = _reader(spec, f"-- {PYTHON} {script}", "(sleep 3; tail -n 2)")
    assert code == 0
    assert out == "calls: one value\n  4711\n"
    assert "1 schedule run (0 late, 0 failed)" in err
