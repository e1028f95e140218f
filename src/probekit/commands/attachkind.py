"""The kinds of attach points: what each is, which names a kernel has for it, what is read there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from probekit.check.fields import declared_integer, event_fields
from probekit.frontend.schemachoice import KINDS as ATTACHED
from probekit.kernel.btf import Function
from probekit.kernel.profile import KernelProfile
from probekit.kernel.tracefs import TracepointFormat
from probekit.record import Record

# PERF_COUNT_SW_* and PERF_COUNT_HW_* of include/uapi/linux/perf_event.h, as perf(1) spells them.
SOFTWARE = tuple(
    "cpu-clock task-clock page-faults context-switches cpu-migrations minor-faults major-faults"
    " alignment-faults emulation-faults dummy bpf-output cgroup-switches".split()
)
HARDWARE = tuple(
    "cpu-cycles instructions cache-references cache-misses branch-instructions branch-misses"
    " bus-cycles stalled-cycles-frontend stalled-cycles-backend ref-cycles".split()
)


class ReadableField(Record):
    """What a handler writes to read it, its type in specs (None: not in this version), and in C."""

    name: str
    type: str | None
    declared: str


class Kind(Record):
    """A kind of attach point. `example` is a pattern of it, or how one is written in a spec.

    `names` are those of a kernel (None from one without BTF, where they are in BTF). Where no
    kernel has a list there is no such function, and `instead` says what to do.
    """

    name: str
    what: str
    example: str
    names: Callable[[KernelProfile], Sequence[str] | None] | None = None
    fields: Callable[[KernelProfile, str], Sequence[ReadableField]] | None = None
    instead: str = ""
    is_in_btf: bool = False

    @property
    def is_attached(self) -> bool:
        """Whether this version's specs can have it."""
        return self.name in ATTACHED


def tracepoint_names(profile: KernelProfile) -> list[str]:
    """`group/name` of every tracepoint, sorted."""
    return [f"{group}/{name}" for group, name in profile.tracepoints()]


def find_tracepoint(profile: KernelProfile, name: str) -> TracepointFormat | None:
    """The format of `group/name`, None where the kernel has no such tracepoint."""
    group, _, event = name.partition("/")
    return profile.tracepoint(group, event)


def tracepoint_fields(event: TracepointFormat) -> list[ReadableField]:
    """The fields of a tracepoint, in the record's order."""
    known, _ = event_fields(event)
    return [
        ReadableField(
            f"args.{field.name}",
            str(known[field.name].type) if field.name in known else None,
            field.type,
        )
        for field in event.fields
    ]


def _fields_of_name(profile: KernelProfile, name: str) -> list[ReadableField]:
    event = find_tracepoint(profile, name)
    return tracepoint_fields(event) if event else []


def _raw_names(profile: KernelProfile) -> list[str] | None:
    btf = profile.btf()
    return None if btf is None else btf.raw_tracepoints()


def _raw_fields(profile: KernelProfile, name: str) -> list[ReadableField]:
    btf = profile.btf()
    return _arguments(btf.raw_tracepoint(name) if btf else None)


def _functions(profile: KernelProfile) -> list[str] | None:
    btf = profile.btf()
    return None if btf is None else btf.functions()


def _entry_fields(profile: KernelProfile, name: str) -> list[ReadableField]:
    return _arguments(_function(profile, name))


def _return_fields(profile: KernelProfile, name: str) -> list[ReadableField]:
    return _returned(_function(profile, name))


def _exit_fields(profile: KernelProfile, name: str) -> list[ReadableField]:
    return _entry_fields(profile, name) + _return_fields(profile, name)


def _function(profile: KernelProfile, name: str) -> Function | None:
    btf = profile.btf()
    return btf.function(name) if btf else None


def _arguments(function: Function | None) -> list[ReadableField]:
    parameters = function.parameters if function else ()
    return [_field(f"args.{p.name or f'arg{i}'}", p.type) for i, p in enumerate(parameters)]


def _returned(function: Function | None) -> list[ReadableField]:
    if function is None or function.returns == "void":
        return []
    return [_field("retval", function.returns)]


def _field(name: str, declared: str) -> ReadableField:
    type = declared_integer(declared)
    return ReadableField(name, None if type is None else type.name, declared)


_IN_FILES = "what is in a program or a library is not in the kernel: "
_SYMBOLS = f"{_IN_FILES}`nm -D --defined-only FILE` shows the functions of a file"
_NOTES = f"{_IN_FILES}`readelf -n FILE` shows the places of a file, as `stapsdt` notes"
_TIME = "it has no names, but a time: write `{}`"


def _kinds() -> Iterator[Kind]:
    """In the order of the reference."""
    yield Kind(
        "tracepoint",
        "an event that the kernel's developers named; these rarely change",
        "syscalls/*close*",
        tracepoint_names,
        _fields_of_name,
    )
    yield Kind(
        "raw_tracepoint",
        "the same without its record: faster, and the kernel's own arguments",
        "sched_*",
        _raw_names,
        _raw_fields,
        is_in_btf=True,
    )
    for name, what, fields in (
        ("kprobe", "a function of the kernel begins", _entry_fields),
        ("kretprobe", "a function of the kernel returns", _return_fields),
        ("fentry", "as `kprobe`: faster, on newer kernels", _entry_fields),
        ("fexit", "as `kretprobe`: faster, and with the arguments", _exit_fields),
    ):
        yield Kind(name, what, "vfs_*", _functions, fields, is_in_btf=True)
    yield Kind("uprobe", "a function of a program begins", "libc:malloc", instead=_SYMBOLS)
    yield Kind("uretprobe", "a function of a program returns", "libc:malloc", instead=_SYMBOLS)
    place = "/usr/bin/python3:python:gc__start"
    yield Kind("usdt", "a place that a program's developers named", place, instead=_NOTES)
    yield Kind("profile", "so many times a second, on each CPU", "99hz", instead=_TIME)
    yield Kind("interval", "again after each interval, on one CPU", "1s", instead=_TIME)
    yield Kind("software", "an event that the kernel counts", "page-*", lambda _: SOFTWARE)
    yield Kind("hardware", "an event that the CPU counts", "cache-*", lambda _: HARDWARE)


KINDS = {kind.name: kind for kind in _kinds()}
