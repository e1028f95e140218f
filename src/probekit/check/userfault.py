"""What is wrong with what user space computes: what was meant, and what to write.

Imported on the way to an error only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from probekit.expr.syntax import ExpressionError
from probekit.types import StructType, Type


def mean_field(error: ExpressionError, names: Mapping[str, Type]) -> None:
    """Says of each name that nothing has, and that a field of one struct has, how it is read."""
    for other in error.others:
        mean_field(other, names)
    is_name = error.code == "unknown-name" and error.subject
    found = [f"{name}.{error.subject}" for name in _having(error.subject, names)]
    if is_name and found:
        error.help = f"a field is written {' or '.join(f'`{path}`' for path in found)}"
        error.mends = ((error.place, found[0]),) if len(found) == 1 else ()
        error.subject = ""  # what it means elsewhere was not meant


def _having(field: str, names: Mapping[str, Type]) -> Iterable[str]:
    """The names of structs that have this field."""
    for name, type in names.items():
        if isinstance(type, StructType) and type.field(field) is not None:
            yield name
