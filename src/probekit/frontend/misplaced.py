"""Keys that stand in another item of a list than they belong to, and steps that never run.

Imported on the way to an error only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from probekit.diagnostics import Diagnostic, Edit, Label
from probekit.frontend.schemachoice import ACTIONS, TIMES
from probekit.frontend.yamldash import item_begins
from probekit.frontend.yamlnodes import Mapping, Node, Path, Scalar, Sequence, start_of
from probekit.source import Source, Span

_BLOCKS = ("then", "else")
_TIMES = frozenset(TIMES)
_ACTIONS = frozenset(ACTIONS)
_WITHOUT_OPTIONS = frozenset(("let", "print", "printk", "stop")) - _ACTIONS
# A place, what is wrong there, no slip, and the other places that it settles.
Strayed: TypeAlias = tuple[Path, Diagnostic, None, tuple[Path, ...]]


def strayed(
    source: Source, path: Path, items: Sequence, keys: tuple[str, ...], options: tuple[str, ...]
) -> Iterator[Strayed]:
    """What stands in the wrong item of the list at `path`, whose items each have one of `keys`."""
    above: Node | None = None
    last_settled = -1
    for at, item in enumerate(items):
        here = (*path, at)
        if isinstance(above, Mapping) and isinstance(item, Mapping):
            if last_settled < at - 1 and _belongs_above(item, above, keys, options):
                last_settled = at
                is_last = at + 1 == len(items.items)
                yield here, part_of_above(source, item, is_last), None, ((*path, at - 1),)
            if _ends(above):
                yield here, _never_runs(source, item), None, ()
                return
        second = _second_schedule(item) if isinstance(item, Mapping) else None
        if isinstance(item, Mapping) and second is not None:
            yield here, item_begins(source, second, item.items[0][0]), None, ()
        if isinstance(item, Mapping) and keys[0] == "let" and _beside_if(item, keys):
            yield here, _under_then(source, item, keys), None, ()
        above = item


def _belongs_above(
    item: Mapping, above: Mapping, keys: tuple[str, ...], options: tuple[str, ...]
) -> bool:
    """Whether an item is none of its own, but the rest of the one above it."""
    names = {key.text for key, _ in item}
    given = {key.text for key, _ in above}
    if not names or names & set(keys) or not names <= set(options) or names & given:
        return False
    if names & set(_BLOCKS):
        return "if" in given
    both = names | given
    if not given <= set(keys) | set(options):
        return False
    is_one = len(both & _TIMES) <= 1 and len(both & _ACTIONS) <= 1
    return bool(given & set(keys)) and is_one and not given & _WITHOUT_OPTIONS


def part_of_above(source: Source, item: Mapping, is_last: bool) -> Diagnostic:
    """A name may be that of the item below as well."""
    key = item.items[0][0]
    line = source.line(key.span.line)[: key.span.column - 1]
    label = Label(source, key.span)
    message = f"`{key.text}` stands in an item of its own"
    if key.text == "name" and not is_last:
        help = "it belongs to the item above, or to the one below"
        return Diagnostic("stray-key", message, label, help=help)
    if not line.rstrip().endswith("-") or line.count("-") != 1:
        help = "it belongs to the item above"
        return Diagnostic("stray-key", message, label, help=help)
    dash = line.index("-")
    span = Span(key.span.line, dash + 1, key.span.line, key.span.end_column)
    gap = " " * (len(line) - dash)
    help = f"it belongs to the item above: remove its `-`, as in `{gap}{key.text}:`"
    edit = Edit(span, gap + key.text)
    return Diagnostic("stray-key", message, label, help=help, edits=(edit,))


def _ends(step: Mapping) -> bool:
    return any(key.text == "stop" for key, _ in step) and len(step.items) == 1


def _never_runs(source: Source, item: Mapping) -> Diagnostic:
    help = "remove what follows `stop`, or put the `stop` under an `if:`"
    label = Label(source, start_of(item))
    return Diagnostic("never-runs", "steps after `stop` never run", label, help=help)


def _second_schedule(item: Mapping) -> Scalar | None:
    """The second time of an item that is two whole schedules, which have no `-` between them."""
    times = [at for at, (key, _) in enumerate(item) if key.text in TIMES]
    if len(times) != 2 or times[0] != 0:
        return None
    parts = (item.items[: times[1]], item.items[times[1] :])
    actions = [sum(key.text in ACTIONS for key, _ in part) for part in parts]
    return item.items[times[1]][0] if actions == [1, 1] else None


def _beside_if(step: Mapping, verbs: tuple[str, ...]) -> bool:
    names = [key.text for key, _ in step]
    return "if" in names and any(name in verbs and name != "if" for name in names)


def _under_then(source: Source, step: Mapping, verbs: tuple[str, ...]) -> Diagnostic:
    """`if:` and another verb in one step."""
    condition = next(key for key, _ in step if key.text == "if")
    verb = next(key for key, _ in step if key.text in verbs and key.text != "if")
    message = f"`{verb.text}` stands beside `if`"
    help = f"put it under `then:`, as an item of its list: `- {verb.text}:`"
    edits = _into_then(source, step, verb)
    related = (Label(source, condition.span, "the condition"),)
    label = Label(source, verb.span)
    return Diagnostic("one-verb", message, label, related, help, edits=edits)


def _into_then(source: Source, step: Mapping, verb: Scalar) -> tuple[Edit, ...]:
    """In block style, and where the step's other keys follow its verb."""
    names = [key for key, _ in step]
    if names[0].text != "if" or names[1] is not verb or {k.text for k in names} & set(_BLOCKS):
        return ()
    column = verb.span.column - 1
    if source.line(verb.span.line)[:column].strip() or names[0].span.column - 1 != column:
        return ()
    start = Span(verb.span.line, verb.span.column, verb.span.line, verb.span.end_column)
    head = Edit(start, f"then:\n{' ' * (column + 2)}- {verb.text}")
    lines = range(verb.span.line + 1, last_line(step) + 1)
    deeper = [Edit(Span(line, 1, line, 1), "    ") for line in lines if source.line(line).strip()]
    return (head, *deeper)


def last_line(step: Mapping) -> int:
    """The last line that the step has text on."""
    node: Node = step.items[-1][1]
    while not isinstance(node, Scalar) and node.items:
        last = node.items[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node.span.end_line if node.span.end_column > 1 else node.span.end_line - 1
