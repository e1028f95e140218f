"""What is known of a kernel's tracepoints: read from this host, or from a file.

A saved profile is a line that says what it is, a line of JSON (release; for each group where its
block lies), and the blocks: deflated lines, one for each tracepoint: its name, then each field's
five values with tabs between them, `;` before each field. One lookup inflates one block.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from pathlib import Path
from typing import Protocol

from probekit.diagnostics import DiagnosticError, host_error
from probekit.kernel.tracefs import Field, Tracefs, TracepointFormat, find_tracefs

_MAGIC = b"probekit kernel profile 1"
_SHIPPED = Path(__file__).parent / "profiles" / "linux-6.18.profile"
_LARGEST = 16 << 20  # bytes of a file, and of one inflated block; real ones are 50 times smaller
_FIELD = re.compile(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)\t(?P<type>[A-Za-z_][A-Za-z0-9_ *()+\[\]-]*)"
    r"\t(?P<offset>[0-9]{1,5})\t(?P<size>[0-9]{1,5})\t(?P<signed>[01])"
)

# What a line of JSON that is not a profile's can lead to.
_NOT_THE_EXPECTED = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
    RecursionError,
)


class KernelProfile(Protocol):
    """What a stage before loading may know of a kernel.

    `origin` says where it comes from, in a few words for messages; `release` is what `uname -r`
    says there; `shipped` is whether it is the package's own, so perhaps not the user's kernel.
    """

    @property
    def origin(self) -> str: ...
    @property
    def release(self) -> str: ...
    @property
    def shipped(self) -> bool: ...

    def tracepoint(self, group: str, name: str) -> TracepointFormat | None:
        """The tracepoint's record; None where this kernel has none of this name."""
        ...

    def tracepoints(self) -> list[tuple[str, str]]:
        """Group and name of every tracepoint, sorted."""
        ...


class LiveProfile:
    """The running kernel, read from `tracefs` as far as it is asked for."""

    origin = "this host"
    shipped = False

    def __init__(self, tracefs: Tracefs) -> None:
        self.tracefs = tracefs
        self.release = os.uname().release
        self._known: dict[tuple[str, str], TracepointFormat | None] = {}

    def tracepoint(self, group: str, name: str) -> TracepointFormat | None:
        """The tracepoint's record, read once; raises what `Tracefs.format` does."""
        if (group, name) not in self._known:
            self._known[group, name] = self.tracefs.format(group, name)
        return self._known[group, name]

    def tracepoints(self) -> list[tuple[str, str]]:
        """Group and name of every tracepoint, sorted."""
        return self.tracefs.tracepoints()


class SavedProfile:
    """A profile in a file that `save` wrote; reads a group when it is first asked for.

    Raises DiagnosticError: `profile-unreadable`, or `profile-damaged` at any defect.
    """

    def __init__(self, path: Path, *, shipped: bool = False) -> None:
        self._path = path
        self._content = _read(path)
        self._places, self.release = self._head()
        self._rows: dict[str, dict[str, str]] = {}
        self.shipped = shipped
        name = "the shipped profile" if shipped else f"`{path}`"
        self.origin = f"{name} (Linux {self.release})"

    def tracepoint(self, group: str, name: str) -> TracepointFormat | None:
        """The tracepoint's record; None where the profile has none of this name."""
        row = self._group(group).get(name)
        if row is None:
            return None
        fields = [_FIELD.fullmatch(part) for part in row.split(";")] if row else []
        if None in fields:
            raise self._damaged(f"tracepoint `{group}/{name}`")
        return TracepointFormat(group, name, tuple(_field(found) for found in fields if found))

    def tracepoints(self) -> list[tuple[str, str]]:
        """Group and name of every tracepoint, sorted."""
        return [(group, name) for group in sorted(self._places) for name in self._group(group)]

    def _head(self) -> tuple[dict[str, tuple[int, int]], str]:
        """Where each group's block begins and ends in the file; and the release."""
        first, line, *_ = (*self._content.split(b"\n", 2), b"")
        if first != _MAGIC:
            raise self._damaged("its first line")
        start = len(first) + len(line) + 2
        try:
            head = json.loads(line)
            places = {
                str(group): (start + int(at), start + int(at) + int(size))
                for group, (at, size) in head["groups"].items()
            }
            return places, str(head["release"])
        except _NOT_THE_EXPECTED as error:
            raise self._damaged("its list of groups") from error

    def _group(self, group: str) -> dict[str, str]:
        """The fields of each tracepoint of a group, as written; empty where there is none."""
        if group not in self._rows:
            text = self._inflate(group) if group in self._places else ""
            rows = (line.partition(";") for line in text.splitlines())
            self._rows[group] = {name: fields for name, _, fields in rows}
        return self._rows[group]

    def _inflate(self, group: str) -> str:
        start, end = self._places[group]
        stream = zlib.decompressobj()
        try:
            block = stream.decompress(self._content[start:end], _LARGEST)
            if stream.eof:
                return block.decode("ascii")
        except (zlib.error, ValueError):
            pass
        raise self._damaged(f"group `{group}`")

    def _damaged(self, what: str) -> DiagnosticError:
        message = f"the kernel profile `{self._path}` is damaged: {what} cannot be read"
        return host_error("profile-damaged", message, help="save it again on its kernel")


def save(profile: KernelProfile, path: Path, *, release: str = "") -> None:
    """Writes all tracepoints of `profile` to `path`, the same bytes for the same content.

    `release` takes the place of the profile's own. Raises OSError, and what the profile raises.
    """
    rows: dict[str, list[str]] = {}
    for group, name in sorted(profile.tracepoints()):
        known = profile.tracepoint(group, name)
        if known is not None:
            rows.setdefault(group, []).append(_row(known))
    places, blocks = {}, b""
    for group, lines in rows.items():
        block = zlib.compress("\n".join(lines).encode("ascii"), 9)
        places[group] = (len(blocks), len(block))
        blocks += block
    head = json.dumps({"groups": places, "release": release or profile.release}, sort_keys=True)
    path.write_bytes(b"\n".join((_MAGIC, head.encode("ascii"), blocks)))


def profile_for_check() -> KernelProfile:
    """This host's where its tracefs can be read, else the one that comes with the package.

    A mount made for reading it lasts until the profile's `tracefs` is closed.
    """
    try:
        return LiveProfile(find_tracefs())
    except DiagnosticError:
        return shipped_profile()


def shipped_profile() -> SavedProfile:
    """The profile that comes with the package."""
    return SavedProfile(_SHIPPED, shipped=True)


def _row(known: TracepointFormat) -> str:
    fields = (
        f"{field.name}\t{field.type}\t{field.offset}\t{field.size}\t{field.signed:d}"
        for field in known.fields
    )
    return ";".join((known.name, *fields))


def _field(found: re.Match[str]) -> Field:
    name, declared, offset, size, signed = found.groups()
    return Field(name, declared, int(offset), int(size), signed == "1")


def _read(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        message = f"the kernel profile `{path}` cannot be read: {error.strerror}"
        raise host_error("profile-unreadable", message) from error
    if len(content) > _LARGEST:
        raise host_error("profile-damaged", f"`{path}` is too large to be a kernel profile")
    return content
