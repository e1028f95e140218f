"""Blocks that hang on the wrong key: what is said of them, and the spec as it was surely meant.

Imported on the way to an error only. The rest of a spec is then checked as if they stood right.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import takewhile

from probekit.diagnostics import MOST_ERRORS, Diagnostic, Edit
from probekit.frontend.regrouped import TOP, Regrouped, fault_at, is_null
from probekit.frontend.regroupsteps import PARTS, empty_blocks, slid_keys, slid_steps
from probekit.frontend.schemachoice import KINDS, LATER_KINDS, TIMES
from probekit.frontend.strayend import stray_ends
from probekit.frontend.structvalues import bare_fields
from probekit.frontend.wrongsection import (
    maps_in_params,
    params_in_maps,
    programs_in_schedules,
)
from probekit.frontend.yamlnodes import Mapping, Node, Scalar, Sequence
from probekit.source import Source, Span

_LISTS = ("programs", "schedules")
_Item = tuple[Scalar, Node]


def regrouped(source: Source, root: Node) -> Regrouped:
    """Looks for each way in turn, until there is no more to find, or too much."""
    faults: list[Diagnostic] = []
    for look in _LOOKS:
        found = look(source, root) if isinstance(root, Mapping) else None
        if found is not None:
            faults += found.faults
            root = found.root
            if not found.is_whole or len(faults) > MOST_ERRORS:
                return Regrouped(tuple(faults[: MOST_ERRORS + 1]), root, False)
    if isinstance(root, Mapping):
        bare, made = bare_fields(source, root)
        assert isinstance(made, Mapping)
        ends, root = stray_ends(source, made)
        faults += (*bare, *ends)
    return Regrouped(tuple(faults), root)


def _is_block(source: Source, key: Scalar) -> bool:
    """Whether a key is the first thing on its line."""
    return not source.line(key.span.line)[: key.span.column - 1].strip()


@lru_cache(maxsize=1)  # asked for each key, of which a file may have many
def _lines(text: str) -> list[str]:
    return text.split("\n")


def _shifted(source: Source, key: Scalar, by: int) -> tuple[Edit, ...]:
    """The lines of a pair in block style, `by` columns to the right, or to the left."""
    if not _is_block(source, key):
        return ()
    column, edits = key.span.column - 1, list[Edit]()
    lines = _lines(source.text)
    for number in range(key.span.line, len(lines) + 1):
        text = lines[number - 1]
        before = len(text) - len(text.lstrip(" "))
        is_list = number > key.span.line and text[before : before + 1] == "-"
        if number > key.span.line and text.strip() and before <= column - is_list:
            break
        if text.strip():
            edits.append(Edit(Span(number, 1, number, before + 1), " " * max(0, before + by)))
    return tuple(edits)


def _indented_sections(source: Source, root: Mapping) -> Regrouped | None:
    """`programs` and `schedules` below `maps`, or `schedules` in the last program."""
    faults: list[Diagnostic] = []
    moved: list[_Item] = []
    given = {key.text for key, _ in root}

    def without(items: tuple[_Item, ...]) -> tuple[_Item, ...]:
        kept: list[_Item] = []
        for key, value in items:
            is_section = key.text in _LISTS and isinstance(value, Sequence)
            if not is_section or key.text in given:
                kept.append((key, value))
                continue
            edits = _shifted(source, key, 1 - key.span.column)
            message = f"`{key.text}` is a top-level key"
            help = "begin it at column 1"
            faults.append(fault_at(source, key, "stray-key", message, help, edits))
            moved.append((key, value))
            given.add(key.text)
        return tuple(kept)

    items: list[_Item] = []
    for key, value in root:
        if key.text in ("maps", "params") and isinstance(value, Mapping):
            value = Mapping(value.span, without(value.items))
        elif key.text == "programs" and isinstance(value, Sequence):
            programs = (
                Mapping(one.span, without(one.items)) if isinstance(one, Mapping) else one
                for one in value
            )
            value = Sequence(value.span, tuple(programs))
        items.append((key, value))
    return Regrouped(tuple(faults), Mapping(root.span, (*items, *moved))) if faults else None


def _without_name(source: Source, root: Mapping) -> Regrouped | None:
    """`maps:` and below it the parts of a map, which has no name."""
    for section, parts in PARTS.items():
        node = root.get(section)
        if not isinstance(node, Mapping) or not node.items:
            continue
        first, value = node.items[0]
        names = [key.text for key, _ in node]
        if first.text != "type" or not isinstance(value, Scalar) or not {*names} <= {*parts}:
            continue
        what = "map" if section == "maps" else "param"
        message = f"the {what}'s name is missing"
        help = "write `NAME:` above, and indent these lines under it"
        fault = fault_at(source, first, "missing-key", message, help)
        return Regrouped((fault,), root, is_whole=False)
    return None


def _beside_section(source: Source, root: Mapping) -> Regrouped | None:
    """`maps:` without a value, and the maps beside it, in its column."""
    items: list[_Item] = []
    faults: list[Diagnostic] = []
    inside: list[_Item] = []
    for key, value in root:
        above = items[-1] if items else None
        is_open = above is not None and above[0].text in PARTS and is_null(above[1])
        if key.text in TOP or above is None or not is_open or not _is_one_of(above[0], value):
            if inside and above is not None:
                items[-1] = (above[0], Mapping(above[1].span, tuple(inside)))
                inside = []
            items.append((key, value))
            continue
        help = f"indent `{key.text}` under `{above[0].text}`"
        message = f"`{key.text}` stands beside `{above[0].text}`, which has no value"
        faults.append(fault_at(source, key, "stray-key", message, help, _shifted(source, key, 2)))
        inside.append((key, value))
    if inside:
        items[-1] = (items[-1][0], Mapping(items[-1][1].span, tuple(inside)))
    if len(faults) > 1:  # one alone makes no text that could be read
        edits = tuple(edit for one in faults for edit in one.edits)
        first = faults[0]
        assert first.label is not None
        faults = [
            fault_at(source, inside_key, first.code, first.message, first.help, edits)
            for inside_key in (_key_at(root, first.label.span),)
        ]
    return Regrouped(tuple(faults), Mapping(root.span, tuple(items))) if faults else None


def _key_at(root: Mapping, span: Span) -> Scalar:
    return next(key for key, _ in root if key.span == span)


def _is_one_of(section: Scalar, value: Node) -> bool:
    """Whether a value is a map, or a param."""
    return isinstance(value, Mapping) and value.get("type") is not None


def _part_too_low(source: Source, root: Mapping) -> Regrouped | None:
    """`max_entries` in the column of the maps' names, one level too shallow; or all of a map."""
    for section, parts in PARTS.items():
        node = root.get(section)
        if not isinstance(node, Mapping):
            continue
        items: list[_Item] = []
        faults: list[Diagnostic] = []
        bare = set[str]()  # names without a value, whose parts stand beside them
        for key, value in node:
            above = items[-1] if items else None
            if above is None or not _belongs_into(above[1], key, value, parts):
                items.append((key, value))
                continue
            name, owner = above
            if not isinstance(owner, Mapping):  # the rest of its parts are as far to the left
                edits = _parts_shifted(source, node, key, parts)
                message = f"`{key.text}` stands beside `{name.text}`, of which it is a part"
                help = f"indent the lines of its parts under `{name.text}`"
                faults.append(fault_at(source, key, "stray-key", message, help, edits))
                items[-1] = (name, Mapping(key.span, ((key, value),)))
                bare.add(name.text)
                continue
            by = owner.items[0][0].span.column - key.span.column
            edits = _shifted(source, key, by) if by > 0 else ()
            message = f"`{key.text}` stands beside `{name.text}`, of which it is a part"
            help = f"indent it under `{name.text}`"
            if name.text not in bare:
                faults.append(fault_at(source, key, "stray-key", message, help, edits))
            items[-1] = (name, Mapping(owner.span, (*owner.items, (key, value))))
        if faults:
            whole = Mapping(node.span, tuple(items))
            return Regrouped(tuple(faults), _with(root, section, whole))
    return None


def _parts_shifted(
    source: Source, node: Mapping, first: Scalar, parts: tuple[str, ...]
) -> tuple[Edit, ...]:
    """`first` and the parts that follow it, two columns deeper."""
    keys = [key for key, _ in node]
    following = keys[keys.index(first) :]
    own = list(takewhile(lambda key: key.text in parts, following))
    return tuple(edit for key in own for edit in _shifted(source, key, 2))


def _belongs_into(owner: Node, key: Scalar, value: Node, parts: tuple[str, ...]) -> bool:
    if is_null(owner):
        return key.text == "type" and isinstance(value, Scalar)
    if not isinstance(owner, Mapping) or not owner.items or key.text not in parts:
        return False
    is_map = isinstance(value, Mapping) and value.get("type") is not None
    return not is_map and owner.key(key.text) is None and owner.get("type") is not None


def _with(root: Mapping, name: str, node: Node) -> Mapping:
    items = ((key, node if key.text == name else value) for key, value in root)
    return Mapping(root.span, tuple(items))


def _empty_schedules(program: Node) -> Scalar | None:
    """`schedules:` as a key of a program, without a value."""
    if not isinstance(program, Mapping):
        return None
    return next((key for key, value in program if key.text == "schedules" and is_null(value)), None)


def _schedules(source: Source, root: Mapping) -> Regrouped | None:
    """Schedules at the end of `programs`."""
    programs = root.get("programs")
    if not isinstance(programs, Sequence):
        return None
    names = [{key.text for key, _ in one} if isinstance(one, Mapping) else {""} for one in programs]
    is_time = [bool(one & {*TIMES}) and not one & {*KINDS, *LATER_KINDS, "do"} for one in names]
    if True not in is_time or False in is_time[is_time.index(True) :] or is_time[0]:
        return None
    at = is_time.index(True)
    key_above = _empty_schedules(programs.items[at - 1])
    if key_above is not None:
        edits = _shifted(source, key_above, 1 - key_above.span.column)[:1]
        message = "`schedules` is a top-level key"
        fault = fault_at(source, key_above, "stray-key", message, "begin it at column 1", edits)
        return Regrouped((fault,), root, is_whole=False)
    moved = programs.items[at:]
    first = moved[0]
    assert isinstance(first, Mapping)
    key = next(key for key, _ in first if key.text in TIMES)
    there = root.get("schedules")
    message = f"`{key.text}` begins a schedule, and this is a list of programs"
    line = first.items[0][0].span.line
    is_alone = source.line(line).lstrip().startswith("- ")
    edit = Edit(Span(line, 1, line, 1), "schedules:\n")
    help = "`schedules:` is missing above it" if there is None else "put it under `schedules:`"
    edits = (edit,) if there is None and is_alone else ()
    fault = fault_at(source, key, "stray-key", message, help, edits)
    root = _with(root, "programs", Sequence(programs.span, programs.items[:at]))
    if isinstance(there, Sequence):
        root = _with(root, "schedules", Sequence(there.span, (*moved, *there.items)))
    elif there is None:
        name = Scalar(key.span, "schedules", True, "schedules")
        root = Mapping(root.span, (*root.items, (name, Sequence(first.span, moved))))
    return Regrouped((fault,), root)


_LOOKS: tuple[Callable[[Source, Mapping], Regrouped | None], ...] = (
    _indented_sections,
    _without_name,
    _beside_section,
    _part_too_low,
    maps_in_params,
    params_in_maps,
    _schedules,
    programs_in_schedules,
    slid_keys,
    slid_steps,
    empty_blocks,
)
