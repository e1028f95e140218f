"""A comparison of specs and kernels as a table for people, or as lines of JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from probekit.check.needs import FieldUse
from probekit.commands import table
from probekit.commands.kernels import Cell, compare, open_kernels
from probekit.entry import exit_code, report
from probekit.kernel.feature import optional_features
from probekit.kernel.profile import NO
from probekit.show import escaped

_MOVED = """\
moves: what `apply` and `render` make for each kernel is right there; what is
compiled for one is wrong on another."""
_CHANGED = """\
differs: the same expression can mean something else; the warnings say what."""


def check_for_kernels(
    specs: Sequence[str],
    kernels: Sequence[str],
    settings: Mapping[str, str],
    format: str,
    trusted: Collection[str] = (),
) -> int:
    """Checks each spec for each saved kernel and writes the table. The exit code."""
    found = compare(specs, settings, open_kernels(kernels), trusted)
    report(found.diagnostics, format=format)
    if format == "json":
        sys.stdout.writelines(f"{json.dumps(_as_data(cell))}\n" for cell in found.cells)
    else:
        _print_table(found.cells)
    return exit_code(found.diagnostics)


def _print_table(cells: Sequence[Cell]) -> None:
    """A line for each cell, the spec's name on its first one."""
    rows, before = [], None
    for cell in cells:
        name = "" if cell.spec == before else cell.spec
        is_clear = cell.is_certain and not cell.changed
        style = "red" if cell.errors else "green" if is_clear else "yellow"
        rows.append(((name, ""), (cell.kernel.name, ""), (_result(cell), style)))
        before = cell.spec
    table.print_table(("spec", "kernel", "result"), rows)
    for line in _notes(cells):
        print(line)


def _result(cell: Cell) -> str:
    if cell.errors:
        first, *others = cell.errors
        more = f" (and {len(others)} more)" if others else ""
        return f"{first.code}: {first.message}{more}"
    if not cell.is_checked:
        return "not known"
    if not cell.is_certain:
        return "not known: whether it has every feature that the spec takes"
    return "; ".join(("ok", *_differences(cell)))


def _differences(cell: Cell) -> Iterator[str]:
    if cell.changed:
        yield f"differs: {_listed(f'{use.name} is {use.field.type}' for use in cell.changed)}"
    if cell.moved:
        yield f"moves: {_listed(f'{use.name} at {use.field.offset}' for use in cell.moved)}"


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(parts)


def _notes(cells: Sequence[Cell]) -> Iterator[str]:
    """What the words in the table mean, where it has them; what some kernels do without."""
    if any(cell.moved for cell in cells):
        yield f"\n{_MOVED}"
    if any(cell.changed for cell in cells):
        yield f"\n{_CHANGED}"
    profiles = {cell.kernel.name: cell.kernel.profile for cell in cells}
    for feature in optional_features():
        without = [name for name, one in profiles.items() if one.feature(feature.name) == NO]
        if without:
            names = escaped(", ".join(without))
            yield f"\nno {feature.what} on {names}: {feature.without}"


def _as_data(cell: Cell) -> dict[str, object]:
    is_known = cell.is_checked and cell.is_certain
    return {
        "spec": cell.spec,
        "kernel": cell.kernel.name,
        "file": cell.kernel.path,
        "release": cell.kernel.profile.release,
        "machine": cell.kernel.profile.machine,
        "result": "error" if cell.errors else "ok" if is_known else "not known",
        "errors": [error.code for error in cell.errors],
        "moved": [_field_data(use) for use in cell.moved],
        "changed": [_field_data(use) for use in cell.changed],
    }


def _field_data(use: FieldUse) -> dict[str, object]:
    type = use.field.type
    return {
        "tracepoint": use.tracepoint,
        "field": use.name,
        "type": str(type),
        "size": type.size,
        "offset": use.field.offset,
    }
