"""Users and groups by their names, where an expression has their numbers."""

from __future__ import annotations

from probekit.expr.syntax import Binary, ExpressionError, Member, Name, Place, Syntax
from probekit.expr.unknown import UnlikeError

_ACCOUNTS = {"uid": "u", "gid": "g"}


def account(error: ExpressionError, side: Syntax, other: Syntax) -> ExpressionError:
    """The error of a user's or group's name `side`, if it is compared with the number `other`.

    A `-` in such a name reads as a difference.
    """
    option = _ACCOUNTS.get(other.name) if isinstance(other, Name | Member) else None
    is_inside = side.place.start <= error.place.start < side.place.end
    name = _account(side) or ""
    is_one_word = len(name) == side.place.end - side.place.start
    if option is None or not is_one_word or not is_inside or not isinstance(error, UnlikeError):
        return error
    found = account_error("unknown-name", other, name, side.place, side.place)
    found.subject = error.subject if isinstance(side, Name) else ""  # it may mean something else
    return found


def _account(tree: Syntax) -> str | None:
    """The name that stands there, with each `-` of its own; None where it is none."""
    if isinstance(tree, Binary) and tree.operator == "-":
        left, right = _account(tree.left), _account(tree.right)
        return f"{left}-{right}" if left and right else None
    return tree.name if isinstance(tree, Name) else None


def account_error(
    code: str, number: Syntax, name: str, place: Place, whole: Place
) -> ExpressionError:
    """`uid == NAME`: of the number `number` and the account `name`, which stands at `place`."""
    assert isinstance(number, Name | Member)
    what = f"`{number.name}` is a number, and `{name}` a name"
    if name == "root":
        return ExpressionError(code, what, whole, "root is 0: write `0`", ((place, "0"),))
    option = _ACCOUNTS[number.name]
    return ExpressionError(code, what, whole, f"write the number: `id -{option} {name}` says it")
