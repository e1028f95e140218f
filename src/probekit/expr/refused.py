"""What Python's grammar has and ours does not: what to write in its place."""

from __future__ import annotations

import _ast as ast
import re

from probekit.expr.foreign import LATER_CALL_ADVICE
from probekit.expr.syntax import ExpressionError, Mend, Place, replacing, together

_PYTHON_NAMES = {"True": "true", "False": "false", "None": "0"}
# A kind of node: what it is called, and what to do without it.
_REFUSED: dict[type[ast.expr], tuple[str, str]] = {
    ast.JoinedStr: ("an f-string", 'lines are made by `print:`: `print: "{pid} {comm}"`'),
    ast.Lambda: ("a `lambda`", "write the expression itself"),
    ast.List: ("a list", "after `in` stands one in round brackets: `in (1, 2)`"),
    ast.Dict: (
        "a mapping",
        "only a `key:`, `value:` or `default:` can be a struct, without quotes around it:"
        " `key: {a: 1, b: pid}`",
    ),
    ast.Set: ("a set", "after `in` stands a list in round brackets: `in (1, 2)`"),
    ast.ListComp: ("a comprehension", "there are no lists and no loops in expressions"),
    ast.GeneratorExp: ("a comprehension", "there are no lists and no loops in expressions"),
    ast.NamedExpr: ("`:=`", "name the value in a step before: `let: {name: ...}`"),
    ast.Tuple: ("several values with commas", "write one; a struct is a mapping: `{a: 1, b: pid}`"),
    ast.Await: ("`await`", "remove it"),
    ast.Starred: ("`*`", "write the value itself"),
}
_OPERATORS: dict[type[ast.operator | ast.cmpop], tuple[str, str, str]] = {
    ast.FloorDiv: ("//", "", "write `/`, which divides whole numbers; a comment begins with ` #`"),
    ast.Pow: ("**", "", "write the product, or `1 << N` for a power of two"),
    ast.MatMult: ("@", "", "a map is read by a step: `- {lookup: MAP, key: pid, as: found}`"),
    ast.Is: ("is", "==", "write `==`"),
    ast.IsNot: ("is not", "!=", "write `!=`"),
}


def refusal(node: ast.expr, place: Place, text: str) -> ExpressionError:
    """Why `node`, which stands at `place` of `text`, is none of ours."""
    if isinstance(node, ast.Constant):
        return _constant(node.value, place, text)
    if isinstance(node, ast.Subscript):
        return _index(node, place, text)
    if isinstance(node, ast.Call):
        return _call(node, place, text)
    if isinstance(node, ast.Set) and len(node.elts) == 1:
        return _braces(place, text)
    if isinstance(node, ast.Tuple) and (numbers := _with_commas(place, text)):
        return together(numbers)
    what, help = _REFUSED.get(type(node), ("this", "write a number, a name or text in quotes"))
    return ExpressionError("bad-expression", f"{what} cannot stand in an expression", place, help)


_COMMAS = re.compile(r"(?<![\w.,])[1-9][0-9]{0,2}(?:,[0-9]{3})+(?![\w.,])", re.ASCII)


def _with_commas(place: Place, text: str) -> list[ExpressionError]:
    """`1,000` and its kin, which read as several values."""
    what = "numbers have no commas"
    return [
        replacing("bad-expression", what, Place(*found.span()), found.group().replace(",", ""))
        for found in _COMMAS.finditer(text, place.start, place.end)
    ]


def _braces(place: Place, text: str) -> ExpressionError:
    """An expression in the braces of a `print:`, or of a template language."""
    inside = written = text[place.start : place.end]
    while inside.startswith("{") and inside.endswith("}"):
        inside = inside[1:-1].strip()
    if place != Place(0, len(text)) and not re.fullmatch(r"[\w.]+", inside):
        inside = f"({inside})"
    what = f"`{written}`: an expression has no braces, they are for values in a `print:`"
    return ExpressionError("bad-expression", what, place, f"write `{inside}`", ((place, inside),))


def operator_between(
    operator: ast.operator | ast.cmpop, between: Place, text: str
) -> ExpressionError:
    """An operator that we do not have; `between` is all that stands between its sides."""
    name, better, help = _OPERATORS[type(operator)]
    pattern = r"\s+".join(map(re.escape, name.split()))
    found = re.search(pattern, text[between.start : between.end])
    place = Place(*found.span()).moved(between.start) if found else between
    mends = ((place, better),) if found and better else ()
    what = f"`{name}` is not an operator here"
    return ExpressionError("bad-expression", what, place, help, mends)


def membership(node: ast.expr, place: Place, text: str) -> ExpressionError:
    """What stands after `in` is no list in round brackets."""
    written = text[place.start : place.end]
    if isinstance(node, ast.Name):
        return ExpressionError(
            "not-yet",
            f"`in {written}` (whether a map has a key) is not in this version yet",
            place,
            f"read it first: `- {{lookup: {written}, key: ..., default: 0, as: found}}`",
        )
    mends: tuple[Mend, ...] = ()
    if isinstance(node, ast.List | ast.Set) and node.elts:
        mends = (
            (Place(place.start, place.start + 1), "("),
            (Place(place.end - 1, place.end), ")"),
        )
    what = "after `in` stands a list in round brackets"
    help = f"write `in ({written[1:-1]})`" if mends else "write `in (1, 2, 3)`"
    return ExpressionError("bad-expression", what, place, help, mends)


def _constant(value: object, place: Place, text: str) -> ExpressionError:
    written = text[place.start : place.end]
    if isinstance(value, float):
        return _fraction(value, written, place)
    if isinstance(value, bytes):
        what, help = "there are no bytes here", f"write `{written[1:]}`"
        return ExpressionError("bad-expression", what, place, help, ((place, written[1:]),))
    if value is None or isinstance(value, bool):
        better = _PYTHON_NAMES[str(value)]
        what, help = f"`{value}` is written `{better}` here", f"write `{better}`"
        return ExpressionError("bad-expression", what, place, help, ((place, better),))
    what, help = "this cannot stand in an expression", "write a whole number"
    return ExpressionError("bad-expression", what, place, help)


def _fraction(value: float, written: str, place: Place) -> ExpressionError:
    what = "there are no fractions in expressions"
    if value.is_integer() and abs(value) < 1 << 63:
        number = str(int(value))
        return ExpressionError("no-floats", what, place, f"write `{number}`", ((place, number),))
    help = "use whole numbers, in a smaller unit (1500 us in place of 1.5 ms)"
    digits = written.replace("_", "")
    if re.fullmatch(r"[0-9]*\.[0-9]{1,6}", digits):
        above, below = int(digits.replace(".", "")), 10 ** len(digits.partition(".")[2])
        help = (
            f"use a smaller unit (1500 us for 1.5 ms); `X * {written}` is `X * {above} / {below}`"
        )
    return ExpressionError("no-floats", what, place, help)


def _index(node: ast.Subscript, place: Place, text: str) -> ExpressionError:
    """`subject` is the name before the bracket: a map's entry is read by a step."""
    subject = node.value.id if isinstance(node.value, ast.Name) else ""
    what = "indexing with `[ ]` is not in this version yet"
    help = "compare or print the whole value"
    if isinstance(node.slice, ast.Slice):
        help += "; `{comm:.3}` in a `print:` cuts text"
    return ExpressionError("not-yet", what, place, help, subject=subject)


_METHODS = {
    "startswith": "compare the whole text: `== 'text'`, or `in ('a', 'b')`",
    "endswith": "compare the whole text: `== 'text'`, or `in ('a', 'b')`",
    "get": "a map is read by a step: `- {lookup: MAP, key: pid, default: 0, as: found}`",
    "lookup": "a map is read by a step: `- {lookup: MAP, key: pid, default: 0, as: found}`",
    "increment": "a map is counted in by a step: `- {count: MAP, key: pid}`",
    "update": "a map is written by a step: `- {update: MAP, key: pid, value: 1}`",
    "delete": "an entry is removed by a step: `- {delete: MAP, key: pid}`",
    "lower": "compare with each spelling: `in ('a', 'A')`",
    "upper": "compare with each spelling: `in ('a', 'A')`",
    "decode": "text is text already: remove it",
    "format": 'lines are made by `print:`: `print: "{pid} {comm}"`',
}


def _call(node: ast.Call, place: Place, text: str) -> ExpressionError:
    """A method, or arguments with names."""
    if isinstance(node.func, ast.Name):
        name = node.func.id
        what = "named arguments are not in this version yet"
        help = LATER_CALL_ADVICE.get(name, "give the values alone, in order").format("x")
        if name in LATER_CALL_ADVICE:
            what = f"`{name}()` is not in this version yet"
        return ExpressionError("not-yet", what, place, help, subject=name)
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        method, subject = node.func.attr, node.func.value.id
        help = _METHODS.get(method, "there are functions only: `min(x, y)`, `abs(x)`")
        if method == "startswith":
            what = f"`{subject}.startswith(...)` is written `startswith({subject}, ...)`"
            return ExpressionError("not-yet", f"{what}, and not in this version yet", place, help)
        what = "only functions can be called"
        return ExpressionError("bad-expression", what, place, help, subject=subject)
    what, help = "only functions can be called", "there are `min(x, y)`, `abs(x)` and others"
    return ExpressionError("bad-expression", what, place, help)
