"""What is fuzzed: each takes any bytes, and raises only where something of ours is wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from outcomes import check_diagnostics, outcome_of, refused

from probekit.codegen.ccode import c
from probekit.diagnostics import DiagnosticError
from probekit.expr import emit
from probekit.expr.check import check
from probekit.expr.evaluate import Value, evaluate
from probekit.expr.fits import check_fits
from probekit.expr.parse import parse
from probekit.expr.scope import Scope
from probekit.expr.typed import EventField, Local, Param, Typed, is_text, show, type_of
from probekit.expr.userspace import check_user
from probekit.frontend.spec import read
from probekit.kernel.profile import KernelProfile, SavedProfile
from probekit.kernel.store import packed
from probekit.source import Source
from probekit.template import parse_template
from probekit.types import BOOL, S8, S32, S64, TIMESTAMP, U8, U32, U64, CharType, Type, struct_of

ROOT = Path(__file__).parents[2]

FIELDS = (
    EventField("fd", U32, 16),
    EventField("ret", S64, 24),
    EventField("small", U8, 40),
    EventField("tiny", S8, 41),
    EventField("name", CharType(16), 48),
    EventField("in", U32, 72),
)
STARTED = struct_of([("at", TIMESTAMP), ("who", CharType(8)), ("n", U32)])
NAMES = Scope(
    "`group/event`",
    {
        "started": Local("started", STARTED),
        "flag": Local("flag", BOOL),
        "min_fd": Param("min_fd", U32, 3),
        "who": Param("who", CharType(16), b"nginx"),
    },
    {field.name: field for field in FIELDS},
    {"filename": "__data_loc char[]"},
)
USER_KINDS: dict[str, Type] = {"pid": U64, "comm": CharType(16), "started": STARTED, "now": U64}
USER_VALUES: dict[str, Value] = {
    "pid": 7,
    "comm": "a",
    "started": {"at": 1 << 70, "who": "", "n": -1},
    "now": 1,
}


def yaml(data: bytes) -> None:
    """The front end: YAML, and the spec's shape."""
    try:
        source = Source("spec.yaml", data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return
    try:
        spec = read(source)
    except DiagnosticError as error:
        check_diagnostics(error.diagnostics)
        return
    if spec.faults:
        check_diagnostics(spec.faults)


def expressions(data: bytes) -> None:
    """An expression: in a handler up to its C, in user space up to its value; a print's text."""
    text = data.decode("utf-8", "replace")
    refused(lambda: _in_the_kernel(text), text)
    refused(lambda: check_user(parse(text), USER_KINDS), text)
    refused(lambda: evaluate(parse(text), USER_VALUES), text)
    refused(lambda: parse_template(text), text)


def _in_the_kernel(text: str) -> None:
    tree = parse(text)
    typed = check(tree, NAMES)
    assert show(typed)
    assert _emitted(typed).isascii()
    for target in (U8, S32, CharType(4), STARTED):
        refused(partial(check_fits, typed, target, tree.place), text)


def _emitted(typed: Typed) -> str:
    if is_text(typed):
        return emit.store_text(c("text"), 16, typed)
    type = type_of(typed)
    return emit.integer(typed) if type is None or type != STARTED else ""


def profiles(data: bytes) -> None:
    """The file of a kernel profile: everything that it names is looked up."""
    descriptor = os.memfd_create("profile")
    try:
        os.write(descriptor, data)
        look_everything_up(SavedProfile(f"/proc/self/fd/{descriptor}"))
    except DiagnosticError as error:
        check_diagnostics(error.diagnostics)
    finally:
        os.close(descriptor)


def rows(data: bytes) -> None:
    """The rows of a kernel profile, whose file is then in order: lines of `section key;row`."""
    sections: dict[str, dict[str, str]] = {}
    for line in data.decode("ascii", "ignore").splitlines():
        section, _, row = line.partition(" ")
        key, _, content = row.partition(";")
        sections.setdefault(section, {})[key] = content
    profiles(packed(PROFILE_HEAD, sections))


PROFILE_HEAD = {"release": "6.1", "machine": "x86_64", "features": {"ringbuf": "yes"}}


def look_everything_up(profile: KernelProfile) -> None:
    """Asks for all that the profile knows. Raises DiagnosticError where it is damaged."""
    for group, name in profile.tracepoints():
        profile.tracepoint(group, name)
    btf = profile.btf()
    if btf is None:
        return
    for names, find in (
        (btf.functions, btf.function),
        (btf.raw_tracepoints, btf.raw_tracepoint),
        (btf.constants, btf.constant),
        (btf.enums, btf.enum),
        (btf.structs, btf.struct),
    ):
        for name in names():
            find(name)


def specs(data: bytes) -> None:
    """A spec, all the way to its C."""
    try:
        outcome_of(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return


TARGETS: dict[str, Callable[[bytes], None]] = {
    "yaml": yaml,
    "expressions": expressions,
    "profiles": profiles,
    "rows": rows,
    "specs": specs,
}
