"""The names and functions that every expression in a handler has."""

from __future__ import annotations

from probekit.expr.parse import ExpressionError
from probekit.expr.syntax import Call, written
from probekit.expr.typed import Builtin
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

# One line each, as `explain` and the reference say it.
MEANINGS = {
    "pid": "the number of the current process",
    "tid": "the number of the current thread",
    "uid": "the real user of the current process",
    "gid": "the real group of the current process",
    "comm": "the name of the current thread: at most 15 bytes",
    "cpu": "the number of the CPU",
    "now": "CLOCK_MONOTONIC, read once for each run of a handler: all its uses are the same time",
    "min": "the smaller of two numbers",
    "max": "the larger of two numbers",
    "abs": "x without its sign, a `u64`",
}

LATER_NAMES = frozenset("cgroup ppid walltime retval event kstack ustack rand".split())
LATER_FUNCTIONS = frozenset(
    "str kstr bytes kbytes join log2 startswith ntohs ntohl makedev has cast age kstack"
    " ustack".split()
)


def check_call(tree: Call) -> None:
    """The function exists and takes so many values. Raises ExpressionError."""
    name, given = tree.function, len(tree.arguments)
    if name not in CASTS and name not in FUNCTIONS:
        from probekit.expr.unknown import unknown_function  # only on the way to an error

        raise unknown_function(tree)
    wanted = FUNCTIONS.get(name, 1)
    if given != wanted:
        what = f"`{name}` takes {wanted} value{'s' * (wanted != 1)}, not {given}"
        help = f"write `{name}({', '.join('ABC'[:wanted])})`"
        if name in ("min", "max") and given > wanted:
            first, *rest = map(written, tree.arguments[:3])
            help = f"nest it: `{name}({first}, {name}({', '.join(rest)}))`"
        elif name in ("min", "max"):
            help += "; that of many events is not in this version yet"
        raise ExpressionError("wrong-arguments", what, tree.place, help)
