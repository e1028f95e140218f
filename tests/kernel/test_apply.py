"""`probekit apply` from end to end: what is seen, counted, printed and said at the end."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from pathlib import Path

import pytest
from running import Runner, wait_for_line

from probekit.kernel.feature import answer
from probekit.resources import spec_dir

pytestmark = pytest.mark.kernel

PYTHON = sys.executable

# Calls getpgid(2), which nothing else here does, with each of the arguments once.
GETPGID = """
import ctypes, sys
getpgid = ctypes.CDLL(None).getpgid
for number in range(int(sys.argv[1]), int(sys.argv[2])):
    getpgid(number)
"""


def test_the_printed_number_follows_the_schedule(probekit: Runner) -> None:
    closing = "import os, time\nfor _ in range(66):\n    os.close(os.dup(0)); time.sleep(0.05)"
    outcome = probekit.apply(Path(spec_dir()) / "close.yaml", command=[PYTHON, "-c", closing])
    assert outcome.code == 0
    printed = [line for line in outcome.lines if line.startswith("sys_enter_close called: ")]
    numbers = [int(line.rpartition(" ")[2]) for line in printed]
    steps = [number for number, _ in itertools.groupby(numbers)]
    assert steps[:4] == [0, 1, 2, 3]
    assert steps == list(range(len(steps)))
    assert outcome.number("events?") == len(printed) >= 66
    assert outcome.number("lost") == 0


def test_program_starts_are_counted_to_the_unit(probekit: Runner) -> None:
    script = "for i in $(seq 50); do /bin/true; done; sh -c '/bin/true; /bin/true'; exec /bin/true"
    outcome = probekit.apply(Path(spec_dir()) / "execve-count.yaml", command=["sh", "-c", script])
    # sh, seq, 50 times true, sh, its true twice, and the true that the first sh became
    assert outcome.lines[-1].split() == ["0", "56"]
    assert outcome.number("events?") == 56


def test_children_that_left_the_session_and_their_parent_are_seen(probekit: Runner) -> None:
    script = "setsid sh -c 'sleep 0.3; /bin/true' & wait"
    orphan = "(setsid sh -c 'sleep 0.2; /bin/true; /bin/true' &) ; sleep 0.6"
    outcome = probekit.apply(
        Path(spec_dir()) / "execve-count.yaml", command=["sh", "-c", f"{orphan}; {script}"]
    )
    # sh; setsid, sh, sleep, true, true; sleep; setsid, sh, sleep, true
    assert outcome.lines[-1].split() == ["0", "11"]


def test_other_processes_are_not_seen(probekit: Runner) -> None:
    spec = probekit.spec(
        """
name: calls
maps: {calls: {type: global, value: u64}}
programs: [{tracepoint: syscalls/sys_enter_getpgid, do: [{count: calls}]}]
"""
    )
    process = probekit.start("apply", spec, "--", "sh", "-c", "read line", stdin=subprocess.PIPE)
    wait_for_line(process, "attached")
    subprocess.run([PYTHON, "-c", GETPGID, "0", "500"], check=True)
    out, err = process.communicate("go\n")
    assert process.returncode == 0
    assert "\n  0\n" in out
    assert "0 events" in err


def test_two_cpus_that_race_for_new_keys_lose_nothing(probekit: Runner) -> None:
    spec = """
name: race
maps: {calls: {type: hash, key: u32, value: u64, max_entries: 20000}}
programs:
  - tracepoint: syscalls/sys_enter_getpgid
    do: [{count: calls, key: args.pid}]
"""
    race = f"""
import os, threading, subprocess, sys
code = '''import ctypes, os, sys
os.sched_setaffinity(0, {{int(sys.argv[1])}})
getpgid = ctypes.CDLL(None).getpgid
sys.stdin.read(1)
for number in range(8000):
    getpgid(number)
'''
cpus = sorted(os.sched_getaffinity(0))[:2]
children = [subprocess.Popen([{PYTHON!r}, "-c", code, str(cpu)], stdin=subprocess.PIPE)
            for cpu in cpus]
for child in children:
    child.stdin.write(b"g"); child.stdin.flush()
for child in children:
    child.communicate()
print("children", len(children), flush=True)
"""
    outcome = probekit.apply(spec, command=[PYTHON, "-c", race])
    children = int(outcome.lines[0].split()[1])
    rows = [tuple(map(int, line.split())) for line in outcome.lines if re.match(r"\s+\d", line)]
    assert "calls: 8000 of 20000 entries" in outcome.out
    assert outcome.number("events?") == 8000 * children
    assert {value for _, value in rows} == {children}
    assert outcome.number("failed updates") == 0


def test_a_map_that_is_too_small_says_so_once_with_the_number_to_raise(probekit: Runner) -> None:
    spec = """
name: small
maps:
  calls:
    type: hash
    key: u32
    value: u64
    max_entries: 4
programs:
  - tracepoint: syscalls/sys_enter_getpgid
    do:
      - count: calls
        key: args.pid
"""
    outcome = probekit.apply(spec, command=[PYTHON, "-c", GETPGID, "0", "10"])
    assert outcome.err.count("warning[map-full]") == 1
    assert "spec.yaml:13:9" in outcome.err
    assert " 9 |     max_entries: 4\n   |                  - raise this number" in outcome.err
    assert outcome.number("failed updates") == 6
    assert "calls: 4 of 4 entries" in outcome.out


def test_other_failures_of_a_write_are_told_apart_from_a_full_map(probekit: Runner) -> None:
    spec = """
name: modes
maps:
  calls: {type: hash, key: u32, value: u64, max_entries: 2, entries: {1: 5}}
programs:
  - tracepoint: syscalls/sys_enter_getpgid
    do:
      - update: calls
        key: args.pid
        value: 7
        mode: exist
      - update: calls
        key: "2"
        value: args.pid
        mode: create
"""
    outcome = probekit.apply(spec, command=[PYTHON, "-c", GETPGID, "0", "2"])
    rows = [line.split() for line in outcome.lines[-2:]]
    assert rows == [["1", "7"], ["2", "0"]]
    assert outcome.number("failed updates") == 0  # absent, present: that is what the mode asks


def test_printed_and_lost_are_what_happened(probekit: Runner) -> None:
    """The reader is stopped until the ring is full: what did not fit is counted."""
    spec = probekit.spec(
        """
name: flood
programs:
  - tracepoint: syscalls/sys_enter_getpgid
    do: [{print: "{args.pid} {comm}"}]
"""
    )
    flood = f"""
import os, signal, subprocess, sys
os.kill(os.getppid(), signal.SIGSTOP)
subprocess.run([{PYTHON!r}, "-c", {GETPGID!r}, "0", "60000"])
os.kill(os.getppid(), signal.SIGCONT)
"""
    outcome = probekit.apply(spec, command=[PYTHON, "-c", flood])
    printed = [line for line in outcome.lines if re.fullmatch(r"\d+ python.*", line)]
    assert outcome.number("events") == 60000
    assert 0 < outcome.number("lost") < 60000
    assert len(printed) + outcome.number("lost") == 60000
    assert outcome.err.count("warning[prints-lost]") == 1
    numbers = [int(line.split()[0]) for line in printed]
    assert numbers == sorted(numbers)


def test_process_names_are_shown_escaped(probekit: Runner) -> None:
    spec = """
name: hostile
programs:
  - tracepoint: syscalls/sys_enter_getpgid
    do: [{print: "[{comm}]"}]
"""
    rename = (
        "import ctypes; libc = ctypes.CDLL(None)\n"
        r"libc.prctl(15, b'\x1b[31m\xff[/b]\n{x}', 0, 0, 0); libc.getpgid(1)"
    )
    outcome = probekit.apply(spec, command=[PYTHON, "-c", rename])
    assert outcome.lines[0] == r"[\x1b[31m\xff[/b]\x0a{x}]"


def test_params_are_set_for_a_run(probekit: Runner) -> None:
    spec = """
name: params
params:
  least: {type: u32, default: 8}
  word: {type: char(8), default: few}
maps: {calls: {type: global, value: u64}}
programs:
  - tracepoint: syscalls/sys_enter_getpgid
    when: args.pid >= least
    do: [{count: calls}, {print: "{word} {least}"}]
"""
    command = [PYTHON, "-c", GETPGID, "0", "10"]
    assert probekit.apply(spec, command=command).value("calls") == 2
    outcome = probekit.apply(spec, "--set", "least=3", "--set", "word=all", command=command)
    assert outcome.value("calls") == 7
    assert outcome.lines[0] == "all 3"


def test_several_specs_run_together_and_name_their_lines(probekit: Runner) -> None:
    specs = [
        probekit.spec(
            f"""
name: {name}
programs:
  - tracepoint: syscalls/{event}_getpgid
    do: [{{print: "{name}!"}}]
""",
            f"{name}.yaml",
        )
        for name, event in (("enter", "sys_enter"), ("leave", "sys_exit"))
    ]
    outcome = probekit.run("apply", *specs, "--", PYTHON, "-c", GETPGID, "0", "3")
    assert sorted(outcome.lines) == ["enter: enter!"] * 3 + ["leave: leave!"] * 3
    assert "probekit: enter: 3 events" in outcome.err
    assert "probekit: leave: 3 events" in outcome.err


def test_a_command_that_failed_is_named_and_the_exit_code_is_ours(probekit: Runner) -> None:
    outcome = probekit.apply(Path(spec_dir()) / "execve-count.yaml", command=["sh", "-c", "exit 7"])
    assert outcome.code == 0
    assert "the command `sh` failed: exit status 7" in outcome.err


def test_a_command_that_is_not_there_is_a_usage_error(probekit: Runner) -> None:
    outcome = probekit.apply(Path(spec_dir()) / "close.yaml", command=["no-such-command"])
    assert outcome.code == 2
    assert "error[command-not-found]: no command `no-such-command`" in outcome.err
    assert "attached" not in outcome.err


def test_attach_and_end_at_once(probekit: Runner) -> None:
    spec = probekit.spec(
        """
name: once
maps: {calls: {type: global, value: u64, entries: [{value: 3}]}}
programs:
  - tracepoint: syscalls/sys_enter_getpgid
    when: pid == 0
    do: [{count: calls}]
schedules:
  - {at: start, print: begin}
  - {at: stop, print: end}
"""
    )
    outcome = probekit.apply(spec, "--for", "0s")
    assert outcome.code == 0
    assert outcome.lines == ["begin", "end", "calls: one value", "  3"]


def test_a_table_of_structs(probekit: Runner) -> None:
    spec = """
name: structs
maps:
  calls:
    type: hash
    key: {small: u8, comm: char(16), big: u64}
    value: {n: u16, when: duration}
    max_entries: 8
programs:
  - tracepoint: syscalls/sys_enter_getpgid
    do:
      - update: calls
        key: {small: args.pid % 2, comm: "'x'", big: 1}
        value: {n: args.pid & 0xffff, when: "'1500us'"}
"""
    outcome = probekit.apply(spec, command=[PYTHON, "-c", GETPGID, "0", "4"])
    assert outcome.lines == [
        "calls: 2 of 8 entries",
        "  small  comm  big  n   when",
        "      0  x       1  2  1.5ms",
        "      1  x       1  3  1.5ms",
    ]


def test_it_works_in_a_pid_namespace(probekit: Runner) -> None:
    """There the process's own number is not the kernel's."""
    spec = probekit.spec(
        """
name: calls
maps: {calls: {type: global, value: u64}}
programs: [{tracepoint: syscalls/sys_enter_getpgid, do: [{count: calls}]}]
"""
    )
    argv = ["unshare", "--pid", "--fork", "--mount-proc", PYTHON, "-m", "probekit", "apply", spec]
    done = subprocess.run(
        [*map(str, argv), "--", PYTHON, "-c", GETPGID, "0", "9"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "calls: one value\n  9\n", done.stderr


def test_runs_that_the_kernel_skipped_are_counted_or_not_known(probekit: Runner) -> None:
    """A timer's interrupt comes while the first program runs, on the same CPU."""
    counts = "".join(
        f"      - {{count: busy, key: {{n: args.pid % {1000 - n}, comm: comm}}}}\n"
        for n in range(8)
    )
    spec = f"""
name: interrupted
maps:
  ticks: {{type: global, value: u64}}
  busy: {{type: hash, key: {{n: u64, comm: char(16)}}, value: u64, max_entries: 1000}}
programs:
  - tracepoint: timer/hrtimer_expire_entry
    do: [{{count: ticks}}]
  - tracepoint: syscalls/sys_enter_getpgid
    do:
{counts}
"""
    outcome = probekit.apply(spec, command=[PYTHON, "-c", GETPGID, "0", "400000"])
    if answer("missed_runs") == "yes":
        assert outcome.number("known missed runs") > 0
    else:
        assert "missed runs not known" in outcome.err


def test_a_run_inside_of_another_one_is_not_said_to_be_counted(probekit: Runner) -> None:
    """The second program's event is dropped by the kernel, which tells nobody."""
    spec = """
name: nested
maps: {calls: {type: global, value: u64}}
programs:
  - tracepoint: syscalls/sys_enter_getpgid
    do: [{printk: "{args.pid}"}]
  - tracepoint: bpf_trace/bpf_trace_printk
    do: [{count: calls}]
"""
    outcome = probekit.apply(spec, command=[PYTHON, "-c", GETPGID, "0", "20"])
    assert outcome.value("calls") == 0
    assert outcome.lines[:20] == [str(number) for number in range(20)]
    assert re.search(r"\d+ known missed runs|missed runs not known", outcome.err)
