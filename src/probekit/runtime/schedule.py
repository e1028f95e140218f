"""When schedules are due. Pure: whoever asks says what time it is, in ns of CLOCK_MONOTONIC."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from probekit.ir import Schedule, When
from probekit.record import Record

LATE_NS = 1_000_000_000  # how late a single run may begin before it counts as late


class Due(Record):
    """One run that is due: of which schedule (by its index), and its `tick` from 0."""

    index: int
    tick: int
    is_late: bool


class Timetable:
    """The timed schedules of one probe. Each run is due at a multiple of its period from the
    start, so nothing drifts; one that comes too late runs once, not once for each it missed.
    """

    def __init__(self, schedules: Sequence[Schedule], start: int) -> None:
        self.schedules = schedules
        self.start = start
        self._heap: list[tuple[int, int]] = []
        self._ticks: dict[int, int] = {}
        for index, schedule in enumerate(self.schedules):
            if not schedule.when.start and not schedule.when.stop:
                heapq.heappush(self._heap, (self.start + schedule.when.delay, index))

    @property
    def next_due(self) -> int | None:
        """When the next run is due, None where there is none any more."""
        return self._heap[0][0] if self._heap else None

    def take_due(self, now: int) -> list[Due]:
        """The runs due by `now`, each schedule at most once, in the order they became due."""
        due: list[Due] = []
        while self._heap and self._heap[0][0] <= now:
            planned, index = heapq.heappop(self._heap)
            due.append(self._run(index, planned, now))
        return due

    def _run(self, index: int, planned: int, now: int) -> Due:
        when = self.schedules[index].when
        tick = self._ticks.get(index, 0)
        self._ticks[index] = tick + 1
        following = _following(when, planned, now)
        if following is not None and (when.times is None or tick + 1 < when.times):
            heapq.heappush(self._heap, (following, index))
        return Due(index, tick, now - planned >= (when.period or LATE_NS))


def _following(when: When, planned: int, now: int) -> int | None:
    """The first multiple of the period after `now`; None for a schedule that runs once."""
    if when.period is None:
        return None
    return planned + ((now - planned) // when.period + 1) * when.period
