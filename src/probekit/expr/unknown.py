"""Names that nothing has: the nearest one, the one of another language, or none yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from probekit.expr import foreign
from probekit.expr.builtins import BUILTINS, CASTS, FUNCTIONS, LATER_FUNCTIONS, LATER_NAMES
from probekit.expr.syntax import Call, ExpressionError, Member, Mend, Name, Place, Syntax, written
from probekit.expr.typed import EventField
from probekit.foreign_types import OTHER_TYPES
from probekit.nearest import listed, meant, nearest
from probekit.types import IntType, StructType, scalar_type


def unknown_name(
    tree: Name, known: Sequence[str], fields: Mapping[str, EventField]
) -> ExpressionError:
    """A name alone, in a handler, that is none of `known`; `fields` are the event's."""
    name, place = tree.name, tree.place
    if name == "args":
        what, help = "`args` alone has no value", f"name a field: {_first(fields)}"
        return ExpressionError("wrong-operand", what, place, help)
    if name in LATER_NAMES:
        return _not_yet(f"`{name}`", place, foreign.LATER_NAME_ADVICE.get(name, ""), subject=name)
    what = f"nothing is named `{name}`"
    if name in fields:
        text = f"args.{name}"
        help = f"a field of the event is written `{text}`"
        return ExpressionError("unknown-name", what, place, help, ((place, text),), name)
    better, help = foreign.advice(name)
    if help:
        mends = ((place, better),) if better else ()
        return ExpressionError("unknown-name", what, place, help, mends, name)
    return foreign.constant(name, place) or _unlike(name, place, [*known, *fields], fields)


def _first(fields: Mapping[str, EventField]) -> str:
    return listed([f"args.{name}" for name in fields if not name.startswith("__")][:4]) or (
        "`args.NAME`"
    )


def _unlike(
    name: str, place: Place, known: Sequence[str], fields: Mapping[str, EventField]
) -> ExpressionError:
    """The nearest name, else a guess: text whose own quotes were left out."""
    near, sure = nearest(name, known), meant(name, known)
    what = f"nothing is named `{name}`"
    if near is None:
        help = f"if the text was meant, give it quotes of its own: \"'{name}'\""
        return ExpressionError("unknown-name", what, place, help, subject=name)
    shown = f"args.{near}" if near in fields else near
    mends = ((place, f"args.{sure}" if sure in fields else sure),) if sure else ()
    return ExpressionError("unknown-name", what, place, f"did you mean `{shown}`?", mends, name)


def unknown_event_field(
    tree: Member, event: str, fields: Mapping[str, EventField], later: Mapping[str, str]
) -> ExpressionError:
    """`args.NAME`, which the event does not have, or which cannot be read yet."""
    name = tree.name
    if name in later:
        what = f"the field `{name}` of type `{later[name]}`"
        readable = [field for field in fields if not field.startswith("__")]
        help = f"use another one: it has {listed(readable)}" if readable else "leave it out"
        if "char" in later[name]:
            help += "; `comm` is the current task's name"
        return _not_yet(what, tree.name_place, help)
    known = [field for field in (*fields, *later) if not field.startswith("__")]
    if name == "ret" and "/sys_enter_" in event:
        there = event.replace("/sys_enter_", "/sys_exit_")
        what, help = f"{event} has no field `ret`", f"it is a field of {there}"
        return ExpressionError("unknown-field", what, tree.name_place, help)
    otherwise = f"it has {listed(known)}" if known else "it has no fields"
    return _no_field(tree, f"{event} has no field `{name}`", known, otherwise)


def unknown_field(tree: Member, type: StructType) -> ExpressionError:
    """The struct has no field of this name."""
    known = [field.name for field in type.fields]
    what = f"the struct has no field `{tree.name}`"
    return _no_field(tree, what, known, f"it has {listed(known)}")


def _no_field(tree: Member, what: str, known: Sequence[str], otherwise: str) -> ExpressionError:
    near, sure = nearest(tree.name, known), meant(tree.name, known)
    help = f"did you mean `{near}`?" if near else otherwise
    if not near and "/sys_exit_" in what:
        help += "; the call's arguments are fields of its `sys_enter_...`"
    mends = ((tree.name_place, sure),) if sure else ()
    return ExpressionError("unknown-field", what, tree.name_place, help, mends)


def unknown_function(tree: Call) -> ExpressionError:
    """A function that there is not, or not yet."""
    name, place = tree.function, tree.function_place
    what = f"there is no function `{name}`"
    if name.isupper():  # as in SQL
        name = name.lower()
    first = written(tree.arguments[0]) if tree.arguments else "x"
    if name in LATER_FUNCTIONS:
        help = foreign.LATER_CALL_ADVICE.get(name, "").format(first)
        return _not_yet(f"`{name}()`", place, help)
    if name in foreign.SAME_CALL and not tree.arguments:
        better = foreign.SAME_CALL[name]
        return _no_function(what, place, f"write `{better}`", ((tree.place, better),))
    if name in foreign.CALL_ADVICE:
        return _no_function(what, place, foreign.CALL_ADVICE[name].format(first))
    if name in BUILTINS:
        return _no_function(what, place, f"`{name}` is a value: write `{name}`")
    cast = scalar_type(OTHER_TYPES.get(name, ""))
    if isinstance(cast, IntType) and cast.name in CASTS:
        return _no_function(what, place, f"write `{cast}({first})`", ((place, cast.name),))
    known = [*CASTS, *FUNCTIONS]
    near, sure = nearest(name, known), meant(name, known)
    help = f"did you mean `{near}`?" if near else f"there are {listed(known)}"
    mends = ((place, sure),) if sure else ()
    return _no_function(what, place, help, mends, name)


def _no_function(
    what: str, place: Place, help: str, mends: tuple[Mend, ...] = (), subject: str = ""
) -> ExpressionError:
    return ExpressionError("unknown-function", what, place, help, mends, subject)


def _not_yet(what: str, place: Place, help: str, subject: str = "") -> ExpressionError:
    """The format has it, this version does not."""
    message = f"{what} is not in this version yet"
    return ExpressionError("not-yet", message, place, help, subject=subject)


_HANDLERS_ONLY = frozenset(BUILTINS) | LATER_NAMES - {"walltime"}


def unknown_in_user_space(tree: Name, known: Sequence[str]) -> ExpressionError:
    """A name that schedules do not have."""
    name, place = tree.name, tree.place
    what = f"nothing is named `{name}` here"
    if name == "args" or name in _HANDLERS_ONLY:
        what = f"`{name}` is known in handlers only"
        help = f"in schedules there are {listed(known)}; let a handler write it to a map"
        return ExpressionError("unknown-name", what, place, help, subject=name)
    if name in ("value", "key"):
        what = f"`{name}` is not known here"
        help = "`value` is known in what an entry gets, and in `by:`; `key` in `by:`"
        return ExpressionError("unknown-name", what, place, help, subject=name)
    near, sure = nearest(name, known), meant(name, known)
    help = (
        f"did you mean `{near}`?"
        if near
        else (f"here there are {listed(known)}; text has quotes of its own: \"'{name}'\"")
    )
    better = foreign.SAME.get(name, "")
    if better in ("0", "true", "false"):
        near, sure, help = better, better, f"write `{better}`"
    mends = ((place, sure),) if sure else ()
    return ExpressionError("unknown-name", what, place, help, mends, name)


def expecting(
    error: ExpressionError, tree: Syntax, is_text: bool, known: Iterable[str]
) -> ExpressionError:
    """The error of `tree`, in a place for text or for a number: was a name text, then?"""
    if not isinstance(tree, Name) or "quotes of its own" not in error.help:
        return error
    if is_text:
        return mean_text(error, tree)
    error.help = f"there are {listed([*known, *BUILTINS])}"
    return error


def mean_text(error: ExpressionError, name: Name) -> ExpressionError:
    """Adds the mend of a name that nothing is like, where text is what fits."""
    if error.code == "unknown-name" and "quotes of its own" in error.help and not error.mends:
        error.mends = ((name.place, f"'{name.name}'"),)
    return error
