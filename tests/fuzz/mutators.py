"""Changes a spec where it means something: whole nodes and the text in them, not bytes.

Knows no more than YAML: what does not parse is left to the fuzzer's own mutations.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import yaml
from hostile import TRICKS, WORDS

_BITS = (
    "# : , :: = == ( ) [ ] ** -1 0 1 18446744073709551615 9223372036854775808 0x1f 010 1.5 .inf"
    " .nan ~ null true yes {pid {pid} {pid:} {pid:>9} {pid!r} {comm:x} u8 s64 bool char(16) char(0)"
    " u32(4) duration timestamp hash array global percpu_hash any create exist pid comm args"
    " args.fd args.ret now tick value value.n key cpu sys_enter_close sched/sched_process_exec 1s"
    " 10ms start stop key.pid 'x' it''s"
).split(" ")
_KEYS = (
    "name description params maps programs schedules metrics tests limits type key value entries"
    " max_entries tracepoint kprobe when do let lookup update delete count print printk if then"
    " else stop by as default mode every after at delay times show top reset sync from clear"
).split(" ")


def scalar(text: str) -> yaml.ScalarNode:
    """A plain or quoted scalar, as its text wants to be written."""
    return yaml.ScalarNode("tag:yaml.org,2002:str", text)


def mutated(data: bytes, chance: random.Random, other: bytes, alter: Callable[[str], str]) -> bytes:
    """`data` with one to three nodes changed; parts may come from `other`.

    `alter` changes one text. Raises yaml.YAMLError or UnicodeError where `data` is no YAML.
    """
    root = yaml.compose(data.decode(), Loader=yaml.CSafeLoader)
    if root is None:
        raise yaml.YAMLError("nothing to change")
    for _ in range(chance.randint(1, 3)):
        root = _change(root, chance, other, alter)
    written: str = yaml.serialize(root, allow_unicode=chance.random() < 0.5, width=1000)
    return written.encode("utf-8", "surrogatepass")


def _change(root: Any, chance: random.Random, other: bytes, alter: Callable[[str], str]) -> Any:
    places = list(_places(root))
    if not places:
        return scalar(alter(root.value)) if isinstance(root, yaml.ScalarNode) else root
    kind = chance.choice(("text", "text", "text", "trick", "trick", "drop", "copy", "graft", "key"))
    if kind in ("text", "trick", "key"):
        places = [place for place in places if isinstance(place.node, yaml.ScalarNode)] or places
    place = chance.choice(places)
    if kind == "text" and isinstance(place.node, yaml.ScalarNode):
        place.put(scalar(alter(place.node.value)))
    elif kind == "trick" and isinstance(place.node, yaml.ScalarNode):
        place.put(scalar(_with_trick(place.node.value, chance)))
    elif kind == "key":
        place.put(scalar(chance.choice(_KEYS)))
    elif kind == "drop":
        place.drop()
    elif kind == "copy":
        place.put(chance.choice(places).node)
    else:
        foreign = list(_places(yaml.compose(other.decode(), Loader=yaml.CSafeLoader)))
        if foreign:
            place.put(chance.choice(foreign).node)
    return root


def _with_trick(text: str, chance: random.Random) -> str:
    trick = chance.choice((*TRICKS, *_BITS, *WORDS))
    if chance.random() < 0.3:
        return trick * chance.choice((1, 1, 1, 300))
    at = chance.randint(0, len(text))
    return text[:at] + trick + text[at:]


class _Place:
    """Where a node hangs: in a list, or as a key (0) or a value (1) of a pair in a mapping."""

    def __init__(self, parent: Any, index: int, side: int | None) -> None:
        self.parent, self.index, self.side = parent, index, side

    @property
    def node(self) -> Any:
        item = self.parent.value[self.index]
        return item if self.side is None else item[self.side]

    def put(self, node: Any) -> None:
        if self.index >= len(self.parent.value):
            return  # dropped since
        if self.side is None:
            self.parent.value[self.index] = node
        else:
            pair = list(self.parent.value[self.index])
            pair[self.side] = node
            self.parent.value[self.index] = tuple(pair)

    def drop(self) -> None:
        del self.parent.value[self.index]


def _places(node: Any) -> Iterator[_Place]:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield _Place(node, index, None)
            yield from _places(item)
    elif isinstance(node, yaml.MappingNode):
        for index, pair in enumerate(node.value):
            for side, item in enumerate(pair):
                yield _Place(node, index, side)
                yield from _places(item)
