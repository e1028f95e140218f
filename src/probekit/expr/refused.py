"""What Python's grammar has and ours does not: what to write in its place."""

from __future__ import annotations

import _ast as ast
import re

from probekit.expr.builtins import BUILTINS
from probekit.expr.foreign import LATER_CALL_ADVICE
from probekit.expr.syntax import ExpressionError, Mend, Place, replacing, together

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
    if isinstance(node, ast.UnaryOp):
        what, sign = "`++` and `--` are not operators here", text[place.start]
        help = f"write `{sign} 1` behind it; the step `count:` adds to a map"
        return ExpressionError("bad-expression", what, Place(place.start, place.start + 2), help)
    if isinstance(node, ast.Tuple):
        return _several(node, place, text)
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


_THOUSANDS = re.compile(r"(?<![\w.,])[1-9][0-9]{0,2}(?:,[0-9]{3})+(?![\w.])", re.ASCII)


def _zeros(place: Place, text: str) -> ExpressionError:
    """`000`: the end of `1,000`, or a zero too many."""
    for found in _THOUSANDS.finditer(text):
        if found.start() < place.start < found.end():
            number, whole = found.group().replace(",", ""), Place(*found.span())
            error = replacing("bad-expression", "numbers have no commas", whole, number)
            if not number.endswith("000"):
                error.mends = ()  # `(1,000,200)`: one number, or two
            return error
    return replacing("bad-expression", "a number with leading zeros", place, "0")


def _several(node: ast.Tuple, place: Place, text: str) -> ExpressionError:
    """Values with commas between them: thousands, conditions, or what stands after an `in`."""
    if numbers := _with_commas(place, text):
        return together(numbers)
    first = node.elts[0] if node.elts else node
    if len(node.elts) == 1 and text.rstrip().endswith(","):
        comma = text.rindex(",")
        here = Place(comma, comma + 1)
        what = "an expression does not end with `,`"
        return ExpressionError("bad-expression", what, here, "remove it", ((here, ""),))
    what = "several values with commas cannot stand in an expression"
    help = "write one; a struct is a mapping: `{a: 1, b: pid}`"
    if isinstance(first, ast.Compare) and isinstance(first.ops[-1], ast.In | ast.NotIn):
        help = "after `in` write the values in round brackets: `in (1, 2)`"
    elif all(isinstance(one, ast.Compare | ast.BoolOp) for one in node.elts) and node.elts:
        help = "write `and` or `or` in place of each comma"
    return ExpressionError("bad-expression", what, place, help)


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
    operator: ast.operator | ast.cmpop, right: ast.expr, between: Place, text: str
) -> ExpressionError:
    """An operator that we do not have; `between` is all that stands before its `right` side."""
    name, better, help = _OPERATORS[type(operator)]
    pattern = r"\s+".join(map(re.escape, name.split()))
    found = re.search(pattern, text[between.start : between.end])
    place = Place(*found.span()).moved(between.start) if found else between
    if isinstance(right, ast.Tuple):
        better = {"is": "in", "is not": "not in"}.get(name, better)
        help = f"write `{better}`" if better else help
    mends = ((place, better),) if found and better else ()
    what = f"`{name}` is not an operator here"
    return ExpressionError("bad-expression", what, place, help, mends)


def membership(left: ast.expr, node: ast.expr, place: Place, text: str) -> ExpressionError:
    """What stands after `in` is no list in round brackets."""
    written = text[place.start : place.end]
    is_text = isinstance(left, ast.Constant) and isinstance(left.value, str)
    if isinstance(node, ast.Name) and node.id not in BUILTINS and not is_text:
        return ExpressionError(
            "not-yet",
            f"`in {written}` (whether a map has a key) is not in this version yet",
            place,
            f"read it first: `- {{lookup: {written}, key: ..., default: 0, as: found}}`",
        )
    what = "after `in` stands a list in round brackets"
    mends: tuple[Mend, ...] = ()
    items = node.elts if isinstance(node, ast.List | ast.Set) else []
    if any(isinstance(item, ast.List | ast.Set | ast.Tuple) for item in items):
        help = "write its values one after the other: `in (1, 2, 3)`"
    elif items:
        begin, end = Place(place.start, place.start + 1), Place(place.end - 1, place.end)
        mends = ((begin, "("), (end, ")"))
        help = f"write `in ({written[1:-1]})`"
    elif is_text and isinstance(node, ast.Name | ast.Attribute):
        help = f"no part of a text is looked for: compare the whole, `{written} == 'text'`"
    elif isinstance(node, ast.Constant | ast.Name | ast.Attribute):
        several = "('a', 'b')" if written[0] in "'\"" else "(1, 2, 3)"
        help = f"write `== {written}`, or several as `in {several}`"
    else:
        help = "write `in (1, 2, 3)`"
    return ExpressionError("bad-expression", what, place, help, mends)


def _constant(value: object, place: Place, text: str) -> ExpressionError:
    written = text[place.start : place.end]
    if isinstance(value, float):
        return _fraction(value, written, place)
    if isinstance(value, bytes):
        what, help = "there are no bytes here", f"write `{written[1:]}`"
        return ExpressionError("bad-expression", what, place, help, ((place, written[1:]),))
    if value == 0:
        return _zeros(place, text)
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
    key = node.slice.value if isinstance(node.slice, ast.Constant) else None
    if subject == "args" and isinstance(key, str) and key.isidentifier():
        what = "a field of the event is written with a dot"
        return replacing("bad-expression", what, place, f"args.{key}")
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
