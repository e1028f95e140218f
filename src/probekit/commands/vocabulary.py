"""What `explain` knows beside the keys: the words of expressions, types, and kinds of maps."""

from __future__ import annotations

from collections.abc import Iterator

from probekit.duration import parse_duration
from probekit.expr.builtins import (
    BUILTINS,
    CASTS,
    FUNCTIONS,
    LATER_FUNCTIONS,
    LATER_NAMES,
    MEANINGS,
)
from probekit.expr.constants import NUMBERS
from probekit.maps import LATER_MAP_KINDS, MAP_KINDS, MAX_KEY_SIZE, MapKind
from probekit.record import Record
from probekit.types import INTEGERS, LATER_TYPES, MAX_CHAR, is_later_type, scalar_type
from probekit.types import MEANINGS as TYPE_MEANINGS


class Word(Record):
    """A word as it is written, what it is, and what it means, both without a full stop."""

    written: str
    what: str
    meaning: str

    @property
    def name(self) -> str:
        """What is asked for: the word without brackets."""
        return self.written.partition("(")[0]


NOT_YET = "part of the format, but not in this version yet"
# Of schedules, and of what `by` sorts.
SCHEDULE_MEANINGS = {
    "tick": "how often this schedule has run before: 0, then 1, then 2",
    "walltime": "nanoseconds since 1970 (CLOCK_REALTIME)",
    "value": "the entry's current value; a missing entry's is 0 of its type",
    "key": "the key of the entry, in `by`",
}
_ALL = "expressions"
_OPERATORS = {
    _ALL: "names, whole numbers, text in quotes, comparisons, `and or not`, `in (1, 2)`,"
    " arithmetic, `1 if uid else 0` and calls, as in Python; each can be explained",
    "and": "whether both sides are true; the right side counts only where the left one is",
    "or": "whether a side is true; the right side counts only where the left one is not",
    "not": "whether what follows is false: `not a in (1, 2)`, also written `a not in (1, 2)`",
    "in": "whether a value is one of several: `comm in ('nginx', 'haproxy')`",
    "else": "the first value or the last one, by the condition between them: `1 if uid else 0`",
    **dict.fromkeys(
        ("==", "!=", "<", "<=", ">", ">="),
        "compares two numbers by their values, whatever their signs, or with `==` and `!=` two"
        " texts; also in a chain: `0 < x < 9`",
    ),
    **dict.fromkeys(("+", "-", "*"), "arithmetic in 64 bits, which wraps"),
    **dict.fromkeys(("/", "%"), "division that truncates toward zero; by zero it gives 0, counted"),
    **dict.fromkeys(("&", "|", "^", "~"), "works on the single bits of whole numbers"),
    **dict.fromkeys(("<<", ">>"), "moves the bits; the count is taken modulo 64"),
}


def vocabulary() -> Iterator[Word]:
    """Every word, in groups."""
    for builtin in BUILTINS.values():
        yield Word(builtin.name, f"{_NAME}, a `{builtin.type}`", MEANINGS[builtin.name])
    yield Word("args", _NAME, "`args.NAME` is a field of the event")
    for name, meaning in SCHEDULE_MEANINGS.items():
        yield Word(name, "a name in the expressions of schedules", meaning)
    yield from _functions()
    for name, meaning in _OPERATORS.items():
        what = "how values are written" if name == _ALL else "an operator of expressions"
        yield Word(name, what, meaning)
    for name in ("ns", "us", "ms", "s", "m", "h"):
        size = f"{parse_duration(f'1{name}')} nanoseconds"
        yield Word(name, "a unit of durations", f"{size}; in expressions in quotes: `'10{name}'`")
    yield from _types()
    for kind in MAP_KINDS.values():
        yield Word(kind.name, "a type of map", f"{kind.meaning}. {_rules(kind)}")
    for name in sorted(LATER_MAP_KINDS):
        yield Word(name, "a type of map", NOT_YET)


def words_for(topic: str) -> list[Word]:
    """The words that `topic` is, with or without what stands in brackets behind it."""
    name = topic.partition("(")[0].strip()
    found = [word for word in vocabulary() if word.name == name]
    if not found and topic.startswith("args."):
        found = [word for word in vocabulary() if word.name == "args"]
    if name in NUMBERS:
        meaning = (
            f"{NUMBERS[name]} on x86-64. Its name stands in no expression yet: write the number"
        )
        return [Word(name, "a constant of the kernel", meaning)]
    if topic != name and is_later_type(topic):
        return [Word(topic, _TYPE, NOT_YET)]  # has a size, and is in no table: `u32(4)`
    if topic != name and scalar_type(topic):
        return [word for word in found if word.what == _TYPE]
    return found


_NAME = "a name in the expressions of handlers"
_FUNCTION = "a function of expressions"
_TYPE = "a type of values"


def _functions() -> Iterator[Word]:
    for name, count in FUNCTIONS.items():
        yield Word(f"{name}({', '.join('xyz'[:count])})", _FUNCTION, MEANINGS[name])
    for name in CASTS:
        meaning = "whether x is not 0" if name == "bool" else f"x cut to the bits of a `{name}`"
        yield Word(f"{name}(x)", _FUNCTION, meaning)
    for name in sorted(LATER_FUNCTIONS):
        yield Word(f"{name}(...)", _FUNCTION, NOT_YET)
    for name in sorted(LATER_NAMES - LATER_FUNCTIONS - SCHEDULE_MEANINGS.keys()):
        yield Word(name, _NAME, NOT_YET)


def _types() -> Iterator[Word]:
    for name, type in INTEGERS.items():
        plain = f"whole numbers from {type.low} to {type.high}; it takes {_bytes(type.size)}"
        yield Word(name, _TYPE, TYPE_MEANINGS.get(name, plain))
    yield Word("char(N)", _TYPE, f"text of at most N-1 bytes and a NUL; N from 2 to {MAX_CHAR}")
    for name in sorted(LATER_TYPES):
        yield Word(name, _TYPE, NOT_YET)


def _bytes(size: int) -> str:
    return "1 byte" if size == 1 else f"{size} bytes"


def _rules(kind: MapKind) -> str:
    if not kind.keyed:
        keys = "It has no `key` and no `max_entries`"
    elif kind.indexed:
        keys = "Its key is a `u32`: the index, from 0 to `max_entries` - 1"
    else:
        keys = f"Its key is of any type, at most {MAX_KEY_SIZE} bytes"
    cpus = "; in a handler it means the value of its own CPU, elsewhere the sum of all"
    return keys + (cpus if kind.per_cpu else "")
