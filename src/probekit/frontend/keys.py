"""Keys that are none here: the one that was meant, and what does the work of one to come.

Imported on the way to an error only.
"""

from __future__ import annotations

from collections.abc import Iterable

from probekit.nearest import listed, meant, nearest
from probekit.record import Record

# What others call it → what it is called here, by what is known at that place.
_OTHER_NAMES = {
    "at": "on",
    "count": "increment inc incr add add_one counter",
    "default": "fallback initial value_default otherwise value",
    "delete": "del remove rm erase",
    "do": "steps actions action handler run body code then commands script",
    "else": "otherwise",
    "entries": "items data content contents initial",
    "every": "interval period each",
    "if": "when",
    "key": "index keys id",
    "lookup": "get read fetch load find",
    "max_entries": "max capacity entries_max size_max length limit",
    "maps": "tables storage",
    "name": "title id",
    "params": "args arguments parameters variables vars options settings",
    "print": "echo log puts write_line say",
    "programs": "probes probe events hooks handlers",
    "probekit": "version apiVersion schema format",
    "schedules": "timers jobs cron crontab",
    "show": "dump display list print_map",
    "stop": "return exit quit abort",
    "then": "do steps body",
    "tracepoint": "probe attach event hook tp trace attach_to",
    "type": "kind map_type",
    "update": "set put write store assign insert",
    "value": "val values to",
    "when": "if filter condition where predicate",
    "as": "into name result var",
    "description": "desc summary comment about doc",
}
_MEANT = {
    other: [name for name, others in _OTHER_NAMES.items() if other in others.split()]
    for others in _OTHER_NAMES.values()
    for other in others.split()
}

# Of these a name of others is as good as the name itself: nothing but the word differs.
_SAME = frozenset(
    "at description do maps max_entries params programs schedules then tracepoint type when".split()
)

# What to write until it is there.
_INSTEAD = {
    "kprobe": "use a `tracepoint:`: many kernel functions have one near",
    "kretprobe": "use a `tracepoint:`: `sys_exit_...` has what a system call returned",
    "fentry": "use a `tracepoint:`: many kernel functions have one near",
    "fexit": "use a `tracepoint:`: `sys_exit_...` has what a system call returned",
    "raw_tracepoint": "use `tracepoint:` with its group: `tracepoint: sched/sched_switch`",
    "take": "use `lookup:` and then `delete:`",
    "observe": "use `count:` in a map whose key is the value, as in `key: u32(args.ret)`",
    "push": "use `update:` on a `hash` map",
    "pop": "use `lookup:` and `delete:` on a `hash` map",
    "peek": "use `lookup:` on a `hash` map",
    "emit": "use `print:`, one line for each record",
    "repeat": "write its steps out as often as they are to run",
    "break": "there is nothing to leave before `repeat:` is there",
    "cron": "use `every:`, as in `every: 1h`",
    "sync": "use `update:` with `entries:`",
    "reset": "remove it, and `clear:` the map in a schedule of its own",
    "expire": "remove it, and use an `lru_hash`, which drops what is old when it is full",
    "types": "write the fields where they are used, as in `key: {pid: u32, comm: char(16)}`",
    "metrics": "remove it, and `show:` the map in a schedule",
    "limits": "remove it, and end the run by `apply --for 30m`",
}
_USER_CODE = ("uprobe", "uretprobe", "usdt", "profile", "interval", "software", "hardware")
_ONLY_TRACEPOINTS = "this version attaches to kernel tracepoints only: use a `tracepoint:`"


class Meant(Record):
    """What to say of an unknown key; `name` is the one it certainly is a slip of, or None."""

    help: str
    name: str | None

    @property
    def is_near(self) -> bool:
        """Whether there is something to offer."""
        return not self.help.startswith("known here are")


def meant_key(name: str, known: Iterable[str], later: Iterable[str] = ()) -> Meant:
    """What `name` was to be, of the `known` keys and those to come."""
    usable, to_come = list(known), frozenset(later)
    word = name.lstrip("-")
    if word in ("elif", "elsif"):
        return Meant("write the `if:` as a step under `else:`", None)
    other = next((one for one in _MEANT.get(word, ()) if one in usable), None)
    found = word if word in usable else other if other in _SAME else meant(word, usable)
    near = found or other or nearest(word, usable) or meant(word, to_come)
    if near is None:
        return Meant(f"known here are {listed(usable)}", None)
    if near in to_come and near not in usable:
        help = f"did you mean `{near}`? That is not in this version yet: {instead_of(near)}"
        return Meant(help, None)
    return Meant(f"did you mean `{near}`?", found)


def instead_of(name: str) -> str:
    """The help for a key that the format has and this version does not."""
    if name in _USER_CODE:
        return _ONLY_TRACEPOINTS
    return _INSTEAD.get(name, "remove it for now")
