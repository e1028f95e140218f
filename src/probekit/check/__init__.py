"""ProbeSpec → ir.Probe: names, references, types and attach points."""

from probekit.check.probe import Checked, check

__all__ = ["Checked", "check"]
