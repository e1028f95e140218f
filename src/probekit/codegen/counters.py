"""The numbers that a probe's programs keep of themselves: where each stands in their map."""

from __future__ import annotations

from probekit.ir import Probe
from probekit.record import Record


class Counters(Record):
    """Indices into the probe's counters, an array of u64 for each CPU.

    Each program has its events and its lost prints, each step that can fail its full maps
    and its other failures. No two programs share a number, so plain additions are exact:
    the kernel never runs a program on top of itself.
    """

    programs: int
    sites: int

    @property
    def size(self) -> int:
        """How many there are."""
        return 3 * self.programs + 2 * self.sites

    def events(self, program: int) -> int:
        return 3 * program

    def lost(self, program: int) -> int:
        return 3 * program + 1

    def divisions_by_zero(self, program: int) -> int:
        return 3 * program + 2

    def full(self, site: int) -> int:
        return 3 * self.programs + 2 * site

    def failed(self, site: int) -> int:
        return 3 * self.programs + 2 * site + 1


def counters_of(probe: Probe) -> Counters:
    """The layout of `probe`'s counters."""
    return Counters(len(probe.programs), len(probe.sites))
