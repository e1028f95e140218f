"""Keys: names that cannot be, keys that nothing here knows, and keys that are missing or to come.

Imported on the way to an error only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probekit.diagnostics import Diagnostic, Edit
from probekit.frontend.keys import instead_of, meant_key
from probekit.frontend.schemachoice import LATER_KEYS
from probekit.frontend.schemafinding import Finding, Slip, example_of, find, is_step
from probekit.frontend.yamlnodes import Mapping, Scalar, Sequence, start_of
from probekit.frontend.yamlquote import as_scalar
from probekit.maps import LATER_MAP_KINDS
from probekit.nearest import listed, nearest
from probekit.probename import made_of
from probekit.source import Span

_NAME_FORM = "a name starts with a letter or `_` and has letters, digits and `_`: at most 63"
_PROBE_FORM = (
    "a probe's name starts with a small letter; small letters, digits, `-` and `_` follow:"
    " at most 63"
)


def bad_key(finding: Finding) -> Diagnostic:
    name = finding.error.instance
    key = finding.node.key(name) if isinstance(finding.node, Mapping) else None
    span = key.span if key else start_of(finding.node)
    return finding.at(span, "bad-name", f"`{name}` cannot be a name", _NAME_FORM)


def bad_name(finding: Finding) -> Iterator[Diagnostic]:
    what = f"`{finding.given}` cannot be a name"
    if finding.path != ("name",):
        yield finding.at_value("bad-name", what, _NAME_FORM)
        return
    name = made_of(finding.given)
    help = f"call it `{name}`; {_PROBE_FORM}" if name else _PROBE_FORM
    edits = (Edit(finding.node.span, as_scalar(name)),) if name else ()
    yield finding.at_value("bad-name", what, help, *edits)


def unknown_keys(finding: Finding) -> Iterator[Diagnostic | Slip]:
    assert isinstance(finding.node, Mapping)
    known = list(finding.error.schema.get("properties", {}))
    later = {name for name in known if _is_later(finding, name)}
    given = {name.text for name, _ in finding.node}
    for name, _ in finding.node:
        if name.text not in known and not _is_of_step_above(finding, name.text):
            usable = [one for one in known if one not in later]
            free = [one for one in usable if one not in given]
            found = meant_key(name.text, free, later)
            help = found.help if found.is_near else f"known here are {listed(usable)}"
            edits = (Edit(name.span, found.name),) if found.name else ()
            what = f"`{name.text}` is not known here"
            if name.text == "when" and is_step(finding):
                condition = finding.node.get("when")
                text = condition.text if isinstance(condition, Scalar) else "..."
                help = f"put the step under `if: {text}` and `then:`"
            elif name.text.startswith("//"):
                slashes = Span(
                    name.span.line, name.span.column, name.span.line, name.span.column + 2
                )
                help, edits = "comments begin with `#`", (Edit(slashes, "#"),)
            fault = finding.at(name.span, "unknown-key", what, help, *edits)
            yield Slip(fault, name, found.name) if found.name else fault
            given.add(found.name or name.text)


def _option_below(finding: Finding, name: str) -> Scalar | None:
    """An option that the step lacks, and the next one has and cannot have."""
    below = _step_beside(finding, 1)
    verb = _verb_of(finding, below) if below is not None else {}
    is_strange = below is not None and verb and name not in verb["properties"]
    return below.key(name) if below is not None and is_strange else None


def _is_of_step_above(finding: Finding, name: str) -> bool:
    """Whether an option that is not known in this step is one that the step above lacks."""
    above = _step_beside(finding, -1)
    if above is None or above.key(name) is not None:
        return False
    return name in _verb_of(finding, above).get("required", ())


def _step_beside(finding: Finding, distance: int) -> Mapping | None:
    """The step so far below the one that the finding is about, if that is one."""
    if not is_step(finding):
        return None
    *owner, at = finding.path
    steps, _ = find(finding.root, owner)
    wanted = at + distance if isinstance(at, int) else -1
    is_there = isinstance(steps, Sequence) and 0 <= wanted < len(steps.items)
    found = steps.items[wanted] if isinstance(steps, Sequence) and is_there else None
    return found if isinstance(found, Mapping) else None


def _verb_of(finding: Finding, step: Mapping) -> Any:
    """What the schema says of steps with this one's verb; nothing where it has none."""
    branches = finding.schema["definitions"]["step"]["allOf"]
    given = {key.text for key, _ in step}
    return next((one["then"] for one in branches if given.issuperset(one["if"]["required"])), {})


def _is_later(finding: Finding, name: str) -> bool:
    """Whether a key is part of the format and not of this version."""
    properties = finding.error.schema["properties"]
    return name in LATER_KEYS or bool(properties[name].get("x-not-yet"))


def missing_key(finding: Finding) -> Iterator[Diagnostic]:
    """Nothing where a misspelt key, reported as unknown, was probably meant."""
    missing = finding.error.message
    assert isinstance(finding.node, Mapping)
    known = finding.error.schema.get("properties", {})
    unknown = [key.text for key, _ in finding.node if key.text not in known]
    if nearest(missing, unknown) or any(meant_key(one, [missing]).is_near for one in unknown):
        return
    below = _option_below(finding, missing)
    if below is not None:
        verb = finding.node.items[0][0].text
        message = f"`{missing}` stands in the step below the one it belongs to"
        help = f"move it up, to `{verb}:`"
        yield finding.at(below.span, "stray-key", message, help)
        return
    what = f"`{missing}` is missing"
    if missing == "probekit" and not finding.path and finding.node.items:
        first = finding.node.items[0][0].span
        edit = Edit(Span(first.line, first.column, first.line, first.column), "probekit: 1\n")
        is_block = first.column == 1
        help = "begin the file with `probekit: 1`"
        yield finding.at_key("missing-key", what, help, *((edit,) if is_block else ()))
        return
    example = example_of(finding, missing)
    help = f"add `{missing}:`" + (f", as in `{missing}: {example}`" if example else "")
    yield finding.at_key("missing-key", what, help)


def not_yet(finding: Finding) -> Iterator[Diagnostic]:
    """Nothing of a key of a map whose type is not there yet: the checker says that."""
    if finding.path[:1] == ("maps",) and _map_type(finding) in LATER_MAP_KINDS:
        return
    message = f"{finding.name} is part of the format, but not in this version yet"
    help = instead_of(finding.key.text) if finding.key else "remove it for now"
    if finding.path[:1] == ("maps",) and finding.path[2:] == ("size",):
        owner, _ = find(finding.root, finding.path[:2])
        if isinstance(owner, Mapping) and owner.get("max_entries") is None:
            help = f"write `max_entries: {finding.given}`, if it is to hold so many entries"
    yield finding.at_key("not-yet", message, help)


def _map_type(finding: Finding) -> str:
    """The `type` of the map that the finding is in."""
    found, _ = find(finding.root, (*finding.path[:2], "type"))
    return found.text if isinstance(found, Scalar) else ""
