"""The way from a spec to its events, stage by stage. Each stage is usable alone.

text ─read→ ProbeSpec ─check→ ir.Probe ─render→ CSource ─load→ LiveProbe ─attach→ Session
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from probekit.check import Checked, check
from probekit.diagnostics import Diagnostic, DiagnosticError, Origin
from probekit.ir import Probe
from probekit.kernel.profile import KernelProfile
from probekit.nearest import did_you_mean
from probekit.record import replace
from probekit.source import Source
from probekit.spec import ProbeSpec, read
from probekit.yamlnodes import MAX_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from probekit.live import LiveProbe  # what `check` does without is imported late
    from probekit.render import Scope


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


def read_source(name: str) -> Source:
    """The text of a spec file. Raises DiagnosticError where it cannot be read as text."""
    try:
        raw = sys.stdin.buffer.read(MAX_BYTES + 1) if name == "-" else _read(name)
        return Source("<stdin>" if name == "-" else name, raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _unreadable(name, f"it is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise _unreadable(name, (error.strerror or str(error)).lower()) from None


def _read(name: str) -> bytes:
    with open(name, "rb") as file:
        return file.read(MAX_BYTES + 1)


def _unreadable(name: str, why: str) -> DiagnosticError:
    return DiagnosticError(
        [Diagnostic("unreadable-spec", f"cannot read `{name}`: {why}", origin=Origin.USAGE)]
    )


def check_files(
    paths: Sequence[str], settings: Mapping[str, str], profile: KernelProfile
) -> list[Checked]:
    """Each spec checked; all errors of all files are in the results, none is raised."""
    specs = [_attempt(path) for path in paths]
    read_specs = [spec for spec in specs if isinstance(spec, ProbeSpec)]
    unknown = _unknown_settings(read_specs, settings) if len(read_specs) == len(specs) else []
    checked = [
        check(spec, profile, settings) if isinstance(spec, ProbeSpec) else spec for spec in specs
    ]
    return checked + ([Checked(None, tuple(unknown))] if unknown else [])


def _attempt(path: str) -> ProbeSpec | Checked:
    try:
        return read(read_source(path))
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


def load_probes(
    probes: Sequence[Probe],
    scope: Scope,
    backend: str,
    stopwatch: Stopwatch,
    self_pid: int,
    stack: ExitStack,
) -> list[LiveProbe]:
    """Renders, compiles and loads each probe; `stack` closes them."""
    from probekit.live import LiveProbe
    from probekit.loader import load
    from probekit.render import render

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
