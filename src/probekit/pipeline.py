"""The way from a spec to its events, stage by stage. Each stage is usable alone.

text ─read→ ProbeSpec ─check→ ir.Probe ─render→ CSource ─load→ LiveProbe ─attach→ Session
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from probekit.check import Checked, check
from probekit.diagnostics import Diagnostic, DiagnosticError, Origin
from probekit.frontend.spec import ProbeSpec, read
from probekit.frontend.specfile import read_source
from probekit.ir import Probe
from probekit.kernel.profile import KernelProfile
from probekit.nearest import did_you_mean
from probekit.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from probekit.codegen.render import Scope
    from probekit.runtime.live import LiveProbe  # what `check` does without is imported late


class Stopwatch:
    """How long each stage took, in seconds, in the order they ran."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Adds the time that the block takes to the stage `name`."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begin


def check_files(
    paths: Sequence[str],
    settings: Mapping[str, str],
    profile: KernelProfile,
    trusted: Collection[str] = (),
) -> list[Checked]:
    """Each spec checked; all errors of all files are in the results, none is raised.

    `trusted`: which of the paths are read whoever can write them.
    """
    return check_for_each(paths, settings, [profile], trusted)[0]


def check_for_each(
    paths: Sequence[str],
    settings: Mapping[str, str],
    profiles: Sequence[KernelProfile],
    trusted: Collection[str] = (),
) -> list[list[Checked]]:
    """What `check_files` gives, for each of several kernels; each file is read once."""
    specs = [_attempt(path, trusted) for path in paths]
    return [_checked(specs, settings, profile) for profile in profiles]


def _checked(
    specs: Sequence[ProbeSpec | Checked], settings: Mapping[str, str], profile: KernelProfile
) -> list[Checked]:
    """The results in the order of `specs`; one more for the settings where they are wrong."""
    read_specs = [spec for spec in specs if isinstance(spec, ProbeSpec)]
    unknown = _unknown_settings(read_specs, settings) if len(read_specs) == len(specs) else []
    checked = [
        check(spec, profile, settings) if isinstance(spec, ProbeSpec) else spec for spec in specs
    ]
    return checked + ([Checked(None, tuple(unknown))] if unknown else [])


def _attempt(path: str, trusted: Collection[str]) -> ProbeSpec | Checked:
    try:
        return read(read_source(path, trusted))
    except DiagnosticError as error:
        return Checked(None, error.diagnostics)


def _unknown_settings(specs: Sequence[ProbeSpec], settings: Mapping[str, str]) -> list[Diagnostic]:
    """A `--set` of a name that is no param of any spec."""
    known = sorted({param.name.text for spec in specs for param in spec.params})
    otherwise = "there are " + ", ".join(f"`{name}`" for name in known) if known else ""
    return [
        Diagnostic(
            "unknown-param",
            f"`--set {name}=...`: there is no param `{name}`",
            help=did_you_mean(name, known, otherwise or "this spec has no `params`"),
            origin=Origin.USAGE,
        )
        for name in settings
        if name not in known
    ]


def probes_of(checked: Sequence[Checked]) -> list[Probe]:
    """The probes. Raises DiagnosticError with everything that stops them."""
    if all(one.probe is not None for one in checked):
        return [one.probe for one in checked if one.probe is not None]
    raise DiagnosticError([d for one in checked for d in one.diagnostics])


def warnings_of(checked: Sequence[Checked]) -> list[Diagnostic]:
    """What was said of specs that have no errors."""
    return [d for one in checked if one.probe is not None for d in one.diagnostics]


def load_probes(
    probes: Sequence[Probe],
    scope: Scope,
    backend: str,
    stopwatch: Stopwatch,
    self_pid: int,
    stack: ExitStack,
) -> list[LiveProbe]:
    """Renders, compiles and loads each probe; `stack` closes them."""
    from probekit.codegen.render import render
    from probekit.runtime.live import LiveProbe
    from probekit.runtime.loader import load

    live: list[LiveProbe] = []
    for probe in probes:
        with stopwatch.stage("render"):
            source = render(probe, scope, backend)
        source = replace(source, defines=(("PK_SESSION", str(self_pid)),))
        with stopwatch.stage("load"):
            descriptors = load(backend, source, probe.source)
        loaded = LiveProbe(probe, scope, descriptors, self_pid)
        stack.callback(loaded.close)
        live.append(loaded)
    return live
