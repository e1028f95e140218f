"""A struct's fields that stand beside their `key:`, and a step's other keys that stand under it.

Imported on the way to an error only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import takewhile

from probekit.diagnostics import Diagnostic, Edit, Label
from probekit.frontend.yamlindent import moved
from probekit.frontend.yamlnodes import Mapping, Node, Scalar, scalar_value
from probekit.source import Source

PARTS = ("key", "value")
_OPTIONS = (*PARTS, "as", "default", "by", "mode")
_Item = tuple[Scalar, Node]


def at_their_depth(
    source: Source, step: Mapping, fields_of: Callable[[str], tuple[str, ...]]
) -> tuple[list[Diagnostic], Mapping]:
    """What is said of them, and the step as it was meant; `fields_of` gives a part's fields."""
    faults: list[Diagnostic] = []
    items: list[_Item] = []
    left = list(step.items)
    while left:
        key, value = left.pop(0)
        fields = fields_of(key.text) if key.text in PARTS else ()
        if fields and isinstance(value, Scalar) and scalar_value(value) is None:
            beside = list(takewhile(partial(_is_one_of, fields), left))
            if {name.text for name, _ in beside} == {*fields}:
                faults.append(_beside(source, key, beside))
                value = Mapping(beside[0][0].span, tuple(beside))
                del left[: len(beside)]
        elif fields and isinstance(value, Mapping):
            under = list(_under(step, value, fields))
            faults += [_too_deep(source, key, name) for name, _ in under]
            left += under
            kept = tuple(item for item in value.items if item not in under)
            value = Mapping(value.span, kept) if under else value
        items.append((key, value))
    return faults, Mapping(step.span, tuple(items)) if faults else step


def _is_one_of(fields: tuple[str, ...], item: _Item) -> bool:
    return item[0].text in fields


def _under(step: Mapping, value: Mapping, fields: tuple[str, ...]) -> Iterator[_Item]:
    """Keys of the step that stand in `value`, which has these fields."""
    for item in value:
        name = item[0].text
        if name in _OPTIONS and name not in fields and step.get(name) is None:
            yield item


def _beside(source: Source, key: Scalar, fields: list[_Item]) -> Diagnostic:
    names = ", ".join(f"`{name.text}`" for name, _ in fields)
    message = f"`{key.text}` has no value, and its fields stand beside it"
    help = f"indent {names} under `{key.text}:`"
    column = key.span.column + 1
    edits = [edit for name, _ in fields for edit in _moved(source, name, column)]
    is_block = len(edits) >= len(fields)
    label = Label(source, key.span)
    edits = edits if is_block else []
    return Diagnostic("null-value", message, label, help=help, edits=tuple(edits))


def _too_deep(source: Source, key: Scalar, name: Scalar) -> Diagnostic:
    message = f"`{name.text}` stands under `{key.text}`, of which it is no field"
    help = f"begin it in the column of `{key.text}`"
    edits = _moved(source, name, key.span.column - 1)
    return Diagnostic("stray-key", message, Label(source, name.span), help=help, edits=edits)


def _moved(source: Source, key: Scalar, column: int) -> tuple[Edit, ...]:
    """The lines of a key in block style, which begins its line."""
    is_first = not source.line(key.span.line)[: key.span.column - 1].strip()
    return moved(source, key.span.line, column) if is_first else ()
