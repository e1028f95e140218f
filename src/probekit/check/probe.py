"""The checker's way through a spec: params, maps, programs, schedules."""

from __future__ import annotations

from collections.abc import Mapping

from probekit.check.attachpoint import find_tracepoint
from probekit.check.context import CausedByAnother, Fault, Faults, TooManyFaults
from probekit.check.data import check_data, check_type
from probekit.check.fields import event_fields
from probekit.check.handler import Handlers, check_steps
from probekit.check.maps import check_maps
from probekit.check.schedules import Schedules, check_schedules
from probekit.check.user import UserSpace
from probekit.check.values import SCHEDULE_NAMES, WORDS, Block, condition
from probekit.diagnostics import Diagnostic, Label, Origin, Severity
from probekit.duration import meant_duration
from probekit.expr.builtins import BUILTINS
from probekit.expr.scope import Scope
from probekit.expr.typed import Param, Typed
from probekit.frontend.spec import ParamSpec, ProbeSpec, ProgramSpec
from probekit.frontend.yamlnodes import Scalar, start_of
from probekit.ir import Map, Probe, Program, Value
from probekit.kernel.profile import KernelProfile
from probekit.kernel.tracefs import TracepointFormat
from probekit.record import Record
from probekit.source import Span
from probekit.types import CharType, IntType, Shown, StructType, Type


class Checked(Record):
    """The probe, None where there are errors or where the kernel profile lacks something.

    A probe can have warnings.
    """

    probe: Probe | None
    diagnostics: tuple[Diagnostic, ...]


def check(spec: ProbeSpec, profile: KernelProfile, settings: Mapping[str, str]) -> Checked:
    """Checks everything that the schema does not; `settings` are params set for this run."""
    faults = Faults(spec)
    try:
        return _check(faults, spec, profile, settings)
    except TooManyFaults:
        return Checked(None, tuple(faults.found))


def _check(
    faults: Faults, spec: ProbeSpec, profile: KernelProfile, settings: Mapping[str, str]
) -> Checked:
    faults.add(*spec.faults)
    names = _check_params(faults, spec, settings)
    table = check_maps(faults, spec.maps, spec.broken_maps)
    handlers = Handlers(faults, table)
    programs = _check_programs(handlers, names, spec.programs, profile)
    user = UserSpace(faults, names.params, names.broken)
    shared = Schedules(faults, table, user)
    schedules = check_schedules(shared, spec.schedules, spec.other_durations)
    found = tuple(faults.found)
    assert found or len(programs) == len(spec.programs), "something failed, and not why"
    if len(programs) != len(spec.programs) or any(d.severity is Severity.ERROR for d in found):
        return Checked(None, found)
    probe = Probe(
        source=spec.source,
        name=spec.name.text,
        description=spec.description,
        params=tuple(names.params.values()),
        maps=tuple(m for m in table.maps.values() if isinstance(m, Map)),
        programs=programs,
        schedules=schedules,
        sites=tuple(handlers.sites),
    )
    return Checked(probe, found)


class _Names(Record):
    """The params, and the names of those that something is wrong with."""

    params: dict[str, Param]
    broken: frozenset[str]


def _check_params(faults: Faults, spec: ProbeSpec, settings: Mapping[str, str]) -> _Names:
    params: dict[str, Param] = {}
    for param in spec.params:
        with faults.collecting():
            params[param.name.text] = _param(faults, param, settings)
    declared = {name.text for name in spec.broken_params}
    declared |= {param.name.text for param in spec.params}
    return _Names(params, frozenset(declared - params.keys()))


def _param(faults: Faults, spec: ParamSpec, settings: Mapping[str, str]) -> Param:
    if spec.name.text in WORDS or spec.name.text in SCHEDULE_NAMES:
        what = f"`{spec.name.text}` has a meaning in expressions"
        raise faults.fault("bad-name", what, spec.name.span, "choose another name")
    if spec.name.text in BUILTINS:
        _warn_hidden(faults, spec.name)
    type = check_type(faults, spec.type, spec.default)
    if isinstance(type, StructType):
        help = "use one param for each field"
        raise faults.fault("wrong-type", "a param is a number or text", spec.type.span, help)
    value = check_data(faults, spec.default, type)
    if spec.name.text in settings:
        value = _setting(faults, spec, type, settings[spec.name.text])
    assert isinstance(value, int | bytes)
    return Param(spec.name.text, type, value)


def _warn_hidden(faults: Faults, name: Scalar) -> None:
    """A param stands far from its uses: `pid == pid` there would be true always."""
    faults.warn(
        "hidden-name",
        f"the param `{name.text}` hides the built-in `{name.text}` in all handlers",
        name.span,
        f"choose another name, as `wanted_{name.text}`",
    )


def _setting(faults: Faults, spec: ParamSpec, type: Type, text: str) -> Value:
    """The value that the command line gives, whose mistakes are the command line's."""
    try:
        # Without quotes, there is no other way to give an empty text.
        is_plain = bool(text) or not isinstance(type, CharType)
        return check_data(faults, Scalar(spec.name.span, text, is_plain, text), type)
    except Fault as fault:
        found = fault.diagnostic
        raise Fault(
            Diagnostic(
                "bad-set",
                f"`--set {spec.name.text}={text}`: {found.message}",
                related=(Label(faults.source, spec.type.span, "its type"),),
                help=_value_of(spec.name.text, type, text),
                origin=Origin.USAGE,
            )
        ) from None


def _value_of(name: str, type: Type, text: str) -> str:
    """How a value of `type` is given, where `text` was."""
    if isinstance(type, IntType) and type.shown is Shown.DURATION:
        meant = meant_duration(text)
        if meant is not None:
            return f"write `--set {name}={meant}`"
        return f"a duration has a unit, as in `{text if text.isdecimal() else 100}ms`"
    return f"give it a `{type}`"


def _check_programs(
    handlers: Handlers,
    names: _Names,
    specs: tuple[ProgramSpec, ...],
    profile: KernelProfile,
) -> tuple[Program, ...]:
    programs: list[Program] = []
    taken: dict[str, Span] = {}
    for spec in specs:
        with handlers.faults.collecting():
            _take_name(handlers.faults, spec, taken)
    for index, spec in enumerate(specs):
        with handlers.faults.collecting():
            programs.append(_program(handlers, names, spec, profile, index, taken))
    return tuple(programs)


def _take_name(faults: Faults, spec: ProgramSpec, taken: dict[str, Span]) -> None:
    if spec.name is None:
        return
    if spec.name.text in taken:
        what, help = f"two programs are named `{spec.name.text}`", "choose another name"
        first = (taken[spec.name.text], "the first one")
        raise faults.fault("duplicate-name", what, spec.name.span, help, first)
    taken[spec.name.text] = spec.name.span


def _program(
    handlers: Handlers,
    names: _Names,
    spec: ProgramSpec,
    profile: KernelProfile,
    index: int,
    taken: dict[str, Span],
) -> Program:
    """The handler is checked too where its event is not known, but for what it reads of it."""
    event: TracepointFormat | None = None
    with handlers.faults.collecting():
        event = find_tracepoint(handlers.faults, spec, profile)
    block = _block(names, event)
    when: Typed | None = None
    if spec.when is not None:
        with handlers.faults.collecting():
            when = condition(handlers.faults, block, spec.when)
    steps = check_steps(handlers, block, spec.steps)
    if event is None:
        raise CausedByAnother
    name = spec.name.text if spec.name else _free_name(event.name, spec.kind.span, taken)
    when_span = spec.kind.span if spec.when is None else start_of(spec.when)
    return Program(index, name, event.group, event.name, when, when_span, steps, spec.kind.span)


def _block(names: _Names, event: TracepointFormat | None) -> Block:
    """What a handler sees at its beginning."""
    values: dict[str, Typed] = dict(names.params)
    if event is None:
        return Block(Scope("this event", values, {}), {*names.broken, "args"})
    fields, later = event_fields(event)
    scope = Scope(f"`{event.group}/{event.name}`", values, fields, later)
    return Block(scope, names.broken)


def _free_name(event: str, place: Span, taken: dict[str, Span]) -> str:
    """The event's name, with a number where that is taken."""
    name, number = event, 2
    while name in taken:
        name, number = f"{event}_{number}", number + 1
    taken[name] = place
    return name
