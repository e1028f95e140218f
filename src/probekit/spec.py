"""YAML text → ProbeSpec: what was written, with its places; nothing is interpreted yet."""

from __future__ import annotations

from dataclasses import dataclass

from probekit.diagnostics import DiagnosticError
from probekit.schema import ACTIONS, VERBS, validate
from probekit.source import Source, Span
from probekit.yamlnodes import Mapping, Node, Scalar, Sequence, parse


@dataclass(frozen=True, slots=True)
class ParamSpec:
    """One of `params`."""

    name: Scalar
    type: Scalar
    default: Scalar
    description: str


@dataclass(frozen=True, slots=True)
class MapSpec:
    """One of `maps`; what its type does not need is None."""

    name: Scalar
    type: Scalar
    key: Node | None
    value: Node | None
    max_entries: Scalar | None
    entries: Node | None


@dataclass(frozen=True, slots=True)
class StepSpec:
    """One step: its verb's key, and all of the step by name."""

    verb: Scalar
    node: Mapping

    @property
    def operand(self) -> Node:
        """What stands at the verb."""
        operand = self.node.get(self.verb.text)
        assert operand is not None
        return operand

    def option(self, name: str) -> Node | None:
        """What stands at another key of the step."""
        return self.node.get(name)

    def steps(self, name: str) -> tuple[StepSpec, ...]:
        """The block of steps at `name`; empty where it is not given."""
        return _steps(self.node.get(name))


@dataclass(frozen=True, slots=True)
class ProgramSpec:
    """One of `programs`. `kind` is the key that names the attach point, `target` its value."""

    name: Scalar | None
    kind: Scalar
    target: Node
    when: Node | None
    steps: tuple[StepSpec, ...]


@dataclass(frozen=True, slots=True)
class ScheduleSpec:
    """One of `schedules`: its action's key, and all of it by name."""

    action: Scalar
    node: Mapping

    def option(self, name: str) -> Node | None:
        """What stands at a key of the schedule."""
        return self.node.get(name)


@dataclass(frozen=True, slots=True)
class ProbeSpec:
    """One spec file."""

    source: Source
    name: Scalar
    description: str
    params: tuple[ParamSpec, ...]
    maps: tuple[MapSpec, ...]
    programs: tuple[ProgramSpec, ...]
    schedules: tuple[ScheduleSpec, ...]


def read(source: Source) -> ProbeSpec:
    """Parses `source` and checks its shape. Raises DiagnosticError with all that is wrong."""
    root = parse(source)
    faults = validate(source, root)
    if faults:
        raise DiagnosticError(faults)
    assert isinstance(root, Mapping)
    return _probe(source, root)


def _probe(source: Source, root: Mapping) -> ProbeSpec:
    return ProbeSpec(
        source=source,
        name=_scalar(root, "name"),
        description=_text(root, "description"),
        params=tuple(_param(name, node) for name, node in _section(root, "params")),
        maps=tuple(_map(name, node) for name, node in _section(root, "maps")),
        programs=tuple(map(_program, _items(root, "programs"))),
        schedules=tuple(map(_schedule, _items(root, "schedules"))),
    )


def _section(root: Mapping, key: str) -> list[tuple[Scalar, Mapping]]:
    node = root.get(key)
    if not isinstance(node, Mapping):
        return []
    return [(name, value) for name, value in node if isinstance(value, Mapping)]


def _items(root: Mapping, key: str) -> list[Mapping]:
    node = root.get(key)
    if not isinstance(node, Sequence):
        return []
    return [item for item in node if isinstance(item, Mapping)]


def _param(name: Scalar, node: Mapping) -> ParamSpec:
    return ParamSpec(
        name, _scalar(node, "type"), _scalar(node, "default"), _text(node, "description")
    )


def _map(name: Scalar, node: Mapping) -> MapSpec:
    max_entries = node.get("max_entries")
    assert max_entries is None or isinstance(max_entries, Scalar)
    return MapSpec(
        name,
        _scalar(node, "type"),
        node.get("key"),
        node.get("value"),
        max_entries,
        node.get("entries"),
    )


def _program(node: Mapping) -> ProgramSpec:
    kind = node.key("tracepoint")
    target = node.get("tracepoint")
    name = node.get("name")
    assert kind is not None and target is not None
    assert name is None or isinstance(name, Scalar)
    return ProgramSpec(name, kind, target, node.get("when"), _steps(node.get("do")))


def _steps(node: Node | None) -> tuple[StepSpec, ...]:
    if not isinstance(node, Sequence):
        return ()
    return tuple(
        StepSpec(_chosen(step, VERBS), step) for step in node if isinstance(step, Mapping)
    )


def _schedule(node: Mapping) -> ScheduleSpec:
    return ScheduleSpec(_chosen(node, ACTIONS), node)


def _chosen(node: Mapping, keys: tuple[str, ...]) -> Scalar:
    """The one of `keys` that the mapping has: the schema made sure of it."""
    return next(key for key, _ in node if key.text in keys)


def _scalar(node: Mapping, key: str) -> Scalar:
    value = node.get(key)
    assert isinstance(value, Scalar)
    return value


def _text(node: Mapping, key: str) -> str:
    value = node.get(key)
    return value.text if isinstance(value, Scalar) else ""


def start_of(node: Node) -> Span:
    """Where a node begins, for pointing at all of it."""
    if isinstance(node, Mapping) and node.items:
        return node.items[0][0].span
    if node.span.line == node.span.end_line:
        return node.span
    return Span.point(node.span.line, node.span.column)
