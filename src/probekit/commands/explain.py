"""`probekit explain`: the reference of a key, a word or a message's code, as text to read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from probekit.commands.errorpage import code_page, sections
from probekit.commands.page import NARROWEST, WIDEST, Page, as_text
from probekit.commands.reference import CHOICES, OWN_NAME, STEPS, Place, Reference, read_reference
from probekit.commands.vocabulary import Word, vocabulary, words_for
from probekit.commands.yamltext import Data, yaml_entry, yaml_lines
from probekit.diagnostics import Diagnostic, DiagnosticError, Origin
from probekit.maps import MAP_KINDS
from probekit.nearest import did_you_mean, nearest
from probekit.types import INTEGERS

_WAYS_ON = """\
probekit explain programs.do.count   a key, by its path
probekit explain max_entries         a key, wherever it stands
probekit explain pid                 a name, a function or a type
probekit explain unknown-map         the code of a message"""


def explain(topic: str | None, *, width: int, colour: bool = False) -> str:
    """What there is to say about `topic`, None for a spec as a whole; lines of `width` columns.

    Raises DiagnosticError where nothing is called so.
    """
    page = Page(min(max(width, NARROWEST), WIDEST), colour)
    reference = read_reference()
    if topic is None:
        return as_text(_overview(page, reference))
    bare = re.sub(r"^(error|warning)\[(.*)\]$", r"\2", topic.strip().strip("`").rstrip(":"))
    found = [
        *_key_pages(page, reference, bare),
        *(_word_page(page, word) for word in words_for(bare)),
        *(code_page(page, *section) for section in sections() if section[0] == bare),
    ]
    if not found:
        raise _unknown(reference, bare)
    return "\n".join(as_text(lines) for lines in found)


def _unknown(reference: Reference, topic: str) -> DiagnosticError:
    names = [place.name for place in reference.places]
    names += [name.replace(f".{OWN_NAME}", "") for name in names]
    names += [place.path[-1] for place in reference.places if place.path[-1] != OWN_NAME]
    names += [word.name for word in vocabulary()] + [code for code, _ in sections()]
    help = did_you_mean(topic, names, "`probekit explain` shows where to begin")
    what = f"there is nothing called `{topic}` to explain"
    return DiagnosticError([Diagnostic("unknown-topic", what, help=help, origin=Origin.USAGE)])


def _overview(page: Page, reference: Reference) -> Iterator[str]:
    yield from page.paragraph(reference.schema["description"])
    yield from _keys(page, "Keys", [p for p in reference.places if len(p.path) == 1])
    yield from _example(page, yaml_lines(reference.schema["examples"][0]))
    yield from ("", page.heading("More"), "")
    yield from (f"  {line}" for line in _WAYS_ON.splitlines())


def _key_pages(page: Page, reference: Reference, topic: str) -> Iterator[Iterator[str]]:
    exact = [place for place in reference.at(topic) if not _is_misspelt(reference, place, topic)]
    ending = reference.ending(topic)
    if len(exact or ending) == 1:
        (place,) = exact or ending
        others = [other for other in ending if other != place] if exact else []
        yield _key_page(page, reference, place, others)
    elif exact or ending:
        yield _key_list(page, topic, exact or ending)


def _is_misspelt(reference: Reference, place: Place, topic: str) -> bool:
    """Whether what was taken for a name of the user's own is rather a key: `maps.tpye`."""
    last = topic.rpartition(".")[2]
    keys = [key.path[-1] for key in reference.inside(place)]
    return place.path[-1] == OWN_NAME and last not in keys and nearest(last, keys) is not None


def _key_list(page: Page, topic: str, places: list[Place]) -> Iterator[str]:
    yield page.heading(topic)
    yield ""
    yield from page.paragraph(f"A key in {len(places)} places; `probekit explain PATH` says more.")
    yield ""
    for place in places:
        yield f"  {place.name}"
        yield from page.paragraph(_summary(place), " " * 6, " " * 6)


def _key_page(page: Page, reference: Reference, place: Place, others: list[Place]) -> Iterator[str]:
    yield page.heading(place.name)
    yield ""
    yield from page.paragraph(place.schema["description"])
    yield ""
    yield from page.table(_facts(place, others))
    yield from _values(page, place)
    below = reference.inside(place)
    for choice in CHOICES.get(place.path, ()):
        chosen = [one for one in below if one.path[-1] in choice.keys]
        yield from _keys(page, f"Exactly one {choice.what}", chosen)
    rest = [one for one in below if one.choice is None]
    yield from _keys(page, _title(place), rest)
    whole = reference.example(place)
    given = place.schema.get("examples", ())
    if whole is not None:
        yield from _example(page, yaml_lines([whole]))
    elif given:
        yield from _example(page, _lines_of(place, given))


def _title(place: Place) -> str:
    """What the keys below a place are to it."""
    if place.choice:
        return "With it" if "title" in place.schema else "Keys"
    if place.path in CHOICES:
        return "Other keys"
    return "Keys of each" if "propertyNames" in place.schema else "Keys"


def _lines_of(place: Place, examples: list[Data]) -> list[str]:
    """Each example with its key, a blank line between those of several lines."""
    entries = [yaml_entry(place.path[-1], example) for example in examples]
    is_long = any(len(lines) > 1 for lines in entries)
    found = [line for lines in entries for line in [*lines, *([""] if is_long else [])]]
    return found[:-1] if is_long else found


def _facts(place: Place, others: list[Place]) -> Iterator[tuple[str, str]]:
    if not place.is_later:
        yield "is", _form(place)
        yield "required", _need(place)
    if "default" in place.schema:
        yield "unless given", f"`{place.schema['default']}`"
    yield "stands in", _surroundings(place)
    if others:
        yield "also", ", ".join(other.name for other in others)


_FORMS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "boolean": "`true` or `false`",
}
_TITLES = {
    "data": "data: the value itself",
    "expression": "an expression",
    "duration": "a duration: `250us`, `10ms`, `1s`, `5m`, `1h`",
    "group/name": "`group/name`",
}


def _form(place: Place) -> str:
    schema = place.schema
    if "const" in schema:
        return f"always `{str(schema['const']).lower()}`"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "title" in schema:
        title = schema["title"]
        return _TITLES.get(title, title if title.startswith(("the ", "text")) else f"a {title}")
    types = schema["type"]
    form = " or ".join(_FORMS[t] for t in ([types] if isinstance(types, str) else types))
    bounds = [f"at least {schema['minimum']}"] if "minimum" in schema else []
    bounds += [f"at most {schema['maximum']}"] if "maximum" in schema else []
    return ", ".join([form, *bounds])


# Where more than the schema decides.
_NEEDS = {
    "maps.NAME.key": "depends on the `type`",
    "maps.NAME.value": "depends on the `type`",
    "maps.NAME.max_entries": "depends on the `type`",
    "schedules.update.value": "yes, or `entries`",
    "schedules.update.entries": "yes, or `value`",
}


def _need(place: Place) -> str:
    if place.choice:
        return f"{place.choice.of} has exactly one {place.choice.what}"
    if place.name in _NEEDS:
        return _NEEDS[place.name]
    if place.path[-1] == "key":
        return "yes, where the map has keys"
    return "yes" if place.required else "no"


def _surroundings(place: Place) -> str:
    parent = place.path[:-1]
    if parent == STEPS:
        return "programs.do, and `then` and `else` of an `if`"
    return ".".join(parent) or "the top of a spec"


def _values(page: Page, place: Place) -> Iterator[str]:
    """What there is to choose from, by the tables of the code."""
    title = place.schema.get("title")
    if title == "type of map":
        yield from ("", page.heading("Types of maps"), "")
        yield from page.table((kind.name, kind.meaning) for kind in MAP_KINDS.values())
    elif title == "type":
        yield from ("", page.heading("Types"), "")
        is_param = place.path[0] == "params"
        names = ", ".join([*INTEGERS, "char(N)", *([] if is_param else ["{field: type, ...}"])])
        yield from page.paragraph(names, "  ", "  ")


def _keys(page: Page, title: str, places: list[Place]) -> Iterator[str]:
    """One line for each that is there, and the names of those that are not yet."""
    now = [place for place in places if not place.is_later]
    later = [place for place in places if place.is_later]
    if now:
        yield from ("", page.heading(title), "")
        yield from page.table((place.path[-1], _summary(place)) for place in now)
    if later:
        names = ", ".join(place.path[-1] for place in later)
        yield ""
        yield from page.paragraph(f"Not in this version yet: {names}.", "  ", "  ")


def _summary(place: Place) -> str:
    """The first sentence, and whether it must be there."""
    first = str(place.schema["description"]).partition(". ")[0].rstrip(".")
    return f"{first}. Required." if place.required else f"{first}."


def _example(page: Page, lines: list[str]) -> Iterator[str]:
    yield from ("", page.heading("Example"), "")
    yield from (f"  {line}".rstrip() for line in lines)


def _word_page(page: Page, word: Word) -> Iterator[str]:
    yield page.heading(word.written)
    yield ""
    yield from page.paragraph(f"{word.what[0].upper()}{word.what[1:]}: {word.meaning}.")
