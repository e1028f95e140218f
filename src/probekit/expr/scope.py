"""What the names of a handler's expression mean."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from probekit.expr.builtins import BUILTINS
from probekit.expr.fits import kind_of
from probekit.expr.syntax import Member, Name
from probekit.expr.typed import EventField, Local, MemberOf, Typed, type_of
from probekit.record import Record
from probekit.types import StructType


class Scope(Record):
    """What an expression can name: `values` (params, `let`, `as`) and the event's fields.

    `later_fields` are fields of a type that this version cannot read yet, with that type.
    """

    event: str
    values: Mapping[str, Typed]
    fields: Mapping[str, EventField]
    later_fields: Mapping[str, str] = MappingProxyType({})

    def name(self, tree: Name) -> Typed:
        """What a name alone means. Raises ExpressionError."""
        name = tree.name
        if name in self.values:
            return self.values[name]
        if name in BUILTINS:
            return BUILTINS[name]
        from probekit.expr.unknown import unknown_name  # only on the way to an error

        raise unknown_name(tree, [*self.values, *BUILTINS], self.fields)

    def field(self, tree: Member) -> EventField:
        """What `args.NAME` means. Raises ExpressionError."""
        if tree.name in self.fields:
            return self.fields[tree.name]
        from probekit.expr.unknown import unknown_event_field

        raise unknown_event_field(tree, self.event, self.fields, self.later_fields)


def member(of: Typed, tree: Member) -> MemberOf:
    """A field of the struct `of`. Raises ExpressionError."""
    type = type_of(of)
    if not isinstance(type, StructType) or not isinstance(of, Local | MemberOf):
        from probekit.expr.unknown import no_struct

        raise no_struct(tree, kind_of(of), type)
    found = type.field(tree.name)
    if found is None:
        from probekit.expr.unknown import unknown_field

        raise unknown_field(tree, type)
    return MemberOf(of, tree.name, found.type)
