"""Names that were meant: offered where they are like, and taken where nothing else can be."""

from __future__ import annotations

import pytest

from probekit.duration import duration_help, meant_duration
from probekit.frontend.keys import meant_key
from probekit.frontend.schemachoice import KINDS, LATER_KINDS, LATER_VERBS, VERBS
from probekit.nearest import meant, nearest

MAP_KEYS = ("type", "key", "value", "max_entries", "entries")


@pytest.mark.parametrize(
    ("name", "near", "certain"),
    [
        ("maxEntries", "max_entries", "max_entries"),
        ("max-entries", "max_entries", "max_entries"),
        ("MAX_ENTRIES", "max_entries", "max_entries"),
        ("max_entry", "max_entries", "max_entries"),
        ("kye", "key", "key"),
        ("valeu", "value", "value"),
        ("entry", "entries", None),
        ("colour", None, None),
        ("", None, None),
    ],
)
def test_near_names(name: str, near: str | None, certain: str | None) -> None:
    assert nearest(name, MAP_KEYS) == near
    assert meant(name, MAP_KEYS) == certain


def test_of_two_that_are_as_like_none_is_certain() -> None:
    assert nearest("printf", VERBS) == "print"
    assert meant("printf", VERBS) is None
    assert meant("ab", ("ab_", "a-b")) is None


def test_a_name_that_is_known_is_no_slip() -> None:
    assert meant("key", ("key", "keys")) is None


@pytest.mark.parametrize(
    ("name", "known", "help", "taken"),
    [
        ("if", ("tracepoint", "when", "do"), "did you mean `when`?", "when"),
        ("-count", VERBS, "did you mean `count`?", "count"),
        ("return", VERBS, "did you mean `stop`?", None),
        (
            "takes",
            VERBS,
            "did you mean `take`? That is not in this version yet: use `lookup:` and then"
            " `delete:`",
            None,
        ),
        ("colour", MAP_KEYS, f"known here are {', '.join(f'`{key}`' for key in MAP_KEYS)}", None),
    ],
)
def test_keys_of_others(name: str, known: tuple[str, ...], help: str, taken: str | None) -> None:
    found = meant_key(name, known, LATER_VERBS)
    assert (found.help, found.name) == (help, taken)


def test_every_kind_to_come_has_something_in_its_place() -> None:
    from probekit.frontend.keys import instead_of

    for kind in set(LATER_KINDS) - set(KINDS):
        assert "tracepoint" in instead_of(kind)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("1 s", "1s"),
        ("1sec", "1s"),
        ("5 Minutes", "5m"),
        ("10 \u00b5s", "10us"),
        ("1.5 hours", "1.5h"),
        ("1M", None),
        ("10", None),
        ("1s", None),
        ("soon", None),
        ("1 fortnight", None),
    ],
)
def test_durations_that_are_meant(written: str, wanted: str | None) -> None:
    assert meant_duration(written) == wanted
    assert (wanted or "250us") in duration_help(written)
