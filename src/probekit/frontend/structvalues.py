"""A struct's fields without their values: `key: {pid, comm}`, and `key: [pid, comm]`.

Imported on the way to an error only.
"""

from __future__ import annotations

from functools import partial

from probekit.diagnostics import Diagnostic, Edit, Label
from probekit.frontend.structdepth import PARTS, at_their_depth
from probekit.frontend.yamlnodes import Mapping, Node, Scalar, Sequence, scalar_value
from probekit.frontend.yamlquote import as_scalar
from probekit.source import Source
from probekit.types import scalar_type

_ON_MAPS = ("count", "update", "delete", "lookup")


def bare_fields(source: Source, root: Mapping) -> tuple[list[Diagnostic], Mapping]:
    """What is said of them, and the spec with each field's own name for its value."""
    faults: list[Diagnostic] = []
    maps = root.get("maps")

    def whole(node: Node) -> Node:
        if isinstance(node, Sequence):
            return Sequence(node.span, tuple(map(whole, node.items)))
        if not isinstance(node, Mapping):
            return node
        items: list[tuple[Scalar, Node]] = []
        deep, node = at_their_depth(source, node, partial(_fields, maps, node))
        faults.extend(deep)
        for key, value in node:
            fields = _fields(maps, node, key.text) if key.text in PARTS else ()
            found = _values(value) if fields else None
            inside = _in_braces(maps, node, key.text, value)
            if inside is not None:
                faults.append(_braced(source, key, value, inside))
                items.append((key, inside))
                continue
            if found is None or not fields:
                items.append((key, whole(value)))
                continue
            faults.append(_fault(source, key, value, found, fields))
            pairs = zip(
                (Scalar(one.span, name, True, name) for one, name in _named(found, fields)),
                found,
                strict=False,
            )
            items.append((key, Mapping(value.span, tuple(pairs))))
        return Mapping(node.span, tuple(items))

    kept = (
        (key, whole(value) if key.text in ("programs", "schedules") else value)
        for key, value in root
    )
    return faults, Mapping(root.span, tuple(kept))


def bare_type(source: Source, part: str, type: Mapping) -> Diagnostic:
    """`value: {timestamp}`, and `key: {pid: u32, comm}`: a field of a map's struct has no type."""
    field = next(key for key, value in type if _is_null(value))
    message = f"`{field.text}` has no value"
    help = f"a field of a struct has a type, as in `{field.text}: u32`"
    edits: tuple[Edit, ...] = ()
    if not field.text.isidentifier():
        help = "a struct is `{pid: u32, comm: char(16)}`"
    if scalar_type(field.text) is not None and len(type.items) == 1:
        help = f"a type has no braces around it: `{part}: {field.text}`"
        edits = (Edit(type.span, field.text),) if type.span.line == type.span.end_line else ()
    return Diagnostic("null-value", message, Label(source, field.span), help=help, edits=edits)


def _fields(maps: Node | None, step: Mapping, part: str) -> tuple[str, ...]:
    """The fields of the struct that a step's map has for its keys or values."""
    type = _type(maps, step, part)
    return tuple(key.text for key, _ in type) if isinstance(type, Mapping) else ()


def _type(maps: Node | None, step: Mapping, part: str) -> Node | None:
    """The type that a step's map has for its keys or values."""
    name = next((value for key, value in step if key.text in _ON_MAPS), None)
    node = maps.get(name.text) if isinstance(maps, Mapping) and isinstance(name, Scalar) else None
    return node.get(part) if isinstance(node, Mapping) else None


def _in_braces(maps: Node | None, step: Mapping, part: str, value: Node) -> Scalar | None:
    """The expression in `key: {pid}` or `key: [pid]`, where one is asked for and no struct."""
    if part not in PARTS or isinstance(value, Scalar) or len(value.items) != 1:
        return None
    words = _values(value)
    is_one = words is not None and isinstance(_type(maps, step, part), Scalar)
    return words[0] if words and is_one else None


def _braced(source: Source, key: Scalar, node: Node, inside: Scalar) -> Diagnostic:
    what, marks = ("struct", "braces") if isinstance(node, Mapping) else ("list", "brackets")
    message = f"`{key.text}` is one value here, and this a {what}"
    help = f"an expression has no {marks} around it: `{key.text}: {inside.raw}`"
    is_one_line = node.span.line == node.span.end_line
    edits = (Edit(node.span, inside.raw),) if is_one_line else ()
    label = Label(source, node.span if is_one_line else inside.span)
    return Diagnostic("wrong-type", message, label, help=help, edits=edits)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and scalar_value(node) is None


def _values(node: Node) -> list[Scalar] | None:
    """The words of `{pid, comm}` or `[pid, comm]`."""
    if isinstance(node, Mapping):
        is_bare = all(isinstance(one, Scalar) and one.plain and not one.raw for _, one in node)
        return [key for key, _ in node] if is_bare and node.items else None
    if isinstance(node, Sequence) and node.items:
        words = [one for one in node if isinstance(one, Scalar)]
        return words if len(words) == len(node.items) else None
    return None


def _named(words: list[Scalar], fields: tuple[str, ...]) -> list[tuple[Scalar, str]]:
    """Each word with its field: by name where all are names of fields, else in their order."""
    if {word.text for word in words} == {*fields}:
        return [(word, word.text) for word in words]
    return list(zip(words, fields, strict=False))


def _fault(
    source: Source, key: Scalar, node: Node, words: list[Scalar], fields: tuple[str, ...]
) -> Diagnostic:
    pairs = [f"{name}: {as_scalar(word.text)}" for word, name in _named(words, fields)]
    text = f"{{{', '.join(pairs)}}}"
    is_sure = {word.text for word in words} == {*fields} and node.span.line == node.span.end_line
    code, message = "null-value", f"`{words[0].text}` has no value"
    if isinstance(node, Sequence):
        code, message = "wrong-type", f"`{key.text}` is a struct, and this a list"
    label = Label(source, words[0].span if isinstance(node, Mapping) else node.span)
    edits = (Edit(node.span, text),) if is_sure else ()
    return Diagnostic(code, message, label, help=f"write `{key.text}: {text}`", edits=edits)
