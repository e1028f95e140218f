"""Syntax tree → the kind of value that user space will get from it: what can go wrong early."""

from __future__ import annotations

from collections.abc import Mapping

from probekit.expr import syntax as s
from probekit.expr.builtins import check_call
from probekit.expr.parse import ExpressionError
from probekit.expr.scope import unknown_field
from probekit.nearest import did_you_mean, listed
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
            check_call(tree)
            return _numbers(arguments, names)
        case s.Unary(operand=operand):
            return _numbers((operand,), names)
        case s.Binary(left=left, right=right):
            return _numbers((left, right), names)
        case s.Logic(operands=operands):
            return _numbers(operands, names)
        case s.Compare():
            return _compare(tree, names)
        case s.Conditional(condition=condition, then=then, otherwise=otherwise):
            _numbers((condition,), names)
            kind, other = check_user(then, names), check_user(otherwise, names)
            if kind != other:
                what = f"one arm is {_word(kind)}, the other {_word(other)}"
                help = "give it two numbers or two texts"
                raise ExpressionError("wrong-operand", what, tree.place, help)
            return kind


def _plain(type: Type) -> Type:
    if isinstance(type, IntType):
        return NUMBER
    return TEXT if isinstance(type, CharType) else type


def _word(kind: Type) -> str:
    return {NUMBER: "a number", TEXT: "text"}.get(kind, "a struct")


def _name(tree: s.Name, names: Mapping[str, Type]) -> Type:
    if tree.name in names:
        return _plain(names[tree.name])
    help = did_you_mean(tree.name, names, f"user space knows {listed(list(names))}")
    raise ExpressionError("unknown-name", f"nothing is named `{tree.name}` here", tree.place, help)


def _member(tree: s.Member, names: Mapping[str, Type]) -> Type:
    of = check_user(tree.of, names)
    if not isinstance(of, StructType):
        what = f"only a struct has fields, and this is {_word(of)}"
        raise ExpressionError("wrong-operand", what, tree.name_place, f"remove `.{tree.name}`")
    found = of.field(tree.name)
    if found is None:
        raise unknown_field(tree, of)
    return _plain(found.type)


def _numbers(trees: tuple[s.Syntax, ...], names: Mapping[str, Type]) -> Type:
    for tree in trees:
        kind = check_user(tree, names)
        if kind != NUMBER:
            what = f"a number must stand here, and this is {_word(kind)}"
            raise ExpressionError("wrong-operand", what, tree.place)
    return NUMBER


def _compare(tree: s.Compare, names: Mapping[str, Type]) -> Type:
    left, right = check_user(tree.left, names), check_user(tree.right, names)
    if tree.operator in ("==", "!="):
        if left != right:
            what = f"{_word(left)} is never equal to {_word(right)}"
            help = "text in an expression has quotes of its own, numbers have none"
            raise ExpressionError("wrong-operand", what, tree.place, help)
        return NUMBER
    return _numbers((tree.left, tree.right), names)
