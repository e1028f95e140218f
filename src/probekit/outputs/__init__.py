"""Where what a probe shows goes: one module for each output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from probekit.expr.evaluate import Value as Names
from probekit.ir import Expression, Map, Value


class OutputError(Exception):
    """What is shown cannot be written: a full disk, say. Its text is why."""


class Output(Protocol):
    """Takes what probes show.

    Raises BrokenPipeError when nobody reads any more, and
    OutputError when it cannot be written."""

    @property
    def fd(self) -> int:
        """The descriptor to poll: an error on it means that nobody reads any more."""
        ...

    @property
    def has_pending(self) -> bool:
        """Whether something waits until `fd` can be written to."""
        ...

    @property
    def has_room(self) -> bool:
        """Whether more may come; where not, it waits where it is."""
        ...

    def lines(self, probe: str, lines: Sequence[str]) -> None:
        """What handlers and schedules print, in order."""
        ...

    def table(
        self,
        probe: str,
        spec: Map,
        entries: Iterable[tuple[Value, Value]],
        top: int | None = None,
        by: Expression | None = None,
        params: dict[str, Names] | None = None,
    ) -> None:
        """A map's content."""
        ...

    def push(self) -> None:
        """Writes as much as goes without waiting for the reader."""
        ...
