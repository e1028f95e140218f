"""What people write in lines to print who know other languages; read on the way to an error."""

from __future__ import annotations

import re

from probekit.expr.syntax import ExpressionError, Mend, Place

_CLOSE = "close it, or write `{{` for a brace"


# A brace, a name in quotes, a colon, and what is no format.
_NAME = re.compile(r"""\{\s{0,40}(?:"[^"{}]{0,80}"|'[^'{}]{0,80}')\s{0,40}:(?=[\s"'{\[])""")


def brace_error(text: str, brace: int) -> ExpressionError:
    """A brace that has no other: braces of the text itself are doubled."""
    place = Place(brace, brace + 1)
    if text[brace] == "}":
        what = "a `}` without its `{`"
        value = re.search(r"\{?[\w.]+\Z", text[max(0, brace - 80) : brace].rstrip("} "), re.ASCII)
        if value is not None:  # was it the brace that begins which was left out?
            help = f"write `{{{value.group().lstrip('{')}}}`, or `}}}}` for a brace"
            return ExpressionError("bad-template", what, place, help)
        help = "write `}}` for a brace"
        return ExpressionError("bad-template", what, place, help, ((place, "}}"),))
    return ExpressionError("bad-template", "a `{` is not closed", place, _CLOSE)


def gap_error(text: str, inside: str, place: Place, error: ExpressionError) -> ExpressionError:
    """A `{ }` at `place`, of whose `inside` the expression's own `error` says less."""
    if not inside.strip():
        written = text[place.start : place.end]
        what = f"`{written}` names no value"
        help = f"write one: `{{pid{written.strip('{} ')}}}`; `{{{{}}}}` prints the braces"
        return ExpressionError("empty-expression", what, place, help)
    name = re.match(r"\s*([A-Za-z_][\w.]*)\s*(=|!\w*)\s*$", inside)
    if name is None:
        return error
    value = name[1]
    written = f"{value}={{{value}}}" if name[2] == "=" else f"{{{value}}}"
    what = f"`{name[2]}` at the end of a value"
    mend = (Place(place.start, place.end), written)
    if text[place.start : place.end] != "{" + inside + "}":
        return ExpressionError("bad-template", what, place, f"write `{written}`")
    return ExpressionError("bad-template", what, place, f"write `{written}`", (mend,))


def json_error(text: str) -> ExpressionError | None:
    """JSON in a line to print: the braces that are its own, doubled. None where it is none."""
    own = _own_braces(text)
    if not own:
        return None
    mends: tuple[Mend, ...] = tuple((Place(at, at + 1), text[at] * 2) for at in own)
    written = "".join(c * 2 if at in own else c for at, c in enumerate(text))
    what = "a brace begins a value, and this is text"
    help = f"double the braces of the text: `{written}`"
    return ExpressionError("bad-template", what, Place(own[0], own[0] + 1), help, mends)


def _own_braces(text: str) -> list[int]:
    """Where the text's own braces are: those before a quoted name and a colon, and their ends."""
    if "{{" in text:  # whoever doubles some of them knows how it is done
        return []
    stack: list[tuple[int, bool]] = []
    own: list[int] = []
    for at, character in enumerate(text):
        if character == "{":
            is_own = _NAME.match(text, at) is not None
            stack.append((at, is_own))
        elif character == "}" and stack:
            start, is_own = stack.pop()
            own += [start, at] if is_own else []
    return sorted(own)
