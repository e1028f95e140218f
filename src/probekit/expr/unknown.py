"""Names that nothing has: the nearest one, the one of another language, or none yet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from probekit.expr import foreign
from probekit.expr.builtins import BUILTINS, CASTS, FUNCTIONS, LATER_FUNCTIONS, LATER_NAMES
from probekit.expr.scope import Scope
from probekit.expr.syntax import (
    Binary,
    Call,
    ExpressionError,
    Member,
    Mend,
    Name,
    Place,
    Syntax,
    replacing,
    written,
)
from probekit.expr.typed import EventField, is_text
from probekit.foreign_types import OTHER_TYPES, TOO_WIDE
from probekit.nearest import listed, meant, nearest
from probekit.types import IntType, Shown, StructType, Type, scalar_type


class UnlikeError(ExpressionError):
    """A name that is like none there is: beside text it may be text without its quotes."""


def unknown_name(
    tree: Name, known: Sequence[str], fields: Mapping[str, EventField]
) -> ExpressionError:
    """A name alone, in a handler, that is none of `known`; `fields` are the event's."""
    name, place = tree.name, tree.place
    if name in _PYTHON:
        return _python(name, place)
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
    own = [value for value in known if value not in BUILTINS]
    better, help = foreign.advice(name)
    if help and not meant(name, own) and not (better == name.lower() and better in fields):
        mends = ((place, better),) if better and name not in foreign.UNSURE_NULLS else ()
        return ExpressionError("unknown-name", what, place, help, mends, name)
    if name in foreign.TRUTHS:
        return _truth(name, place, known)
    if not nearest(name, own) and (constant := foreign.constant(name, place)):
        return constant
    return _unlike(name, place, known, fields)


_PYTHON = {"True": "true", "False": "false", "None": "0"}


def _python(name: str, place: Place) -> ExpressionError:
    better = _PYTHON[name]
    error = replacing("bad-expression", f"`{name}` is written `{better}` here", place, better)
    if name in foreign.UNSURE_NULLS:
        error.mends = ()
    return error


def _truth(name: str, place: Place, known: Sequence[str]) -> ExpressionError:
    """`no`, which YAML knows, and which may as well be a slip of `now`."""
    near = nearest(name, known)
    names = (
        f"did you mean `{near}`?" if near else f"there are {listed(list(dict.fromkeys(known)))};"
    )
    help = f"{names} where a `bool` is asked for, write `{foreign.TRUTHS[name]}`"
    return UnlikeError("unknown-name", f"nothing is named `{name}`", place, help, subject=name)


def mean_truth(error: ExpressionError, tree: Syntax) -> ExpressionError:
    """Says of `no` and its kin, which stand where a `bool` does, how that is written."""
    if isinstance(tree, Name) and error.place == tree.place and tree.name in foreign.TRUTHS:
        better = foreign.TRUTHS[tree.name]
        error.help, error.mends = f"write `{better}`", ((tree.place, better),)
    return error


def _first(fields: Mapping[str, EventField]) -> str:
    return listed([f"args.{name}" for name in fields if not name.startswith("__")][:4]) or (
        "`args.NAME`"
    )


def _unlike(
    name: str, place: Place, known: Sequence[str], fields: Mapping[str, EventField]
) -> ExpressionError:
    """The nearest name, else all that there are. What is a field too could be either."""
    near, sure = nearest(name, [*known, *fields]), meant(name, [*known, *fields, *LATER_NAMES])
    what = f"nothing is named `{name}`"
    if sure in LATER_NAMES and sure not in known and sure not in fields:
        help = _like_later(f"`{sure}`", foreign.LATER_NAME_ADVICE.get(sure, ""))
        return UnlikeError("unknown-name", what, place, help, subject=name)
    if near is None:
        names = listed(list(dict.fromkeys(known)))
        help = f"there are {names}" + (" and the fields `args.NAME`" if fields else "")
        return UnlikeError("unknown-name", what, place, help, subject=name)
    if near in known and near in fields:
        help = f"did you mean `{near}`, or the event's field `args.{near}`?"
        return ExpressionError("unknown-name", what, place, help, subject=name)
    shown = f"args.{near}" if near in fields else near
    mends = ((place, f"args.{sure}" if sure in fields else sure),) if sure else ()
    return ExpressionError("unknown-name", what, place, f"did you mean `{shown}`?", mends, name)


def _like_later(near: str, advice: str) -> str:
    help = f"{near} is like it, and not in this version yet"
    return f"{help}: {advice}" if advice else help


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
    error = _no_field(tree, f"{event} has no field `{name}`", known, otherwise)
    near = nearest(name, known)
    if near in later:
        error.help, error.mends = f"did you mean `{near}`, which is not in this version yet?", ()
    return error


def no_struct(tree: Member, kind: str, type: Type | None) -> ExpressionError:
    """A field of what has none: `kind` is what a message calls it."""
    what, value = f"only a struct has fields, and this is {kind}", written(tree.of)
    help = f"write `{value}` alone"
    if kind == "text":
        help = f"text is compared whole, as `{value} == 'text'`"
    elif isinstance(type, IntType) and type.shown is Shown.DURATION:
        help = f"compare it with a duration in quotes, as `{value} > '10ms'`"
    return ExpressionError("wrong-operand", what, tree.name_place, help)


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
    if name in TOO_WIDE:
        return _no_function(what, place, "the widest is `u64`, with a sign `s64`")
    known = [*CASTS, *FUNCTIONS]
    near, sure = nearest(name, known), meant(name, [*known, *LATER_FUNCTIONS])
    if sure in LATER_FUNCTIONS:
        advice = foreign.LATER_CALL_ADVICE.get(sure, "").format(first)
        return _no_function(what, place, _like_later(f"`{sure}()`", advice), subject=name)
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
    if name in _PYTHON:
        return _python(name, place)
    what = f"nothing is named `{name}` here"
    if name == "args" or name in _HANDLERS_ONLY:
        what = f"`{name}` is known in handlers only"
        help = f"in schedules there are {listed(known)}; let a handler write it to a map"
        return ExpressionError("unknown-name", what, place, help, subject=name)
    if name in ("value", "key"):
        what = f"`{name}` is not known here"
        help = "`value` is known in what an entry gets, and in `by:`; `key` in `by:`"
        return ExpressionError("unknown-name", what, place, help, subject=name)
    if name in foreign.TRUTHS:
        return _truth(name, place, known)
    better = foreign.SAME.get(name, "")
    if better in ("0", "true", "false"):
        mends = ((place, better),) if name not in foreign.UNSURE_NULLS else ()
        return ExpressionError("unknown-name", what, place, f"write `{better}`", mends, name)
    near, sure = nearest(name, known), meant(name, known)
    if near is None:
        help = f"here there are {listed(known)}"
        return UnlikeError("unknown-name", what, place, help, subject=name)
    mends = ((place, sure),) if sure else ()
    return ExpressionError("unknown-name", what, place, f"did you mean `{near}`?", mends, name)


def mean_text(error: ExpressionError, tree: Syntax) -> ExpressionError:
    """Says of a name that nothing has, and that stands where text fits, how text is written.

    Whether text was meant is a choice, but for what means that there is none.
    """
    if not isinstance(tree, Name) or error.place != tree.place:
        return error
    if tree.name in foreign.NULLS:
        error.message = f"there is no `{tree.name}` here"
        error.help, error.mends = "write `''`: text that is missing is empty", ((tree.place, "''"),)
    elif tree.name in foreign.TRUTHS or (
        error.mends and re.fullmatch("[0-9]+|true|false", error.mends[0][1])
    ):
        error.code, error.message = (
            "wrong-operand",
            f"`{tree.name}` is no text, which must stand here",
        )
        error.help, error.mends = "text has quotes of its own, as `'nginx'`", ()
    elif isinstance(error, UnlikeError):
        error.help = f"if the text was meant, give it quotes of its own: \"'{tree.name}'\""
    return error


def mean_args(
    error: ExpressionError, tree: Member, fields: Mapping[str, EventField]
) -> ExpressionError:
    """Says of a name like `args`, which a field of the event follows, that it was to be that."""
    name = tree.of.name if isinstance(tree.of, Name) else ""
    if error.code == "unknown-name" and error.place == tree.of.place and meant(name, ["args"]):
        error.help = "did you mean `args`?"
        error.mends = ((error.place, "args"),) if tree.name in fields else ()
    return error


def name_of_text(error: ExpressionError, tree: Syntax, scope: Scope) -> ExpressionError:
    """Says which values are text, of a name that nothing is like and that is compared with one."""
    if isinstance(error, UnlikeError) and error.place == tree.place:
        values = {**BUILTINS, **scope.values}
        texts = [name for name, value in values.items() if is_text(value)]
        texts += [f"args.{name}" for name, field in scope.fields.items() if is_text(field)]
        error.help = f"text is in {listed(texts)}"
        error.help += "; `comm` is the task's name" if "comm" in texts else ""
    return error


def no_filter(error: ExpressionError, tree: Binary) -> ExpressionError:
    """What stands after a `|` and means nothing was meant as a filter of a template language.

    All else stays the error that it is.
    """
    is_filter = isinstance(tree.right, Name | Call) and error.place.start == tree.right.place.start
    if (
        tree.operator != "|"
        or not is_filter
        or error.code not in ("unknown-name", "unknown-function")
    ):
        return error
    value = written(tree.left)
    what = "there are no filters: `|` is the bits' `or`"
    help = f"write `{value}` alone; in a `print:` a format stands after a colon: `{{{value}:x}}`"
    return ExpressionError(error.code, what, error.place, help, subject=error.subject)
