"""What is known of a kernel before anything is loaded: read from this host, or from a file.

Tracepoints' records, BTF, and features. A file of them, as `save` writes it, is a `Store`
(`store.py`) of a row for each tracepoint: after its name each field's five values with tabs
between them, `;` before each further field. What `save` gets of BTF is in `btfrows.py`.
"""

from __future__ import annotations

import os
import re

from probekit.diagnostics import DiagnosticError
from probekit.kernel.store import Store, packed, write
from probekit.kernel.tracefs import Field, Tracefs, TracepointFormat, find_tracefs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from probekit.kernel.btf import Btf
else:
    Protocol = object  # `typing` would cost 5 ms

YES, NO, UNKNOWN = "yes", "no", "cannot tell"  # the answers to whether a kernel has a feature

_SHIPPED = os.path.join(os.path.dirname(__file__), "profiles", "linux-6.18.profile")
_TRACEPOINTS = "tracepoints"
_FIELD = re.compile(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)\t(?P<type>[A-Za-z_][A-Za-z0-9_ *()+\[\]-]*)"
    r"\t(?P<offset>[0-9]{1,5})\t(?P<size>[0-9]{1,5})\t(?P<signed>[01])"
)
_WORD = re.compile(r"[!-_a-~]{1,64}", re.ASCII)  # what uname(2) says: no spaces, no backticks


class KernelProfile(Protocol):
    """What a stage before loading may know of a kernel.

    `origin` says where it comes from, in a few words for messages; `release` and `machine` are
    what `uname -r` and `uname -m` say there; `shipped` is whether it is the package's own, so
    perhaps not the user's kernel.
    """

    @property
    def origin(self) -> str: ...
    @property
    def release(self) -> str: ...
    @property
    def machine(self) -> str: ...
    @property
    def shipped(self) -> bool: ...

    def tracepoint(self, group: str, name: str) -> TracepointFormat | None:
        """The tracepoint's record; None where this kernel has none of this name."""

    def tracepoints(self) -> list[tuple[str, str]]:
        """Group and name of every tracepoint, sorted."""
        raise NotImplementedError

    def btf(self) -> Btf | None:
        """The kernel's functions, types and constants; None where nothing is known of them."""

    def feature(self, name: str) -> str:
        """Whether the kernel has the feature (`kernel/feature.py`): YES, NO or UNKNOWN."""
        raise NotImplementedError


class LiveProfile:
    """The running kernel, read from `tracefs` as far as it is asked for."""

    origin = "this host"
    shipped = False

    def __init__(self, tracefs: Tracefs) -> None:
        self.tracefs = tracefs
        system = os.uname()
        self.release, self.machine = system.release, system.machine
        self._known: dict[tuple[str, str], TracepointFormat | None] = {}
        self._btf: list[Btf | None] = []

    def tracepoint(self, group: str, name: str) -> TracepointFormat | None:
        """The tracepoint's record, read once; raises what `Tracefs.format` does."""
        if (group, name) not in self._known:
            self._known[group, name] = self.tracefs.format(group, name)
        return self._known[group, name]

    def tracepoints(self) -> list[tuple[str, str]]:
        """Group and name of every tracepoint, sorted."""
        return self.tracefs.tracepoints()

    def btf(self) -> Btf | None:
        """The kernel's functions, types and constants; read once, None where it has none."""
        from probekit.kernel.btf import live_btf

        if not self._btf:
            self._btf.append(live_btf())
        return self._btf[0]

    def feature(self, name: str) -> str:
        """Whether this kernel has the feature, found out by trying it, once."""
        from probekit.kernel.feature import answer

        return answer(name)


class SavedProfile:
    """A profile in a file that `save` wrote; inflates a part when it is first asked for.

    `origin` takes the place of its own. Raises what `Store` does.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, shipped: bool = False, origin: str = ""
    ) -> None:
        self._store = Store(os.fspath(path))
        self.shipped = shipped
        self.release, self.machine = (self._word(key) for key in ("release", "machine"))
        self._features = self._answers()
        name = "the shipped profile" if shipped else f"`{path}`"
        self.origin = origin or f"{name} (Linux {self.release})"

    def tracepoint(self, group: str, name: str) -> TracepointFormat | None:
        """The tracepoint's record; None where the profile has none of this name."""
        row = self._store.find(_TRACEPOINTS, f"{group}/{name}")
        if row is None or "/" in name:
            return None
        fields = [_FIELD.fullmatch(part) for part in row.split(";")] if row else []
        if None in fields:
            raise self._store.damaged(f"tracepoint `{group}/{name}`")
        return TracepointFormat(group, name, tuple(_field(found) for found in fields if found))

    def tracepoints(self) -> list[tuple[str, str]]:
        """Group and name of every tracepoint, sorted."""
        keys = (key.partition("/") for key in self._store.keys(_TRACEPOINTS))
        return sorted((group, name) for group, _, name in keys)

    def btf(self) -> Btf | None:
        """What was saved of the kernel's functions, types and constants; None for nothing."""
        from probekit.kernel.btfrows import FUNCTIONS, SavedBtf

        return SavedBtf(self._store) if self._store.has(FUNCTIONS) else None

    def feature(self, name: str) -> str:
        """What was found out when it was saved; UNKNOWN also for what was not asked then."""
        return self._features.get(name, UNKNOWN)

    def _word(self, key: str) -> str:
        value = self._store.head.get(key)
        if not isinstance(value, str) or not _WORD.fullmatch(value):
            raise self._store.damaged(f"its {key}")
        return value

    def _answers(self) -> dict[str, str]:
        features = self._store.head.get("features")
        known = (YES, NO, UNKNOWN)
        if not isinstance(features, dict) or any(one not in known for one in features.values()):
            raise self._store.damaged("its features")
        return features


def contents_of(profile: KernelProfile, *, release: str = "", btf: bool = True) -> bytes:
    """A file of all that is known of `profile`: the same bytes for the same content.

    `release` takes the place of its own; without `btf` the file is a tenth as large. Raises what
    the profile raises.
    """
    from probekit.kernel.btfrows import sections_of
    from probekit.kernel.feature import FEATURES

    found = profile.btf() if btf else None
    sections = sections_of(found) if found else {}
    sections[_TRACEPOINTS] = {}
    for group, name in profile.tracepoints():
        known = profile.tracepoint(group, name)
        if known is not None:
            sections[_TRACEPOINTS][f"{group}/{name}"] = _row(known)
    head = {
        "release": release or profile.release,
        "machine": profile.machine,
        "features": {feature.name: profile.feature(feature.name) for feature in FEATURES},
    }
    return packed(head, sections)


def save(
    profile: KernelProfile, path: str | os.PathLike[str], *, release: str = "", btf: bool = True
) -> None:
    """Writes `contents_of` to the file at `path`, whole or not at all.

    Raises DiagnosticError: `cannot-write`, and what the profile raises.
    """
    write(os.fspath(path), lambda: contents_of(profile, release=release, btf=btf))


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
    return ";".join(fields)


def _field(found: re.Match[str]) -> Field:
    name, declared, offset, size, signed = found.groups()
    return Field(name, declared, int(offset), int(size), signed == "1")
