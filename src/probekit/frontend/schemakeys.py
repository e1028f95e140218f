"""Keys: names that cannot be, keys that nothing here knows, and keys that are missing or to come.

Imported on the way to an error only.
"""

from __future__ import annotations

from collections.abc import Iterator

from probekit.diagnostics import Diagnostic, Edit
from probekit.frontend.keys import instead_of, meant_key
from probekit.frontend.schemachoice import LATER_KEYS
from probekit.frontend.schemafinding import Finding, Slip, example_of, find, is_step
from probekit.frontend.yamlnodes import Mapping, Scalar, start_of
from probekit.maps import LATER_MAP_KINDS
from probekit.nearest import listed, nearest
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
    form = _PROBE_FORM if list(finding.error.absolute_path) == ["name"] else _NAME_FORM
    yield finding.at_value("bad-name", f"`{finding.given}` cannot be a name", form)


def unknown_keys(finding: Finding) -> Iterator[Diagnostic | Slip]:
    assert isinstance(finding.node, Mapping)
    known = list(finding.error.schema.get("properties", {}))
    later = {name for name in known if _is_later(finding, name)}
    given = {name.text for name, _ in finding.node}
    for name, _ in finding.node:
        if name.text not in known:
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
    yield finding.at_key("not-yet", message, help)


def _map_type(finding: Finding) -> str:
    """The `type` of the map that the finding is in."""
    found, _ = find(finding.root, (*finding.path[:2], "type"))
    return found.text if isinstance(found, Scalar) else ""
