"""What JSON Schema cannot say well: exactly one verb to a step, and expressions cut by YAML."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from probekit.diagnostics import MOST_ERRORS, Diagnostic, Edit, Label
from probekit.frontend.yamlnodes import (
    Mapping,
    Node,
    Path,
    Scalar,
    Sequence,
    scalar_value,
    start_of,
)
from probekit.nearest import listed
from probekit.record import Record
from probekit.source import Source, Span

VERBS = tuple("let lookup update delete count print printk if stop".split())
LATER_VERBS = tuple("take observe push pop peek emit repeat break signal".split())
ACTIONS = tuple("update delete clear show print".split())
TIMES = tuple("every after at".split())
KINDS = ("tracepoint",)
LATER_KINDS = tuple(
    "raw_tracepoint kprobe kretprobe fentry fexit uprobe uretprobe usdt profile interval"
    " software hardware".split()
)
_STEP_OPTIONS = tuple("key value as default by mode then else fields".split())
_PROGRAM_OPTIONS = tuple("name when do missing arguments period frequency".split())
_SCHEDULE_OPTIONS = tuple(
    "name delay times key value entries top by reset from stale atomic".split()
)
# Every key of the format, for telling keys from text.
LATER_KEYS = frozenset((*LATER_VERBS, *LATER_KINDS, "cron", "sync", "reset", "missing"))
_OTHER_KEYS = ("cron", "sync", "type", "size", "max_entries", "description")
OPTIONS = frozenset(
    VERBS + LATER_VERBS + ACTIONS + TIMES + KINDS + LATER_KINDS + _OTHER_KEYS
    + _STEP_OPTIONS + _PROGRAM_OPTIONS + _SCHEDULE_OPTIONS
)  # fmt: skip


class Choice(Record):
    """A fault that settles its places: what else the schema says of them follows from this one.

    `slip` is set where it is a misspelt key: the key, and the name that was meant.
    """

    path: Path
    diagnostic: Diagnostic
    slip: tuple[Scalar, str] | None = None
    others: tuple[Path, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """All places that it settles."""
        return (self.path, *self.others)


class _Rule(Record):
    """Of `keys`, exactly one; `later` are keys the format has and this version does not."""

    what: str
    keys: tuple[str, ...]
    later: tuple[str, ...]
    options: tuple[str, ...]
    code: str


_STEP = _Rule("a verb", VERBS, LATER_VERBS, _STEP_OPTIONS, "one-verb")
_KIND = _Rule("an attach point", KINDS, LATER_KINDS, _PROGRAM_OPTIONS, "one-kind")
_ACTION = _Rule("an action", ACTIONS, ("sync",), (*_SCHEDULE_OPTIONS, *TIMES, "cron"), "one-action")
_TIME = _Rule("a time", TIMES, ("cron",), (*_SCHEDULE_OPTIONS, *ACTIONS, "sync"), "one-time")


def options_beside(key: str) -> tuple[str, ...]:
    """The keys that may stand beside `key`, where that begins a step, a program or a schedule."""
    rules = (_STEP, _KIND, _TIME)
    return next((rule.options for rule in rules if key in rule.keys + rule.later), ())


def check_choices(source: Source, root: Node) -> Iterator[Choice]:
    """Every cut expression, and every place without exactly one of its keys."""
    cuts = islice(_cut_expressions(source, root, ()), MOST_ERRORS + 1)
    cut = {choice.path: choice for choice in cuts}
    yield from cut.values()
    settled = set(cut)
    yield from (choice for choice in _bare_types(source, root) if choice.path not in cut)
    for choice in _strayed(source, root):
        settled.update(choice.paths)
        yield choice
    reported: set[Span] = set()
    for rule, path, mapping in _choices(root):
        found = _check_rule(source, rule, path, mapping) if path not in settled else None
        label = found.diagnostic.label if found else None
        if found is not None and label and label.span not in reported:
            reported.add(label.span)
            yield found


def has_bare_fields(root: Node) -> bool:
    """Whether a step has a struct of names without values: `key: {pid, comm}`."""
    return any(
        _is_bare(node)
        for _, _, step in _choices(root)
        for node in (step.get("key"), step.get("value"))
    )


def _is_bare(node: Node | None) -> bool:
    """`{pid, comm}`"""
    return isinstance(node, Mapping) and bool(node.items) and all(_is_null(v) for _, v in node)


def _bare_types(source: Source, root: Node) -> Iterator[Choice]:
    """`value: {timestamp}`: a map's struct, of which fields lack their types."""
    maps = root.get("maps") if isinstance(root, Mapping) else None
    for name, node in maps if isinstance(maps, Mapping) else ():
        for part in ("key", "value") if isinstance(node, Mapping) else ():
            type = node.get(part) if isinstance(node, Mapping) else None
            if isinstance(type, Mapping) and any(_is_null(value) for _, value in type):
                from probekit.frontend.structvalues import bare_type

                yield Choice(("maps", name.text, part), bare_type(source, part, type))


def _strayed(source: Source, root: Node) -> list[Choice]:
    """Keys that stand in another item than they belong to."""
    lists = list(_lists(root))
    if not any(is_suspect(rule.keys, rule.later, items) for rule, _, items in lists):
        return []
    from probekit.frontend.misplaced import strayed

    found = [
        Choice(*one)
        for rule, path, items in lists
        for one in islice(
            strayed(source, path, items, rule.keys + rule.later, rule.options), MOST_ERRORS + 1
        )
    ]
    return list({choice.path: choice for choice in reversed(found)}.values())[::-1]


def is_suspect(keys: tuple[str, ...], later: tuple[str, ...], items: Sequence) -> bool:
    """Whether a list has an item without any of `keys`, with several, or one after `stop`."""
    for at, item in enumerate(items):
        if isinstance(item, Mapping):
            chosen = [key.text for key, _ in item if key.text in keys or key.text in later]
            if len(chosen) != 1 or (chosen == ["stop"] and at + 1 < len(items.items)):
                return True
    return False


def _lists(node: Node) -> Iterator[tuple[_Rule, Path, Sequence]]:
    """Every list of items that a rule holds for."""
    if not isinstance(node, Mapping):
        return
    for name, rules in (("programs", (_KIND,)), ("schedules", (_ACTION, _TIME))):
        items = node.get(name)
        if isinstance(items, Sequence):
            yield from ((rule, (name,), items) for rule in rules)
    for at, program in _mappings(node, "programs", ()):
        yield from _step_lists(program, ("do",), at)


def _step_lists(
    node: Mapping, names: tuple[str, ...], path: Path
) -> Iterator[tuple[_Rule, Path, Sequence]]:
    for name in names:
        items = node.get(name)
        if isinstance(items, Sequence):
            yield _STEP, (*path, name), items
            for at, step in _mappings(node, name, path):
                yield from _step_lists(step, ("then", "else"), at)


def _choices(node: Node) -> Iterator[tuple[_Rule, Path, Mapping]]:
    """Every place where a rule holds: programs, their steps at any depth, schedules."""
    if not isinstance(node, Mapping):
        return
    for at, program in _mappings(node, "programs", ()):
        yield _KIND, at, program
        yield from _steps(program, "do", at)
    for at, schedule in _mappings(node, "schedules", ()):
        yield _ACTION, at, schedule
        yield _TIME, at, schedule


def _steps(node: Mapping, key: str, path: Path) -> Iterator[tuple[_Rule, Path, Mapping]]:
    for at, step in _mappings(node, key, path):
        yield _STEP, at, step
        yield from _steps(step, "then", at)
        yield from _steps(step, "else", at)


def _mappings(node: Mapping, key: str, path: Path) -> Iterator[tuple[Path, Mapping]]:
    items = node.get(key)
    if isinstance(items, Sequence):
        for index, item in enumerate(items):
            if isinstance(item, Mapping):
                yield (*path, key, index), item


def _check_rule(source: Source, rule: _Rule, path: Path, mapping: Mapping) -> Choice | None:
    chosen = [key for key, _ in mapping if key.text in rule.keys + rule.later]
    if len(chosen) == 1:
        return None
    if len(chosen) > 1:
        return Choice(path, _several(source, rule, chosen))
    strange = [key for key, _ in mapping if key.text not in rule.options]
    if strange:
        return _unknown(source, rule, path, mapping, strange)
    reset = mapping.key("reset") if rule is _ACTION else None
    return Choice(path, _reset(source, mapping, reset) if reset else _none(source, rule, mapping))


def _several(source: Source, rule: _Rule, chosen: list[Scalar]) -> Diagnostic:
    names = " and ".join(f"`{key.text}`" for key in chosen)
    return Diagnostic(
        rule.code,
        f"{rule.what} is given {len(chosen)} times: {names}",
        Label(source, chosen[1].span, "this one too"),
        related=(Label(source, chosen[0].span, "first here"),),
        help="keep one; several go into items of their own",
    )


def _unknown(
    source: Source, rule: _Rule, path: Path, mapping: Mapping, strange: list[Scalar]
) -> Choice:
    """The strange key that is most like one of the rule's, else the first."""
    from probekit.frontend.keys import meant_key

    found = [(key, meant_key(key.text, rule.keys, rule.later)) for key in strange]
    key, most_like = next(
        (one for one in found if one[1].name),
        next((one for one in found if one[1].is_near), found[0]),
    )
    first, *rest = key.text.split(maxsplit=1) or [""]
    help, name = most_like.help, most_like.name
    if key.text in KINDS + LATER_KINDS and not (rule is _TIME and most_like.is_near):
        help, name = f"it stands at a program, beside its `do:`: `- {key.text}: ...`", None
    elif rule is _TIME and name == "at" and _is_duration(mapping.get(key.text)):
        help, name = "write `every: 1s`, or `after: 1s` for once; `at:` is `start` or `stop`", None
    elif key.text in TIMES and rule is _STEP:
        help, name = f"times stand at `schedules:`: `- {key.text}: ...`", None
    elif rest and first in rule.keys + rule.later:
        help, name = f"write a `:` after it: `{first}: ...`", None
    elif not most_like.is_near:
        help = f"there are {listed(rule.keys)}" if len(rule.keys) > 1 else _only(rule)
    message = f"`{key.text}` is not {rule.what}"
    edits = (Edit(key.span, name),) if name else ()
    diagnostic = Diagnostic("unknown-key", message, Label(source, key.span), help=help, edits=edits)
    return Choice(path, diagnostic, (key, name) if name else None)


def _is_duration(node: Node | None) -> bool:
    from probekit.duration import meant_duration, parse_duration

    text = node.text if isinstance(node, Scalar) else ""
    return parse_duration(text) is not None or meant_duration(text) is not None


def _only(rule: _Rule) -> str:
    return f"there is `{rule.keys[0]}` in this version"


def _reset(source: Source, mapping: Mapping, reset: Scalar) -> Diagnostic:
    """`reset: MAP`, which goes with another action, and is not there yet."""
    given = mapping.get("reset")
    name = given.text if isinstance(given, Scalar) and given.text != "true" else "MAP"
    message = "`reset` is not an action, and not in this version yet"
    label = Label(source, reset.span)
    return Diagnostic(_ACTION.code, message, label, help=f"write `clear: {name}`")


def _none(source: Source, rule: _Rule, mapping: Mapping) -> Diagnostic:
    first = mapping.items[0][0] if mapping.items else None
    if rule is _STEP and first is not None and first.text in ("then", "else"):
        message = f"`{first.text}` stands without its `if`"
        above = "condition" if first.text == "then" else "condition and its `then:`"
        help = f"above it write `- if:` with a {above}; `{first.text}:` stands in their column"
        return Diagnostic(rule.code, message, Label(source, first.span), help=help)
    help = f"add one of {listed(rule.keys)}" if len(rule.keys) > 1 else f"add `{rule.keys[0]}:`"
    label = Label(source, start_of(mapping))
    return Diagnostic(rule.code, f"{rule.what} is missing", label, help=help)


def _cut_expressions(source: Source, node: Node, path: Path) -> Iterator[Choice]:
    """Mappings in which `{n: min(x, 5)}` became `n: min(x` and a key `5)` without a value."""
    if isinstance(node, Sequence):
        for index, item in enumerate(node):
            yield from _cut_expressions(source, item, (*path, index))
    if not isinstance(node, Mapping):
        return
    items = node.items
    for at, (_, value) in enumerate(items[:-1]):
        is_next_empty = _is_null(items[at + 1][1])
        if is_next_empty and _opened(value) > 0:
            found = _cut(source, items[at:])
            if found is not None:
                yield Choice(path, found)
                return
        elif is_next_empty and items[at][0].text in ("description", "print", "printk"):
            found = _cut_text(source, items[at:])
            if found is not None:
                yield Choice(path, found)
                return
    for key, value in items:
        yield from _cut_expressions(source, value, (*path, key.text))


def _opened(node: Node) -> int:
    """How many more brackets are opened than closed in plain text."""
    if not isinstance(node, Scalar) or not node.plain:
        return 0
    return sum(node.text.count(c) for c in "([{") - sum(node.text.count(c) for c in ")]}")


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and scalar_value(node) is None


def _cut_text(source: Source, items: tuple[tuple[Scalar, Node], ...]) -> Diagnostic | None:
    """`{description: reads, and writes}`: a text that a comma ends."""
    (key, value), *rest = items
    end = value.span
    for part, empty in rest:
        if not _is_null(empty) or (isinstance(empty, Scalar) and empty.raw):
            break
        end = part.span
    is_text = isinstance(value, Scalar) and value.plain and end.end_line == value.span.line
    if not is_text or end is value.span or "," not in source.line(end.line)[value.span.column :]:
        return None
    from probekit.frontend.yamlquote import quoted

    span = Span(value.span.line, value.span.column, end.end_line, end.end_column)
    text = quoted(source.line(span.line)[span.column - 1 : span.end_column - 1])
    message = "a comma ends a value here"
    help = f"put all of it in quotes: `{key.text}: {text}`"
    label = Label(source, span)
    return Diagnostic("unquoted-comma", message, label, help=help, edits=(Edit(span, text),))


def _cut(source: Source, items: tuple[tuple[Scalar, Node], ...]) -> Diagnostic | None:
    """None where the brackets are never closed; the help is the whole expression in quotes."""
    (key, value), *rest = items
    depth, end = _opened(value), value.span
    for part, _ in rest:
        if depth > 0:
            depth, end = depth + _opened(part), part.span
    if depth != 0:
        return None
    span = Span(value.span.line, value.span.column, end.end_line, end.end_column)
    if key.text == "type":
        message = "a type is one word"
        help = "a map is written `{type: hash, key: u32, value: u64, max_entries: 1024}`"
        return Diagnostic("yaml-syntax", message, Label(source, span), help=help)
    help = "inside `{ }` and `[ ]` put the whole expression in quotes"
    edits: tuple[Edit, ...] = ()
    if span.line == span.end_line:
        from probekit.frontend.yamlquote import quoted

        whole = quoted(source.line(span.line)[span.column - 1 : span.end_column - 1])
        help, edits = f"put it in quotes: `{key.text}: {whole}`", (Edit(span, whole),)
    message = "an expression with a comma stands here without quotes"
    return Diagnostic("unquoted-comma", message, Label(source, span), help=help, edits=edits)
