"""`probekit kernel save`: what is known of the running kernel, in a file."""

from __future__ import annotations

import sys

from probekit.entry import usage_error
from probekit.kernel.feature import FEATURES
from probekit.kernel.profile import UNKNOWN, YES, LiveProfile, contents_of
from probekit.kernel.store import write
from probekit.kernel.tracefs import find_tracefs
from probekit.runtime import host


def save_kernel(path: str) -> str:
    """Writes the profile to `path`, or to standard output for `-`; a line on what it holds.

    Raises DiagnosticError: `cannot-write`, and where the kernel does not let it be read.
    """
    host.require_files()
    if path == "-" and sys.stdout.isatty():
        message, help = "a kernel profile is no text for a terminal", "send it on: `... - > FILE`"
        raise usage_error("bad-usage", message, help)
    with find_tracefs() as tracefs:
        profile = LiveProfile(tracefs)
        if path == "-":
            sys.stdout.buffer.write(contents_of(profile))
        else:
            write(path, lambda: contents_of(profile))
        return _summary(path, profile)


def _summary(path: str, profile: LiveProfile) -> str:
    answers = [profile.feature(feature.name) for feature in FEATURES]
    parts = [
        f"Linux {profile.release} ({profile.machine})",
        f"{len(profile.tracepoints())} tracepoints",
        "types (BTF)" if profile.btf() else "no types: this kernel has no BTF",
        f"{answers.count(YES)} of {len(answers)} features",
    ]
    if UNKNOWN in answers:
        parts.append(f"{answers.count(UNKNOWN)} not known, as this process may not try them")
    return f"saved {'' if path == '-' else f'`{path}`: '}{', '.join(parts)}"
