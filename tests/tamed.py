"""A checked probe with every name and text in it replaced by a harmless one of the same kind."""

from __future__ import annotations

from enum import Enum
from typing import Any

from probekit.expr.typed import AllOrAny, Arithmetic, Builtin, Comparison, Function
from probekit.ir import Probe, Site, Update
from probekit.maps import MapKind
from probekit.record import Record, replace
from probekit.source import Source
from probekit.types import IntType

_INTEGERS = "u8 u16 u32 u64 s8 s16 s32 s64 bool duration timestamp ptr"
_MAP_KINDS = "hash lru_hash percpu_hash lru_percpu_hash array percpu_array global"
# The words that the code chooses among by itself: they stay, and there are no others.
WORDS: dict[tuple[type[Record], str], str] = {
    (Arithmetic, "operator"): "+ - * / % & | ^ ~ << >>",
    (Comparison, "operator"): "== != < <= > >=",
    (AllOrAny, "operator"): "and or",
    (Function, "name"): "min max abs",
    (Builtin, "name"): "pid tid uid gid comm cpu now",
    (Update, "mode"): "any create exist",
    (Site, "verb"): "update count",
    (IntType, "name"): _INTEGERS,
    (MapKind, "name"): _MAP_KINDS,
    (MapKind, "kernel_name"): _MAP_KINDS,
}
_OURS = (MapKind,)  # whole values that stand in tables of the code


def tamed(probe: Probe) -> Probe:
    """The probe as it would be with `n0`, `n1`, ... for its names and `aaa` for its texts.

    Texts keep their length in bytes, which decides how many of them C has; numbers stay. What
    user space does with the maps never reaches C, and is left out.
    """
    whole = replace(probe, source=Source("spec.yaml", ""), schedules=())
    made = _Tamer().value(whole)
    assert isinstance(made, Probe)
    return made


class _Tamer:
    """Gives equal names equal names."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.names.setdefault(value, f"n{len(self.names)}")
        if isinstance(value, bytes):
            return b"a" * len(value)
        if isinstance(value, tuple):
            return tuple(self.value(part) for part in value)
        if isinstance(value, dict):
            return {self.value(key): self.value(part) for key, part in value.items()}
        if isinstance(value, Record):
            return self.record(value)
        assert value is None or isinstance(value, int | Enum), f"what is {value!r}?"
        return value

    def record(self, record: Record) -> Record:
        kind = type(record)
        if isinstance(record, _OURS):
            self.check_words(record)
            return record
        self.check_words(record)
        fields = [name for name in kind.__match_args__ if (kind, name) not in WORDS]
        return replace(record, **{name: self.value(getattr(record, name)) for name in fields})

    def check_words(self, record: Record) -> None:
        for (kind, field), words in WORDS.items():
            if isinstance(record, kind):
                word = getattr(record, field)
                assert word in words.split(), f"{kind.__name__}.{field} is {word!r}"
