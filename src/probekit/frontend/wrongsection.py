"""Maps among the params, and programs among the schedules, for `regroup`.

Imported on the way to an error only.
"""

from __future__ import annotations

from probekit.diagnostics import Edit
from probekit.frontend.regrouped import Regrouped, fault_at, is_null
from probekit.frontend.schemachoice import KINDS
from probekit.frontend.yamlnodes import Mapping, Node, Scalar, Sequence
from probekit.source import Source, Span
from probekit.types import scalar_type


def maps_in_params(source: Source, root: Mapping) -> Regrouped | None:
    """Maps that are declared under `params:`."""
    node, maps, params = root.get("params"), root.get("maps"), root.key("params")
    if not isinstance(node, Mapping) or not (maps is None or isinstance(maps, Mapping)):
        return None
    moved = tuple(pair for pair in node if _is_map(pair[1]))
    kept = tuple(pair for pair in node if not _is_map(pair[1]))
    if not moved or params is None:
        return None
    faults = [
        fault_at(source, key, "stray-key", f"`{key.text}` is a map, and these are params",
               "put it under `maps:`, where maps are declared")
        for key, _ in moved
    ]  # fmt: skip
    if maps is None and not kept:
        message, help = "these are maps, and no params", "write `maps:`"
        faults = [
            fault_at(source, params, "stray-key", message, help, (Edit(params.span, "maps"),))
        ]
    whole = (*(maps.items if isinstance(maps, Mapping) else ()), *moved)
    others = tuple(pair for pair in root if pair[0].text not in ("params", "maps"))
    names = [Scalar(params.span, name, True, name) for name in ("params", "maps")]
    sections = zip(names, (Mapping(node.span, kept), Mapping(node.span, whole)), strict=True)
    return Regrouped(tuple(faults), Mapping(root.span, (*sections, *others)))


def _is_map(value: Node) -> bool:
    """Whether a value has what maps have and params have not."""
    if not isinstance(value, Mapping) or value.get("default") is not None:
        return False
    type = value.get("type")
    names = {key.text for key, _ in value} & {"value", "max_entries", "entries"}
    if isinstance(type, Scalar) and names == {"value"} and scalar_type(type.text) is not None:
        return False  # a param whose default has another name
    return type is not None and bool(names)


def params_in_maps(source: Source, root: Mapping) -> Regrouped | None:
    """Params that are declared under `maps:`, where `params:` has nothing below it."""
    node, maps, params = root.get("params"), root.get("maps"), root.key("params")
    if not isinstance(maps, Mapping) or params is None or not is_null(node):
        return None
    moved = tuple(pair for pair in maps if _is_param(pair[1]))
    kept = tuple(pair for pair in maps if not _is_param(pair[1]))
    if not moved:
        return None
    faults = [
        fault_at(source, key, "stray-key", f"`{key.text}` is a param, and these are maps",
               "put it under `params:`, where params are declared")
        for key, _ in moved
    ]  # fmt: skip
    sections = {"params": Mapping(maps.span, moved), "maps": Mapping(maps.span, kept)}
    items = ((key, sections.get(key.text, value)) for key, value in root)
    return Regrouped(tuple(faults), Mapping(root.span, tuple(items)))


def _is_param(value: Node) -> bool:
    names = {key.text for key, _ in value} if isinstance(value, Mapping) else set()
    return "default" in names and names <= {"type", "default", "description"}


def programs_in_schedules(source: Source, root: Mapping) -> Regrouped | None:
    """Programs at the end of `schedules`, and no `programs`."""
    schedules = root.get("schedules")
    if not isinstance(schedules, Sequence) or root.get("programs") is not None:
        return None
    is_program = [
        isinstance(one, Mapping) and any(key.text in KINDS for key, _ in one) for one in schedules
    ]
    if True not in is_program or False in is_program[is_program.index(True) :]:
        return None
    at = is_program.index(True)
    first = schedules.items[at]
    assert isinstance(first, Mapping)
    key = next(key for key, _ in first if key.text in KINDS)
    line = first.items[0][0].span.line
    is_alone = source.line(line).lstrip().startswith("- ")
    edits = (Edit(Span(line, 1, line, 1), "programs:\n"),) if is_alone and at else ()
    message = f"`{key.text}` begins a program, and this is a list of schedules"
    fault = fault_at(source, key, "stray-key", message, "`programs:` is missing above it", edits)
    name = Scalar(key.span, "programs", True, "programs")
    kept = Sequence(schedules.span, schedules.items[:at])
    others = tuple((key, kept if key.text == "schedules" else value) for key, value in root)
    programs = Sequence(first.span, schedules.items[at:])
    return Regrouped((fault,), Mapping(root.span, (*others, (name, programs))))
