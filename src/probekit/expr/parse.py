"""Text → syntax tree, by Python's own grammar, of which most is then refused by name."""

from __future__ import annotations

import ast
import keyword
import re
import warnings

from probekit.expr.convert import Converter, too_complex
from probekit.expr.mistakes import STRING, syntax_error
from probekit.expr.syntax import ExpressionError as ExpressionError
from probekit.expr.syntax import Place, Syntax

MAX_LENGTH = 4096
MAX_NESTING = 32
MAX_DEPTH = 100

_TOKENS = re.compile(rf"(?P<string>{STRING})|\.(?P<member>\s*[A-Za-z_]+)|(?P<other>.)", re.DOTALL)
_KEYWORDS = frozenset(keyword.kwlist)


def parse(text: str) -> Syntax:
    """The tree of `text`. Raises ExpressionError, and nothing else, on whatever `text` is."""
    whole = Place(0, max(1, len(text)))
    if not text.strip():
        raise ExpressionError(
            "empty-expression", "an empty expression", whole, "write one, as `pid`"
        )
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
        raise syntax_error(text, error) from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError("bad-expression", "not an expression", whole) from None
    if _deeper_than(tree, MAX_DEPTH):
        raise too_complex(whole)
    return Converter(prepared).convert(tree)


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
