"""Text of a line to print that was meant as a value: `{{ pid }}`, `$pid`, and `pid` alone."""

from __future__ import annotations

import re
from collections.abc import Callable

from probekit.check.context import Faults
from probekit.expr.parse import ExpressionError, parse
from probekit.expr.syntax import names_in
from probekit.frontend.yamlnodes import Scalar

# Of template languages and shells; `{{{pid}}}` is a value in braces, and right.
_FOREIGN = re.compile(r"\$?(?<!\{)\{\{(?!\{)([^{}]*)\}\}(?!\})|(?<!\{)\$([A-Za-z_]\w*)", re.ASCII)
# A text of Python with a letter before its quotes, which are no quotes of YAML then.
_PYTHON_TEXT = re.compile(r"""([rR]?f)("[^"]*"|'[^']*')""", re.ASCII)


def doubt_plain(faults: Faults, scalar: Scalar, knows: Callable[[str], bool]) -> None:
    """Warns of text that is a value elsewhere; `knows` says which names have one here."""
    text = scalar.text
    if scalar.plain and (python := _PYTHON_TEXT.fullmatch(text)):
        what = f"this prints its `{python[1]}` and quotes, too"
        faults.warn("text-not-value", what, scalar.span, f"write `{python[2]}`")
    if any(text == declared.name.text for declared in faults.spec.maps):
        help = f"entries are shown by a schedule: `show: {text}`"
        faults.warn("text-not-value", f"this prints the text `{text}`", scalar.span, help)
    elif text != "args" and text.isidentifier() and knows(text):
        help = f"for the value write `{{{text}}}`"
        faults.warn("text-not-value", f"this prints the text `{text}`", scalar.span, help)
    for found in _FOREIGN.finditer(text):
        inside = (found[1] or found[2] or "").strip()
        if _is_value(inside, knows):
            printed = found.group().replace("{{", "{").replace("}}", "}")
            what = f"`{found.group()}` prints the text `{printed}`"
            help = f"for the value write `{{{inside}}}`"
            faults.warn("text-not-value", what, scalar.part(*found.span()), help)


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
