"""What the looks of `regroup` share: their result, and the keys at the top of a spec."""

from __future__ import annotations

from probekit.diagnostics import Diagnostic, Edit, Label
from probekit.frontend.yamlnodes import Node, Scalar, scalar_value
from probekit.record import Record
from probekit.source import Source

TOP = ("probekit", "name", "description", "params", "maps", "programs", "schedules")


class Regrouped(Record):
    """What stood wrong, and the spec with it where it belongs; `is_whole` where the rest of the
    spec can be judged, too.
    """

    faults: tuple[Diagnostic, ...]
    root: Node
    is_whole: bool = True


def fault_at(
    source: Source, key: Scalar, code: str, message: str, help: str, edits: tuple[Edit, ...] = ()
) -> Diagnostic:
    """The fault of a key that stands wrong."""
    return Diagnostic(code, message, Label(source, key.span), help=help, edits=edits)


def is_null(node: Node | None) -> bool:
    """Whether a key has nothing behind it, or the word for that."""
    return isinstance(node, Scalar) and scalar_value(node) is None
