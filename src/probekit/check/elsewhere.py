"""What a name that means nothing in its place is elsewhere in the spec; for errors only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from probekit.frontend.spec import MapSpec, ProbeSpec, ProgramSpec, Steps
from probekit.frontend.yamlnodes import Mapping, Node, Scalar, start_of
from probekit.source import Span

# A message, a help and the place that it is about.
Meaning: TypeAlias = tuple[str, str, tuple[Span, str]]
# A name, the `let:` that gives it a value, and where its program begins.
_Set: TypeAlias = tuple[Scalar, Mapping | None, Span]


class Elsewhere:
    """What each name of a spec is."""

    def __init__(self, spec: ProbeSpec) -> None:
        self._maps = {found.name.text: found for found in spec.maps}
        self._named = {node.text: (kind, node) for kind, node in _names(spec)}
        self._schedules = [(one.node.span, one.action.text) for one in spec.schedules]
        self._conditions = [program.when.span for program in spec.programs if program.when]
        self._starts = [_start(program) for program in spec.programs]
        self._values: dict[str, list[_Set]] = {}
        for program, start in zip(spec.programs, self._starts, strict=True):
            for name, let in _names_set(program.steps):
                self._values.setdefault(name.text, []).append((name, let, start))

    def meaning(self, name: str, place: Span, written: str) -> Meaning | None:
        """What to say of `name`, which an expression at `place` uses; None where nothing has it.

        `written` is what stands at the place: the name, and perhaps `[key]` after it.
        """
        action = next((verb for span, verb in self._schedules if _is_inside(place, span)), "")
        if name in self._maps:
            return _map(self._maps[name], action, written)
        if name in self._values and action:
            return _of_handler(self._values[name][0][0])
        if name in self._values:
            return self._value(self._values[name], place)
        return _named(*self._named[name]) if name in self._named else None

    def _value(self, places: list[_Set], place: Span) -> Meaning:
        """A name of `let` or `as` in another place: of the same handler, else of any."""
        here = max((start for start in self._starts if not place < start), default=None)
        same = [(name, let) for name, let, start in places if start == here]
        if not same:
            return _of_other(places[0][0])
        for name, let in same:
            user = _set_at(place, let) if let is not None else None
            if user is not None:
                return _of_let(name, user)
        if any(_is_inside(place, span) for span in self._conditions):
            return _of_condition(same[0][0])
        return _of_same(same[0][0], place)


def _map(found: MapSpec, action: str, written: str) -> Meaning:
    """Of a map: in a schedule of this action, or in a handler, where there is none."""
    name = found.name.text
    if action == "print":
        help = f"a schedule shows a map's entries: write `show: {name}`"
    elif action:
        help = "`value` is the current value of the entry that is written; others are not read here"
    else:
        inside = written.removeprefix(f"{name}[")[:-1] if written.endswith("]") else "..."
        key = "" if found.type.text == "global" else f" key: {inside},"
        default = "" if isinstance(found.value, Mapping) else " default: 0,"
        step = f"- {{lookup: {name},{key}{default} as: found}}"
        help = f"read it first: `{step}`"
    return f"`{name}` is a map, and no value", help, (found.name.span, "declared here")


def _of_handler(found: Scalar) -> Meaning:
    what = f"`{found.text}` is a value of a handler, which schedules do not see"
    return what, "let the handler write it to a map", (found.span, "set here")


def _of_other(found: Scalar) -> Meaning:
    what = f"`{found.text}` is set in another program's handler"
    help = "set it in this one too; programs share values through maps"
    return what, help, (found.span, "set here")


def _of_condition(found: Scalar) -> Meaning:
    what = f"`when` is decided before the steps, and `{found.text}` is set by one"
    help = f"ask in a step: `if:` after line {found.span.line}"
    return what, help, (found.span, "set here")


def _set_at(place: Span, let: Mapping) -> Scalar | None:
    """The name that gets the value at `place`, None where the `let:` has nothing there."""
    return next((name for name, value in let if _is_inside(place, value.span)), None)


def _of_let(found: Scalar, user: Scalar) -> Meaning:
    """A name in the value of a name that the same `let:` sets."""
    if found is user:
        what = f"`{found.text}` is not known in the value that it gets"
        return what, "give the result another name", (found.span, "set here")
    what = f"`{found.text}` is set only after this"
    help = f"set `{found.text}` before `{user.text}`: a `let:` sets its names in order"
    return what, help, (found.span, "set here")


def _of_same(found: Scalar, place: Span) -> Meaning:
    if place < found.span:
        help = "move the step that sets it before this one"
        return f"`{found.text}` is set only after this", help, (found.span, "set here")
    help = "set it before the `if:`, or move this step into that block"
    what = f"`{found.text}` is known only to the end of the block that sets it"
    return what, help, (found.span, "set here")


def _named(kind: str, node: Scalar) -> Meaning:
    """A program's or a schedule's own name."""
    what = f"`{node.text}` is the name of a {kind}, and no value"
    help = "use the name of a value: of a `let:`, an `as:` or a param"
    return what, help, (node.span, "named here")


def _names(spec: ProbeSpec) -> Iterator[tuple[str, Scalar]]:
    for program in spec.programs:
        if program.name is not None:
            yield "program", program.name
    for schedule in spec.schedules:
        name = schedule.option("name")
        if isinstance(name, Scalar):
            yield "schedule", name


def _names_set(steps: Steps) -> Iterator[tuple[Scalar, Mapping | None]]:
    """The names that the steps set, and those in the blocks inside them, in order.

    With each of a `let:` all of that.
    """
    for step in steps:
        if step is None:
            continue
        operand, name = step.operand, step.option("as")
        if step.verb.text == "let" and isinstance(operand, Mapping):
            yield from ((key, operand) for key, _ in operand)
        if isinstance(name, Scalar):
            yield name, None
        yield from _names_set(step.then)
        yield from _names_set(step.otherwise)


def _start(program: ProgramSpec) -> Span:
    nodes: list[Node] = [node for node in (program.name, program.kind, program.when) if node]
    nodes += [step.node for step in program.steps if step is not None]
    return min(start_of(node) for node in nodes)


def _is_inside(place: Span, whole: Span) -> bool:
    start, end = (whole.line, whole.column), (whole.end_line, whole.end_column)
    return start <= (place.line, place.column) <= end
