"""Values: of another type than is asked for, outside of their range, or no word of those there are.

Imported on the way to an error only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from probekit.diagnostics import Diagnostic, Edit
from probekit.duration import parse_duration
from probekit.frontend.schemafinding import STEP_LISTS, Finding, example_of, is_step
from probekit.frontend.schemahelp import (
    Fix,
    for_braces,
    for_comment,
    for_list,
    for_mapping,
    for_number,
    for_one,
    for_step,
    for_text,
    for_truth,
)
from probekit.frontend.shape import is_integer
from probekit.frontend.yamlnodes import Mapping, Node, Scalar, Sequence
from probekit.nearest import did_you_mean, listed, meant

_TYPE_WORDS = {
    "object": "a mapping (`key: value`)",
    "array": "a list (`- item`)",
    "string": "text",
    "integer": "a whole number",
    "boolean": "`true` or `false`",
}


def wrong_type(finding: Finding) -> Iterator[Diagnostic]:
    instance, wanted = finding.error.instance, finding.error.validator_value
    if instance is None:
        yield _null(finding)
        return
    names = [wanted] if isinstance(wanted, str) else wanted
    if isinstance(instance, float) and "integer" in wanted:
        help = "there are no fractions: use a smaller unit"
        fix = _fix(finding, ["integer"]) or Fix(help)
        what = f"`{finding.given}` is not a whole number"
        yield finding.at_value("wrong-type", what, fix.help, *fix.edits)
        return
    if finding.path and finding.path[-1] in ("every", "after", "delay") and is_integer(instance):
        message = f"the duration `{finding.given}` has no unit"
        yield finding.at_value("bad-duration", message, f"write it, as in `{finding.given}s`")
        return
    if isinstance(instance, dict) and finding.path[-2:-1] == ("let",):
        yield _struct_in_let(finding)
        return
    if "enum" in finding.error.schema:
        yield _not_a_choice(finding)
        return
    if finding.path[-1:] == ("tracepoint",):
        names = ["string"]  # what else the schema lets pass, the checker explains
    if _is_of_pairs(finding.node) and "object" in names and "array" not in names:
        names = ["object"]  # a struct whose fields are items of a list
    words = " or ".join(_TYPE_WORDS[name] for name in names)
    what = finding.name if finding.key else "a step" if is_step(finding) else "this"
    fix = _fix(finding, names) or Fix(_form(finding, names))
    yield finding.at_value("wrong-type", f"{what} must be {words}", fix.help, *fix.edits)


def _is_of_pairs(node: Node) -> bool:
    """Whether it is a list of `- name: value`."""
    items = node.items if isinstance(node, Sequence) else ()
    return bool(items) and all(isinstance(one, Mapping) and len(one.items) == 1 for one in items)


def _not_a_choice(finding: Finding) -> Diagnostic:
    """A list, a mapping or a number where one of a few words stands."""
    choices = [str(choice) for choice in finding.error.schema["enum"]]
    node = finding.node
    items = list(node) if isinstance(node, Sequence) else []
    texts = [item.text for item in items if isinstance(item, Scalar)]
    message, help = f"{finding.name} is one word", f"write {' or '.join(f'`{c}`' for c in choices)}"
    if len(texts) == len(items) == 1 and texts[0] in choices:
        is_one_line = node.span.line == node.span.end_line  # else it ends where all else begins
        edits = (Edit(node.span, texts[0]),) if is_one_line else ()
        return finding.at_value("wrong-type", message, f"write `{texts[0]}`", *edits)
    if finding.path[-1:] == ("at",) and len(items) > 1:
        help += "; for both, write a schedule for each"
    return finding.at_value("wrong-type", message, help)


def _struct_in_let(finding: Finding) -> Diagnostic:
    """`let: {k: {a: 1}}`, or an expression in braces."""
    fix = for_braces(finding.source, finding.node, finding.key)
    if fix is not None:
        what = f"{finding.name} must be an expression"
        return finding.at_value("wrong-type", what, fix.help, *fix.edits)
    what = "`let` names one value, and not a struct that is written field by field"
    help = "name each field by itself, or write the struct where it is used, as `key:` or `value:`"
    return finding.at_value("wrong-type", what, help)


# Keys without which a spec may be as right.
_OPTIONAL = frozenset(
    "description params maps schedules when delay times top by entries mode else".split()
)


def _null(finding: Finding) -> Diagnostic:
    name = finding.name if finding.key else "an item"
    is_name = len(finding.path) > 1 and finding.path[-1] == "name"  # a program's, say
    is_optional = finding.key is None or finding.key.text in _OPTIONAL or is_name
    rest = ", or remove it" if is_optional else ""
    help = f"give it one{rest}"
    if finding.key and finding.key.text in STEP_LISTS:
        help = f"its steps stand below it, indented deeper than `{finding.key.text}`"
    elif finding.key and (example := example_of(finding)):
        help = f"give it one, as in `{finding.key.text}: {example}`{rest}"
    return finding.at_key("null-value", f"{name} has no value", help)


def _fix(finding: Finding, wanted: list[str]) -> Fix | None:
    """What to write in place of what was given, where that tells."""
    node, key = finding.node, finding.key
    commented = for_comment(node)
    if commented is not None and set(wanted) & {"integer", "boolean"} and "string" not in wanted:
        return commented
    one = for_one(node, key) if "array" not in wanted and "object" not in wanted else None
    if one is not None:
        return one
    if "integer" in wanted and isinstance(node, Scalar) and "string" not in wanted:
        return for_number(node)
    if wanted == ["integer"] and isinstance(node, Scalar):
        return for_number(node)
    if "array" in wanted and "object" not in wanted:
        return for_list(finding.source, node, key)
    if wanted == ["object"]:
        if is_step(finding):
            return for_step(node)
        where = str(finding.path[0]) if len(finding.path) == 2 else ""
        return for_mapping(finding.source, node, key, where)
    return for_text(finding.source, node, key) if "string" in wanted else None


def _form(finding: Finding, wanted: list[str]) -> str:
    """How what is wanted is written: by the schema's example."""
    example = example_of(finding)
    if example and finding.key:
        return f"as in `{finding.key.text}: {example}`"
    if wanted == ["array"]:
        return "write its items below it, each behind a `- `, and nothing beside its `:`"
    return "write `key: value`" if wanted == ["object"] else ""


def const(finding: Finding) -> Iterator[Diagnostic]:
    wanted = json.dumps(finding.error.validator_value)
    fix = for_truth(finding.node, finding.key, wanted)
    if finding.path == ("probekit",):
        yield _version(finding, fix)
        return
    message = f"{finding.name} must be `{wanted}`"
    yield finding.at_value("bad-value", message, fix.help, *fix.edits)


def _version(finding: Finding, fix: Fix) -> Diagnostic:
    """`1` in another form is a slip; another number is a spec for another probekit."""
    commented = for_comment(finding.node)
    if commented is not None and finding.given.startswith("1"):
        message = "the version is the number 1"
        return finding.at_value("bad-value", message, commented.help, *commented.edits)
    text = finding.given.strip().lower().removeprefix("v")
    if re.fullmatch(r"0*1(\.0*)?", text) or not text or text in ("true", "yes", "~", "null"):
        edits = (Edit(finding.node.span, "1"),) if text and text != "~" else fix.edits
        message = "the version is the number 1"
        return finding.at_value("bad-value", message, "write `probekit: 1`", *edits)
    message = "this version reads format 1 only"
    help = "write `probekit: 1`, or use a probekit that knows the other format"
    return finding.at_value("bad-value", message, help)


def enum(finding: Finding) -> Iterator[Diagnostic]:
    """Nothing of what is no text: that is said of its type."""
    if not isinstance(finding.error.instance, str):
        return
    choices = [str(choice) for choice in finding.error.validator_value]
    help = did_you_mean(finding.given, choices, f"there are {listed(choices)}")
    found = meant(finding.given, choices)
    if finding.key and finding.key.text == "at" and parse_duration(finding.given) is not None:
        message = f"`{finding.given}` is no moment of the run"
        help = f"write `after: {finding.given}`"
        yield finding.at_value("bad-value", message, help, Edit(finding.key.span, "after"))
        return
    edits = (Edit(finding.node.span, found),) if found else ()
    message = f"`{finding.given}` is not a value of {finding.name}"
    yield finding.at_value("bad-value", message, help, *edits)


def out_of_range(finding: Finding) -> Iterator[Diagnostic]:
    bound = finding.error.validator_value
    least = finding.error.validator == "minimum"
    message = f"{finding.name} must be at {'least' if least else 'most'} {bound}"
    yield finding.at_value(
        "value-range", message, f"write {bound} or {'more' if least else 'less'}"
    )


def empty(finding: Finding) -> Iterator[Diagnostic]:
    yield finding.at_key("empty-value", f"{finding.name} is empty", "add an item")


def too_many(finding: Finding) -> Iterator[Diagnostic]:
    most = finding.error.validator_value
    message = f"{finding.name} has more than {most} items"
    yield finding.at_key("too-many", message, "split the spec into several files")
