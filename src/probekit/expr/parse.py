"""Text → syntax tree, by Python's own grammar, of which most is then refused by name."""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from typing import NoReturn

from probekit.expr.syntax import (
    Binary,
    Call,
    Compare,
    Conditional,
    Logic,
    Member,
    Name,
    Number,
    Place,
    Syntax,
    Text,
    Unary,
)

MAX_LENGTH = 4096
MAX_NESTING = 32
MAX_DEPTH = 100

_STRING = r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\""
_TOKENS = re.compile(rf"(?P<string>{_STRING})|\.(?P<member>\s*[A-Za-z_]+)|(?P<other>.)", re.DOTALL)
_KEYWORDS = frozenset(keyword.kwlist)


class ExpressionError(Exception):
    """The expression is not one of ours: `code`, `message`, `help` and the place in its text."""

    def __init__(self, code: str, message: str, place: Place, help: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.place, self.help = code, message, place, help


def parse(text: str) -> Syntax:
    """The tree of `text`. Raises ExpressionError, and nothing else, on whatever `text` is."""
    whole = Place(0, max(1, len(text)))
    if not text.strip():
        raise ExpressionError("empty-expression", "an empty expression", whole)
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            "expression-too-long", f"an expression of more than {MAX_LENGTH} characters", whole
        )
    prepared = _prepare(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(f"({prepared}\n)", mode="eval").body
    except SyntaxError as error:
        raise _syntax_error(text, error) from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError("bad-expression", "not an expression", whole) from None
    if _deeper_than(tree, MAX_DEPTH):
        raise ExpressionError("expression-too-deep", "an expression of too many parts", whole)
    return _Converter(prepared).convert(tree)


def _deeper_than(tree: ast.AST, limit: int) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(limit):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True


def _prepare(text: str) -> str:
    """Refuses what Python would read differently, and lets `args.in` and its kin through.

    Python folds full-width letters in names to plain ones (PEP 3131) but does not take them
    for keywords: `args.in` goes in with a full-width first letter and comes out as `in`.
    """
    pieces: list[str] = []
    depth = 0
    for match in _TOKENS.finditer(text):
        token = match.group()
        place = Place(match.start(), match.end())
        if match.lastgroup == "string":
            pieces.append(token)
            continue
        if not token.isascii() or token in "#\\`":
            raise ExpressionError(
                "bad-character",
                f"the character {token!r} outside of text",
                place,
                "text inside an expression has quotes of its own",
            )
        depth += (token in "([{") - (token in ")]}")
        if depth > MAX_NESTING:
            raise ExpressionError(
                "expression-too-deep", f"brackets nested more than {MAX_NESTING} deep", place
            )
        pieces.append(_full_width(token) if match.lastgroup == "member" else token)
    return "".join(pieces)


def _full_width(token: str) -> str:
    name = token[1:].lstrip()
    if name not in _KEYWORDS:
        return token
    head = token[: len(token) - len(name)]
    return head + chr(ord(name[0]) + 0xFEE0) + name[1:]


def _syntax_error(text: str, error: SyntaxError) -> ExpressionError:
    offset = (error.offset or 1) - 2
    if error.lineno and error.lineno > 1:
        offset += sum(len(line) + 1 for line in text.split("\n")[: error.lineno - 1]) + 1
    offset = min(max(offset, 0), max(0, len(text) - 1))
    message = error.msg
    if "leading zeros" in message:
        return ExpressionError(
            "bad-expression",
            "a number with leading zeros",
            Place(offset, offset + 1),
            "write it without them, or `0o17` for an octal number",
        )
    single_equals = re.search(r"(?<![=!<>])=(?!=)", text)
    if single_equals:
        return ExpressionError(
            "bad-expression",
            "a single `=` in an expression",
            Place(single_equals.start(), single_equals.end()),
            "write `==` to compare",
        )
    for wrong, right in (("&&", "and"), ("||", "or"), ("!", "not ")):
        found = re.search(re.escape(wrong) + r"(?!=)", text)
        if found:
            return ExpressionError(
                "bad-expression",
                f"`{wrong}` is not an operator here",
                Place(found.start(), found.end()),
                f"write `{right.strip()}`",
            )
    if "never closed" in message or "unterminated" in message or "EOF" in message:
        return ExpressionError(
            "bad-expression",
            "a bracket or a quote is not closed",
            Place(offset, offset + 1),
            "close it; an expression with a comma or brackets stands in quotes in YAML",
        )
    return ExpressionError(
        "bad-expression",
        "this is not an expression",
        Place(offset, offset + 1),
        "expressions are written as in Python; text in them has quotes of its own",
    )


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
_PYTHON_NAMES = {"True": "true", "False": "false", "None": "0"}
_REFUSED = {
    ast.JoinedStr: "an f-string",
    ast.Lambda: "a `lambda`",
    ast.List: "a list",
    ast.Dict: "a mapping",
    ast.Set: "a set",
    ast.ListComp: "a comprehension",
    ast.NamedExpr: "`:=`",
    ast.Tuple: "several values with commas",
    ast.Await: "`await`",
    ast.Starred: "`*`",
    ast.Slice: "a slice",
}


class _Converter:
    """Python's tree → ours; one method for each kind of node."""

    def __init__(self, prepared: str) -> None:
        self.length = len(prepared)
        # What Python parsed began with one "(" more, which is why offsets start at -1.
        self._lines = ("(" + prepared).split("\n")
        self._starts = [-1]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def place(self, node: ast.expr) -> Place:
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
        place = self.place(node)
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
                return Unary(place, _UNARY[type(unary)], self.convert(operand))
            case ast.BinOp(left=left, op=binary, right=right):
                return self._binary(place, left, binary, right)
            case ast.BoolOp(op=logic, values=values):
                operator = "and" if isinstance(logic, ast.And) else "or"
                return Logic(place, operator, tuple(map(self.convert, values)))
            case ast.Compare():
                return self._comparison(node, place)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return Conditional(
                    place, self.convert(test), self.convert(body), self.convert(orelse)
                )
            case ast.Subscript():
                raise ExpressionError(
                    "not-yet", "indexing with `[ ]` is not in this version yet", place
                )
        self._refuse(node, place)

    def _refuse(self, node: ast.expr, place: Place) -> NoReturn:
        what = _REFUSED.get(type(node), "this")
        raise ExpressionError("bad-expression", f"{what} cannot stand in an expression", place)

    def _constant(self, node: ast.Constant, place: Place) -> Syntax:
        value = node.value
        if isinstance(value, bool) or value is None:
            better = _PYTHON_NAMES[str(value)]
            raise ExpressionError(
                "bad-expression", f"`{value}` is written `{better}` here", place, f"write `{better}`"
            )
        if isinstance(value, int):
            return Number(place, value)
        if isinstance(value, str):
            return self._text(value, place)
        if isinstance(value, float):
            raise ExpressionError(
                "no-floats",
                "there are no fractions in expressions",
                place,
                "use whole numbers, in a smaller unit (1500 us in place of 1.5 ms)",
            )
        raise ExpressionError("bad-expression", "this cannot stand in an expression", place)

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
        if not isinstance(node.func, ast.Name):
            raise ExpressionError("bad-expression", "only functions can be called", place)
        if node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args):
            raise ExpressionError(
                "not-yet", "named arguments are not in this version yet", place
            )
        arguments = tuple(map(self.convert, node.args))
        return Call(place, node.func.id, self.place(node.func), arguments)

    def _binary(
        self, place: Place, left: ast.expr, operator: ast.operator, right: ast.expr
    ) -> Syntax:
        symbol = _BINARY.get(type(operator))
        if symbol is None:
            help = "write `/`, which divides whole numbers" * isinstance(operator, ast.FloorDiv)
            raise ExpressionError("bad-expression", "this operator is not known here", place, help)
        return Binary(place, symbol, self.convert(left), self.convert(right))

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
        if symbol is None:
            raise ExpressionError(
                "bad-expression", "`is` is not an operator here", place, "write `==`"
            )
        here = Place(self.place(left).start, self.place(right).end)
        return Compare(here, symbol, self.convert(left), self.convert(right))

    def _membership(
        self, left: ast.expr, negated: bool, right: ast.expr, place: Place
    ) -> Syntax:
        if isinstance(right, ast.Name):
            raise ExpressionError(
                "not-yet",
                f"`in {right.id}` (whether a map has a key) is not in this version yet",
                self.place(right),
                "use `lookup:` with a `default:`",
            )
        if not isinstance(right, ast.Tuple | ast.Constant) or not getattr(right, "elts", [right]):
            raise ExpressionError(
                "bad-expression",
                "after `in` stands a list in round brackets",
                self.place(right),
                "write `in (1, 2, 3)`",
            )
        needle = self.convert(left)
        items = right.elts if isinstance(right, ast.Tuple) else [right]
        equal = tuple(Compare(self.place(i), "==", needle, self.convert(i)) for i in items)
        found: Syntax = equal[0] if len(equal) == 1 else Logic(place, "or", equal)
        return Unary(place, "not", found) if negated else found


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
