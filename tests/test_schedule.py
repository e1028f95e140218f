"""When schedules run, with a clock that the test moves."""

from __future__ import annotations

from probekit.expr.syntax import Number, Place
from probekit.ir import Expression, PrintLine, Schedule, When
from probekit.runtime.schedule import LATE_NS, Due, Timetable
from probekit.source import Span

SECOND = 1_000_000_000
START = 123 * SECOND + 456
SPAN = Span.point(1, 1)


def timetable(*whens: When) -> Timetable:
    line = PrintLine(((Expression(Number(Place(0, 1), 1), SPAN), ""),))
    schedules = [Schedule(f"s{i}", when, line, SPAN) for i, when in enumerate(whens)]
    return Timetable(schedules, START)


def ticks(table: Timetable, at: float) -> list[tuple[int, int]]:
    return [(due.index, due.tick) for due in table.take_due(START + int(at * SECOND))]


def test_every_runs_at_once_and_then_each_period() -> None:
    table = timetable(When(period=SECOND))
    assert [ticks(table, at) for at in (0, 0.5, 0.999999999, 1, 1.2, 2)] == [
        [(0, 0)],
        [],
        [],
        [(0, 1)],
        [],
        [(0, 2)],
    ]
    assert table.next_due == START + 3 * SECOND


def test_runs_do_not_drift_when_each_begins_a_little_late() -> None:
    table = timetable(When(period=SECOND))
    for number in range(1000):
        assert ticks(table, number + 0.3) == [(0, number)]
    assert table.next_due == START + 1000 * SECOND


def test_a_run_that_comes_late_runs_once_not_once_for_each_missed() -> None:
    table = timetable(When(period=SECOND))
    table.take_due(START)
    assert table.take_due(START + 10 * SECOND + 5) == [Due(0, 1, True)]
    assert table.take_due(START + 10 * SECOND + 6) == []
    assert table.take_due(START + 11 * SECOND) == [Due(0, 2, False)]


def test_late_is_a_whole_period_or_a_second_for_one_that_runs_once() -> None:
    once, often = When(delay=SECOND), When(period=SECOND // 10, delay=SECOND)
    assert [due.is_late for due in timetable(once).take_due(START + SECOND + LATE_NS - 1)] == [
        False
    ]
    assert [due.is_late for due in timetable(once).take_due(START + SECOND + LATE_NS)] == [True]
    assert [d.is_late for d in timetable(often).take_due(START + SECOND + SECOND // 10 - 1)] == [
        False
    ]
    assert [d.is_late for d in timetable(often).take_due(START + SECOND + SECOND // 10)] == [True]


def test_delay_and_times() -> None:
    table = timetable(When(period=SECOND, delay=5 * SECOND, times=2))
    assert [ticks(table, at) for at in (0, 4.9, 5, 6, 7)] == [[], [], [(0, 0)], [(0, 1)], []]
    assert table.next_due is None


def test_after_runs_once() -> None:
    table = timetable(When(delay=2 * SECOND))
    assert [ticks(table, at) for at in (1.9, 2, 4)] == [[], [(0, 0)], []]


def test_start_and_stop_are_not_timed() -> None:
    table = timetable(When(start=True), When(stop=True))
    assert ticks(table, 100) == []
    assert table.next_due is None


def test_several_run_in_the_order_they_became_due() -> None:
    table = timetable(When(period=3 * SECOND), When(delay=SECOND), When(period=2 * SECOND))
    assert ticks(table, 0) == [(0, 0), (2, 0)]
    assert ticks(table, 3) == [(1, 0), (2, 1), (0, 1)]
