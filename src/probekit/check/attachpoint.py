"""What a program attaches to: its tracepoint's format, as the kernel profile has it."""

from __future__ import annotations

import re

from probekit.check.context import Fault, Faults
from probekit.diagnostics import Edit, Severity
from probekit.expr.syntax import Place
from probekit.frontend.spec import ProgramSpec
from probekit.frontend.yamlnodes import Mapping, Scalar
from probekit.kernel.profile import KernelProfile
from probekit.kernel.tracefs import TracepointFormat
from probekit.nearest import meant, nearest

_ELSEWHERE = (
    "the kernel that will run it may have it: `sudo probekit kernel save FILE` there, then"
    " `probekit check SPEC --kernel FILE`"
)


def find_tracepoint(faults: Faults, spec: ProgramSpec, profile: KernelProfile) -> TracepointFormat:
    """The format of the program's attach point. Raises Fault where there is none."""
    target = spec.target
    if isinstance(target, Mapping):
        raise _in_parts(faults, target, spec.kind)
    if not isinstance(target, Scalar):
        what = "several attach points for one handler are not in this version yet"
        raise faults.fault("not-yet", what, spec.kind.span, "write a program for each")
    group, slash, name = target.text.partition("/")
    if not slash or not group or not name or "/" in name:
        raise _not_a_name(faults, target, profile)
    if "*" in target.text or "?" in target.text:
        what = "patterns of attach points are not in this version yet"
        raise faults.fault("not-yet", what, target.span, "write a program for each")
    if group == "ftrace":
        what = "the `ftrace` group holds record formats, not attach points"
        help = "choose a tracepoint of another group"
        raise faults.fault("bad-attach-point", what, target.span, help)
    event = profile.tracepoint(group, name)
    if event is None:
        raise _unknown(faults, target, group, name, profile)
    return event


def _in_parts(faults: Faults, target: Mapping, kind: Scalar) -> Fault:
    """`tracepoint: {group: syscalls, name: sys_enter_close}`"""
    group, name = target.get("group"), target.get("name")
    help = "write `group/name`, as in `tracepoint: syscalls/sys_enter_close`"
    if isinstance(group, Scalar) and isinstance(name, Scalar):
        help = f"write `tracepoint: {group.text}/{name.text}`"
    return faults.fault("bad-attach-point", "an attach point is one word", kind.span, help)


def _not_a_name(faults: Faults, target: Scalar, profile: KernelProfile) -> Fault:
    """`close`, `sched:NAME`, a path: the tracepoints that it may be."""
    text = target.text.strip("/ ").replace(":", "/")
    group, _, name = text.rpartition("/")
    group = group.rpartition("/")[2]
    from shlex import quote  # only on the way to an error

    known = profile.tracepoints()
    found = [one for one in known if one[1] == name]
    found = [one for one in found if one[0] == group] or found
    edits = _edits(target, "/".join(found[0])) if len(found) == 1 else ()
    if found:
        help = "write " + " or ".join(f"`{'/'.join(one)}`" for one in found[:3])
    elif any(one[0] == name for one in known):
        help = f"it is a group: `probekit list {quote(f'tracepoint:{name}/*')}` shows what it has"
    elif re.fullmatch(r"\w+", name) and any(name in one[1] for one in known):
        help = f"find one with `probekit list {quote(f'tracepoint:*{name}*')}`"
    else:
        help = "as in `syscalls/sys_enter_close`"
    what = f"`{target.text}` is not `group/name`"
    return faults.fault("bad-attach-point", what, target.span, help, edits=edits)


def _edits(target: Scalar, better: str) -> tuple[Edit, ...]:
    from probekit.check.edits import edits_of  # only on the way to an error

    return edits_of(target, ((Place(0, len(target.text)), better),))


def _unknown(
    faults: Faults, target: Scalar, group: str, name: str, profile: KernelProfile
) -> Fault:
    """An error, but where only the shipped profile lacks it: the host's kernel may have it."""
    is_certain = not profile.shipped or group == "syscalls"
    known = profile.tracepoints()
    near, sure = _similar(group, name, known)
    help = f"did you mean `{near}`?" if near else ""
    if not help and is_certain:
        help = _what_there_is(group, name, known)
    if not is_certain:
        help = f"{help} If not: {_ELSEWHERE}" if help else _ELSEWHERE
    return faults.fault(
        "unknown-tracepoint",
        f"{profile.origin} has no tracepoint `{group}/{name}`",
        target.span,
        help,
        severity=Severity.ERROR if is_certain else Severity.WARNING,
        edits=_edits(target, near) if sure and is_certain else (),
    )


def _what_there_is(group: str, name: str, known: list[tuple[str, str]]) -> str:
    """The group's names that hold `name`, else its first ones; or that there is no such group."""
    names = [n for g, n in known if g == group]
    if not names:
        return f"there is no group `{group}`"
    alike = sorted((n for n in names if name in n), key=lambda n: not n.endswith(f"_{name}"))
    shown = (alike or names)[:4]
    more = ", ..." if len(shown) < len(names) else ""
    return f"the group `{group}` has {', '.join(f'`{n}`' for n in shown)}{more}"


def _similar(group: str, name: str, known: list[tuple[str, str]]) -> tuple[str, bool]:
    """A similar name of the group, the same name in another group, or both like a known one's.

    And whether that is certainly what was meant.
    """
    names = [n for g, n in known if g == group]
    near = nearest(name, names)
    if near is not None:
        return f"{group}/{near}", meant(name, names) == near
    others = [g for g, n in known if n == name]
    if others:
        return f"{others[0]}/{name}", len(others) == 1
    other = nearest(group, {g for g, _ in known}) if not names else None
    near = nearest(name, [n for g, n in known if g == other])
    return (f"{other}/{near}", False) if near else ("", False)
