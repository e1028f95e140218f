"""Python's tree → ours: one method for each kind of node, and a refusal by name of all others."""

from __future__ import annotations

import _ast as ast  # what `ast` is made of, without the rest of it

from probekit.expr.syntax import (
    Binary,
    Call,
    Compare,
    Conditional,
    ExpressionError,
    Logic,
    Member,
    Name,
    Number,
    Place,
    Syntax,
    Text,
    Unary,
    each,
)

MAX_PARTS = 2000  # of the tree: `a < b < c` and `in` repeat some
MAX_DEPTH = 100


def _too_complex(what: str, place: Place) -> ExpressionError:
    help = "shorten it; a step can use names that a `let:` before it gives to parts of it"
    return ExpressionError("expression-too-deep", what, place, help)


_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
_UNARY: dict[type[ast.unaryop], str] = {
    ast.USub: "-",
    ast.UAdd: "+",
    ast.Invert: "~",
    ast.Not: "not",
}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


class Converter:
    """Python's tree → ours; one method for each kind of node.

    `prepared` is what Python parsed in place of `text`: as long, and with the same places.
    """

    def __init__(self, text: str, prepared: str) -> None:
        self.text = text
        self.length = len(prepared)
        self.parts = 0
        self.depth = 0
        self._is_one_line = prepared.isascii() and "\n" not in prepared
        # What Python parsed began with one "(" more, which is why offsets start at -1.
        self._lines = ("(" + prepared).split("\n")
        self._starts = [-1]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def place(self, node: ast.expr) -> Place:
        if self._is_one_line and node.end_lineno == 1:
            return Place(max(0, node.col_offset - 1), (node.end_col_offset or 0) - 1)
        start = self._offset(node.lineno, node.col_offset)
        end = self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
        return Place(max(0, start), min(max(end, start + 1), self.length))

    def _offset(self, line: int, column: int) -> int:
        """Python counts columns in UTF-8 bytes."""
        if line > len(self._lines):
            return self.length
        before = self._lines[line - 1].encode()[:column]
        return self._starts[line - 1] + len(before.decode(errors="ignore"))

    def convert(self, node: ast.expr) -> Syntax:
        self.parts += 1
        self.depth += 1
        if self.parts > MAX_PARTS or self.depth > MAX_DEPTH:
            what = (
                f"an expression of more than {MAX_PARTS} parts"
                if self.parts > MAX_PARTS
                else f"an expression nested more than {MAX_DEPTH} deep"
            )
            raise _too_complex(what, Place(0, self.length))
        try:
            return self._convert(node, self.place(node))
        finally:
            self.depth -= 1

    def _convert(self, node: ast.expr, place: Place) -> Syntax:
        match node:
            case ast.Constant():
                return self._constant(node, place)
            case ast.Name(id=name):
                return self._name(name, place)
            case ast.Attribute(value=value, attr=name):
                start = max(place.end - len(name), place.start)
                return Member(place, self.convert(value), name, Place(start, place.end))
            case ast.Call():
                return self._call(node, place)
            case ast.UnaryOp(op=unary, operand=operand):
                if self.text[place.start : place.start + 2] in ("--", "++"):
                    raise self._refused(node, place)
                return Unary(place, _UNARY[type(unary)], self.convert(operand))
            case ast.BinOp(left=left, op=binary, right=right):
                return self._binary(place, left, binary, right)
            case ast.BoolOp(op=logic, values=values):
                operator = "and" if isinstance(logic, ast.And) else "or"
                return Logic(place, operator, tuple(each(values, self.convert)))
            case ast.Compare():
                return self._comparison(node, place)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return Conditional(
                    place, self.convert(test), self.convert(body), self.convert(orelse)
                )
        raise self._refused(node, place)

    def _refused(self, node: ast.expr, place: Place) -> ExpressionError:
        from probekit.expr.refused import refusal  # only on the way to an error

        return refusal(node, place, self.text)

    def _constant(self, node: ast.Constant, place: Place) -> Syntax:
        value = node.value
        if value is None or isinstance(value, bool):
            return Name(place, str(value))  # which nothing has
        if isinstance(value, int):
            if not value and self.text[place.start : place.start + 2] in ("00", "0_"):
                raise self._refused(node, place)
            return Number(place, value)
        if isinstance(value, str):
            return self._text(value, place)
        raise self._refused(node, place)

    def _text(self, value: str, place: Place) -> Syntax:
        if "\0" in value or not _encodable(value):
            raise ExpressionError(
                "bad-text", "text cannot hold a NUL byte or half of a character", place
            )
        return Text(place, value)

    def _name(self, name: str, place: Place) -> Syntax:
        if name in ("true", "false"):
            return Number(place, int(name == "true"))
        return Name(place, name)

    def _call(self, node: ast.Call, place: Place) -> Syntax:
        if (
            not isinstance(node.func, ast.Name)
            or node.keywords
            or any(isinstance(argument, ast.Starred) for argument in node.args)
        ):
            raise self._refused(node, place)
        arguments = tuple(map(self.convert, node.args))
        return Call(place, node.func.id, self.place(node.func), arguments)

    def _binary(
        self, place: Place, left: ast.expr, operator: ast.operator, right: ast.expr
    ) -> Syntax:
        symbol = _BINARY.get(type(operator))
        if symbol is None:
            raise self._refused_operator(operator, left, right)
        return Binary(place, symbol, self.convert(left), self.convert(right))

    def _refused_operator(
        self, operator: ast.operator | ast.cmpop, left: ast.expr, right: ast.expr
    ) -> ExpressionError:
        from probekit.expr.refused import operator_between

        between = Place(self.place(left).end, self.place(right).start)
        return operator_between(operator, right, between, self.text)

    def _comparison(self, node: ast.Compare, place: Place) -> Syntax:
        """A chain `a < b < c` becomes `a < b and b < c`; `in` becomes a row of `==`."""
        links: list[Syntax] = []
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            links.append(self._link(left, operator, right, place))
            left = right
        return links[0] if len(links) == 1 else Logic(place, "and", tuple(links))

    def _link(self, left: ast.expr, operator: ast.cmpop, right: ast.expr, place: Place) -> Syntax:
        if isinstance(operator, ast.In | ast.NotIn):
            return self._membership(left, isinstance(operator, ast.NotIn), right, place)
        symbol = _COMPARE.get(type(operator))
        here = Place(self.place(left).start, self.place(right).end)
        if symbol is None:
            raise self._refused_operator(operator, left, right)
        return Compare(here, symbol, self.convert(left), self.convert(right))

    def _membership(self, left: ast.expr, negated: bool, right: ast.expr, place: Place) -> Syntax:
        between = self.text[self.place(left).end : self.place(right).start]
        is_one = between.rstrip().endswith("(") and not isinstance(right, ast.Tuple)
        items = right.elts if isinstance(right, ast.Tuple) else [right] if is_one else []
        if not items:
            from probekit.expr.refused import membership

            raise membership(left, right, self.place(right), self.text)
        equal = tuple(
            Compare(self.place(item), "==", self.convert(left), self.convert(item))
            for item in items
        )
        found: Syntax = equal[0] if len(equal) == 1 else Logic(place, "or", equal)
        return Unary(place, "not", found) if negated else found


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
