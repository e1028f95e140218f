"""`probekit check`: what is wrong with specs, or that nothing is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from probekit import pipeline
from probekit.entry import exit_code, report
from probekit.kernel.profile import profile_for_check
from probekit.show import escaped


def check_specs(
    specs: Sequence[str], settings: Mapping[str, str], format: str, trusted: Collection[str] = ()
) -> int:
    """Checks all of them, and writes what was found, as `text` or `json`. The exit code."""
    profile = profile_for_check()
    results = pipeline.check_files(specs, settings, profile, trusted)
    found = [diagnostic for result in results for diagnostic in result.diagnostics]
    report(found, format=format)
    for result in results:
        if result.probe is not None and format == "text":
            print(f"{escaped(result.probe.source.name)}: ok, checked against {profile.origin}")
    return exit_code(found)
