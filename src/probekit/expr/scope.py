"""What the names of a handler's expression mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from probekit.expr.builtins import BUILTINS, LATER_NAMES
from probekit.expr.fits import kind_of
from probekit.expr.parse import ExpressionError
from probekit.expr.syntax import Member, Name, Place
from probekit.expr.typed import EventField, Local, MemberOf, Typed, type_of
from probekit.nearest import did_you_mean, listed
from probekit.record import Record
from probekit.types import StructType

_KERNEL_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*_[A-Za-z0-9_]+|E[A-Z0-9]{2,}|SIG[A-Z0-9]+", re.ASCII)


# What names are elsewhere, or in other languages, and what to write in a handler.
_ELSEWHERE = {
    "tick": "only schedules have it: let one write it to a map, and `lookup:` it",
    "value": "only schedules and `by:` have it: `lookup:` the entry, and use its name",
    "key": "only `by:` has it: write the key's expression",
    "params": "a param is written by its name alone",
    "nsecs": "the time is `now`",
    "elapsed": "the time is `now`; a difference of two is a duration",
    "yes": "write `true`",
    "on": "write `true`",
    "no": "write `false`",
    "off": "write `false`",
}


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
        if name == "args":
            what, help = "`args` alone has no value", "name a field: `args.NAME`"
            raise ExpressionError("wrong-operand", what, tree.place, help)
        if name in LATER_NAMES:
            raise not_yet(f"`{name}`", tree.place)
        if _KERNEL_CONSTANT.fullmatch(name):
            raise not_yet(f"the kernel's constant `{name}`", tree.place, "write its number")
        if name in _ELSEWHERE:
            help = _ELSEWHERE[name]
        elif name in self.fields:
            help = f"a field of the event is written `args.{name}`"
        else:
            text = f"if the text was meant, give it quotes of its own: \"'{name}'\""
            help = did_you_mean(name, [*self.values, *BUILTINS], text)
        raise ExpressionError("unknown-name", f"nothing is named `{name}`", tree.place, help)

    def field(self, tree: Member) -> EventField:
        """What `args.NAME` means. Raises ExpressionError."""
        if tree.name in self.fields:
            return self.fields[tree.name]
        if tree.name in self.later_fields:
            declared = self.later_fields[tree.name]
            raise not_yet(f"the field `{tree.name}` of type `{declared}`", tree.name_place)
        known = [*self.fields, *self.later_fields]
        otherwise = f"it has {listed(known)}" if known else "it has no fields"
        raise ExpressionError(
            "unknown-field",
            f"{self.event} has no field `{tree.name}`",
            tree.name_place,
            did_you_mean(tree.name, known, otherwise),
        )


def member(of: Typed, tree: Member) -> MemberOf:
    """A field of the struct `of`. Raises ExpressionError."""
    type = type_of(of)
    if not isinstance(type, StructType) or not isinstance(of, Local | MemberOf):
        raise ExpressionError(
            "wrong-operand",
            f"only a struct has fields, and this is {kind_of(of)}",
            tree.name_place,
            f"remove `.{tree.name}`",
        )
    found = type.field(tree.name)
    if found is None:
        raise unknown_field(tree, type)
    return MemberOf(of, tree.name, found.type)


def unknown_field(tree: Member, type: StructType) -> ExpressionError:
    """The struct has no field of this name."""
    known = [field.name for field in type.fields]
    return ExpressionError(
        "unknown-field",
        f"the struct has no field `{tree.name}`",
        tree.name_place,
        did_you_mean(tree.name, known, f"it has {listed(known)}"),
    )


def not_yet(what: str, place: Place, help: str = "") -> ExpressionError:
    """The format has it, this version does not."""
    return ExpressionError("not-yet", f"{what} is not in this version yet", place, help)
