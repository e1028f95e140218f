"""Text of a line to print that was meant as a value: `{{ pid }}`, `$pid`, and `pid` alone."""

from __future__ import annotations

import re
from collections.abc import Callable

from probekit.check.context import Faults
from probekit.expr.builtins import CASTS, FUNCTIONS
from probekit.expr.parse import ExpressionError, parse
from probekit.expr.syntax import Call, Syntax, children, names_in
from probekit.frontend.yamljoin import joined, split_outside
from probekit.frontend.yamlnodes import Scalar
from probekit.frontend.yamlquote import quoted

# Of template languages and shells; `{{{pid}}}` is a value in braces, and right.
_FOREIGN = re.compile(r"\$?(?<!\{)\{\{(?!\{)([^{}]*)\}\}(?!\})|(?<!\{)\$([A-Za-z_]\w*)", re.ASCII)
_NAME = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)
_IN_BRACES = re.compile(r"(?<![$\w])\$\{([^{}]+)\}(?!\})")  # as shells have it
# A text of Python with a letter before its quotes, which are no quotes of YAML then.
_PYTHON_TEXT = re.compile(r"""([rR]?f)("[^"]*"|'[^']*')""", re.ASCII)


def doubt_plain(faults: Faults, scalar: Scalar, knows: Callable[[str], bool]) -> None:
    """Warns of text that is a value elsewhere; `knows` says which names have one here."""
    text = scalar.text
    if scalar.plain and (python := _PYTHON_TEXT.fullmatch(text)):
        what = f"this prints its `{python[1]}` and quotes, too"
        faults.warn("text-not-value", what, scalar.span, f"write `{python[2]}`")
    if scalar.plain and text[-1:] in ("'", '"') and text.count(text[-1]) == 1:
        end = scalar.part(len(text) - 1, len(text))
        help = f"remove it, or put the text in quotes: `{text[-1]}{text}`"
        faults.warn("text-not-value", f"this prints its `{text[-1]}`, too", end, help)
    for dollar in _IN_BRACES.finditer(text):
        if _is_value(dollar[1], knows):
            help = f"for the value alone write `{{{dollar[1]}}}`"
            what = f"`{dollar.group()}` prints the `$`, too"
            faults.warn("text-not-value", what, scalar.part(*dollar.span()), help)
    if any(text == declared.name.text for declared in faults.spec.maps):
        help = f"entries are shown by a schedule: `show: {text}`"
        faults.warn("text-not-value", f"this prints the text `{text}`", scalar.span, help)
    elif text != "args" and text.isidentifier() and knows(text):
        help = f"for the value write `{_in_print(scalar, f'{{{text}}}')}`"
        faults.warn("text-not-value", f"this prints the text `{text}`", scalar.span, help)
    elif scalar.plain and (meant := _of_values(text, knows)):
        help = f"for the values write `{quoted(meant)}`"
        faults.warn("text-not-value", f"this prints the text `{text}`", scalar.span, help)
    for found in _FOREIGN.finditer(text):
        inside = (found[1] or found[2] or "").strip()
        if _is_value(inside, knows):
            printed = found.group().replace("{{", "{").replace("}}", "}")
            what = f"`{found.group()}` prints the text `{printed}`"
            help = f"for the value write `{{{inside}}}`"
            faults.warn("text-not-value", what, scalar.part(*found.span()), help)


def _in_print(scalar: Scalar, text: str) -> str:
    """`text` as it stands in place of the scalar: without quotes, a brace would begin a mapping."""
    return quoted(text) if scalar.plain else text


def _of_values(text: str, knows: Callable[[str], bool]) -> str | None:
    """What `comm, pid` and `comm + ' x'` were to print; None for what may be meant as text."""
    parts = split_outside(text, ",")
    if not all(_is_expression(part, knows) for part in parts):
        return None
    if len(parts) == 1 and (found := joined(text)):
        return found
    terms = split_outside(text, "+")
    if len(parts) == 1 and len(terms) > 1 and all(map(_NAME.fullmatch, terms)):
        return " ".join(f"{{{term}}}" for term in terms)  # one may be text, and has no sum
    return ", ".join(f"{{{part}}}" for part in parts)


def _is_expression(text: str, knows: Callable[[str], bool]) -> bool:
    """Whether it is one of known names and functions, and nothing else."""
    try:
        tree = parse(text)
    except ExpressionError:
        return False
    names = names_in(tree)
    return bool(names) and all(map(knows, names)) and _has_functions(tree)


def _has_functions(tree: Syntax) -> bool:
    """Whether there are all functions that it calls."""
    is_there = not isinstance(tree, Call) or tree.function in CASTS or tree.function in FUNCTIONS
    return is_there and all(map(_has_functions, children(tree)))


def _is_value(text: str, knows: Callable[[str], bool]) -> bool:
    """Whether it is an expression of known names, with a format or without."""
    for written in (text, text.partition(":")[0]):
        try:
            names = names_in(parse(written))
        except ExpressionError:
            continue
        if names:
            return all(map(knows, names))
    return False
