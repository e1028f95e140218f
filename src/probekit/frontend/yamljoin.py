"""Lines to print as other languages make them: a text, and its values behind it.

Imported on the way to an error or a warning only.
"""

from __future__ import annotations

import re

from probekit.frontend.yamlquote import quoted

_TEXT = r"(?:\"[^\"]*\"|'[^']*')"
_MADE = re.compile(rf"{_TEXT} *(?:[,%+]|\.format *\().*")
_ARGUMENTS = re.compile(rf"({_TEXT}) *[,%] *\(?([^\"]*?)\)?")
_CALL = re.compile(rf"({_TEXT})\.format *\((.*)\)")
_CONVERSION = re.compile(r"%l{0,2}[diu]|%s|(?<!\{)\{\}")
_FIELD = re.compile(r"\{(\w*)(:[^{}]*)?\}")
# A value of which is certain where it ends, and that it is one: `args.fd`, `7`, `min(pid, 5)`.
_VALUE = re.compile(r"[\w.]+(?:\([\w., ]*\))?", re.ASCII)
_AS_TEXT = re.compile(r"(?:str|repr)\((.*)\)")
_NAMED = re.compile(r"([A-Za-z_]\w*) *=(?!=) *(.*)", re.ASCII)


def is_made_of_parts(value: str) -> bool:
    """Whether `value` is a text with an operator or a comma behind it."""
    return _MADE.fullmatch(value) is not None


def with_values(value: str) -> str | None:
    """The text that `value` makes, its values in braces and all of it in quotes.

    `"fd " + args.fd`, `"fd %d", args.fd` and `"fd {}".format(args.fd)` are all `"fd {args.fd}"`.
    None where it is not certain what it makes.
    """
    made = _with_arguments(value) or _formatted(value) or joined(value)
    return quoted(made) if made else None


def _with_arguments(value: str) -> str | None:
    found = _ARGUMENTS.fullmatch(value)
    if found is None:
        return None
    values = [one.strip() for one in found[2].split(",")]
    parts = _CONVERSION.split(found[1][1:-1])
    if len(parts) != len(values) + 1 or any(set(one) & set("\\\"'") for one in values):
        return None
    pairs = zip(values, parts[1:], strict=True)
    return parts[0] + "".join(f"{{{value}}}{part}" for value, part in pairs)


def _formatted(value: str) -> str | None:
    """`"{} of {name:>5}".format(pid, name=comm)`"""
    found = _CALL.fullmatch(value)
    if found is None or set(_FIELD.sub("", found[1])) & set("{}\\"):
        return None
    given: dict[str, str] = {}
    for at, argument in enumerate(split_outside(found[2], ",")):
        named = _NAMED.fullmatch(argument)
        given[named[1] if named else str(at)] = named[2] if named else argument
    fields = [name or str(at) for at, (name, _) in enumerate(_FIELD.findall(found[1]))]
    if set(fields) != given.keys() or not all(map(_VALUE.fullmatch, given.values())):
        return None
    names = iter(fields)
    return _FIELD.sub(lambda field: f"{{{given[next(names)]}{field[2] or ''}}}", found[1][1:-1])


def joined(value: str) -> str | None:
    """What texts and values joined by `+` print: of two values beside each other it is unclear."""
    parts = split_outside(value, "+")
    found, was_value = "", False
    for part in parts:
        is_text = re.fullmatch(_TEXT, part) is not None
        inner = part[1:-1] if is_text else _AS_TEXT.sub(r"\1", part)
        if set(inner) & set("{}\\") or not (is_text or _VALUE.fullmatch(inner)):
            return None
        if was_value and not is_text:
            return None
        found += inner if is_text else f"{{{inner}}}"
        was_value = not is_text
    return found if len(parts) > 1 else None


def split_outside(text: str, separator: str) -> list[str]:
    """The parts between the separators that stand outside of quotes and brackets."""
    found: list[str] = []
    quote, depth, start = "", 0, 0
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == separator and depth == 0:
            found.append(text[start:at].strip())
            start = at + 1
        else:
            depth += (character in "([{") - (character in ")]}")
    return [*found, text[start:].strip()]
