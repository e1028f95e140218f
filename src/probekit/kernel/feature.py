"""Features of a kernel: what a spec may need beyond its attach points, found out by trying.

One table says how each is tried and what needs it. No version is compared, but for the one
feature that nothing shows from outside. Nothing tried stays in the kernel.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import cache

from probekit.kernel import bpf
from probekit.kernel.bpf import insn
from probekit.kernel.profile import NO, UNKNOWN, YES
from probekit.kernel.syscall import ENOTSUPP
from probekit.record import Record

# What in a spec needs a feature, beside `map:TYPE`.
EVERY_PROGRAM, PRINT, PRINTK, LONG_PRINTK = "program", "print", "printk", "long printk"

# What the kernel answers to what it does not know. Others (EPERM, ENOMEM) tell nothing of it.
_ABSENT = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, ENOTSUPP, errno.E2BIG)


class Feature(Record):
    """`what` it is, in words; what of a spec `needs` it (nothing: things go on without it).

    `attempt` raises OSError where the kernel refuses. `without`: what to do, or what follows,
    where it is missing.
    """

    name: str
    what: str
    needs: tuple[str, ...]
    attempt: Callable[[], None]
    without: str


def _map(kind: int, key_size: int, value_size: int, entries: int = 1) -> Callable[[], None]:
    return lambda: os.close(bpf.map_create(kind, key_size, value_size, entries))


def _program(kind: int) -> Callable[[], None]:
    return lambda: os.close(bpf.prog_load(kind, insn.mov(insn.R0, 0) + insn.exit_()))


def _helper(number: int) -> Callable[[], None]:
    """Whether a tracepoint program may call it.

    Called without arguments, a known one is refused for them (EACCES, kernel/bpf/verifier.c), an
    unknown one as such (EINVAL).
    """

    def attempt() -> None:
        program = insn.call(number) + insn.mov(insn.R0, 0) + insn.exit_()
        try:
            os.close(bpf.prog_load(bpf.ProgType.TRACEPOINT, program))
        except bpf.BpfError as error:
            if error.errno != errno.EACCES:
                raise

    return attempt


def _perf_link() -> None:
    """A link to a descriptor that is none: EBADF, once the kernel knows this kind of link."""
    program = bpf.prog_load(bpf.ProgType.TRACEPOINT, insn.mov(insn.R0, 0) + insn.exit_())
    try:
        os.close(bpf.link_create(program, (1 << 32) - 1))
    except bpf.BpfError as error:
        if error.errno != errno.EBADF:
            raise
    finally:
        os.close(program)


def _batches() -> None:
    """Reading an empty hash in one call; map_batches says ENOTSUPP where there is none."""
    hash = bpf.map_create(bpf.MapType.HASH, 4, 8, 1)
    try:
        list(bpf.map_batches(hash, 4, 8))
    finally:
        os.close(hash)


def _run_once() -> None:
    bpf.current_pid()


def _missed_runs() -> None:
    """Whether the kernel counts runs that it skips for tracepoints: since 6.7.

    No feature shows it from outside: commit dd8657894c11 ("bpf: Count missed stats in
    trace_call_bpf") changed only what happens, so the release has to tell.
    """
    numbers = os.uname().release.split(".")[:2]
    try:
        is_new = tuple(int(number.partition("-")[0]) for number in numbers) >= (6, 7)
    except ValueError:
        raise OSError(errno.EPERM, "not a release of the known form") from None
    if not is_new:
        raise OSError(errno.EOPNOTSUPP, "not counted")


_UPDATE = "it takes a later kernel"

FEATURES = (
    Feature(
        "tracepoint_programs",
        "programs at tracepoints",
        (EVERY_PROGRAM,),
        _program(bpf.ProgType.TRACEPOINT),
        _UPDATE,
    ),
    Feature(
        "perf_event_links",
        "links to tracepoints",
        (EVERY_PROGRAM,),
        _perf_link,
        "Linux 5.15 and later have them",
    ),
    Feature(
        "run_once",
        "programs run once by user space",
        (EVERY_PROGRAM,),
        _run_once,
        "Linux 5.10 and later have them",
    ),
    Feature(
        "array",
        "maps of type `array`",
        (EVERY_PROGRAM, "map:array", "map:global"),
        _map(bpf.MapType.ARRAY, 4, 8),
        _UPDATE,
    ),
    Feature(
        "percpu_array",
        "maps of type `percpu_array`",
        (EVERY_PROGRAM, "map:percpu_array"),
        _map(bpf.MapType.PERCPU_ARRAY, 4, 8),
        _UPDATE,
    ),
    Feature("hash", "maps of type `hash`", ("map:hash",), _map(bpf.MapType.HASH, 4, 8), _UPDATE),
    Feature(
        "lru_hash",
        "maps of type `lru_hash`",
        ("map:lru_hash",),
        _map(bpf.MapType.LRU_HASH, 4, 8),
        "use `type: hash`, with room for all keys",
    ),
    Feature(
        "ring_buffers",
        "ring buffers",
        (PRINT, PRINTK),
        _map(bpf.MapType.RINGBUF, 0, 0, 1 << 16),
        "count into a map instead of printing; Linux 5.8 and later have them",
    ),
    Feature(
        "trace_printk",
        "`printk` in programs",
        (PRINTK,),
        _helper(insn.TRACE_PRINTK),
        "use `print` instead of `printk`",
    ),
    Feature(
        "trace_vprintk",
        "`printk` of more than 3 values",
        (LONG_PRINTK,),
        _helper(insn.TRACE_VPRINTK),
        "use `print`, or several `printk` of at most 3 values; Linux 5.16 and later have it",
    ),
    Feature(
        "map_batches",
        "maps read and written in one call",
        (),
        _batches,
        "large maps are shown and cleared more slowly",
    ),
    Feature(
        "missed_runs",
        "count of missed runs",
        (),
        _missed_runs,
        "summaries say `not known`; Linux 6.7 and later count them",
    ),
)
_BY_NAME = {feature.name: feature for feature in FEATURES}


@cache
def answer(name: str) -> str:
    """Whether the running kernel has the feature: YES, NO, or UNKNOWN where it does not let try."""
    try:
        _BY_NAME[name].attempt()
    except OSError as error:
        return NO if error.errno in _ABSENT else UNKNOWN
    return YES


def optional_features() -> list[Feature]:
    """Those that nothing needs, as things go on without them."""
    return [feature for feature in FEATURES if not feature.needs]


def features_for(need: str) -> list[Feature]:
    """The features that `need` takes, in the table's order."""
    return [feature for feature in FEATURES if need in feature.needs]
