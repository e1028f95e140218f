"""What `probekit list` says where a pattern is none, or finds nothing: text to paste, mostly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from shlex import quote

from probekit.commands.attachkind import KINDS, Kind
from probekit.diagnostics import Diagnostic, DiagnosticError, Origin
from probekit.kernel.profile import KernelProfile
from probekit.nearest import nearest

_GLOB = re.compile(r"[*?\[]")
_WORD = re.compile(r"[A-Za-z0-9]+")
_FIRST = ("tracepoint", "kprobe")  # where a name without a kind is looked for
_CANDIDATES = 200  # names that are compared letter by letter

# As other tracers spell the kinds.
_OTHER_NAMES = {
    **dict.fromkeys(("t", "tp"), "tracepoint"),
    **dict.fromkeys(("rt", "raw_tp", "rawtracepoint"), "raw_tracepoint"),
    **dict.fromkeys(("k", "p"), "kprobe"),
    **dict.fromkeys(("kr", "r"), "kretprobe"),
    **dict.fromkeys(("f", "kfunc"), "fentry"),
    **dict.fromkeys(("fr", "kretfunc"), "fexit"),
    **dict.fromkeys(("u",), "uprobe"),
    **dict.fromkeys(("ur",), "uretprobe"),
    **dict.fromkeys(("U",), "usdt"),
    **dict.fromkeys(("i",), "interval"),
    **dict.fromkeys(("s", "sw"), "software"),
    **dict.fromkeys(("h", "hw"), "hardware"),
}


def list_command(pattern: str) -> str:
    """What a shell takes to list `pattern`."""
    return f"probekit list {quote(pattern)}"


def fault(code: str, message: str, help: str, origin: Origin) -> DiagnosticError:
    """One diagnostic of no spec."""
    return DiagnosticError([Diagnostic(code, message, help=help, origin=origin)])


def bad_pattern(text: str, what: str, mended: str = "") -> DiagnosticError:
    """`text` is no `kind:pattern`; `mended` is one, if it is known what was meant."""
    message = f"`{text}` is not `kind:pattern`: {what}"
    help = f"write `{list_command(mended)}`" if mended else "`probekit list` alone shows the kinds"
    return fault("bad-pattern", message, help, Origin.USAGE)


def without_kind(text: str, profile: KernelProfile) -> DiagnosticError:
    """No kind stands before the pattern, or none that there is."""
    before, colon, after = (part.strip() for part in text.partition(":"))
    if not colon:
        return bad_pattern(text, "no kind stands before it", _with_kind(before, profile))
    if any(group == before for group, _ in profile.tracepoints()):
        what = f"`{before}` is a group of tracepoints, not a kind"
        return bad_pattern(text, what, f"tracepoint:{before}/{after}")
    what = f"there is no kind `{before}`"
    kind = _OTHER_NAMES.get(before) or nearest(before, KINDS)
    kind = kind or nearest(before.lower(), KINDS)
    if kind is None:
        return bad_pattern(text, what, _with_kind(after, profile) if _WORD.search(after) else "")
    pattern = _as_written(KINDS[kind], after)
    is_found = _has(kind, pattern, profile) or not _has(kind, pattern.lower(), profile)
    return bad_pattern(text, what, f"{kind}:{pattern if is_found else pattern.lower()}")


def _with_kind(name: str, profile: KernelProfile) -> str:
    """The pattern that was meant by a name alone, empty for none."""
    kind, _, rest = name.partition("/")
    if kind in KINDS or not name:
        return f"{kind}:{rest}" if name else ""
    if name == "ftrace" or any(group == name for group, _ in profile.tracepoints()):
        return f"tracepoint:{name}/*"
    plain = name if _GLOB.search(name) or "/" in name else f"*{name}*"
    if found := next((kind for kind in _FIRST if _has(kind, plain, profile)), None):
        return f"{found}:{plain}"
    near = nearest(name, KINDS)
    return f"{near}:" if near else f"{_FIRST[0]}:{plain}"


def _has(kind: str, pattern: str, profile: KernelProfile) -> bool:
    names = KINDS[kind].names
    known = names(profile) if names else None
    return any(fnmatchcase(name, pattern) for name in known or ())


def _as_written(kind: Kind, name: str) -> str:
    """A name in which other tracers have a colon, as specs have it."""
    if kind.name == "tracepoint":
        return name.replace(":", "/", 1)
    return name.rpartition(":")[2] if kind.is_in_btf else name


def check_pattern(text: str, kind: Kind, pattern: str) -> None:
    """Raises DiagnosticError `bad-pattern` where the pattern is not one of its kind."""
    if "," in pattern:
        first = f"{kind.name}:{pattern.partition(',')[0]}"
        raise bad_pattern(text, "these are several patterns; give one at a time", first)
    if ":" in pattern and kind.names is not None:
        form = "`group/name`" if kind.name == "tracepoint" else "a name alone"
        mended = f"{kind.name}:{_as_written(kind, pattern)}"
        raise bad_pattern(text, f"a {kind.name} is written as {form}", mended)


def no_names(kind: Kind, profile: KernelProfile | None = None) -> DiagnosticError:
    """No kernel lists this kind, or this one does not: `profile`."""
    if profile is None:
        message = f"the attach points of `{kind.name}` cannot be listed"
        help = kind.instead.format(f"{kind.name}: {kind.example}")
        return fault("not-listed", message, help, Origin.USAGE)
    message = f"{profile.origin} has no BTF, where the names for `{kind.name}` are"
    help = "list them on a host whose kernel has /sys/kernel/btf/vmlinux"
    return fault("not-listed", message, help, Origin.HOST)


def no_match(
    kind: Kind, pattern: str, names: Sequence[str], profile: KernelProfile
) -> DiagnosticError:
    """None of `names` matches: the nearest ones, or a pattern that finds something."""
    message = f"{profile.origin} has no `{kind.name}:{pattern}`"
    return fault("no-match", message, _what_else(kind, pattern, names, profile), Origin.SPEC)


def _what_else(kind: Kind, pattern: str, names: Sequence[str], profile: KernelProfile) -> str:
    group = pattern.rstrip("/")
    if kind.name == "tracepoint" and group.partition("/")[0] == "ftrace":
        return "the `ftrace` group holds record formats, not attach points"
    if any(name.startswith(f"{group}/") for name in names):
        return f"it is a group: write `{list_command(f'{kind.name}:{group}/*')}`"
    for other in _FIRST:
        if other != kind.name and _has(other, pattern, profile):
            return f"did you mean `{list_command(f'{other}:{pattern}')}`?"
    near = [] if _GLOB.search(pattern) else similar(pattern, names)
    return f"did you mean {alternatives(near)}?" if near else _mended(kind, pattern, names)


def _mended(kind: Kind, pattern: str, names: Sequence[str]) -> str:
    """The pattern with its misspelt words mended; else its last word anywhere in a name."""
    words = {word for name in names for word in _WORD.findall(name)}

    def known(found: re.Match[str]) -> str:
        is_known = any(found[0] in word for word in words)
        return found[0] if is_known else nearest(found[0], words) or found[0]

    whole = _WORD.sub(known, pattern)
    last = re.findall(r"[A-Za-z0-9_]+", whole)[-1:]
    for other in (whole, *(f"*{word}*" for word in last)):
        if other != pattern and any(fnmatchcase(name, other) for name in names):
            return f"did you mean `{list_command(f'{kind.name}:{other}')}`?"
    return f"`probekit list {kind.name}:` shows what there is"


def similar(text: str, names: Sequence[str], most: int = 3) -> list[str]:
    """At most so many of `names` that are like `text`, the likest first, also of 100,000 names."""
    import difflib  # only on the way to an error

    tail = f"/{text}"
    if same := [name for name in names if name.endswith(tail)]:
        return same[:most]
    parts = {text[at : at + 3] for at in range(len(text) - 2)}
    shared = [(sum(part in name for part in parts), name) for name in names]
    shared.sort(key=lambda pair: (-pair[0], abs(len(pair[1]) - len(text)), pair[1]))
    candidates = [name for count, name in shared[:_CANDIDATES] if count]
    return difflib.get_close_matches(text, candidates, n=most, cutoff=0.6)


def alternatives(names: Sequence[str]) -> str:
    """`a`, `b` or `c`."""
    *first, last = [f"`{name}`" for name in names]
    return f"{', '.join(first)} or {last}" if first else last
