"""What JSON Schema cannot say well: exactly one verb to a step, and expressions cut by YAML."""

from __future__ import annotations

from collections.abc import Iterator

from probekit.diagnostics import Diagnostic, Label
from probekit.nearest import did_you_mean, listed, nearest
from probekit.record import Record
from probekit.source import Source, Span
from probekit.yamlnodes import Mapping, Node, Path, Scalar, Sequence, scalar_value, start_of

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


class Choice(Record):
    """A fault that settles its place: what else the schema says of it follows from this one."""

    path: Path
    diagnostic: Diagnostic


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


def check_choices(source: Source, root: Node) -> Iterator[Choice]:
    """Every cut expression, and every place without exactly one of its keys."""
    cut = {choice.path: choice for choice in _cut_expressions(source, root, ())}
    yield from cut.values()
    reported: set[Span] = set()
    for rule, path, mapping in _choices(root):
        found = _check_rule(source, rule, mapping) if path not in cut else None
        if found is not None and found.label and found.label.span not in reported:
            reported.add(found.label.span)
            yield Choice(path, found)


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


def _check_rule(source: Source, rule: _Rule, mapping: Mapping) -> Diagnostic | None:
    chosen = [key for key, _ in mapping if key.text in rule.keys + rule.later]
    if len(chosen) == 1:
        return None
    if len(chosen) > 1:
        return _several(source, rule, chosen)
    strange = [key for key, _ in mapping if key.text not in rule.options]
    return _unknown(source, rule, strange) if strange else _none(source, rule, mapping)


def _several(source: Source, rule: _Rule, chosen: list[Scalar]) -> Diagnostic:
    names = " and ".join(f"`{key.text}`" for key in chosen)
    return Diagnostic(
        rule.code,
        f"{rule.what} is given {len(chosen)} times: {names}",
        Label(source, chosen[1].span, "this one too"),
        related=(Label(source, chosen[0].span, "first here"),),
        help="keep one; several go into items of their own",
    )


def _unknown(source: Source, rule: _Rule, strange: list[Scalar]) -> Diagnostic:
    """The strange key that is most like one of the rule's, else the first."""
    known = rule.keys + rule.later
    key = next((key for key in strange if nearest(key.text, known)), strange[0])
    first, *rest = key.text.split(maxsplit=1) or [""]
    if rest and first in known:
        help = f"write a `:` after it: `{first}: ...`"
    else:
        help = did_you_mean(key.text, known, f"there are {listed(rule.keys)}")
    message = f"`{key.text}` is not {rule.what}"
    return Diagnostic("unknown-key", message, Label(source, key.span), help=help)


def _none(source: Source, rule: _Rule, mapping: Mapping) -> Diagnostic:
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
        if _opened(value) > 0 and _is_null(items[at + 1][1]):
            found = _cut(source, items[at:])
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
    help = "inside `{ }` and `[ ]` put the whole expression in quotes"
    if span.line == span.end_line:
        whole = source.line(span.line)[span.column - 1 : span.end_column - 1]
        quote = "'" if '"' in whole else '"'
        help = f"put it in quotes: {key.text}: {quote}{whole}{quote}"
    message = "an expression with a comma stands here without quotes"
    return Diagnostic("unquoted-comma", message, Label(source, span), help=help)
