"""Where what a probe shows goes: one module for each output."""

from __future__ import annotations

from collections.abc import Sequence
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
    def watched(self) -> tuple[int, ...]:
        """Descriptors on which an error means that nobody reads any more."""
        ...

    def lines(self, probe: str, lines: Sequence[str]) -> None:
        """What handlers and schedules print, in order."""
        ...

    def table(
        self,
        probe: str,
        spec: Map,
        entries: Sequence[tuple[Value, Value]],
        top: int | None = None,
        by: Expression | None = None,
        params: dict[str, Names] | None = None,
    ) -> None:
        """A map's content."""
        ...

    def flush(self) -> None:
        """Lets go of what was kept back."""
        ...
