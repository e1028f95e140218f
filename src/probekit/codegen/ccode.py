"""C text that may reach the compiler: made only from templates in the code and typed parts."""

from __future__ import annotations

from typing import LiteralString, TypeAlias


class CCode(str):
    """A piece of C that this package wrote. A spec's own text never becomes one.

    Jinja2 prints it as it is (`__html__`) and refuses every other kind of string.
    """

    __slots__ = ()

    def __html__(self) -> str:
        return self


CPart: TypeAlias = CCode | int


def c(template: LiteralString, *parts: CPart) -> CCode:
    """`template` with its `{}` filled. Raises TypeError where a part is a plain string."""
    for part in parts:
        if not isinstance(part, CCode | int):
            raise TypeError(f"{part!r} is not C")
    return CCode(template.format(*parts))


def joined(separator: LiteralString, parts: list[CCode]) -> CCode:
    """The parts with `separator` between them. Raises TypeError on plain strings."""
    if not all(isinstance(part, CCode) for part in parts):
        raise TypeError("not C")
    return CCode(separator.join(parts))
