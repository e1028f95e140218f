"""Frozen values with named fields, cheap to declare.

A frozen dataclass does the same, but costs 0.6 ms a class when its module is imported, and brings
`inspect`: for the hundred classes here that is more than all the rest of a `check`.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn, TypeVar, dataclass_transform

    _R = TypeVar("_R", bound="Record")
else:

    def dataclass_transform(**_: object) -> Callable[[type], type]:
        """`typing`'s without importing it: a note for the type checker alone."""
        return lambda cls: cls


@dataclass_transform(frozen_default=True, eq_default=True)
class RecordType(type):
    """Makes the annotations of a class its slots, in order; a value beside one is its default."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> RecordType:
        own = tuple(namespace.get("__annotations__", ()))
        defaults = {field: namespace.pop(field) for field in own if field in namespace}
        inherited = next((base for base in bases if isinstance(base, RecordType)), None)
        names = (*inherited.__match_args__, *own) if inherited else own
        namespace["__slots__"] = own
        namespace["__match_args__"] = names
        made = super().__new__(mcs, name, bases, namespace)
        made._defaults = {**inherited._defaults, **defaults} if inherited else defaults
        made._setters = tuple(getattr(made, field).__set__ for field in names)
        made._values = attrgetter(*names) if names else None
        return made

    __match_args__: tuple[str, ...]
    _defaults: dict[str, Any]
    _setters: tuple[Callable[[object, object], None], ...]
    _values: Callable[[object], Any] | None


class Record(metaclass=RecordType):
    """The base of the frozen values: equal, hashed and shown by its fields."""

    def __init__(self, *values: object, **named: object) -> None:
        kind = type(self)
        if named or len(values) != len(kind._setters):
            values = _complete(kind, values, named)
        for store, value in zip(kind._setters, values, strict=True):
            store(self, value)

    def __setattr__(self, name: str, _: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}.{name} is frozen")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}.{name} is frozen")

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        values = type(self)._values
        return values is None or bool(values(self) == values(other))

    def __hash__(self) -> int:
        kind = type(self)
        return hash((kind, kind._values(self) if kind._values else ()))

    def __repr__(self) -> str:
        kind = type(self)
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in kind.__match_args__)
        return f"{kind.__qualname__}({fields})"


def replace(record: _R, /, **changes: object) -> _R:
    """A copy of `record` with some fields changed. Raises TypeError for one it has not."""
    kind = type(record)
    return kind(**{name: getattr(record, name) for name in kind.__match_args__} | changes)


def _complete(
    kind: RecordType, values: tuple[object, ...], named: dict[str, object]
) -> tuple[Any, ...]:
    """One value for each field. Raises TypeError for a field too many or too few."""
    names = kind.__match_args__
    given = {**kind._defaults, **dict(zip(names, values, strict=False)), **named}
    twice = set(names[: len(values)]) & set(named)
    unknown = [name for name in named if name not in names]
    missing = [name for name in names if name not in given]
    if twice or unknown or missing or len(values) > len(names):
        wrong = f"twice {sorted(twice)}, unknown {unknown}, missing {missing}"
        raise TypeError(f"{kind.__name__}: {len(values)} values; {wrong}")
    return tuple(given[name] for name in names)
