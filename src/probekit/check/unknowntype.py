"""Types that there are not: what other languages call them, and those of later versions."""

from __future__ import annotations

import re

from probekit.check.context import Fault, Faults
from probekit.check.edits import edits_of
from probekit.duration import parse_duration
from probekit.expr.builtins import BUILTINS
from probekit.expr.syntax import Place
from probekit.foreign_types import FRACTIONS, OTHER_TYPES, TOO_WIDE
from probekit.frontend.yamlnodes import Scalar
from probekit.nearest import offered
from probekit.types import INTEGERS, LATER_TYPES, MAX_CHAR, is_later_type

_ALL = (
    "there are `u8` to `u64`, `s8` to `s64`, `bool`, `duration`, `timestamp`, `ptr`, `char(N)`,"
    " or a mapping of fields"
)
_CHAR = f"text is `char(N)`: at most N-1 bytes and a NUL, N from 2 to {MAX_CHAR}"
_SIZED = re.compile(r"(?i:char|varchar|string|str|text)\s*[\[(]\s*([0-9]{1,4})\s*[\])]", re.ASCII)

# Kinds of types that the format has, and this version does not.
_LATER_KINDS = ("histogram", "enum")
# What is not in this version yet → the type that does today.
_LATER = {
    "size": "u64",
    "ipv4": "u32",
    "port": "u16",
    "errno": "s32",
    "signal": "s32",
    "syscall": "s32",
    "uid": "u32",
    "gid": "u32",
    "ifindex": "u32",
    "device": "u32",
    "pci_vendor": "u32",
    "pci_device": "u32",
    "cgroup": "u64",
    "ksym": "u64",
    "counter": "u64",
}


def unknown_type(faults: Faults, node: Scalar, value: Scalar | None) -> Fault:
    """The fault of a name that is no type of this version; `value` is what it is to hold."""
    text = node.text
    if is_later_type(text) or text in _LATER_KINDS:
        what = f"the type `{text}` is not in this version yet"
        help = f"write `{_LATER[text]}`" if text in _LATER else _without(text)
        return _fault(faults, node, "not-yet", what, help, _LATER.get(text))
    what = f"there is no type `{text}`"
    if text in TOO_WIDE:
        return _fault(faults, node, "unknown-type", what, "the widest is `u64`, with a sign `s64`")
    if text in FRACTIONS:
        help = "there are no fractions: use `u64`, in a smaller unit"
        return _fault(faults, node, "unknown-type", what, help)
    better = OTHER_TYPES.get(text) or OTHER_TYPES.get(text.removeprefix("const ")) or _char(text)
    if better == "char(16)":
        size = max(16, len(value.text.encode(errors="replace")) + 1) if value else 16
        size = min(size, MAX_CHAR)
        better = f"char({size})"
        help = f"write `{better}`: at most {size - 1} bytes and a NUL"
        return _fault(faults, node, "unknown-type", what, help, better)
    if text == "time":
        return _time(faults, node, what, value)
    if better is not None:
        help = f"write `{better}`"
        return _fault(faults, node, "unknown-type", what, help, better)
    if text.startswith("char"):
        return _fault(faults, node, "unknown-type", what, _CHAR)
    if text in BUILTINS:
        type = str(BUILTINS[text].type)
        help = f"`{text}` is a value: its type is `{type}`"
        return _fault(faults, node, "unknown-type", what, help, type)
    help, sure = offered(text, INTEGERS, [*LATER_TYPES, *_LATER_KINDS], _ALL)
    return _fault(faults, node, "unknown-type", what, help, sure)


def _time(faults: Faults, node: Scalar, what: str, value: Scalar | None) -> Fault:
    """Of a moment or of a while: what it is to hold may say it."""
    if value is not None and parse_duration(value.text) is not None:
        return _fault(faults, node, "unknown-type", what, "write `duration`", "duration")
    help = "a difference of two times is a `duration`, what `now` gives a `timestamp`"
    return _fault(faults, node, "unknown-type", what, help)


def _char(text: str) -> str | None:
    """`char[16]` and its kin, as they are written here; the NUL is counted too."""
    found = _SIZED.fullmatch(text)
    return f"char({found[1]})" if found and 2 <= int(found[1]) <= MAX_CHAR else None


def _without(text: str) -> str:
    """What to do without a type that has no like today."""
    if text == "histogram":
        return "`count:` in a map whose key is what is measured, as in `key: u32(args.ret)`"
    if text == "enum":
        return "use an integer type: its values are shown as numbers"
    if text == "stats":
        return "count in one map and add in another: `count:` with `by:`, on `u64`"
    if "(" in text or "[" in text:
        return "name each element as a field of its own: `{a: u32, b: u32}`"
    return "use a number of the same size, or `char(N)` for text"


def _fault(
    faults: Faults, node: Scalar, code: str, what: str, help: str, better: str | None = None
) -> Fault:
    mends = ((Place(0, len(node.text)), better),) if better else ()
    return faults.fault(code, what, node.span, help, edits=edits_of(node, mends))
