"""Tracepoints as tracefs tells of them: event ids and the layout of their records.

Documentation/trace/events.rst, section 2.2; the text comes from kernel/trace/trace_events.c.
"""

from __future__ import annotations

import os
import re

from probekit.diagnostics import DiagnosticError, host_error
from probekit.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from probekit.kernel.mounts import PrivateMount  # brings ctypes, and most hosts need none

_PLACES = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
_LOCKDOWN = "/sys/kernel/security/lockdown"
_MOUNT_COMMAND = "mount -t tracefs nodev /sys/kernel/tracing"
# Entries of this group describe records of the tracers; nothing can be attached to them.
_NOT_TRACEPOINTS = "ftrace"

_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
_FIELD = re.compile(
    r"\tfield:(?P<type>[A-Za-z_][A-Za-z0-9_ *]*(?:\[\] |[ *]))"  # also `__data_loc char[] `
    r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<array>(?:\[[A-Za-z0-9_ ()*+-]*\])*);"
    r"\toffset:(?P<offset>[0-9]{1,5});\tsize:(?P<size>[0-9]{1,5});\tsigned:(?P<signed>[01]);"
)
_BYTE_TYPES = ("char", "unsigned char", "u8", "s8", "__u8", "__s8", "uint8_t", "bool")


class Field(Record):
    """One field of a tracepoint's record: `size` bytes at `offset`, both from the record's start.

    `type` is the C declaration without the name, an array's length in it: `unsigned int`,
    `char[16]`, `const char *`, `__data_loc char[]`.
    """

    name: str
    type: str
    offset: int
    size: int
    signed: bool


class TracepointFormat(Record):
    """A tracepoint's record, without the `common_` fields that all records begin with."""

    group: str
    name: str
    fields: tuple[Field, ...]


class Tracefs:
    """A mounted tracefs; `path` is its root. Closing it lets go of a mount made for it.

    What cannot be read raises DiagnosticError: `tracefs-denied`, `lockdown`, `tracepoint-format`.
    """

    def __init__(self, path: str | os.PathLike[str], mount: PrivateMount | None = None) -> None:
        self.path = os.fspath(path)
        self._mount = mount

    def event_id(self, group: str, name: str) -> int:
        """What perf_event_open(2) calls the tracepoint; DiagnosticError `tracepoint-missing`."""
        text = self._read(group, name, "id")
        if text is None:
            message = f"this kernel has no tracepoint `{group}/{name}`"
            raise host_error("tracepoint-missing", message)
        return int(text)

    def format(self, group: str, name: str) -> TracepointFormat | None:
        """The tracepoint's record; None where this kernel has no tracepoint of this name."""
        text = self._read(group, name, "format") if group != _NOT_TRACEPOINTS else None
        return None if text is None else parse_format(group, text)

    def tracepoints(self) -> list[tuple[str, str]]:
        """Group and name of every tracepoint of this kernel, sorted."""
        try:
            groups = _folders(f"{self.path}/events")
            return [
                (group, name)
                for group in groups
                if group != _NOT_TRACEPOINTS
                for name in _folders(f"{self.path}/events/{group}")
            ]
        except PermissionError as error:
            raise _refused(self.path) from error

    def _read(self, group: str, name: str, file: str) -> str | None:
        if not (_is_plain(group) and _is_plain(name)):
            return None
        try:
            return _text(f"{self.path}/events/{group}/{name}/{file}")
        except (FileNotFoundError, NotADirectoryError):
            if _is_locked_down():
                raise _locked_down() from None
            return None
        except PermissionError as error:
            raise _refused(self.path) from error

    def close(self) -> None:
        """Lets go of the private mount, if it is one."""
        if self._mount is not None:
            self._mount.close()

    def __enter__(self) -> Tracefs:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def find_tracefs() -> Tracefs:
    """tracefs where it is mounted, else mounted nowhere, for this process alone.

    Raises DiagnosticError: `tracefs-denied` to an ordinary user, `lockdown`, or
    `tracefs-unmounted` where it is not mounted and this process may not do so either, and
    `no-kernel-files` where a mount of its own could not be named.
    """
    for place in _PLACES:
        if _is_readable(place):
            return Tracefs(place)
    if _is_locked_down():
        raise _locked_down()
    from probekit.kernel.mounts import PrivateMount

    try:
        mount = PrivateMount("tracefs")
    except OSError as error:
        raise _unmounted(error) from error
    if not os.path.exists("/proc/self/fd"):
        mount.close()
        message = "`/proc/self/fd` is not there"
        raise host_error("no-kernel-files", message, help="`mount -t proc proc /proc`")
    return Tracefs(f"/proc/self/fd/{mount.fd}", mount)  # `path` would bring pathlib


def _is_readable(place: str) -> bool:
    """Whether tracefs is mounted there; raises if it is, and may not be read."""
    try:
        _text(f"{place}/events/header_page")
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError as error:
        raise _refused(place) from error
    return True


def parse_format(group: str, text: str) -> TracepointFormat:
    """Reads a tracepoint's `format` file; DiagnosticError `tracepoint-format` if it is odd."""
    lines = iter(text.split("\n"))
    name = next(lines).removeprefix("name: ")
    fields: list[Field] = []
    for line in lines:
        if line.startswith("print fmt: "):  # C, sometimes of several lines, to the end
            return TracepointFormat(group, name, tuple(fields))
        if line.startswith("\tfield:"):
            field = _parse_field(line)
            if field is None:
                break
            if not field.name.startswith("common_"):
                fields.append(field)
        elif line.strip() and not line.startswith(("ID: ", "format:")):
            break
    else:
        line = "(its end is missing)"
    message = f"the format of tracepoint `{group}/{name}` has a line that is not understood"
    raise host_error("tracepoint-format", message, details=line)


def _parse_field(line: str) -> Field | None:
    found = _FIELD.fullmatch(line)
    if found is None:
        return None
    size = int(found["size"])
    declared = " ".join(found["type"].split())
    array = found["array"]
    if declared in _BYTE_TYPES and array not in ("", "[]") and not array[1:-1].isdigit():
        array = f"[{size}]"  # it was `[sizeof(struct sockaddr_in6)]`
    offset, signed = int(found["offset"]), found["signed"] == "1"
    return Field(found["name"], declared + array, offset, size, signed)


def _is_plain(name: str) -> bool:
    """Whether `name` cannot lead out of the folder it is looked up in."""
    return _PLAIN.fullmatch(name) is not None and name not in (".", "..")


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def _folders(path: str) -> list[str]:
    with os.scandir(path) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir())


def _is_locked_down() -> bool:
    """Whether lockdown is at `confidentiality`, where tracefs has no files to read."""
    try:
        return "[confidentiality]" in _text(_LOCKDOWN)
    except OSError:
        return False


def _locked_down() -> DiagnosticError:
    from probekit.kernel import privilege

    return DiagnosticError([privilege.locked_down()])


def _refused(path: str) -> DiagnosticError:
    from probekit.kernel import privilege  # rare, and `check` has to be quick

    return _locked_down() if _is_locked_down() else privilege.closed(path)


def _unmounted(error: OSError) -> DiagnosticError:
    from probekit.kernel import privilege

    why, help = privilege.unmounted(error)
    message = f"tracefs is not mounted, and could not be mounted: {why}"
    help = f"mount it as root of the host: `{_MOUNT_COMMAND}`{help}"
    return host_error("tracefs-unmounted", message, help=help)
