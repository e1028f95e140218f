"""Lines of bpf_trace_printk, on the running kernel."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from asm import only_process, printk

from probekit.kernel import bpf, perf
from probekit.kernel.bpf.insn import R0, R3, R6, exit_, load64, mov
from probekit.kernel.printk import PrintkReader
from probekit.kernel.tracefs import find_tracefs

pytestmark = pytest.mark.kernel

TAG = f"probekit_test[{os.getpid()}]: ".encode()


@contextmanager
def printing(
    text: bytes, group: str = "syscalls", name: str = "sys_enter_getpgid"
) -> Iterator[None]:
    """While it lasts, this process prints `text` with the 8 bytes at 16 of the tracepoint."""
    program = only_process(bpf.current_pid(), printk(text, load64(R3, R6, 16)))
    prog = bpf.prog_load(bpf.ProgType.TRACEPOINT, program)
    with find_tracefs() as tracefs:
        event = perf.open_tracepoint(tracefs.event_id(group, name))
    link = bpf.link_create(prog, event)
    try:
        yield
    finally:
        for fd in (link, event, prog):
            os.close(fd)


@contextmanager
def reading(tag: bytes = TAG) -> Iterator[PrintkReader]:
    reader = PrintkReader(tag)
    try:
        yield reader
    finally:
        reader.close()


def call(*arguments: int) -> None:
    for argument in arguments:
        with suppress(ProcessLookupError):
            os.getpgid(argument)


def test_lines_of_a_tracepoint_program_arrive_in_order() -> None:
    with reading() as reader, printing(TAG + b"pid %d"):
        begin = time.monotonic_ns()
        call(*range(1 << 22, (1 << 22) + 100))
        end = time.monotonic_ns()
        lines = reader.read()
        assert reader.read() == []
    assert [text for _, text in lines] == [
        TAG + b"pid %d" % n for n in range(1 << 22, (1 << 22) + 100)
    ]
    times = [time_ns for time_ns, _ in lines]
    assert begin < times[0] <= times[-1] < end
    assert times == sorted(times)


def test_lines_of_a_raw_tracepoint_program_arrive() -> None:
    prog = bpf.prog_load(bpf.ProgType.RAW_TRACEPOINT, printk(TAG + b"raw") + mov(R0, 0) + exit_())
    with reading() as reader:
        bpf.prog_test_run(prog)
        os.close(prog)
        assert [text for _, text in reader.read()] == [TAG + b"raw"]


def test_only_lines_with_the_tag_are_read() -> None:
    other = TAG.replace(b"test", b"tess")
    with (
        reading() as ours,
        reading(other) as theirs,
        reading(b"") as everything,
        printing(TAG + b"%d"),
        printing(other + b"%d"),
    ):
        call(0, 0)
        assert [text for _, text in ours.read()] == [TAG + b"0"] * 2
        assert [text for _, text in theirs.read()] == [other + b"0"] * 2
        lines = [text for _, text in everything.read()]
    assert lines.count(TAG + b"0") == lines.count(other + b"0") == 2


@pytest.mark.parametrize("length", [1, 3, 4, 8, 15, 16, 63, 255])
def test_a_tag_of_any_length_is_compared_whole(length: int) -> None:
    tag = (TAG * 16)[-length:]
    almost = tag[:-1] + b"#"
    with reading(tag) as reader, printing(tag + b"%d"), printing(almost + b"%d"):
        call(0)
        lines = [text for _, text in reader.read()]
    assert tag + b"0" in lines
    assert almost + b"0" not in lines


def test_a_tag_that_cannot_be_compared_is_refused() -> None:
    for tag in (b"x" * 256, b"a\0b"):
        with pytest.raises(ValueError, match="at most 255 bytes"):
            PrintkReader(tag)


def test_a_newline_at_the_end_is_left_out_and_a_line_is_whole() -> None:
    text = TAG + b"x" * 300
    with reading() as reader, printing(text + b"\n"), printing(TAG):
        call(0)
        assert sorted(text for _, text in reader.read()) == [TAG, text]


def test_the_trace_pipe_keeps_its_lines() -> None:
    text = TAG + b"stays %d"
    with find_tracefs() as tracefs, reading() as reader, printing(text):
        call(0, 0, 0)
        assert len(reader.read()) == 3
        trace = Path(tracefs.path, "trace").read_bytes()
    assert trace.count(TAG + b"stays 0") == 3


def test_the_descriptor_wakes_a_sleeper() -> None:
    with reading() as reader, printing(TAG + b"wake"):
        poller = select.poll()
        for fd in reader.fds:
            poller.register(fd, select.POLLIN)
        assert poller.poll(0) == []
        call(0)
        assert poller.poll(1000)


def test_read_and_lost_are_all_that_was_written() -> None:
    with reading() as reader, printing(TAG + b"many"):
        call(*[0] * 30_000)
        read = len(reader.read())
        assert reader.lost > 0
        assert read + reader.lost == 30_000
        call(0)
        assert len(reader.read()) == 1


KILLED = """
import sys
from probekit.kernel import bpf
from probekit.kernel.printk import PrintkReader
reader = PrintkReader(b"killed: ")
print(bpf.prog_info(reader._prog).id, flush=True)
sys.stdin.read()
"""


def test_nothing_is_left_of_a_killed_reader() -> None:
    command = [sys.executable, "-c", KILLED]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        prog_id = int(process.stdout.readline())
        assert prog_id in bpf.prog_ids()
        process.send_signal(signal.SIGKILL)
    limit = time.monotonic() + 1
    while prog_id in bpf.prog_ids():
        assert time.monotonic() < limit, "the reader's program is still there"
        time.sleep(0.01)


def test_closing_leaves_nothing() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with reading() as reader:
        assert len(os.listdir("/proc/self/fd")) > before
        ring = reader.fds[0]
    assert len(os.listdir("/proc/self/fd")) == before
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(ring)
