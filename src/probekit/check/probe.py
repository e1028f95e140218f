"""The checker's way through a spec: params, maps, programs, schedules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from probekit.check.context import Faults
from probekit.check.data import check_data, check_type
from probekit.check.fields import event_fields
from probekit.check.handler import Handlers, check_steps
from probekit.check.maps import check_maps
from probekit.check.schedules import check_schedules
from probekit.check.values import Block, condition
from probekit.diagnostics import Diagnostic, Severity
from probekit.expr.typed import Param, Typed
from probekit.ir import Map, Probe, Program
from probekit.kernel.profile import KernelProfile
from probekit.kernel.tracefs import TracepointFormat
from probekit.names import is_identifier
from probekit.nearest import did_you_mean
from probekit.spec import ParamSpec, ProbeSpec, ProgramSpec, start_of
from probekit.types import StructType
from probekit.yamlnodes import Scalar


@dataclass(frozen=True, slots=True)
class Checked:
    """The probe, None where there are errors or where the kernel profile lacks something."""

    probe: Probe | None
    diagnostics: tuple[Diagnostic, ...]


def check(spec: ProbeSpec, profile: KernelProfile, settings: Mapping[str, str]) -> Checked:
    """Checks everything that the schema does not; `settings` are params set for this run."""
    faults = Faults(spec.source)
    params = _params(faults, spec.params, settings)
    table = check_maps(faults, spec.maps)
    handlers = Handlers(faults, table)
    programs = _programs(handlers, params, spec.programs, profile)
    schedules = check_schedules(faults, table, params, spec.schedules)
    found = tuple(sorted(faults.found, key=lambda diagnostic: diagnostic.place))
    if found:
        return Checked(None, found)
    probe = Probe(
        source=spec.source,
        name=spec.name.text,
        description=spec.description,
        params=tuple(params.values()),
        maps=tuple(m for m in table.maps.values() if isinstance(m, Map)),
        programs=programs,
        schedules=schedules,
        sites=tuple(handlers.sites),
    )
    return Checked(probe, ())


def _params(
    faults: Faults, specs: tuple[ParamSpec, ...], settings: Mapping[str, str]
) -> dict[str, Param]:
    params: dict[str, Param] = {}
    for spec in specs:
        with faults.collecting():
            params[spec.name.text] = _param(faults, spec, settings)
    return params


def _param(faults: Faults, spec: ParamSpec, settings: Mapping[str, str]) -> Param:
    name = spec.name.text
    if not is_identifier(name):
        raise faults.fault("bad-name", f"`{name}` cannot be a name", spec.name.span)
    type = check_type(faults, spec.type)
    if isinstance(type, StructType):
        raise faults.fault(
            "wrong-type", "a param is a number or text", spec.type.span, "use one param a field"
        )
    value = check_data(faults, spec.default, type)
    if name in settings:
        given = Scalar(spec.name.span, settings[name], True, False, 1)
        value = check_data(faults, given, type)
    assert isinstance(value, int | bytes)
    return Param(name, type, value)


def _programs(
    handlers: Handlers,
    params: dict[str, Param],
    specs: tuple[ProgramSpec, ...],
    profile: KernelProfile,
) -> tuple[Program, ...]:
    programs: list[Program] = []
    taken: set[str] = set()
    for index, spec in enumerate(specs):
        with handlers.faults.collecting():
            event = _tracepoint(handlers.faults, spec, profile)
            name = _program_name(handlers.faults, spec, event, taken)
            programs.append(_program(handlers, params, spec, event, index, name))
    return tuple(programs)


def _program(
    handlers: Handlers,
    params: dict[str, Param],
    spec: ProgramSpec,
    event: TracepointFormat,
    index: int,
    name: str,
) -> Program:
    fields, later = event_fields(event)
    values: dict[str, Typed] = dict(params)
    block = Block(f"`{event.group}/{event.name}`", fields, later, values, {}, set())
    when: Typed | None = None
    if spec.when is not None:
        with handlers.faults.collecting():
            when = condition(handlers.faults, block, spec.when)
    when_span = spec.kind.span if spec.when is None else start_of(spec.when)
    steps = check_steps(handlers, block, spec.steps)
    return Program(index, name, event.group, event.name, when, when_span, steps, spec.kind.span)


def _program_name(
    faults: Faults, spec: ProgramSpec, event: TracepointFormat, taken: set[str]
) -> str:
    """The given name, else the event's, with a number where that is taken."""
    if spec.name is not None:
        if spec.name.text in taken:
            raise faults.fault(
                "duplicate-name", f"two programs are named `{spec.name.text}`", spec.name.span
            )
        taken.add(spec.name.text)
        return spec.name.text
    name, number = event.name, 2
    while name in taken:
        name, number = f"{event.name}_{number}", number + 1
    taken.add(name)
    return name


def _tracepoint(faults: Faults, spec: ProgramSpec, profile: KernelProfile) -> TracepointFormat:
    """The format of the program's attach point. Raises Fault where there is none."""
    target = spec.target
    if not isinstance(target, Scalar):
        raise faults.fault(
            "not-yet",
            "several attach points for one handler are not in this version yet",
            spec.kind.span,
            "write a program for each",
        )
    group, slash, name = target.text.partition("/")
    if not slash or not group or not name:
        raise faults.fault(
            "bad-attach-point",
            f"`{target.text}` is not `group/name`",
            target.span,
            _guess(target.text, profile),
        )
    if "*" in name or "?" in name:
        raise faults.fault(
            "not-yet", "patterns of attach points are not in this version yet", target.span
        )
    if group == "ftrace":
        raise faults.fault(
            "bad-attach-point",
            "the `ftrace` group holds record formats, not attach points",
            target.span,
            "choose a tracepoint of another group",
        )
    event = profile.tracepoint(group, name)
    if event is None:
        raise _unknown(faults, target, group, name, profile)
    return event


def _guess(text: str, profile: KernelProfile) -> str:
    """`sys_enter_close` alone is a tracepoint whose group was left out."""
    name = text.strip("/").rpartition("/")[2].rpartition(":")[2]
    for group, known in sorted(profile.tracepoints()):
        if known == name:
            return f"write `{group}/{known}`"
    return "as in `syscalls/sys_enter_close`"


def _unknown(
    faults: Faults, target: Scalar, group: str, name: str, profile: KernelProfile
) -> Exception:
    known = sorted(profile.tracepoints())
    groups = {known_group for known_group, _ in known}
    if profile.shipped and group != "syscalls":
        return faults.fault(
            "unknown-tracepoint",
            f"`{group}/{name}` is not in {profile.origin}",
            target.span,
            "run `probekit check` as root on the host that will run it",
            severity=Severity.WARNING,
        )
    names = [f"{known_group}/{n}" for known_group, n in known if known_group == group] or [
        f"{known_group}/{n}" for known_group, n in known
    ]
    otherwise = "" if group in groups else f"there is no group `{group}`"
    return faults.fault(
        "unknown-tracepoint",
        f"{profile.origin} has no tracepoint `{group}/{name}`",
        target.span,
        did_you_mean(f"{group}/{name}", names, otherwise),
    )
