"""A value of the wrong kind: what to write in its place, and as an edit where that is certain.

Imported on the way to an error only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from probekit.diagnostics import Edit
from probekit.duration import parse_duration
from probekit.frontend.schemachoice import VERBS
from probekit.frontend.yamlnodes import Mapping, Node, Scalar, Sequence, integer, scalar_value
from probekit.frontend.yamlquote import as_scalar, quoted
from probekit.record import Record
from probekit.source import Source, Span
from probekit.types import scalar_type

_STARTS = frozenset((*VERBS, "tracepoint", "every", "after", "at"))
_LONGEST_NUMBER = 40
_TEXTS = ("print", "printk", "description")
_NUMBER = re.compile(r"[-+]?[0-9][0-9_]*", re.ASCII)
_IN_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+", re.ASCII)
_ASSIGNED = re.compile(r"([A-Za-z_]\w*)\s*:?=\s*([^=].*)")
_PAIR = re.compile(r"([a-z]+)(?: *:?=(?!=) *| *: *| +)(\S.*)")
_DASH = re.compile(r"-(?=[A-Za-z_])|[\u2013\u2014\u2022\u00b7\u2023][ \u00a0]*(?=\w)")
_COMMENTED = re.compile(r"([^\s#/]+)(?:(#)| +(//+)) *(.*)")
_CALLED = re.compile(r"(\w+)\s*[(<]\s*(\w+)\s*,\s*(\w+)\s*,\s*([0-9]+)\s*[)>]", re.ASCII)
_MAP = ("type", "key", "value", "max_entries")
_BRACED = re.compile(r"\{\s*([^{}:,]+?)\s*\}")

# A step of bpftrace or C → what does the same here.
_LINES = (
    (r"printf?k?\s*\(\s*(\"[^\"%]*\")\s*\)\s*;?", "write `print: {}`"),
    (r"printf\s*\(.*", "write `print:` with the values in braces, as in `print: \"{{pid}}\"`"),
    (r"@\w*\[(.*)\]\s*(?:=\s*count\(\)|\+\+)\s*;?", "declare a map, and `count:` it by `key: {}`"),
    (r"@\w*\s*(?:=\s*count\(\)|\+\+)\s*;?", "declare a `global` map, and `count:` it"),
    (r"@\w*\[(.*)\]\s*=.*", "declare a map, and `update:` it with `key: {}` and `value:`"),
    (r"delete\s*\(.*|clear\s*\(.*", "write `delete:` with the map's name, and `key:`"),
    (r"(?:return|exit)\b.*", "write `stop: true`"),
    (r"if\s*\(.*", "write `if:` with the condition, and its steps under `then:`"),
    (r"\$?\w+\s*=[^=].*", "name a value with `let:`, as in `let: {{n: args.fd}}`"),
)  # fmt: skip


_PRINT_CALL = re.compile(_LINES[0][0])


class Fix(Record):
    """The help, and the edits that do what it says."""

    help: str
    edits: tuple[Edit, ...] = ()


def for_number(node: Scalar) -> Fix | None:
    """A whole number in quotes, with `_`, with an exponent or `.0`, and one with a unit."""
    text = node.text.strip()
    if len(text) > _LONGEST_NUMBER:
        return None
    if _NUMBER.fullmatch(text):
        return _value(node, str(integer(text.replace("_", ""))))
    if _IN_THOUSANDS.fullmatch(text):
        return _value(node, text.replace(",", ""))
    exact = re.fullmatch(r"([0-9]+)(?:\.0*)?(?:[eE]\+?([0-9]{1,2}))?", text, re.ASCII)
    if exact:
        return _value(node, str(int(exact[1]) * 10 ** int(exact[2] or 0)))
    scaled = re.fullmatch(r"([0-9]{1,12}) ?([kKmM]i?B?)", text, re.ASCII)
    if scaled:
        power = 1 if scaled[2][0] in "kK" else 2
        binary, decimal = (int(scaled[1]) * base**power for base in (1024, 1000))
        either = "" if "i" in scaled[2] else f"`{decimal}` or "
        return Fix(f"write the number itself, as in {either}`{binary}`")
    return None


def for_text(source: Source, node: Node, key: Scalar | None) -> Fix | None:
    """`{comm}` without quotes, which is a mapping; and text that looks like a number."""
    if node.span.line != node.span.end_line:
        return None
    if isinstance(node, Scalar):
        is_free = key is not None and key.text in _TEXTS
        return _value(node, quoted(node.text)) if is_free and node.plain and node.text else None
    is_expression = key is not None and key.text in ("if", "when", "key", "value")
    braced = for_braces(source, node, key) if is_expression else None
    if braced is not None:
        return braced
    written = source.line(node.span.line)[node.span.column - 1 : node.span.end_column - 1]
    if written[:1] not in ("{", "[") or key is None or key.text not in _TEXTS:
        return None
    if isinstance(node, Sequence):
        words = [item.text if isinstance(item, Scalar) else "..." for item in node]
        are_names = key.text != "description" and all(map(str.isidentifier, words))
        text = quoted(" ".join(f"{{{word}}}" if are_names else word for word in words))
        return Fix(f"it is one text, in quotes: as in `{key.text}: {text}`")
    if any(not _is_bare(value) for _, value in node):
        text = quoted(written[1:-1].strip())
        return Fix(f"it is one text, in quotes: as in `{key.text}: {text}`")
    items = node.items
    if len(items) == 1 and not items[0][0].plain:
        return _in_braces_and_quotes(node, key, items[0][0])
    text = quoted(written)
    return Fix(f"put it in quotes: `{key.text}: {text}`", (Edit(node.span, text),))


def _in_braces_and_quotes(node: Node, key: Scalar, text: Scalar) -> Fix:
    """`print: {"minute {tick}"}`; of `{"comm"}` nobody knows whether it is a name."""
    if text.text.isidentifier():
        return Fix(f'text has no braces around it, and a name has them inside: `"{{{text.text}}}"`')
    help = f"a text has no braces around it: `{key.text}: {text.raw}`"
    return Fix(help, (Edit(node.span, text.raw),))


def _is_bare(value: Node) -> bool:
    return isinstance(value, Scalar) and not value.raw


def for_comment(node: Node) -> Fix | None:
    """`8# eight` and `8 // eight`, all of it text for YAML."""
    found = _COMMENTED.fullmatch(node.text) if isinstance(node, Scalar) and node.plain else None
    if found is None or not isinstance(node, Scalar) or node.span.line != node.span.end_line:
        return None
    text = f"{found[1]}  # {found[4]}".rstrip()
    what = "a comment needs a space before its `#`" if found[2] else "a comment begins with `#`"
    return Fix(f"{what}: `{text}`", (Edit(node.span, text),))


def for_braces(source: Source, node: Node, key: Scalar | None) -> Fix | None:
    """`if: {pid == 1}`: an expression in braces, which is a mapping for YAML."""
    is_one = isinstance(node, Mapping) and len(node.items) == 1 and key is not None
    written = source.line(node.span.line)[node.span.column - 1 : node.span.end_column - 1]
    found = _BRACED.fullmatch(written) if is_one else None
    if found is None or key is None:
        return None
    help = f"an expression has no braces: `{key.text}: {found[1]}`"
    return Fix(help, (Edit(node.span, found[1]),))


def for_one(node: Node, key: Scalar | None) -> Fix | None:
    """`type: [hash]`: one value in a list of its own."""
    if not isinstance(node, Sequence) or len(node.items) != 1 or key is None:
        return None
    item = node.items[0]
    if (
        not isinstance(item, Scalar)
        or scalar_value(item) is None
        or node.span.line != node.span.end_line
    ):
        return None
    return Fix(f"it is no list: `{key.text}: {item.raw}`", (Edit(node.span, item.raw),))


def for_list(source: Source, node: Node, key: Scalar | None) -> Fix | None:
    """One item that is no list of one yet, and items without their `-`."""
    if isinstance(node, Mapping) and node.items:
        return as_items(source, node)
    if isinstance(node, Scalar) and node.text == "stop":
        text = "[{stop: true}]"
        return Fix(f"write `{text}`", (Edit(node.span, text),))
    if isinstance(node, Scalar) and key is not None and key.text in ("do", "then", "else"):
        step = for_step(node)
        return Fix(f"begin each step with `- `; {step.help}") if step else None
    return None


def as_items(source: Source, node: Mapping, starting: Iterable[str] = _STARTS) -> Fix:
    """`- ` before each key that begins an item, and two spaces before the others."""
    first = node.items[0][0]
    if source.line(node.span.line)[node.span.column - 1] == "{":
        if node.span.line != node.span.end_line:
            return Fix("begin each item with `- `")
        written = source.line(node.span.line)[node.span.column - 1 : node.span.end_column - 1]
        return Fix(f"make it a list of one: `[{written}]`", (Edit(node.span, f"[{written}]"),))
    if all(_DASH.match(key.text) for key, _ in node):
        words = [(key, f"- {_DASH.sub('', key.text, count=1)}") for key, _ in node]
        help = f"write a space after the `-`, as in `{words[0][1]}:`"
        if first.text[0] != "-":
            help = f"`{first.text[0]}` is not YAML's `-`: write `{words[0][1]}:`"
        return Fix(help, tuple(Edit(key.span, word) for key, word in words if key.plain))
    if all("/" in key.text for key, _ in node):
        return _by_tracepoint(source, node)
    starts = {key.span.line for key, _ in node if key is first or key.text in starting}
    if first.text not in starting:
        return Fix("begin each item with `- `")
    column = first.span.column
    edits = [
        Edit(Span(line, column, line, column), "- " if line in starts else "  ")
        for line in range(first.span.line, node.span.end_line + 1)
        if source.line(line)[: column - 1].strip() == "" and source.line(line)[column - 1 :].strip()
    ]
    inside = [edit for edit in edits if _is_inside(edit.span.line, node)]
    return Fix(f"begin each item with `- `: `- {first.text}:`", tuple(inside))


def _by_tracepoint(source: Source, node: Mapping) -> Fix:
    """Programs as a mapping, each by its tracepoint."""
    edits: list[Edit] = []
    for key, value in node:
        rest = source.line(key.span.end_line)[key.span.end_column - 1 :]
        inner = value.items[0][0].span if isinstance(value, Mapping) and value.items else None
        if inner is None or rest.rstrip() != ":" or inner.column != key.span.column + 2:
            edits = []
            break
        place = Span(key.span.line, key.span.column, key.span.line, key.span.end_column + 1)
        edits.append(Edit(place, f"- tracepoint: {key.text}"))
    help = f"begin each item with `- `: `- tracepoint: {node.items[0][0].text}`"
    return Fix(help, tuple(edits))


def _is_inside(line: int, node: Mapping) -> bool:
    end = node.span.end_line if node.span.end_column > 1 else node.span.end_line - 1
    return line <= end


def for_step(node: Node) -> Fix | None:
    """A step that is text: a verb alone, `count calls`, `"count: calls"`, a line of bpftrace."""
    if not isinstance(node, Scalar):
        return None
    if node.span.line != node.span.end_line:
        return _without_spaces(node)
    text = node.text.strip()
    if text == "stop":
        return _value(node, "stop: true")
    if text in VERBS:
        return Fix(f"write a `:` after it, and what it is about: `{text}: ...`")
    if _PRINT_CALL.fullmatch(text):
        return for_call(node.span, text)
    found = _PAIR.fullmatch(text)
    if found and found[1] in VERBS and text[-1] not in ";}":
        pair = f"{found[1]}: {found[2]}"
        help = f"write a `:` after it: `{pair}`" if node.plain else f"remove its quotes: `{pair}`"
        return Fix(help, (Edit(node.span, pair),) if ": " not in found[2] else ())
    help = 'a step is a verb and what it is about, as in `print: "{comm}"`'
    return for_call(node.span, text) if for_line(text) else Fix(help)


def _without_spaces(node: Scalar) -> Fix | None:
    """`count:calls` and below it `key:pid`, which are one text for YAML."""
    lines = node.raw.split("\n")
    found = [re.fullmatch(r"(\s*[a-z_]+:)\S.*", line) for line in lines]
    edits: list[Edit] = []
    for number, pair in enumerate(found, node.span.line):
        if pair is None:
            return None
        before = node.span.column if number == node.span.line else 1
        column = before + pair.end(1)
        edits.append(Edit(Span(number, column, number, column), " "))
    first = lines[0].replace(":", ": ", 1)
    return Fix(f"write a space after each `:`: `{first}`", tuple(edits))


def for_call(place: Span, text: str) -> Fix:
    """A step as a line of bpftrace or C; the edit where it is one text to print."""
    found = _PRINT_CALL.fullmatch(text)
    edits = (Edit(place, f"print: {found[1]}"),) if found and "\\" not in found[1] else ()
    return Fix(for_line(text) or "", edits)


def for_line(text: str) -> str | None:
    """What a line of bpftrace or C is here."""
    for pattern, help in _LINES if len(text) < 200 else ():
        found = re.fullmatch(pattern, text)
        if found:
            return "a step is YAML: " + help.format(*found.groups())
    return None


def for_mapping(source: Source, node: Node, key: Scalar | None, where: str) -> Fix | None:
    """`let: n = pid`, a param that is its value, a map that is its type, a list of pairs."""
    name = key.text if key else ""
    if isinstance(node, Sequence):
        is_flow = source.line(node.span.line)[node.span.column - 1 :].startswith("[")
        return _in_braces_instead(source, node, name) if is_flow else _without_dashes(source, node)
    if not isinstance(node, Scalar) or node.span.line != node.span.end_line:
        return None
    assigned = _ASSIGNED.fullmatch(node.text)
    if name == "let" and not assigned and node.text:
        return Fix(f"give it a name, as in `let: {{n: {as_scalar(node.text)}}}`")
    if name == "let" and assigned:
        text = f"{{{assigned[1]}: {as_scalar(assigned[2].strip())}}}"
        return Fix(f"write `let: {text}`", (Edit(node.span, text),))
    if where == "params":
        if scalar_type(node.text) is not None:
            return Fix(f"write `{name}: {{type: {node.text}, default: ...}}`, with a default")
        type = "u64" if _NUMBER.fullmatch(node.text) else "char(16)"
        type = "bool" if node.plain and node.text in ("true", "false") else type
        type = "duration" if parse_duration(node.text) is not None else type
        return Fix(f"write its type, too: `{name}: {{type: {type}, default: {node.raw}}}`")
    if where == "maps":
        called = _CALLED.fullmatch(node.text)
        parts = called.groups() if called else (node.text or "hash", "u32", "u64", "1024")
        rest = ", ".join(f"{key}: {part}" for key, part in zip(_MAP, parts, strict=True))
        return Fix(f"write all of it, as in `{name}: {{{rest}}}`")
    return None


def _in_braces_instead(source: Source, node: Sequence, name: str) -> Fix | None:
    """`let: [n: pid]`"""
    if not name:
        return None
    written = source.line(node.span.line)[node.span.column - 1 : node.span.end_column - 1]
    are_pairs = all(isinstance(item, Mapping) and len(item.items) == 1 for item in node)
    if not node.items or not are_pairs or "{" in written or node.span.line != node.span.end_line:
        return Fix(f"names stand in braces, each with its value: `{name}: {{NAME: ...}}`")
    text = f"{{{written[1:-1]}}}"
    return Fix(f"write `{name}: {text}`", (Edit(node.span, text),))


def _without_dashes(source: Source, node: Sequence) -> Fix:
    """A list of `- name: {...}`, whose names are the keys of a mapping."""
    edits: list[Edit] = []
    for item in node:
        if not isinstance(item, Mapping) or len(item.items) != 1:
            return Fix("write `NAME: ...` for each of them, without a `-`")
        key, _ = item.items[0]
        dash = source.line(key.span.line)[: key.span.column - 1].rstrip()
        if dash.strip() != "-":
            return Fix("write `NAME: ...` for each of them, without a `-`")
        edits.append(Edit(Span(key.span.line, len(dash), key.span.line, len(dash) + 1), " "))
    return Fix("names are the keys of a mapping: remove each `-`", tuple(edits))


def for_truth(node: Node, key: Scalar | None, wanted: str) -> Fix:
    """`stop: yes`, and other values that can only be one."""
    name = key.text if key else ""
    pair = f"{name}: {wanted}"
    if not isinstance(node, Scalar) or key is None:
        return Fix(f"write `{pair}`")
    if node.text.lower() in ("", "yes", "on", "true", "1", "y", "t", "~", "null"):
        edit = Edit(_from(key, node), pair)
        return Fix(f"write `{pair}`", (edit,) if key.span.line == node.span.line else ())
    return Fix(f"write `{pair}`")


def _from(key: Scalar, node: Scalar) -> Span:
    """From a key to its value's end; to the `:` where there is none."""
    end = node.span.end_column if node.raw else node.span.column
    return Span(key.span.line, key.span.column, node.span.line, end)


def _value(node: Scalar, text: str) -> Fix:
    return Fix(f"write `{text}`", (Edit(node.span, text),))
