"""Names of other languages, and of this one's later versions: what to write today.

Read on the way to an error only. A row that is a bare name or number is what replaces the other.
"""

from __future__ import annotations

import re

from probekit.expr.syntax import ExpressionError, Place
from probekit.nearest import meant

_KERNEL_CONSTANT = r"[A-Z][A-Z0-9]*_[A-Za-z0-9_]+|E[A-Z0-9]{2,}|SIG[A-Z0-9]+"

# Of bpftrace, bcc, C, Python, SQL: a name → what stands in its place here.
SAME = {
    "NULL": "0",
    "nil": "0",
    "null": "0",
    "none": "0",
    "nullptr": "0",
    "TRUE": "true",
    "FALSE": "false",
    "nsecs": "now",
    "PID": "pid",
    "TID": "tid",
    "UID": "uid",
    "COMM": "comm",
    "tgid": "pid",
    "execname": "comm",
    "procname": "comm",
    "cpu_id": "cpu",
    "cpuid": "cpu",
    "timestamp": "now",
    "ts": "now",
}
# What YAML's readers take for a truth value: it is one only where a `bool` stands.
TRUTHS = {"yes": "true", "on": "true", "YES": "true", "no": "false", "off": "false", "NO": "false"}
# What means that there is no value. C's `NULL` is 0; of the others it is not certain.
NULLS = frozenset("NULL nil null none nullptr None".split())
UNSURE_NULLS = NULLS - {"NULL", "nullptr"}
# A name → what to do about it.
ADVICE = {
    "elapsed": "the time is `now`; a difference of two is a duration",
    "time": "the time is `now`",
    "process": "the process's name is `comm`, its number `pid`",
    "user": "there is `uid`, a number: `uid == 0` is root",
    "username": "there is `uid`, a number: `uid == 0` is root",
    "tick": "only schedules have it: let one write it to a map, and `lookup:` it",
    "value": "only schedules and `by:` have it: `lookup:` the entry, and use its name",
    "key": "only `by:` has it: write the key's expression",
    "params": "a param is written by its name alone",
    "ctx": "a field of the event is written `args.NAME`",
    "arg": "a field of the event is written `args.NAME`",
    "event_name": "write the tracepoint's name as text",
    "probe": "write the tracepoint's name as text, in a program for each",
    "func": "write the function's name as text, in a program for each",
    "curtask": "of the current task there are `pid`, `tid`, `uid`, `gid` and `comm`",
    "task": "of the current task there are `pid`, `tid`, `uid`, `gid` and `comm`",
    "current": "of the current task there are `pid`, `tid`, `uid`, `gid` and `comm`",
    "cmdline": "of the current task there are `pid`, `tid`, `uid`, `gid` and `comm`",
    "numaid": "there is `cpu`, the number of the CPU",
    "usermode": "a tracepoint runs in the kernel always",
    "count": "entries are counted by a step: `- {count: MAP, key: pid}`",
    "print": 'lines are printed by a step: `- print: "{pid} {comm}"`',
    "stop": "the handler is ended by a step: `- {stop: true}`",
}
_ARGUMENT = re.compile(r"s?arg[0-9]")

# Functions: the name → what is written in place of the whole call.
SAME_CALL = {
    "bpf_ktime_get_ns": "now",
    "bpf_ktime_get_boot_ns": "now",
    "bpf_get_smp_processor_id": "cpu",
    "getpid": "pid",
    "gettid": "tid",
    "getuid": "uid",
    "getgid": "gid",
    "pid": "pid",
    "tid": "tid",
    "uid": "uid",
    "gid": "gid",
    "comm": "comm",
    "cpu": "cpu",
    "now": "now",
    "nsecs": "now",
    "time": "now",
    "timestamp": "now",
}
# The name → what to do instead. `{0}` is the first argument as it was written.
CALL_ADVICE = {
    "bpf_get_current_pid_tgid": "the process is `pid`, the thread `tid`: no shifts",
    "bpf_get_current_uid_gid": "the user is `uid`, the group `gid`: no shifts",
    "strcmp": "write `{0} == 'text'`",
    "strncmp": "write `{0} == 'text'`: whole texts are compared",
    "memcmp": "write `{0} == 'text'`",
    "strcontains": "compare the whole text: `{0} == 'text'`",
    "strlen": "text is compared whole: `{0} != ''`",
    "len": "text is compared whole: `{0} != ''`",
    "sizeof": "write the number",
    "printf": 'lines are printed by a step: `- print: "{{pid}} {{comm}}"`',
    "print": 'lines are printed by a step: `- print: "{{pid}} {{comm}}"`',
    "bpf_trace_printk": 'a step writes to the trace pipe: `- printk: "{{pid}} {{comm}}"`',
    "bpf_printk": 'a step writes to the trace pipe: `- printk: "{{pid}} {{comm}}"`',
    "bpf_get_current_comm": "write `comm`",
    "bpf_probe_read": "a field of the event is written `args.NAME`",
    "bpf_probe_read_user_str": "text of a process's memory cannot be read in this version",
    "count": "entries are counted by a step: `- {{count: MAP, key: pid}}`",
    "sum": "a step adds to an entry: `- {{count: MAP, key: pid, by: VALUE}}`",
    "avg": "count and add in two maps: `- {{count: MAP, key: pid, by: VALUE}}`",
    "rate": "count in a map; a schedule can `show:` and `clear:` it: `every: 1s`",
    "hist": "there are no histograms in this version: count by size, `key: VALUE / 1000`",
    "lhist": "there are no histograms in this version: count by size, `key: VALUE / 1000`",
    "stats": "there are no statistics in this version: count and add in two maps",
    "delete": "a step removes an entry: `- {{delete: MAP, key: pid}}`",
    "clear": "a schedule empties a map: `clear: MAP`",
    "zero": "a schedule empties a map: `clear: MAP`",
    "exit": "a step ends the handler: `- {{stop: true}}`; `apply --for 10s` ends the probe",
    "strftime": "print it: `{{now}}` is shown as the local time",
    "isinstance": "types are those that were declared: remove it",
    "round": "numbers are whole: remove it",
    "floor": "numbers are whole, and `/` cuts: remove it",
    "ceil": "numbers are whole: `(x + n - 1) / n` rounds up",
    "int": "write `s64({0})`, or `u32({0})`",
    "float": "numbers are whole: use a smaller unit",
    "format": 'lines are made by `print:`: `print: "{{pid}} {{comm}}"`',
    "lookup": "a step reads an entry: `- {{lookup: MAP, key: pid, default: 0, as: found}}`",
    "ntop": "print the number: `{{{0}}}`",
    "ksym": "print the value: `{{{0}}}`",
    "usym": "print the value: `{{{0}}}`",
    "system": "a probe runs no commands",
    "cat": "a probe reads no files",
    "lower": "compare with each spelling: `in ('a', 'A')`",
    "upper": "compare with each spelling: `in ('a', 'A')`",
    "substr": "`{{comm:.3}}` in a `print:` cuts text",
    "coalesce": "give the `lookup:` a `default:`",
    "ifnull": "give the `lookup:` a `default:`",
    "iif": "write `A if CONDITION else B`",
}

# What this version does not have yet → what does today.
LATER_NAME_ADVICE = {
    "cgroup": "`uid` and `comm` tell processes apart",
    "ppid": "`sched/sched_process_fork` has it: `args.parent_pid`",
    "walltime": "print `{now}`, which is shown as the local time; schedules have `walltime`",
    "retval": "at `sys_exit_...` tracepoints it is `args.ret`",
    "event": "write the tracepoint's name as text, in a program for each",
    "kstack": "count by what tells the callers apart: `comm`, `pid`, a field of `args`",
    "ustack": "count by what tells the callers apart: `comm`, `pid`, a field of `args`",
    "rand": "`now % 100 == 0` is true for about one event in 100",
}
LATER_CALL_ADVICE = {
    "str": "text behind an address cannot be read yet: print the value, `{{{0}}}`",
    "bytes": "bytes behind an address cannot be read yet: print the value, `{{{0}}}`",
    "kstr": "text behind an address cannot be read yet: print the value, `{{{0}}}`",
    "kbytes": "bytes behind an address cannot be read yet: print the value, `{{{0}}}`",
    "join": "text behind an address cannot be read yet: print the value, `{{{0}}}`",
    "log2": "compare with bounds: `0 if {0} < 1024 else 1`",
    "startswith": "compare the whole text: `{0} == 'text'`, or `{0} in ('a', 'b')`",
    "ntohs": "write `({0} & 0xff) << 8 | ({0} >> 8) & 0xff`",
    "ntohl": "compare with the number in network order",
    "makedev": "write `MAJOR << 20 | MINOR`, in numbers",
    "has": "leave it out: a field that is not there is an error of `check`",
    "cast": "read the fields of `args` itself",
    "age": "let the schedule write `tick` to a map, and `lookup:` it",
    "kstack": LATER_NAME_ADVICE["kstack"],
    "ustack": LATER_NAME_ADVICE["ustack"],
}


def constant(name: str, place: Place) -> ExpressionError | None:
    """A constant of the kernel, which must be written as its number today."""
    if not re.fullmatch(_KERNEL_CONSTANT, name, re.ASCII):
        return None
    from probekit.expr.constants import NUMBERS

    if name in NUMBERS:
        number = str(NUMBERS[name])
        what = f"the kernel's constant `{name}` is not in this version yet"
        help = f"write its number: `{number}`"
        return ExpressionError("not-yet", what, place, help, ((place, number),), name)
    near = meant(name, NUMBERS)
    help = "if a constant of the kernel was meant, write its number"
    help += f": `{near}` is {NUMBERS[near]}" if near else ""
    return ExpressionError("unknown-name", f"nothing is named `{name}`", place, help, subject=name)


def advice(name: str) -> tuple[str, str]:
    """What to write for a name (empty where nothing is the same), and what to say of it."""
    if name in SAME:
        return SAME[name], f"write `{SAME[name]}`"
    if _ARGUMENT.fullmatch(name):
        return "", "a field of the event is written `args.NAME`"
    return "", ADVICE.get(name, "")
