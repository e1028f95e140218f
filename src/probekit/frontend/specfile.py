"""Spec files: what can be read as one, and as root, who may have written it.

What a spec says is done by root to the whole machine. So root reads none that anyone but root and
the user who called sudo can write, or exchange for another.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection

from probekit.diagnostics import Diagnostic, DiagnosticError, Origin
from probekit.frontend.ownership import Fault, NotAFileError, open_judged, open_plain, owners
from probekit.frontend.yamlnodes import MAX_BYTES
from probekit.source import Source

# What the caller has opened is the caller's to know; it has no path to be judged by.
_INHERITED = ("/dev/fd/", "/proc/self/fd/")

_PROFILE = b"probekit kernel profile "  # how one begins, of any version (kernel/store.py)
_NO_FILES = {
    stat.S_IFDIR: ("it is a folder", "give the files in it, such as `{}/*.yaml`"),
    stat.S_IFIFO: ("it is a named pipe", "let the shell open it: `-` as the spec, and `<{}`"),
    stat.S_IFCHR: ("it is a device", "`-` reads what comes on standard input"),
}


def read_source(name: str, trusted: Collection[str] = ()) -> Source:
    """The text of the spec file `name`; `-` is standard input. Bytes past MAX_BYTES are left.

    Raises DiagnosticError: `unreadable-spec` where it cannot be read as text, and as root
    `untrusted-spec` where others can change it, unless `trusted` has its very name.
    """
    if not name:
        raise _unreadable(name, "the name is empty", "a shell's variable may be unset")
    try:
        raw = _read(name, trusted)
        if raw.startswith(_PROFILE):
            raise _unreadable(name, "it is a kernel profile", f"give it so: `--kernel {name}`")
        return _decoded(name, raw)
    except NotAFileError as error:
        why, help = _NO_FILES.get(error.args[0], ("it is no file", ""))
        raise _unreadable(name, why, help.format(name.rstrip("/"))) from None
    except ValueError:
        raise _unreadable(name, "it is no path") from None
    except OSError as error:
        is_closed = error.errno == errno.EBADF and _inherited(name) is not None
        help = "sudo closes what the shell opened: `... | sudo probekit ... -`"
        why = (error.strerror or str(error)).lower()
        if error.errno == errno.ENOENT:
            from probekit.frontend.nofile import meant_file

            raise _unreadable(name, why, meant_file(name)) from None
        raise _unreadable(name, why, help if is_closed else "") from None


def _decoded(name: str, raw: bytes) -> Source:
    shown = "<stdin>" if name == "-" else name
    try:
        # What is cut off at MAX_BYTES may end in the middle of a letter.
        text = raw.decode("utf-8-sig", "strict" if len(raw) <= MAX_BYTES else "replace")
    except UnicodeDecodeError as error:
        from probekit.frontend.encoding import not_utf8

        at = error.start + len(raw) - len(error.object)  # it leaves the mark at the start out
        raise DiagnosticError([not_utf8(name, shown, raw, at)]) from None
    if "\0" in text[:4]:  # of which the first character is two bytes or four
        from probekit.frontend.encoding import other_encoding

        found = other_encoding(name, raw)
        if found is not None:
            raise DiagnosticError([found])
    return Source(shown, text)


def _read(name: str, trusted: Collection[str]) -> bytes:
    inherited = _inherited(name)
    if inherited is not None:
        fd = os.dup(inherited)
    elif os.geteuid() == 0 and name not in trusted:
        fd = _open_as_root(name)
    else:
        fd = open_plain(name)
    try:
        content = b""
        while part := os.read(fd, MAX_BYTES + 1 - len(content)):
            content += part
        return content
    finally:
        os.close(fd)


def _inherited(name: str) -> int | None:
    """The number of the open descriptor that `name` stands for; None for a path."""
    if name in ("-", "/dev/stdin"):
        return 0
    folder, _, number = name.rpartition("/")
    is_number = number.isascii() and number.isdigit() and len(number) < 10  # it is an int for C
    return int(number) if f"{folder}/" in _INHERITED and is_number else None


def _open_as_root(name: str) -> int:
    fd, faults = open_judged(name, owners())
    if faults:
        os.close(fd)
        raise DiagnosticError([_untrusted(name, faults)])
    return fd


def _untrusted(name: str, faults: list[Fault]) -> Diagnostic:
    """All who can change it, each with what they can change; then the ways out."""
    places: dict[str, list[str]] = {}
    for fault in faults:
        places.setdefault(fault.can, []).append(f"`{fault.path}`")
    who = "; ".join(f"{can} {_listed(paths)}" for can, paths in places.items())
    message = f"root does not read `{name}`, which others can change: {who}"
    help = _ways_out(name, faults)
    return Diagnostic("untrusted-spec", message, help=help, origin=Origin.USAGE)


def _listed(paths: list[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{', '.join(paths[:-1])} and {paths[-1]}"


def _ways_out(name: str, faults: list[Fault]) -> str:
    from shlex import quote

    if any(fault.is_owner for fault in faults):  # an owner may have it open, and write later
        copied = f"/etc/probekit/{os.path.basename(name)}"
        way = (
            f"copy it: `install -D -m 644 -t /etc/probekit {quote(name)}`,"
            f" see what the copy says, and give `{quote(copied)}`"
        )
    else:
        closed = " ".join(quote(fault.path) for fault in faults)
        way = f"`chmod go-w {closed}`, then see what it says"
    return f"{way}; or trust them with this machine: `--trust {quote(name)}`"


def _unreadable(name: str, why: str, help: str = "") -> DiagnosticError:
    message = f"cannot read `{name}`: {why}"
    return DiagnosticError([Diagnostic("unreadable-spec", message, help=help, origin=Origin.USAGE)])
