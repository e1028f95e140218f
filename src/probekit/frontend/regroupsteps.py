"""Keys and steps that stand outside of the item they belong to, for `regroup`.

Imported on the way to an error only.
"""

from __future__ import annotations

from collections.abc import Iterator

from probekit.diagnostics import Diagnostic, Edit, Label
from probekit.frontend.misplaced import last_line
from probekit.frontend.regrouped import TOP, Regrouped, fault_at, is_null
from probekit.frontend.schemachoice import ACTIONS, KINDS, LATER_KINDS, TIMES, VERBS, options_beside
from probekit.frontend.yamlindent import moved
from probekit.frontend.yamlnodes import Mapping, Node, Scalar, Sequence
from probekit.source import Source, Span

PARTS = {
    "maps": ("type", "key", "value", "max_entries", "entries"),
    "params": ("type", "default", "description"),
}
_BLOCKS = ("do", "then", "else")


def slid_keys(source: Source, root: Mapping) -> Regrouped | None:
    """A part of the last map, program, schedule or step of a list, as far to the left as that."""
    faults: list[Diagnostic] = []

    def of_program(program: Node) -> Node:
        if not isinstance(program, Mapping) or not program.items:
            return program
        known = {*options_beside(KINDS[0]), *KINDS, *LATER_KINDS}
        return _with_slid(source, program, known, faults)

    made = _with_slid(source, root, set(TOP), faults)
    items = (
        (key, Sequence(value.span, tuple(map(of_program, value))))
        if key.text == "programs" and isinstance(value, Sequence)
        else (key, value)
        for key, value in made
    )
    made = Mapping(root.span, tuple(items))
    return Regrouped(tuple(faults), made) if faults else None


def _with_slid(
    source: Source, outer: Mapping, known: set[str], faults: list[Diagnostic]
) -> Mapping:
    """`outer`, in which `known` keys may stand, and others in the last part of what is above."""
    items: list[tuple[Scalar, Node]] = []
    for key, value in outer:
        name, above = items[-1] if items else (None, outer)
        owner = _last_of(above) if name is not None else None
        is_known = key.text in known
        if name is None or owner is None or is_known or not _may_stand_in(owner, key, name):
            items.append((key, value))
            continue
        first = owner.items[0][0].span
        is_movable = isinstance(value, Scalar) and value.span.end_line == key.span.line
        edits = moved(source, key.span.line, first.column - 1) if is_movable else ()
        message = f"`{key.text}` belongs to what is above it"
        help = f"indent it, in the column of `{owner.items[0][0].text}` of line {first.line}"
        label = Label(source, key.span)
        faults.append(Diagnostic("stray-key", message, label, help=help, edits=edits))
        items[-1] = (name, _with_last(above, Mapping(owner.span, (*owner.items, (key, value)))))
    return Mapping(outer.span, tuple(items))


def _last_of(section: Node) -> Mapping | None:
    """The last part of a section, or the last step of a list."""
    last: Node | None = None
    if isinstance(section, Sequence) and section.items:
        last = section.items[-1]
    elif isinstance(section, Mapping) and section.items:
        last = section.items[-1][1]
    return last if isinstance(last, Mapping) and last.items else None


def _with_last(section: Node, last: Mapping) -> Node:
    if isinstance(section, Sequence):
        return Sequence(section.span, (*section.items[:-1], last))
    assert isinstance(section, Mapping)
    return Mapping(section.span, (*section.items[:-1], (section.items[-1][0], last)))


def _may_stand_in(owner: Mapping, key: Scalar, section: Scalar) -> bool:
    names = {name.text for name, _ in owner}
    if key.text in names or section.text not in (*PARTS, "programs", "schedules", "do"):
        return False
    if section.text in PARTS:
        return key.text in PARTS[section.text]
    if names & {"if"}:
        return key.text in ("then", "else")
    known = {option for name in names for option in options_beside(name)}
    return key.text in known - ({*ACTIONS} if names & {*ACTIONS} else set()) - {*TIMES}


def slid_steps(source: Source, root: Mapping) -> Regrouped | None:
    """Steps in the list of programs: each belongs to the `do` above it."""
    programs = root.get("programs")
    if not isinstance(programs, Sequence):
        return None
    items: list[Node] = []
    faults: list[Diagnostic] = []
    slid: list[Node] = []  # the steps that belong to the last of `items`
    for item in programs:
        steps, verb = _steps_of(items[-1] if items else None), _verb(item)
        if verb is None or steps is None or not isinstance(item, Mapping):
            items[-1:] = [_with_steps(one, slid) for one in items[-1:]]
            items.append(item)
            slid = []
            continue
        slid.append(item)
        message = f"`{verb.text}` begins a step, and this is a list of programs"
        help = f"indent it under the `do` of line {_do_line(items[-1])}"
        edits = _deeper(source, item, steps)
        faults.append(fault_at(source, verb, "stray-key", message, help, edits))
    if not faults:
        return None
    items[-1:] = [_with_steps(one, slid) for one in items[-1:]]
    pairs = (
        (key, Sequence(programs.span, tuple(items)) if value is programs else value)
        for key, value in root
    )
    return Regrouped(tuple(faults), Mapping(root.span, tuple(pairs)))


def _do_line(program: Node) -> int:
    key = program.key("do") if isinstance(program, Mapping) else None
    return key.span.line if key is not None else 0


def _with_steps(program: Node, more: list[Node]) -> Node:
    steps = _steps_of(program)
    if steps is None or not more or not isinstance(program, Mapping):
        return program
    whole = Sequence(steps.span, (*steps.items, *more))
    pairs = ((key, whole if value is steps else value) for key, value in program)
    return Mapping(program.span, tuple(pairs))


def _steps_of(program: Node | None) -> Sequence | None:
    steps = program.get("do") if isinstance(program, Mapping) else None
    return steps if isinstance(steps, Sequence) and steps.items else None


def _verb(item: Node) -> Scalar | None:
    """What an item begins with that is a step, and no program."""
    if not isinstance(item, Mapping) or not item.items:
        return None
    names = {key.text for key, _ in item}
    first = item.items[0][0]
    return first if first.text in VERBS and not names & {*KINDS, *LATER_KINDS, "do"} else None


def _deeper(source: Source, item: Mapping, steps: Sequence) -> tuple[Edit, ...]:
    """All lines of an item in block style, moved to where the steps of a list stand."""
    first, key = steps.items[0], item.items[0][0].span
    if not isinstance(first, Mapping) or not first.items:
        return ()
    by = first.items[0][0].span.column - key.column
    is_block = source.line(key.line)[: key.column - 1].strip() == "-"
    lines = range(key.line, last_line(item) + 1) if by > 0 and is_block else ()
    return tuple(
        Edit(Span(line, 1, line, 1), " " * by) for line in lines if source.line(line).strip()
    )


def empty_blocks(source: Source, root: Mapping) -> Regrouped | None:
    """`let:` without a value, and its names beside it."""
    faults: list[Diagnostic] = []

    def whole(node: Node) -> Node:
        if isinstance(node, Sequence):
            return Sequence(node.span, tuple(whole(item) for item in node))
        if not isinstance(node, Mapping):
            return node
        moved = _let_with_names(source, node)
        if moved is not None:
            fault, node = moved
            faults.append(fault)
        pairs = ((key, whole(value) if key.text in _BLOCKS else value) for key, value in node)
        return Mapping(node.span, tuple(pairs))

    pairs = ((key, whole(value) if key.text == "programs" else value) for key, value in root)
    made = Mapping(root.span, tuple(pairs))
    return Regrouped(tuple(faults), made) if faults else None


def _let_with_names(source: Source, step: Mapping) -> tuple[Diagnostic, Mapping] | None:
    (let, value), *rest = step.items or ((None, None),)
    if let is None or let.text != "let" or not rest or not is_null(value):
        return None
    first = rest[0][0]
    if {key.text for key, _ in rest} & {*options_beside("let"), *VERBS}:
        return None
    message = f"`{first.text}` stands beside `let`, which has no value"
    names = ", ".join(f"`{key.text}`" for key, _ in rest)
    edits = tuple(_indented(source, rest))
    fault = Diagnostic(
        "stray-key",
        message,
        Label(source, first.span),
        help=f"indent {names} under it",
        edits=edits,
    )
    return fault, Mapping(step.span, ((let, Mapping(first.span, tuple(rest))),))


def _indented(source: Source, pairs: list[tuple[Scalar, Node]]) -> Iterator[Edit]:
    for line in range(
        pairs[0][0].span.line, last_line(Mapping(pairs[0][0].span, tuple(pairs))) + 1
    ):
        if source.line(line).strip():
            yield Edit(Span(line, 1, line, 1), "  ")
