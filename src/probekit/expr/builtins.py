"""The names and functions that every expression in a handler has."""

from __future__ import annotations

from probekit.expr.parse import ExpressionError
from probekit.expr.syntax import Call
from probekit.expr.typed import Builtin
from probekit.nearest import did_you_mean, listed
from probekit.types import PLAIN_INTEGERS, TIMESTAMP, U32, CharType, IntType

COMM_SIZE = 16  # TASK_COMM_LEN, include/linux/sched.h

BUILTINS = {
    builtin.name: builtin
    for builtin in (
        Builtin("pid", U32),
        Builtin("tid", U32),
        Builtin("uid", U32),
        Builtin("gid", U32),
        Builtin("comm", CharType(COMM_SIZE)),
        Builtin("cpu", U32),
        Builtin("now", TIMESTAMP),
    )
}

CASTS: dict[str, IntType] = dict(PLAIN_INTEGERS)
FUNCTIONS = {"min": 2, "max": 2, "abs": 1}  # how many arguments each takes

LATER_NAMES = frozenset("cgroup ppid walltime retval event kstack ustack rand".split())
LATER_FUNCTIONS = frozenset(
    "str kstr bytes kbytes join log2 startswith ntohs ntohl makedev has cast age kstack"
    " ustack".split()
)


def check_call(tree: Call) -> None:
    """The function exists and takes so many values. Raises ExpressionError."""
    name, given = tree.function, len(tree.arguments)
    if name not in CASTS and name not in FUNCTIONS:
        known = [*CASTS, *FUNCTIONS]
        help = did_you_mean(name, known, f"there are {listed(known)}")
        raise ExpressionError(
            "unknown-function", f"there is no function `{name}`", tree.function_place, help
        )
    wanted = FUNCTIONS.get(name, 1)
    if given != wanted:
        what = f"`{name}` takes {wanted} value{'s' * (wanted != 1)}, not {given}"
        help = f"write `{name}({', '.join('ABC'[:wanted])})`"
        raise ExpressionError("wrong-arguments", what, tree.place, help)
