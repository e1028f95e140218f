"""Specs against saved kernels: on which each works, and what differs from one to the other."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence

from probekit import pipeline
from probekit.check import Checked
from probekit.check.differences import differing, warning
from probekit.check.needs import FieldUse, fields_of, needs_of
from probekit.diagnostics import Diagnostic, Label, Origin, Severity
from probekit.ir import Probe
from probekit.kernel.feature import Feature, features_for
from probekit.kernel.profile import NO, UNKNOWN, KernelProfile, SavedProfile
from probekit.record import Record, replace
from probekit.source import Span

_FEATURE, _OTHER_MACHINE = "missing-feature", "unsupported-machine"
_MACHINE = "x86_64"  # the only one whose ring buffers this version reads (`ringbuf.py`)

# What is on other kernels is no misspelt name, so this is the help instead of similar ones.
_ONLY_THERE = {
    "unknown-tracepoint": "other kernels have it: write a spec of its own for those that have"
    " not (`missing: skip` is not in this version yet)",
    "unknown-field": "other kernels have it: write a spec of its own for those that have not",
}
_ELSEWHERE = "on the other kernels it is not so: what you change must do for them, too"


class Kernel(Record):
    """A saved profile. `name` is the kernel's release, the file's where two have the same one."""

    name: str
    path: str
    profile: SavedProfile


class Cell(Record):
    """A spec on a kernel: the errors it has there, and the fields that differ between kernels.

    `is_checked` is false where the check did not come to its end, `is_certain` where the profile
    does not say of every feature that is needed whether the kernel has it. `moved` are at another
    offset on some kernel, `changed` of another type.
    """

    spec: str
    kernel: Kernel
    is_checked: bool
    is_certain: bool
    errors: tuple[Diagnostic, ...]
    moved: tuple[FieldUse, ...]
    changed: tuple[FieldUse, ...]


class Comparison(Record):
    """A cell for each spec and kernel, and all there is to say, each thing once."""

    cells: tuple[Cell, ...]
    diagnostics: tuple[Diagnostic, ...]


def open_kernels(paths: Sequence[str]) -> list[Kernel]:
    """The profiles of these files, each file once. Raises DiagnosticError."""
    files = list(dict.fromkeys(paths))
    profiles = [SavedProfile(path, origin="this kernel") for path in files]
    releases = [profile.release for profile in profiles]
    bases = [os.path.basename(path) for path in files]
    kernels: list[Kernel] = []
    for path, base, profile in zip(files, bases, profiles, strict=True):
        name = profile.release
        if releases.count(name) > 1:
            name = base if bases.count(base) == 1 else path
        kernels.append(Kernel(name, path, profile))
    return kernels


def compare(
    specs: Sequence[str],
    settings: Mapping[str, str],
    kernels: Sequence[Kernel],
    trusted: Collection[str] = (),
) -> Comparison:
    """Checks each spec for each kernel; nothing is raised for what is wrong with specs."""
    profiles = [kernel.profile for kernel in kernels]
    results = pipeline.check_for_each(specs, settings, profiles, trusted)
    cells: list[Cell] = []
    diagnostics: list[Diagnostic] = []
    for index, row in enumerate(zip(*results, strict=True)):
        row = tuple(map(with_features, row, profiles))
        diagnostics += _once(row, kernels)
        if index < len(specs):
            name = "<stdin>" if specs[index] == "-" else specs[index]
            made, warnings = _cells(name, row, kernels)
            cells += made
            diagnostics += warnings
    return Comparison(tuple(cells), tuple(diagnostics))


def with_features(result: Checked, profile: KernelProfile) -> Checked:
    """The result, with an error for each feature that the probe needs and this kernel lacks."""
    if result.probe is None:
        return result
    return replace(result, diagnostics=result.diagnostics + missing(result.probe, profile))


def missing(probe: Probe, profile: KernelProfile) -> tuple[Diagnostic, ...]:
    """What `probe` needs, and the kernel has not, or is not known to have."""
    needed: dict[Feature, Span] = {}
    for need, span in needs_of(probe).items():
        for feature in features_for(need):
            needed.setdefault(feature, span)
    answers = {feature: profile.feature(feature.name) for feature in needed}
    lacking = [
        Diagnostic(
            _FEATURE,
            f"{profile.origin} has no {feature.what}",
            Label(probe.source, needed[feature], "this takes them"),
            help=feature.without,
        )
        for feature, answer in answers.items()
        if answer == NO
    ]
    unknown = [feature for feature, answer in answers.items() if answer == UNKNOWN]
    if unknown:
        lacking.append(_not_known(probe, unknown, needed[unknown[0]], profile))
    return (*_other_machine(probe, profile), *lacking)


def _not_known(
    probe: Probe, features: Sequence[Feature], span: Span, profile: KernelProfile
) -> Diagnostic:
    """One warning for all that a profile does not say: one cause has them all."""
    what = ", ".join(feature.what for feature in features)
    return Diagnostic(
        _FEATURE,
        f"it is not known whether {profile.origin} has {what}",
        Label(probe.source, span),
        help="save its profile again with this version, as root: `sudo probekit kernel save FILE`",
        severity=Severity.WARNING,
    )


def _other_machine(probe: Probe, profile: KernelProfile) -> tuple[Diagnostic, ...]:
    if profile.machine == _MACHINE:
        return ()
    what = f"this version runs probes on x86-64 only, and {profile.origin} is for {profile.machine}"
    label = Label(probe.source, probe.programs[0].span)
    return (Diagnostic(_OTHER_MACHINE, what, label, origin=Origin.HOST),)


def _once(row: Sequence[Checked], kernels: Sequence[Kernel]) -> list[Diagnostic]:
    """What is said of a spec on any kernel, each thing once, with the kernels it is true of."""
    where: dict[Diagnostic, list[str]] = {}
    for result, kernel in zip(row, kernels, strict=True):
        for diagnostic in dict.fromkeys(_told_apart(result, row)):
            where.setdefault(diagnostic, []).append(kernel.name)
    found = [replace(diagnostic, kernels=tuple(names)) for diagnostic, names in where.items()]
    return sorted(found, key=lambda diagnostic: diagnostic.place)


def _told_apart(result: Checked, row: Sequence[Checked]) -> list[Diagnostic]:
    """The result's diagnostics; where they are not true of another kernel, the help says so."""
    return [
        one if all(_has(other, one) for other in row) else _of_some(one)
        for one in result.diagnostics
    ]


def _of_some(one: Diagnostic) -> Diagnostic:
    """What is not said of every kernel: following its help alone could make another one worse."""
    if one.code in (_FEATURE, _OTHER_MACHINE):
        return one
    help = _ONLY_THERE.get(one.code) or f"{one.help} ({_ELSEWHERE})".lstrip()
    return replace(one, help=help, edits=())


def _has(result: Checked, wanted: Diagnostic) -> bool:
    """Whether the result says the same of the same place."""
    return any((d.code, d.place) == (wanted.code, wanted.place) for d in result.diagnostics)


def _cells(
    spec: str, row: Sequence[Checked], kernels: Sequence[Kernel]
) -> tuple[list[Cell], list[Diagnostic]]:
    """The spec's cells, and a warning for each field whose type is not the same everywhere."""
    uses = [fields_of(result.probe) if result.probe else {} for result in row]
    changed = differing(uses, lambda use: use.field.type)
    moved = differing(uses, lambda use: use.field.offset) - changed
    cells = [
        Cell(
            spec,
            kernel,
            result.probe is not None,
            not any(d.code == _FEATURE for d in result.diagnostics),
            tuple(d for d in result.diagnostics if d.severity is Severity.ERROR),
            tuple(use for key, use in used.items() if key in moved),
            tuple(use for key, use in used.items() if key in changed),
        )
        for result, kernel, used in zip(row, kernels, uses, strict=True)
    ]
    names = [kernel.name for kernel in kernels]
    probe = next((result.probe for result in row if result.probe), None)
    warnings = [warning(probe, key, uses, names) for key in sorted(changed)] if probe else []
    return cells, warnings
