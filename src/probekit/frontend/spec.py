"""YAML text → ProbeSpec: what was written, with its places; nothing is interpreted yet.

What has a wrong shape is left out and remembered, so that the checker can go on with the rest
and says nothing that follows from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from probekit.diagnostics import Diagnostic, DiagnosticError
from probekit.frontend.schema import Shape, validate
from probekit.frontend.schemachoice import ACTIONS, VERBS
from probekit.frontend.yamlnodes import Mapping, Node, Path, Scalar, Sequence, start_of
from probekit.frontend.yamlparse import parse
from probekit.record import Record
from probekit.source import Source


class ParamSpec(Record):
    """One of `params`."""

    name: Scalar
    type: Scalar
    default: Scalar
    description: str


class MapSpec(Record):
    """One of `maps`; what its type does not need is None. `node` is all of it by name."""

    name: Scalar
    node: Mapping
    type: Scalar
    key: Node | None
    value: Node | None
    max_entries: Scalar | None
    entries: Node | None


class BrokenMap(Record):
    """One of `maps` that has a wrong shape: what could be read of it, None for all else."""

    name: Scalar
    type: Scalar | None
    key: Node | None
    value: Node | None


class StepSpec(Record):
    """One step: its verb's key, all of the step by name, and an `if`'s blocks of steps."""

    verb: Scalar
    node: Mapping
    then: Steps
    otherwise: Steps

    @property
    def operand(self) -> Node:
        """What stands at the verb."""
        operand = self.node.get(self.verb.text)
        assert operand is not None
        return operand

    def option(self, name: str) -> Node | None:
        """What stands at another key of the step."""
        return self.node.get(name)


# A step whose shape is wrong is None.
Steps: TypeAlias = tuple[StepSpec | None, ...]


class ProgramSpec(Record):
    """One of `programs`. `kind` is the key that names the attach point, `target` its value."""

    name: Scalar | None
    kind: Scalar
    target: Node
    when: Node | None
    steps: Steps


class ScheduleSpec(Record):
    """One of `schedules`: its action's key, and all of it by name."""

    action: Scalar
    node: Mapping

    def option(self, name: str) -> Node | None:
        """What stands at a key of the schedule."""
        return self.node.get(name)


class ProbeSpec(Record):
    """One spec file. `faults` are what is wrong with the shape of the parts left out.

    `broken_params` are the names of those left out, `other_durations` what could be read of
    schedules left out.
    """

    source: Source
    name: Scalar
    description: str
    params: tuple[ParamSpec, ...]
    maps: tuple[MapSpec, ...]
    programs: tuple[ProgramSpec, ...]
    schedules: tuple[ScheduleSpec, ...]
    faults: tuple[Diagnostic, ...]
    broken_params: tuple[Scalar, ...]
    broken_maps: tuple[BrokenMap, ...]
    other_durations: tuple[Scalar, ...]


# A fault in one of these says nothing about the rest of the spec.
_APART = ("name", "description", "metrics", "tests", "limits")
_SECTIONS = ("params", "maps", "programs", "schedules")


def read(source: Source) -> ProbeSpec:
    """Parses `source` and checks its shape.

    Raises DiagnosticError where it is not YAML, or not a spec as a whole; what is wrong with
    single parts is in `faults`.
    """
    root = parse(source)
    shape = validate(source, root)
    broken = {_part(path) for path in shape.places if path[:1] not in {(key,) for key in _APART}}
    if () in broken:
        raise DiagnosticError(shape.faults)
    assert isinstance(shape.root, Mapping)
    return _Reader(source, shape.root, shape, frozenset(broken)).probe()


def _part(path: Path) -> Path:
    """The param, map, schedule, program or innermost step that `path` lies in; () for none."""
    if len(path) < 2 or path[0] not in _SECTIONS:
        return ()
    end = 2
    while path[0] == "programs" and len(path) >= end + 2 and path[end] in ("do", "then", "else"):
        end += 2
    return path[:end]


class _Reader(Record):
    """Reads all parts of a spec that are not `broken`."""

    source: Source
    root: Mapping
    shape: Shape
    broken: frozenset[Path]

    def probe(self) -> ProbeSpec:
        programs = [self._program(node, path) for path, node in self._items("programs")]
        return ProbeSpec(
            source=self.source,
            name=self._name(),
            description=_text(self.root, "description"),
            params=tuple(_param(name, node) for name, node in self._section("params")),
            maps=tuple(_map(name, node) for name, node in self._section("maps")),
            programs=tuple(programs),
            schedules=tuple(_schedule(node) for _, node in self._items("schedules")),
            faults=self.shape.faults,
            broken_params=self._broken_names("params"),
            broken_maps=tuple(map(self._broken_map, self._broken_names("maps"))),
            other_durations=tuple(self._other_durations()),
        )

    def _name(self) -> Scalar:
        """The probe's name; where it is missing or wrong, anything: no probe is made then."""
        name = self.root.get("name")
        return name if isinstance(name, Scalar) else Scalar(start_of(self.root), "", True, "")

    def _section(self, key: str) -> list[tuple[Scalar, Mapping]]:
        node = self.root.get(key)
        if not isinstance(node, Mapping):
            return []
        return [
            (name, value)
            for name, value in node
            if isinstance(value, Mapping) and (key, name.text) not in self.broken
        ]

    def _broken_names(self, key: str) -> tuple[Scalar, ...]:
        node = self.root.get(key)
        if not isinstance(node, Mapping):
            return ()
        return tuple(name for name, _ in node if (key, name.text) in self.broken)

    def _broken_map(self, name: Scalar) -> BrokenMap:
        maps = self.root.get("maps")
        node = maps.get(name.text) if isinstance(maps, Mapping) else None
        path = ("maps", name.text)
        if not isinstance(node, Mapping) or path in self.shape.settled:
            return BrokenMap(name, None, None, None)
        wrong = {place[2] for place in self.shape.places if place[:2] == path and len(place) > 2}
        type, key, value = (
            None if part in wrong else node.get(part) for part in ("type", "key", "value")
        )
        return BrokenMap(name, type if isinstance(type, Scalar) else None, key, value)

    def _other_durations(self) -> Iterator[Scalar]:
        """Those of schedules in which something else is wrong."""
        node = self.root.get("schedules")
        for index, item in enumerate(node if isinstance(node, Sequence) else ()):
            path: Path = ("schedules", index)
            if path not in self.broken or path in self.shape.settled:
                continue
            for key, value in item if isinstance(item, Mapping) else ():
                is_right = (*path, key.text) not in self.shape.places
                if key.text in ("every", "after", "delay") and isinstance(value, Scalar):
                    yield from (value,) if is_right else ()

    def _items(self, key: str) -> list[tuple[Path, Mapping]]:
        node = self.root.get(key)
        if not isinstance(node, Sequence):
            return []
        return [
            ((key, index), item)
            for index, item in enumerate(node)
            if isinstance(item, Mapping) and (key, index) not in self.broken
        ]

    def _program(self, node: Mapping, path: Path) -> ProgramSpec:
        kind, target, name = node.key("tracepoint"), node.get("tracepoint"), node.get("name")
        assert kind is not None
        assert target is not None
        assert name is None or isinstance(name, Scalar)
        steps = self._steps(node.get("do"), (*path, "do"))
        return ProgramSpec(name, kind, target, node.get("when"), steps)

    def _steps(self, node: Node | None, path: Path) -> Steps:
        if not isinstance(node, Sequence):
            return ()
        return tuple(self._step(step, (*path, index)) for index, step in enumerate(node))

    def _step(self, node: Node, path: Path) -> StepSpec | None:
        if not isinstance(node, Mapping) or path in self.broken:
            return None
        then = self._steps(node.get("then"), (*path, "then"))
        otherwise = self._steps(node.get("else"), (*path, "else"))
        return StepSpec(_chosen(node, VERBS), node, then, otherwise)


def _param(name: Scalar, node: Mapping) -> ParamSpec:
    return ParamSpec(
        name, _scalar(node, "type"), _scalar(node, "default"), _text(node, "description")
    )


def _map(name: Scalar, node: Mapping) -> MapSpec:
    max_entries = node.get("max_entries")
    assert max_entries is None or isinstance(max_entries, Scalar)
    return MapSpec(
        name,
        node,
        _scalar(node, "type"),
        node.get("key"),
        node.get("value"),
        max_entries,
        node.get("entries"),
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
