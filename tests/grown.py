"""Specs grown from the grammar, whose every name and text is as hostile as can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hostile import TRICKS, WORDS
from hypothesis import strategies as st

TEXTS = st.sampled_from(TRICKS) | st.text(max_size=12) | st.builds(
    "{}{}{}".format, st.text(max_size=4), st.sampled_from(TRICKS), st.text(max_size=4)
)  # fmt: skip


def _mostly(allowed: Callable[[str], bool]) -> st.SearchStrategy[str]:
    """Texts without the characters that are not allowed, but for one text in sixty."""

    def choose(text: str, chance: int) -> str:
        return "".join(filter(allowed, text)) if chance else text

    return st.builds(choose, TEXTS, st.integers(0, 59))


PRINTED = _mostly(str.isprintable)
PLAIN = _mostly(lambda character: character.isascii() and character.isprintable())
SHORT = TEXTS.map(lambda text: text.encode("utf-8", "replace")[:15].decode("utf-8", "ignore"))


@st.composite
def names(draw: st.DrawFn) -> str:
    """Mostly one that is allowed: what is not allowed ends in a diagnostic, and proves less."""
    allowed = st.sampled_from(WORDS) | st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)
    return draw(TEXTS) if draw(st.integers(0, 99)) == 0 else draw(allowed)


@st.composite
def quoted(draw: st.DrawFn, texts: st.SearchStrategy[str] = SHORT) -> str:
    """Text as it stands inside an expression, with as few escapes as it gets by with."""
    text = draw(texts)
    if not text.isprintable() or draw(st.booleans()):
        return repr(text)
    quote = draw(st.sampled_from("'\""))
    text = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return quote + text + quote


@st.composite
def specs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, str]]:
    """A spec grown from the grammar, and what `--set` gives its params."""
    grower = _Grower(draw)
    spec: dict[str, Any] = {
        "probekit": 1,
        "name": draw(st.from_regex(r"[a-z][a-z0-9_-]{0,20}", fullmatch=True)),
        "description": draw(TEXTS),
        "params": {name: grower.param(name) for name in grower.fresh(2)},
        "maps": {name: grower.map(name) for name in grower.fresh(2)},
        "programs": [grower.program() for _ in range(draw(st.integers(1, 2)))],
        "schedules": [grower.schedule() for _ in range(draw(st.integers(0, 2)))],
    }
    texts = [name for name in grower.texts if name in spec["params"]]
    settings = {name: draw(SHORT) for name in texts if draw(st.booleans())}
    return {key: value for key, value in spec.items() if value}, settings


class _Grower:
    """Grows a spec; knows the names that are numbers and those that are text."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.numbers = ["pid", "args.fd", "uid", "now"]
        self.texts = ["comm"]
        self.maps: dict[str, tuple[str, str]] = {}
        self.fields = self.draw(st.lists(names(), min_size=2, max_size=2, unique=True))
        self.taken: set[str] = set()

    def pick(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def fresh(self, most: int) -> list[str]:
        found = self.draw(st.lists(names(), max_size=most, unique=True))
        new = [name for name in found if name not in self.taken]
        self.taken |= set(new)
        return new

    def param(self, name: str) -> dict[str, Any]:
        is_text = self.draw(st.booleans())
        (self.texts if is_text else self.numbers).append(name)
        number = ("u64", self.draw(st.integers(0, 1 << 32))), ("duration", "10ms")
        type, default = ("char(16)", self.draw(SHORT)) if is_text else self.pick(*number)
        return {"type": type, "default": default, "description": self.draw(TEXTS)}

    def map(self, name: str) -> dict[str, Any]:
        key = self.pick("u32", "char(16)", "struct")
        value = self.pick("u64", "char(16)", "struct")
        self.maps[name] = key, value
        fields = dict(zip(self.fields, ("u64", "char(16)"), strict=True))
        made: dict[str, Any] = {"type": "hash", "max_entries": 9}
        made["key"] = dict(fields) if key == "struct" else key
        made["value"] = dict(fields) if value == "struct" else value
        if key == "char(16)" and value == "char(16)":
            made["entries"] = {self.draw(SHORT): self.draw(SHORT)}
        return made

    def number(self, depth: int = 2) -> str:
        if depth == 0 or self.draw(st.booleans()):
            return str(self.pick(*self.numbers, self.draw(st.integers(0, 1 << 40))))
        left, right = self.number(depth - 1), self.number(depth - 1)
        return str(
            self.pick(
                f"({left} {self.pick('+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>')} {right})",
                f"{self.pick('min', 'max')}({left}, {right})",
                f"({left} if {self.condition(depth - 1)} else {right})",
            )
        )

    def text(self) -> str:
        return self.draw(quoted()) if self.draw(st.booleans()) else str(self.pick(*self.texts))

    def condition(self, depth: int = 1) -> str:
        if depth == 0 or self.draw(st.booleans()):
            return f"{self.number(0)} {self.pick('<', '>=', '==', '!=')} {self.number(0)}"
        return str(
            self.pick(
                f"{self.text()} {self.pick('==', '!=')} {self.text()}",
                f"{self.text()} in ({self.text()}, {self.text()})",
                f"({self.condition(depth - 1)} {self.pick('and', 'or')} {self.condition(0)})",
                f"not ({self.condition(depth - 1)})",
            )
        )

    def stored(self, kind: str) -> Any:
        if kind == "struct":
            return dict(zip(self.fields, (self.number(), self.text()), strict=True))
        if kind == "char(16)":
            return self.text()
        return f"u32({self.number()})" if kind == "u32" else self.number()

    def line(self, texts: st.SearchStrategy[str]) -> str:
        plain = self.draw(texts).replace("{", "{{").replace("}", "}}")
        return f"{plain}{{{self.number(1)}}} {{{self.text()}}}{self.pick('', plain)}"

    def step(self, depth: int) -> dict[str, Any]:
        verbs = ["let", "print", "printk", "printk", *(["if"] if depth else [])]
        verbs += ["update", "delete", "lookup"] if self.maps else []
        verb = self.pick(*verbs)
        if verb == "let":
            made: dict[str, str] = {}
            for name in self.fresh(2):
                is_text = self.draw(st.booleans())
                made[name] = self.text() if is_text else self.number()
                (self.texts if is_text else self.numbers).append(name)
            return {"let": made} if made else {"print": self.line(PRINTED)}
        if verb in ("print", "printk"):
            return {verb: self.line(PRINTED if verb == "print" else PLAIN)}
        if verb == "if":
            known = list(self.numbers), list(self.texts)
            step = {"if": self.condition(), "then": self.steps(depth - 1)}
            self.numbers, self.texts = list(known[0]), list(known[1])
            step["else"] = self.steps(depth - 1)
            self.numbers, self.texts = known
            return step
        return self.on_map(verb)

    def on_map(self, verb: str) -> dict[str, Any]:
        name = self.pick(*self.maps)
        key, value = self.maps[name]
        step = {verb: name, "key": self.stored(key)}
        if verb == "update":
            step |= {"value": self.stored(value), "mode": self.pick("any", "create", "exist")}
        if verb == "lookup":
            result = [*self.fresh(1), f"got{len(self.taken)}"][0]
            self.taken.add(result)
            step |= {"as": result, "default": self.stored(value)}
            number = f"{result}.{self.fields[0]}" if value == "struct" else result
            (self.texts if value == "char(16)" else self.numbers).append(number)
        return step

    def steps(self, depth: int) -> list[dict[str, Any]]:
        return [self.step(depth) for _ in range(self.draw(st.integers(1, 4)))]

    def program(self) -> dict[str, Any]:
        known = list(self.numbers), list(self.texts)
        program: dict[str, Any] = {"tracepoint": "syscalls/sys_enter_close"}
        for name in self.fresh(1):
            program["name"] = name
        if self.draw(st.booleans()):
            program["when"] = self.condition()
        program["do"] = self.steps(1)
        self.numbers, self.texts = known
        return program

    def schedule(self) -> dict[str, Any]:
        plain = self.draw(PRINTED).replace("{", "{{").replace("}", "}}")
        return {"every": "1s", "print": f"{plain} {{tick}}"}
