"""The spec format's keys, each with its place: the schema as a reference that people ask."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from probekit.frontend.schema import SCHEMA_FILE
from probekit.frontend.schemachoice import ACTIONS, KINDS, LATER_KINDS, LATER_VERBS, TIMES, VERBS
from probekit.record import Record
from probekit.resources import schema_dir

Schema: TypeAlias = Mapping[str, Any]
Keys: TypeAlias = tuple[str, ...]

OWN_NAME = "NAME"  # stands in a path for a name of the user's own choice
STEPS = ("programs", "do")


class Choice(Record):
    """Of `keys`, a mapping has exactly one."""

    what: str
    of: str
    keys: Keys


# By the path of the list whose items have them.
CHOICES: dict[Keys, tuple[Choice, ...]] = {
    STEPS: (Choice("verb", "a step", (*VERBS, *LATER_VERBS)),),
    ("programs",): (Choice("attach point", "a program", (*KINDS, *LATER_KINDS)),),
    ("schedules",): (
        Choice("time", "a schedule", (*TIMES, "cron")),
        Choice("action", "a schedule", (*ACTIONS, "sync")),
    ),
}
_WITH = {
    **dict.fromkeys(KINDS, ("name", "when", "do", "missing")),
    **dict.fromkeys(ACTIONS, (*TIMES, "cron", "delay", "times", "name")),
}
_CHOSEN = frozenset(key for choices in CHOICES.values() for one in choices for key in one.keys)


class Place(Record):
    """A key and where it can stand; `schema` has what is said beside a `$ref` over it."""

    path: Keys
    schema: Schema
    required: bool

    @property
    def name(self) -> str:
        """As it is written, with dots."""
        return ".".join(self.path)

    @property
    def is_later(self) -> bool:
        """Whether the format has it and this version does not."""
        return "x-not-yet" in self.schema

    @property
    def choice(self) -> Choice | None:
        """What it is one of."""
        choices = CHOICES.get(self.path[:-1], ())
        return next((choice for choice in choices if self.path[-1] in choice.keys), None)


class Reference(Record):
    """The whole schema, and all places in it, in its order."""

    schema: Schema
    places: tuple[Place, ...]

    def at(self, topic: str) -> list[Place]:
        """The places that the dotted path `topic` means, from the top of a spec."""
        return self._best(_words(topic), lambda path: [path])

    def ending(self, topic: str) -> list[Place]:
        """The places whose path ends in `topic`."""
        words = _words(topic)
        return self._best(
            words,
            lambda path: [path[at:] for at in range(1, len(path)) if path[at] == words[0]],
        )

    def _best(self, words: Keys, parts: Callable[[Keys], list[Keys]]) -> list[Place]:
        """The places that need the fewest guesses."""
        if not words:
            return []
        found = [
            (cost, place)
            for place in self.places
            for part in parts(place.path)
            if (cost := _guesses(words, part)) is not None
        ]
        least = min((cost for cost, _ in found), default=0)
        return [place for cost, place in found if cost == least]

    def inside(self, place: Place) -> list[Place]:
        """The keys of what stands at `place`, or of each thing that is named there.

        Behind a verb or an action: its options, which stand beside it.
        """
        below = [p for p in self.places if p.path[: len(place.path)] == place.path]
        depth = len(place.path) + 1
        named = (*place.path, OWN_NAME)
        of_each = [p for p in below if p.path[:-1] == named]
        return of_each or [p for p in below if len(p.path) == depth]

    def example(self, place: Place) -> Any:
        """A whole item with this verb, attach point or action; None where there is none."""
        if place.choice is None:
            return None
        snippets = _definition_of(self.schema, place.path[:-1])["defaultSnippets"]
        bodies = {snippet["label"]: snippet["body"] for snippet in snippets}
        return bodies.get(place.path[-1])


def read_reference() -> Reference:
    """The reference of the installed schema."""
    with open(schema_file(), encoding="utf-8") as file:
        schema = json.load(file)
    return Reference(schema, tuple(_places(schema, (), schema, frozenset())))


def schema_file() -> str:
    """The path of the schema, for an editor's settings."""
    return os.path.join(schema_dir(), SCHEMA_FILE)


def _words(topic: str) -> Keys:
    """`programs[0].do.if.then.count` → programs, do, count: steps are the same at any depth."""
    bare = re.sub(r"\[[^\]]*\]", "", topic)
    words = [word for word in bare.split(".") if word and not word.isdecimal()]
    blocks = [at for at, word in enumerate(words[:-1]) if word in ("then", "else")]
    if blocks:
        words = [*STEPS, *words[blocks[-1] + 1 :]]
    return tuple(words)


def _guesses(words: Keys, path: Keys) -> int | None:
    """How much is left out of `path`, or is a name of the user's own; None if it is another."""
    if not words or not path:
        return None if words or path else 0
    ways = []
    if words[0] == path[0]:
        ways.append((0, words[1:], path[1:]))
    if path[0] == OWN_NAME:
        ways += [(1, words, path[1:]), (2, words[1:], path[1:])]
    if path[0] in _CHOSEN and path[1:2] not in ((), (OWN_NAME,)):
        ways.append((1, words, path[1:]))  # a verb's option, without the verb
    if words[0] in _WITH and path[0] in _WITH[words[0]]:
        ways.append((1, words[1:], path))  # what goes with every action, behind one
    costs = [(cost, _guesses(left, right)) for cost, left, right in ways]
    return min((cost + more for cost, more in costs if more is not None), default=None)


def _places(root: Schema, path: Keys, schema: Schema, seen: frozenset[str]) -> Iterator[Place]:
    """Every key below `schema`, which stands at `path`; no definition within itself."""
    reference = schema.get("$ref")
    if reference in seen:
        return
    seen = seen | {reference} if reference else seen
    schema = _resolved(root, schema)
    for name, inner, required in _keys(schema):
        place = Place((*path, *name), _resolved(root, inner), required)
        yield place
        yield from _places(root, place.path, inner, seen)
    if isinstance(schema.get("additionalProperties"), dict):
        inner = schema["additionalProperties"]
        yield Place((*path, OWN_NAME), _resolved(root, inner), False)
        yield from _places(root, (*path, OWN_NAME), inner, seen)
    yield from _places(root, path, schema["items"], seen) if "items" in schema else ()


def _keys(schema: Schema) -> Iterator[tuple[Keys, Schema, bool]]:
    """Each key of a mapping, behind the one it is an option of, and whether it is required."""
    branches = [(part["if"]["required"][0], part["then"]) for part in schema.get("allOf", ())]
    own = schema.get("properties", {})
    parts = [schema, *(then for _, then in branches)]
    wanted = {name for part in parts for name in _required(part)}
    for name, inner in own.items():
        yield (name,), inner, name in wanted
        for option, part, is_required in _options(branches, name):
            if option not in own:
                yield (name, option), part, is_required


def _options(branches: list[tuple[str, Schema]], chosen: str) -> Iterator[tuple[str, Schema, bool]]:
    """What may stand beside the key `chosen`."""
    for key, then in branches:
        if key == chosen:
            for option, part in then["properties"].items():
                yield option, part, option in _required(then)


def _required(schema: Schema) -> Sequence[str]:
    found: Sequence[str] = schema.get("required", ())
    return found


def _resolved(root: Schema, schema: Schema) -> Schema:
    """With what its `$ref` says; what stands beside it comes first."""
    if "$ref" not in schema:
        return schema
    definition = root["definitions"][schema["$ref"].rpartition("/")[2]]
    return {**definition, **{key: value for key, value in schema.items() if key != "$ref"}}


def _definition_of(root: Schema, path: Keys) -> Schema:
    """The definition of the items of the list at `path`."""
    name = {STEPS: "step", ("programs",): "program", ("schedules",): "schedule"}[path]
    definition: Schema = root["definitions"][name]
    return definition
