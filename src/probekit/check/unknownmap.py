"""Maps that there are not: misspelt ones, and those with their key in brackets.

Imported on the way to an error only.
"""

from __future__ import annotations

import re

from probekit.check.context import Fault, Faults
from probekit.check.edits import renaming
from probekit.check.maps import MapTable
from probekit.diagnostics import Edit
from probekit.frontend.yamlnodes import Mapping, Scalar
from probekit.frontend.yamlquote import as_scalar
from probekit.nearest import listed, meant, nearest

_INDEXED = re.compile(r"@?(\w+) *\[([^\]]*)\]", re.ASCII)
_WITHOUT_KEY = ("show", "clear")


def unknown_map(
    faults: Faults, table: MapTable, scalar: Scalar, verb: Scalar, given: Mapping
) -> Fault:
    """The fault of `verb` in the step or schedule `given`, which names a map that is not there."""
    indexed = _INDEXED.fullmatch(scalar.text)
    if indexed and indexed[1] in table.maps:
        return _indexed(faults, scalar, verb, given, indexed[1], as_scalar(indexed[2].strip()))
    near = nearest(scalar.text, table.maps)
    related = (table.spans[near], "a similar name is declared here") if near else None
    if near:
        help = f"did you mean `{near}`?"
    elif table.maps:
        help = f"there are {listed(list(table.maps))}"
    else:
        help = "declare it under `maps:`"
    what = f"no map named `{scalar.text}`"
    note = "not declared under `maps`"
    edits = renaming(scalar, meant(scalar.text, table.maps))
    return faults.fault("unknown-map", what, scalar.span, help, related, note, edits=edits)


def _indexed(
    faults: Faults, scalar: Scalar, verb: Scalar, given: Mapping, name: str, key: str
) -> Fault:
    """`count: calls[pid]`; the edit where the key has a line of its own to go to."""
    what = "a map is named alone, and its key stands at `key:`"
    if given.key("key") is not None or verb.text in _WITHOUT_KEY:
        why = "all of it is meant" if verb.text in _WITHOUT_KEY else "its key is given already"
        help = f"write `{verb.text}: {name}`: {why}"
        return faults.fault("unknown-map", what, scalar.span, help)
    before = faults.source.line(verb.span.line)[: verb.span.column - 1]
    is_block = not before.strip(" -") and scalar.span.line == verb.span.line
    text = f"{name}\n{' ' * len(before)}key: {key}"
    where = "below" if is_block else "beside"
    help = f"write `{verb.text}: {name}`, and {where} it `key: {key}`"
    edits = (Edit(scalar.span, text),) if is_block else ()
    return faults.fault("unknown-map", what, scalar.span, help, edits=edits)
