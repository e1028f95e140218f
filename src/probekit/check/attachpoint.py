"""What a program attaches to: its tracepoint's format, as the kernel profile has it."""

from __future__ import annotations

from probekit.check.context import Fault, Faults
from probekit.diagnostics import Severity
from probekit.frontend.spec import ProgramSpec
from probekit.frontend.yamlnodes import Scalar
from probekit.kernel.profile import KernelProfile
from probekit.kernel.tracefs import TracepointFormat
from probekit.nearest import nearest

_ELSEWHERE = (
    "the kernel that will run it may have it: `sudo probekit kernel save FILE` there, then"
    " `probekit check SPEC --kernel FILE`"
)


def find_tracepoint(faults: Faults, spec: ProgramSpec, profile: KernelProfile) -> TracepointFormat:
    """The format of the program's attach point. Raises Fault where there is none."""
    target = spec.target
    if not isinstance(target, Scalar):
        what = "several attach points for one handler are not in this version yet"
        raise faults.fault("not-yet", what, spec.kind.span, "write a program for each")
    group, slash, name = target.text.partition("/")
    if not slash or not group or not name:
        what = f"`{target.text}` is not `group/name`"
        raise faults.fault("bad-attach-point", what, target.span, _guess(target.text, profile))
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


def _guess(text: str, profile: KernelProfile) -> str:
    """`sys_enter_close` alone is a tracepoint whose group was left out."""
    name = text.strip("/").replace(":", "/").rpartition("/")[2]
    group = next((group for group, known in profile.tracepoints() if known == name), None)
    return f"write `{group}/{name}`" if group else "as in `syscalls/sys_enter_close`"


def _unknown(
    faults: Faults, target: Scalar, group: str, name: str, profile: KernelProfile
) -> Fault:
    """An error, but where only the shipped profile lacks it: the host's kernel may have it."""
    is_certain = not profile.shipped or group == "syscalls"
    help = _suggestion(group, name, profile.tracepoints())
    if not help and is_certain:
        help = _what_there_is(group, name, profile.tracepoints())
    if not is_certain:
        help = f"{help} If not: {_ELSEWHERE}" if help else _ELSEWHERE
    return faults.fault(
        "unknown-tracepoint",
        f"{profile.origin} has no tracepoint `{group}/{name}`",
        target.span,
        help,
        severity=Severity.ERROR if is_certain else Severity.WARNING,
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


def _suggestion(group: str, name: str, known: list[tuple[str, str]]) -> str:
    """A similar name of the group, or the same name in another group."""
    near = nearest(name, [n for g, n in known if g == group])
    if near is None:
        group, near = next(((g, n) for g, n in known if n == name), (group, None))
    return f"did you mean `{group}/{near}`?" if near else ""
