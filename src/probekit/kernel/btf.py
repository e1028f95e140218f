"""What a kernel's BTF tells: functions, raw tracepoints, constants and structs, as C writes them.

Documentation/bpf/btf.rst. Only values here; `btfraw.py` reads the kernel's own form of it.
"""

from __future__ import annotations

from probekit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object  # `typing` would cost 10 ms

VMLINUX = "/sys/kernel/btf/vmlinux"


class Parameter(Record):
    """One parameter; `type` is its C type without the name, `name` is empty where it has none."""

    name: str
    type: str


class Function(Record):
    """A function's prototype, or (returning `void`) what a raw tracepoint passes."""

    name: str
    parameters: tuple[Parameter, ...]
    returns: str


class Constant(Record):
    """An enumerator and its value; `enum` is empty where the enum has no name."""

    name: str
    value: int
    enum: str


class Enum(Record):
    """An enum of `size` bytes; `constants` are names and values in the order of the source."""

    name: str
    size: int
    signed: bool
    constants: tuple[tuple[str, int], ...]


class Member(Record):
    """One member of a struct: `size` bytes at `offset` of it.

    Of a bit field `bits` is the width (else 0), and `offset` and `size` are those of the bytes
    it lies in, `shift` bits above the lowest one.
    """

    name: str
    type: str
    offset: int
    size: int
    bits: int = 0
    shift: int = 0


class Struct(Record):
    """A struct, or a union where `is_union`, of `size` bytes.

    What C reaches without a name stands among the members; what lies in a member whose type
    has no name, as `member.name`.
    """

    name: str
    is_union: bool
    size: int
    members: tuple[Member, ...]


class Btf(Protocol):
    """A kernel's types by name. Where a name means several things, the first one counts."""

    def functions(self) -> list[str]:
        """The names of all functions, sorted."""

    def function(self, name: str) -> Function | None:
        """The function's prototype; None where there is none of this name."""

    def raw_tracepoints(self) -> list[str]:
        """The names of all raw tracepoints, sorted."""

    def raw_tracepoint(self, name: str) -> Function | None:
        """What the raw tracepoint passes to a program, named as in the kernel's source."""

    def constants(self) -> list[str]:
        """The names of all enumerators, sorted."""

    def constant(self, name: str) -> Constant | None:
        """The enumerator; None where there is none of this name."""

    def enum(self, name: str) -> Enum | None:
        """The enum; None where there is none of this name."""

    def enums(self) -> list[str]:
        """The names of all enums that have one, sorted."""

    def structs(self) -> list[str]:
        """The names of all structs and unions that have one, sorted."""

    def struct(self, name: str) -> Struct | None:
        """The struct or union; None where there is none of this name."""


def live_btf() -> Btf | None:
    """The running kernel's; None where it has none, or one that this version cannot read."""
    from probekit.kernel.btfraw import RawBtf

    try:
        with open(VMLINUX, "rb") as file:
            return RawBtf(file.read())
    except (OSError, ValueError):
        return None
