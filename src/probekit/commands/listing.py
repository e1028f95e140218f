"""`probekit list`: the attach points that a kernel offers, found by `kind:pattern`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from probekit.commands.attachkind import KINDS, Kind, ReadableField
from probekit.commands.unlisted import check_pattern, list_command, no_match, no_names, without_kind
from probekit.kernel.profile import (
    KernelProfile,
    LiveProfile,
    SavedProfile,
    profile_for_check,
)
from probekit.kernel.tracefs import Tracefs, TracepointFormat
from probekit.record import Record
from probekit.show import escaped


class Point(Record):
    """One attach point. `fields` is None where nobody asked for them."""

    kind: str
    name: str
    fields: tuple[ReadableField, ...] | None = None


class Groups(Record):
    """The tracepoints' groups, each with how many it has."""

    sizes: tuple[tuple[str, int], ...]


class Answer(Record):
    """What to write to standard output, and what is to be said beside it."""

    lines: Iterator[str]
    notes: tuple[str, ...] = ()


def answer(text: str | None, kernel: str | None, *, with_fields: bool, is_json: bool) -> Answer:
    """What the command prints, of this host or of the saved profile `kernel`.

    Raises what `profile_for` and `find` do.
    """
    if text is None:
        if kernel is not None:
            SavedProfile(kernel)  # the kinds are the same everywhere, and a wrong file is told
        return Answer(kind_json_lines() if is_json else kind_lines())
    kind = kind_of(text)
    profile = profile_for(kind, kernel)
    found = find(text, profile, with_fields=with_fields)
    return Answer(json_lines(found) if is_json else text_lines(found), notes(kind, profile))


def find(
    text: str, profile: KernelProfile, *, with_fields: bool = False
) -> tuple[Point, ...] | Groups:
    """What `kind:pattern` matches, in the kernel's order; the groups, where no pattern follows.

    Raises DiagnosticError: `bad-pattern`, `not-listed`, `no-match`, and what the profile raises.
    """
    kind = kind_of(text)
    if kind is None:
        raise without_kind(text, profile)
    pattern = text.partition(":")[2].strip()
    check_pattern(text, kind, pattern)
    names = _names(kind, profile)
    if not pattern and kind.name == "tracepoint":
        return _groups(names)
    found = [name for name in names if fnmatchcase(name, pattern or "*")]
    if not found:
        raise no_match(kind, pattern, names, profile)
    fields = kind.fields if with_fields else None
    return tuple(
        Point(kind.name, name, tuple(fields(profile, name)) if fields else None) for name in found
    )


def kind_of(text: str) -> Kind | None:
    """The kind that a pattern begins with, None where it is none."""
    return KINDS.get(text.partition(":")[0].strip())


def profile_for(kind: Kind | None, file: str | None) -> KernelProfile:
    """The saved profile in `file`; else this host's, as far as its user may read it.

    BTF may be read by everybody, tracefs by root alone: without it the package's own profile
    stands in. Raises DiagnosticError where `file` is no profile.
    """
    if file is not None:
        return SavedProfile(file)
    profile = profile_for_check()
    if profile.shipped and kind is not None and kind.is_in_btf:
        host = _OpenToAll(profile)
        return host if host.btf() is not None else profile
    return profile


class _OpenToAll(LiveProfile):
    """What an ordinary user may read of this host; its tracepoints are those of `known`."""

    def __init__(self, known: KernelProfile) -> None:
        super().__init__(Tracefs("/sys/kernel/tracing"))
        self._profile = known

    def tracepoint(self, group: str, name: str) -> TracepointFormat | None:
        """The tracepoint's record, as `known` has it."""
        return self._profile.tracepoint(group, name)

    def tracepoints(self) -> list[tuple[str, str]]:
        """Group and name of every tracepoint of `known`."""
        return self._profile.tracepoints()


def notes(kind: Kind | None, profile: KernelProfile) -> tuple[str, ...]:
    """What a user should know beside what a profile says."""
    said = []
    if profile.shipped and kind is not None and kind.fields is not None:
        said.append(
            f"this is {profile.origin}; root sees this host's kernel, `--kernel FILE` another"
        )
    if kind is not None and not kind.is_attached:
        said.append(f"`{kind.name}` programs are not in this version yet: `check` refuses them")
    return tuple(said)


def _names(kind: Kind, profile: KernelProfile) -> Sequence[str]:
    if kind.names is None:
        raise no_names(kind)
    names = kind.names(profile)
    if names is None:
        raise no_names(kind, profile)
    return names


def _groups(names: Sequence[str]) -> Groups:
    sizes: dict[str, int] = {}
    for name in names:
        group = name.partition("/")[0]
        sizes[group] = sizes.get(group, 0) + 1
    return Groups(tuple(sizes.items()))


def text_lines(found: tuple[Point, ...] | Groups) -> Iterator[str]:
    """Each point on a line of its own, as it stands in a spec; its fields under it."""
    if isinstance(found, Groups):
        width = max((len(group) for group, _ in found.sizes), default=0) + 2
        for group, size in found.sizes:
            yield escaped(f"tracepoint: {group + '/*':<{width}}  # {size}")
        return
    for point in found:
        yield escaped(f"{point.kind}: {point.name}")
        for line in field_lines(point.fields or (), KINDS[point.kind].is_attached):
            yield f"    {escaped(line)}"


def field_lines(fields: Sequence[ReadableField], is_attached: bool = True) -> Iterator[str]:
    """A table without headings: what to write, the type in specs, the type in C.

    Where the kind `is_attached`, what this version cannot read is said of each field.
    """
    note = "  (not in this version yet)" if is_attached else ""
    width = max((len(field.name) for field in fields), default=0)
    types = max((len(field.type or "-") for field in fields), default=0)
    for field in fields:
        line = f"{field.name:<{width}}  {field.type or '-':<{types}}  {field.declared}"
        yield line if field.type else line + note


def json_lines(found: tuple[Point, ...] | Groups) -> Iterator[str]:
    """The same as one JSON object a line; `type` is null where this version cannot read it."""
    if isinstance(found, Groups):
        for group, size in found.sizes:
            yield json.dumps({"kind": "tracepoint", "name": f"{group}/*", "count": size})
        return
    for point in found:
        data: dict[str, object] = {"kind": point.kind, "name": point.name}
        if point.fields is not None:
            data["fields"] = [
                {"name": field.name, "type": field.type, "declared": field.declared}
                for field in point.fields
            ]
        yield json.dumps(data)


def kind_lines() -> Iterator[str]:
    """All kinds, with what each is and what to type to list or to write it."""
    width = max(map(len, KINDS))
    for kind in KINDS.values():
        later = "" if kind.is_attached else " (not in this version's specs yet)"
        yield f"{kind.name:<{width}}  {kind.what}{later}"
        yield f"{'':<{width}}  {_example(kind)}"


def kind_json_lines() -> Iterator[str]:
    """The same as one JSON object a line."""
    for kind in KINDS.values():
        data = {
            "kind": kind.name,
            "description": kind.what,
            "example": _example(kind),
            "listed": kind.names is not None,
            "attached": kind.is_attached,
        }
        yield json.dumps(data)


def _example(kind: Kind) -> str:
    if kind.names is None:
        return f"{kind.name}: {kind.example}"
    return list_command(f"{kind.name}:{kind.example}")
