"""Text → syntax tree, by Python's own grammar, of which most is then refused by name."""

from __future__ import annotations

import ast
import keyword
import re
import warnings

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
MAX_PARTS = 2000  # of the tree: `a < b < c` and `in` repeat some

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
        raise _too_complex(whole)
    return _Converter(prepared).convert(tree)


def _too_complex(place: Place) -> ExpressionError:
    what = "an expression of too many parts"
    return ExpressionError("expression-too-deep", what, place, "give parts of it names with `let:`")


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
                "expression-too-deep",
                f"brackets nested more than {MAX_NESTING} deep",
                place,
                "give parts of it names with `let:`",
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
    place = Place(offset, offset + 1)
    for pattern, message, help in _MISTAKES:
        found = re.search(pattern, _without_text(text))
        if found:
            return ExpressionError("bad-expression", message, Place(*found.span()), help)
    for words, message, help in _ADVICE:
        if words in error.msg:
            return ExpressionError("bad-expression", message, place, help)
    help = "expressions are written as in Python; text in them has quotes of its own"
    return ExpressionError("bad-expression", "this is not an expression", place, help)


def _without_text(text: str) -> str:
    """The expression with its quoted text blanked, every character at its place."""
    return re.sub(_STRING, lambda found: " " * len(found.group()), text)


# What people write who come from other languages: pattern, message, help.
_MISTAKES = (
    (r"(?<![=!<>])=(?!=)", "a single `=` in an expression", "write `==` to compare"),
    (r"&&", "`&&` is not an operator here", "write `and`"),
    (r"\|\|", "`||` is not an operator here", "write `or`"),
    (r"!(?!=)", "`!` is not an operator here", "write `not`"),
    (r"<>", "`<>` is not an operator here", "write `!=`"),
    (r"\?", "`?` is not an operator here", "write `A if CONDITION else B`"),
    (r"\b0[0-9_]*[1-9]", "a number with leading zeros", "write `0o17` for an octal number"),
)
# Python's own words → ours.
_ADVICE = (
    (
        "Exceeds the limit",
        "a number of too many digits",
        "numbers in expressions have 64 bits",
    ),
    ("was never closed", "a bracket is not closed", "close it"),
    ("unmatched", "a closing bracket without its opening one", "remove it"),
    ("does not match", "a closing bracket of another kind than the open one", "close that one"),
    ("unterminated", "a quote is not closed", "close it with the same quote"),
    ("unexpected EOF", "the expression ends too early", "complete it"),
    ("expected 'else'", "a conditional without `else`", "write `A if CONDITION else B`"),
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
_REFUSED_OPERATORS: dict[type[ast.operator], tuple[str, str]] = {
    ast.FloorDiv: ("//", "write `/`, which divides whole numbers"),
    ast.Pow: ("**", "write the product, or `1 << N` for a power of two"),
    ast.MatMult: ("@", "remove it"),
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
        self.parts = 0
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
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise _too_complex(Place(0, self.length))
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
        raise self._refused(node, place)

    def _refused(self, node: ast.expr, place: Place) -> ExpressionError:
        what = _REFUSED.get(type(node), "this")
        return ExpressionError("bad-expression", f"{what} cannot stand in an expression", place)

    def _constant(self, node: ast.Constant, place: Place) -> Syntax:
        value = node.value
        if isinstance(value, bool) or value is None:
            better = _PYTHON_NAMES[str(value)]
            raise ExpressionError(
                "bad-expression",
                f"`{value}` is written `{better}` here",
                place,
                f"write `{better}`",
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
            raise ExpressionError(
                "bad-expression", "only functions can be called", place, "remove the brackets"
            )
        if node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args):
            what = "named arguments are not in this version yet"
            raise ExpressionError("not-yet", what, place)
        arguments = tuple(map(self.convert, node.args))
        return Call(place, node.func.id, self.place(node.func), arguments)

    def _binary(
        self, place: Place, left: ast.expr, operator: ast.operator, right: ast.expr
    ) -> Syntax:
        symbol = _BINARY.get(type(operator))
        if symbol is None:
            what, help = _REFUSED_OPERATORS[type(operator)]
            raise ExpressionError(
                "bad-expression", f"`{what}` is not an operator here", place, help
            )
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

    def _membership(self, left: ast.expr, negated: bool, right: ast.expr, place: Place) -> Syntax:
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
        items = right.elts if isinstance(right, ast.Tuple) else [right]
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
