"""Frozen values: what their users rely on."""

from __future__ import annotations

import pytest

from probekit.record import Record, replace


class Point(Record):
    """A value with a default."""

    x: int
    y: int = 2


class Named(Point):
    """One that adds to another's fields."""

    name: str = "n"


class Other(Record):
    """The same fields, but another kind."""

    x: int
    y: int


def test_fields_come_by_place_and_by_name() -> None:
    assert (Point(1).x, Point(1).y) == (1, 2)
    assert Point(x=1, y=3) == Point(1, 3)
    assert (Named(1, 3, "a").name, Named(name="b", x=5).y) == ("a", 2)


def test_values_are_equal_by_kind_and_fields() -> None:
    assert Point(1) == Point(1, 2)
    assert Point(1) != Point(2)
    assert Point(1, 2) != Other(1, 2)
    assert len({Point(1), Point(1, 2), Other(1, 2)}) == 2


def test_a_value_is_frozen_and_has_no_other_attributes() -> None:
    with pytest.raises(AttributeError, match="frozen"):
        Point(1).x = 3  # type: ignore[misc]  # what the type checker forbids is what is tried
    with pytest.raises(AttributeError, match="frozen"):
        Point(1).z = 3
    assert not hasattr(Point(1), "__dict__")


@pytest.mark.parametrize(
    ("values", "named"), [((), {}), ((1, 2, 3), {}), ((1,), {"z": 1}), ((1,), {"x": 1})]
)
def test_wrong_fields_are_refused(values: tuple[int, ...], named: dict[str, int]) -> None:
    with pytest.raises(TypeError, match="Point"):
        Point(*values, **named)


def test_replace_changes_a_copy() -> None:
    point = Point(1)
    assert (replace(point, y=5), point) == (Point(1, 5), Point(1, 2))


def test_it_matches_by_place_and_shows_its_fields() -> None:
    match Named(1, 2, "a"):
        case Named(x, _, name):
            assert (x, name) == (1, "a")
    assert repr(Point(1)) == "Point(x=1, y=2)"
