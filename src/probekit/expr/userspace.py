"""Syntax tree → the kind of value that user space will get from it: what can go wrong early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from probekit.duration import parse_duration
from probekit.expr import syntax as s
from probekit.expr.builtins import check_call
from probekit.expr.parse import ExpressionError
from probekit.types import MAX_CHAR, S64, CharType, IntType, StructType, Type

NUMBER = S64  # any number: in user space they are unbounded
TEXT = CharType(MAX_CHAR)


def check_user(tree: s.Syntax, names: Mapping[str, Type]) -> Type:
    """Its kind: NUMBER, TEXT or a struct. Raises ExpressionError on what can never work."""
    match tree:
        case s.Number():
            return NUMBER
        case s.Text():
            return TEXT
        case s.Name():
            return _name(tree, names)
        case s.Member():
            return _member(tree, names)
        case s.Call(arguments=arguments):
            _check_call(tree)
            return _numbers(arguments, names)
        case s.Unary(operand=operand):
            return _numbers((operand,), names)
        case s.Binary():
            return _binary(tree, names)
        case s.Logic(operands=operands):
            return _numbers(operands, names)
        case s.Compare():
            return _compare(tree, names)
        case s.Conditional(condition=condition, then=then, otherwise=otherwise):
            kinds = _each((condition, then, otherwise), names)
            _require_numbers((condition,), kinds[:1])
            kind, other = kinds[1:]
            if kind != other:
                what = f"one arm is {_word(kind)}, the other {_word(other)}"
                help = "give it two numbers or two texts"
                raise ExpressionError("wrong-operand", what, tree.place, help)
            return kind


def _check_call(tree: s.Call) -> None:
    try:
        check_call(tree)
    except ExpressionError as error:
        if error.code == "unknown-function" and " step " in f"{error.help} ":
            error.help = "schedules have no steps: what an `update:` writes can use `value`, the"
            error.help += " entry's current value; `show:` shows a map"
        raise


def _binary(tree: s.Binary, names: Mapping[str, Type]) -> Type:
    try:
        return _numbers((tree.left, tree.right), names)
    except ExpressionError as error:
        from probekit.expr.unknown import no_filter

        raise no_filter(error, tree) from None


def _plain(type: Type) -> Type:
    if isinstance(type, IntType):
        return NUMBER
    return TEXT if isinstance(type, CharType) else type


def _word(kind: Type) -> str:
    return {NUMBER: "a number", TEXT: "text"}.get(kind, "a struct")


def _name(tree: s.Name, names: Mapping[str, Type]) -> Type:
    if tree.name in names:
        return _plain(names[tree.name])
    from probekit.expr.unknown import unknown_in_user_space  # only on the way to an error

    raise unknown_in_user_space(tree, list(names))


def _member(tree: s.Member, names: Mapping[str, Type]) -> Type:
    if isinstance(tree.of, s.Name) and tree.of.name == "args" and "args" not in names:
        _name(tree.of, names)
    of = check_user(tree.of, names)
    if not isinstance(of, StructType):
        from probekit.expr.unknown import no_struct

        raise no_struct(tree, _word(of), None)
    found = of.field(tree.name)
    if found is None:
        from probekit.expr.unknown import unknown_field

        raise unknown_field(tree, of)
    return _plain(found.type)


def _numbers(trees: tuple[s.Syntax, ...], names: Mapping[str, Type]) -> Type:
    return _require_numbers(trees, _each(trees, names))


def _require_numbers(trees: Sequence[s.Syntax], kinds: Sequence[Type]) -> Type:
    """Raises ExpressionError where one of the trees, whose kinds these are, is no number."""
    for tree, kind in zip(trees, kinds, strict=True):
        if kind != NUMBER:
            what = f"a number must stand here, and this is {_word(kind)}"
            help, mends = _instead_of_text(tree) if kind == TEXT else ("name one of its fields", ())
            raise ExpressionError("wrong-operand", what, tree.place, help, mends)
    return NUMBER


def _instead_of_text(tree: s.Syntax) -> tuple[str, tuple[s.Mend, ...]]:
    text = tree.value if isinstance(tree, s.Text) else ""
    if text.isascii() and text.isdigit() and len(text) < 20:
        return f"numbers have no quotes: write `{int(text)}`", ((tree.place, str(int(text))),)
    nanoseconds = parse_duration(text)
    if nanoseconds is not None:
        return f"no `duration` is beside it: write the number, {nanoseconds} for nanoseconds", ()
    return "compare it: `== 'text'`", ()


def _each(trees: tuple[s.Syntax, ...], names: Mapping[str, Type]) -> list[Type]:
    """The kinds of all. Raises one ExpressionError for the faults of them all."""
    return s.each(trees, lambda tree: check_user(tree, names))


def _compare(tree: s.Compare, names: Mapping[str, Type]) -> Type:
    left, right = _each((tree.left, tree.right), names)
    if tree.operator in ("==", "!="):
        if left != right:
            what = f"{_word(left)} is never equal to {_word(right)}"
            help = "text in an expression has quotes of its own, numbers have none"
            raise ExpressionError("wrong-operand", what, tree.place, help)
        return NUMBER
    return _require_numbers((tree.left, tree.right), (left, right))
