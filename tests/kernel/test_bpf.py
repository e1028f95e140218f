"""bpf(2) and perf events, on the running kernel."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from asm import only_process, printk

from probekit.kernel import bpf, perf
from probekit.kernel.bpf import MapType, ProgType
from probekit.kernel.bpf.insn import R0, R1, exit_, insn, load64, mov
from probekit.kernel.tracefs import find_tracefs

pytestmark = pytest.mark.kernel

Own = Callable[[int], int]

DEVMAP_HASH = 25  # a type of map that has no batches; its values are numbers of interfaces
NO_PREALLOC = 1  # BPF_F_NO_PREALLOC, which LPM_TRIE asks for


@pytest.fixture
def own() -> Iterator[Own]:
    """Closes the descriptors it is given when the test ends."""
    owned: list[int] = []

    def keep(fd: int) -> int:
        owned.append(fd)
        return fd

    yield keep
    for fd in reversed(owned):
        os.close(fd)


def u32(number: int) -> bytes:
    return number.to_bytes(4, "little")


def u64(number: int) -> bytes:
    return number.to_bytes(8, "little")


def event_id(group: str, name: str) -> int:
    with find_tracefs() as tracefs:
        return tracefs.event_id(group, name)


def test_an_entry_is_written_read_and_removed(own: Own) -> None:
    fd = own(bpf.map_create(MapType.HASH, 4, 8, 10))
    assert bpf.map_lookup(fd, u32(1), 8) is None
    bpf.map_update(fd, u32(1), u64(2**64 - 1))
    assert bpf.map_lookup(fd, u32(1), 8) == b"\xff" * 8
    assert bpf.map_delete(fd, u32(1)) is True
    assert bpf.map_delete(fd, u32(1)) is False
    assert bpf.map_lookup(fd, u32(1), 8) is None


def test_modes_of_update(own: Own) -> None:
    fd = own(bpf.map_create(MapType.HASH, 4, 4, 10))
    with pytest.raises(bpf.BpfError) as refused:
        bpf.map_update(fd, u32(1), u32(7), bpf.EXIST)
    assert refused.value.errno == errno.ENOENT
    bpf.map_update(fd, u32(1), u32(7), bpf.NOEXIST)
    with pytest.raises(bpf.BpfError) as refused:
        bpf.map_update(fd, u32(1), u32(8), bpf.NOEXIST)
    assert (refused.value.errno, refused.value.command) == (errno.EEXIST, "MAP_UPDATE_ELEM")
    assert str(refused.value) == "BPF_MAP_UPDATE_ELEM: File exists"
    bpf.map_update(fd, u32(1), u32(9), bpf.EXIST)
    assert bpf.map_lookup(fd, u32(1), 4) == u32(9)


@pytest.mark.parametrize("kind", [MapType.HASH, MapType.ARRAY])
def test_all_entries_are_listed_once(own: Own, kind: int) -> None:
    count = 100_000
    fd = own(bpf.map_create(kind, 4, 8, count))
    entries = [(u32(number), u64(number * number)) for number in range(count)]
    bpf.map_update_batch(fd, entries)
    assert sorted(bpf.map_items(fd, 4, 8)) == sorted(entries)


def test_a_batch_smaller_than_a_bucket_grows(own: Own, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bpf.map, "_FIRST_BATCH", 1)
    monkeypatch.setattr(bpf.map, "_BATCH_BYTES", 0)
    fd = own(bpf.map_create(MapType.HASH, 4, 4, 512))
    entries = [(u32(number), u32(number)) for number in range(512)]
    bpf.map_update_batch(fd, entries)
    assert sorted(bpf.map_items(fd, 4, 4)) == sorted(entries)


def test_a_map_without_batches_is_walked(own: Own) -> None:
    fd = own(bpf.map_create(DEVMAP_HASH, 4, 4, 8))
    with pytest.raises(bpf.BpfError, match="not supported"):
        list(bpf.map_batches(fd, 4, 4))
    assert bpf.map_items(fd, 4, 4) == []
    loopback = u32(1)
    bpf.map_update_batch(fd, [(u32(7), loopback), (u32(8), loopback)])
    assert sorted(bpf.map_items(fd, 4, 4)) == [(u32(7), loopback), (u32(8), loopback)]
    bpf.map_clear(fd, 4, 4)
    assert bpf.map_items(fd, 4, 4) == []


@pytest.mark.parametrize("kind", [MapType.PERCPU_HASH, MapType.PERCPU_ARRAY])
def test_a_percpu_map_holds_a_value_for_each_cpu(own: Own, kind: int) -> None:
    fd = own(bpf.map_create(kind, 4, 12, 1))
    size = bpf.percpu_value_size(12)
    assert size == 16 * bpf.possible_cpus()
    values = b"".join(bytes([cpu + 1] * 12) + bytes(4) for cpu in range(bpf.possible_cpus()))
    bpf.map_update(fd, u32(0), values)
    assert bpf.map_lookup(fd, u32(0), size) == values
    assert bpf.map_items(fd, 4, size) == [(u32(0), values)]


def test_possible_cpus_are_what_the_kernel_writes(own: Own) -> None:
    with open("/sys/devices/system/cpu/possible", encoding="ascii") as file:
        text = file.read().strip()
    ranges = [[int(end) for end in part.split("-")] for part in text.split(",")]
    assert bpf.possible_cpus() == sum(ends[-1] - ends[0] + 1 for ends in ranges)
    assert set(bpf.cpus("online")) <= set(bpf.cpus("possible"))


def test_a_queue_has_no_keys(own: Own) -> None:
    fd = own(bpf.map_create(MapType.QUEUE, 0, 4, 4))
    assert bpf.map_lookup(fd, b"", 4) is None
    bpf.map_update(fd, b"", u32(5))
    bpf.map_update(fd, b"", u32(6))
    assert bpf.map_lookup(fd, b"", 4) == u32(5)


def test_a_full_map_says_how_many_entries_it_took(own: Own) -> None:
    fd = own(bpf.map_create(MapType.HASH, 4, 4, 8))
    with pytest.raises(bpf.BpfError) as refused:
        bpf.map_update_batch(fd, [(u32(number), u32(0)) for number in range(10)])
    assert (refused.value.errno, refused.value.done) == (errno.E2BIG, 8)
    assert len(bpf.map_items(fd, 4, 4)) == 8


def test_a_batch_in_another_mode_stops_at_the_first_error(own: Own) -> None:
    fd = own(bpf.map_create(MapType.HASH, 4, 4, 8))
    bpf.map_update(fd, u32(2), u32(0))
    with pytest.raises(bpf.BpfError) as refused:
        bpf.map_update_batch(fd, [(u32(n), u32(1)) for n in range(4)], bpf.NOEXIST)
    assert (refused.value.errno, refused.value.done) == (errno.EEXIST, 2)
    bpf.map_update_batch(fd, [])
    expected = [(u32(0), u32(1)), (u32(1), u32(1)), (u32(2), u32(0))]
    assert sorted(bpf.map_items(fd, 4, 4)) == expected


@pytest.mark.parametrize(
    ("kind", "flags"),
    [
        (MapType.HASH, 0),
        (MapType.LRU_HASH, 0),
        (MapType.PERCPU_HASH, 0),
        (MapType.LPM_TRIE, NO_PREALLOC),
    ],
)
def test_a_hash_is_cleared(own: Own, kind: int, flags: int) -> None:
    fd = own(bpf.map_create(kind, 8, 8, 5000, flags=flags))
    size = bpf.percpu_value_size(8) if kind == MapType.PERCPU_HASH else 8
    bpf.map_update_batch(fd, [(u32(32) + u32(number), bytes(size)) for number in range(3000)])
    assert bpf.map_items(fd, 8, size)
    bpf.map_clear(fd, 8, size)
    assert bpf.map_items(fd, 8, size) == []


def test_an_array_cannot_be_cleared(own: Own) -> None:
    fd = own(bpf.map_create(MapType.ARRAY, 4, 4, 4))
    with pytest.raises(bpf.BpfError) as refused:
        bpf.map_clear(fd, 4, 4)
    assert refused.value.errno == errno.EINVAL


def test_names_and_ids(own: Own) -> None:
    fd = bpf.map_create(MapType.HASH, 4, 4, 1, name="a_name_of_many_letters")
    info = bpf.map_info(fd)
    assert (info.type, info.name) == (MapType.HASH, "a_name_of_many_")
    assert info.id in bpf.map_ids()
    os.close(fd)
    assert info.id not in bpf.map_ids()
    with pytest.raises(bpf.BpfError, match="BPF_MAP_CREATE: Invalid argument"):
        bpf.map_create(MapType.HASH, 4, 4, 1, name="not-a-name")


def test_a_refused_program_brings_the_verifier_log() -> None:
    with pytest.raises(bpf.BpfError) as refused:
        bpf.prog_load(ProgType.RAW_TRACEPOINT, exit_(), name="empty")
    assert refused.value.errno == errno.EACCES
    assert "R0 !read_ok" in refused.value.detail
    assert str(refused.value).startswith("BPF_PROG_LOAD: Permission denied\n0: ")


def test_a_long_verifier_log_is_whole() -> None:
    program = mov(R1, 1) * 4000 + exit_()
    with pytest.raises(bpf.BpfError) as refused:
        bpf.prog_load(ProgType.RAW_TRACEPOINT, program)
    assert len(refused.value.detail) > 1 << 16
    assert refused.value.detail.startswith("0: ")
    assert "R0 !read_ok" in refused.value.detail


def test_a_program_is_run_once(own: Own) -> None:
    minus_one = own(bpf.prog_load(ProgType.RAW_TRACEPOINT, mov(R0, -1) + exit_()))
    assert bpf.prog_test_run(minus_one) == 2**32 - 1
    program = load64(R0, R1, 8) + exit_()
    second_word = own(bpf.prog_load(ProgType.RAW_TRACEPOINT, program))
    assert bpf.prog_test_run(second_word, u64(1) + u64(42)) == 42


def test_runs_are_counted_while_statistics_are_on(own: Own) -> None:
    fd = own(bpf.prog_load(ProgType.RAW_TRACEPOINT, mov(R0, 0) + exit_(), name="counted"))
    statistics = bpf.enable_stats()
    for _ in range(5):
        bpf.prog_test_run(fd)
    os.close(statistics)
    stats = bpf.prog_stats(fd)
    assert stats.run_cnt == 5
    assert stats.run_time_ns > 0
    assert stats.recursion_misses == 0
    assert stats.prog_id == bpf.prog_info(fd).id
    assert stats.prog_id in bpf.prog_ids()
    assert bpf.prog_info(fd).name == "counted"


def test_the_pid_is_the_one_of_the_initial_namespace() -> None:
    if bpf.current_pid() != os.getpid():
        pytest.skip("runs inside a pid namespace, so no pid is known from outside")
    script = (
        "import ctypes, os; from probekit.kernel import bpf\n"
        "assert ctypes.CDLL(None).unshare(0x20000000) == 0  # CLONE_NEWPID\n"
        "child = os.fork()\n"
        "if not child: print(os.getpid(), bpf.current_pid(), flush=True); os._exit(0)\n"
        "os.waitpid(child, 0); print(child)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    inside, seen_by_kernel, outside = map(int, ran.stdout.split())
    assert inside == 1
    assert seen_by_kernel == outside != 1


def test_a_linked_program_runs_until_its_link_is_closed(own: Own) -> None:
    counter = own(bpf.map_create(MapType.ARRAY, 4, 8, 1))
    value = insn(0x18, R1, 2, imm=counter) + insn(0)  # r1 = the address of the array's value
    increment = value + mov(R0, 1) + insn(0xDB, R1, R0)  # lock *(u64 *)r1 += r0
    program = only_process(bpf.current_pid(), increment)
    prog = own(bpf.prog_load(ProgType.TRACEPOINT, program))
    event = own(perf.open_tracepoint(event_id("syscalls", "sys_enter_getpgid")))
    link = bpf.link_create(prog, event)
    assert not os.get_inheritable(link)
    for _ in range(1000):
        os.getpgid(0)
    assert bpf.map_lookup(counter, u32(0), 8) == u64(1000)
    os.close(link)
    os.getpgid(0)
    assert bpf.map_lookup(counter, u32(0), 8) == u64(1000)


def test_a_raw_tracepoint_link_is_listed_until_closed(own: Own) -> None:
    prog = own(bpf.prog_load(ProgType.RAW_TRACEPOINT, mov(R0, 0) + exit_()))
    before = set(bpf.link_ids())
    link = bpf.raw_tracepoint_open("bpf_test_finish", prog)
    added = set(bpf.link_ids()) - before
    os.close(link)
    assert added
    assert added - set(bpf.link_ids())
    with pytest.raises(bpf.BpfError, match="RAW_TRACEPOINT_OPEN: No such file"):
        bpf.raw_tracepoint_open("no_such_tracepoint", prog)


def test_descriptors_are_closed_by_exec(own: Own) -> None:
    prog = own(bpf.prog_load(ProgType.TRACEPOINT, only_process(0, printk(b"never"))))
    fds = [
        prog,
        own(bpf.map_create(MapType.ARRAY, 4, 4, 1)),
        own(perf.open_tracepoint(event_id("sched", "sched_process_exec"))),
        own(bpf.enable_stats()),
    ]
    assert [fd for fd in fds if os.get_inheritable(fd)] == []


def test_an_unknown_event_is_an_error() -> None:
    with pytest.raises(OSError, match="perf_event_open for tracepoint 1048575: ") as refused:
        perf.open_tracepoint(1048575)
    assert refused.value.errno in (errno.ENOENT, errno.EINVAL)


def test_imports_are_light() -> None:
    modules = "bpf, mounts, perf, printk, syscall"
    script = f"import sys; from probekit.kernel import {modules}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    heavy = {"asyncio", "dataclasses", "enum", "inspect", "numpy", "pathlib", "re", "typing"}
    assert heavy & set(ran.stdout.split()) == set()
