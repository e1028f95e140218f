"""Text → syntax tree, by Python's own grammar, of which most is then refused by name."""

from __future__ import annotations

import _ast  # what `ast` is made of, without the rest of it
import keyword
import re
import warnings
from functools import lru_cache

from probekit.expr.convert import Converter
from probekit.expr.syntax import STRING, Mend, Place, Syntax, apart, carried, mended
from probekit.expr.syntax import ExpressionError as ExpressionError

MAX_LENGTH = 4096
MAX_NESTING = 32
MAX_ROUNDS = 8  # of mends, until what they uncover is mended too

_KEYWORDS = frozenset(keyword.kwlist)
_SPECIAL = frozenset("#\\`'\"")
_SEPARATORS = {ord(character): " " for character in "([{}])+-*/%&|^~<>=!,.:;?@$"}


@lru_cache(maxsize=256)  # `pid` and its kin stand in many places
def parse(text: str) -> Syntax:
    """The tree of `text`. Raises ExpressionError, and nothing else, on whatever `text` is.

    Its mends, done one after the other, make `text` an expression; there are none otherwise.
    """
    try:
        return _read(text)
    except ExpressionError as error:
        if any(one.mends for one in carried(error)) and not _ends_well(text, error, MAX_ROUNDS):
            for one in carried(error):
                one.mends = ()
        raise


def _ends_well(text: str, error: ExpressionError, rounds: int) -> bool:
    """Whether what the mends of `error` make of `text` is an expression, after some rounds."""
    if not rounds or not all(one.mends for one in carried(error)):
        return False
    made = mended(text, apart(mend for one in carried(error) for mend in one.mends))
    try:
        _read(made)
    except ExpressionError as left:
        return _ends_well(made, left, rounds - 1)
    return True


def _read(text: str) -> Syntax:
    whole = Place(0, max(1, len(text)))
    if not text.strip():
        raise ExpressionError(
            "empty-expression", "an empty expression", whole, "write one, as `pid`"
        )
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            "expression-too-long",
            f"an expression of {len(text)} characters; it can have at most {MAX_LENGTH}",
            whole,
            "shorten it; a step can use names that a `let:` before it gives to parts of it",
        )
    if not text.isprintable():
        _refuse_control(text)
    prepared = text if _is_simple(text) else _prepare(text)
    try:
        tree = _tree(prepared)
    except SyntaxError as error:
        from probekit.expr.mistakes import syntax_error  # only on the way to an error

        raise syntax_error(text, error) from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError("bad-expression", "not an expression", whole) from None
    return Converter(text, prepared).convert(tree)


def _tree(prepared: str) -> _ast.expr:
    """Python's tree; what Python would warn of is no error here."""
    source = f"({prepared}\n)"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = compile(source, "expression", "eval", _ast.PyCF_ONLY_AST, dont_inherit=True)
    assert isinstance(made, _ast.Expression)
    return made.body


def _refuse_control(text: str) -> None:
    """A carriage return, as one, ends a line for Python alone: places would be wrong after it."""
    found = re.search("[\x00-\x08\x0b-\x1f\x7f]", text)
    if found:
        escape = repr(found.group())
        place = Place(found.start(), found.end())
        help = f"remove it; inside of text write it as the escape `{escape[1:-1]}`"
        raise ExpressionError("bad-character", f"the character {escape}", place, help)


def _is_simple(text: str) -> bool:
    """Whether Python reads it as it stands: names, numbers and operators in few brackets."""
    if not text.isascii() or _SPECIAL.intersection(text) or len(text) > 200:
        return False
    if text.count("(") + text.count("[") + text.count("{") > MAX_NESTING:
        return False
    return "." not in text or _KEYWORDS.isdisjoint(text.translate(_SEPARATORS).split())


@lru_cache(maxsize=1)
def _tokens() -> re.Pattern[str]:
    return re.compile(rf"(?P<string>{STRING})|\.(?P<member>\s*[A-Za-z_]+)|(?P<other>.)", re.DOTALL)


def _prepare(text: str) -> str:
    """Refuses what Python would read differently, and lets `args.in` and its kin through.

    Python folds full-width letters in names to plain ones (PEP 3131) but does not take them
    for keywords: `args.in` goes in with a full-width first letter and comes out as `in`.
    """
    pieces: list[str] = []
    depth = 0
    for match in _tokens().finditer(text):
        token = match.group()
        place = Place(match.start(), match.end())
        if match.lastgroup == "string":
            pieces.append(token)
            continue
        if not token.isascii() or token in "#\\`":
            raise _character(text, token, place)
        depth += (token in "([{") - (token in ")]}")
        if depth > MAX_NESTING:
            raise ExpressionError(
                "expression-too-deep",
                f"brackets nested more than {MAX_NESTING} deep",
                place,
                "shorten it; a step can use names that a `let:` before it gives to parts of it",
            )
        pieces.append(_full_width(token) if match.lastgroup == "member" else token)
    return "".join(pieces)


# Characters that editors and web pages put in place of others.
_LOOK_ALIKE = {
    "\u2018": "'", "\u2019": "'", "\u201c": "'", "\u201d": "'", "\u2264": "<=",
    "\u2265": ">=", "\u2260": "!=", "\u2013": "-", "\u2212": "-", "\u00d7": "*",
    "\u00f7": "/", "\u00a0": " ", "\u2003": " ", "\uff1d": "==",
}  # fmt: skip


def _character(text: str, token: str, place: Place) -> ExpressionError:
    """A character that stands in text only."""
    what = f"the character {token!r} outside of text"
    if token == "`":
        help = "names have no quotes: remove it"
        return ExpressionError("bad-character", what, place, help, _everywhere(text, token, ""))
    if token in _LOOK_ALIKE:
        plain = _LOOK_ALIKE[token]
        mends = _everywhere(text, token, plain)
        opened = re.search("['\"]", re.sub(STRING, "", text[: place.start]))
        if plain == "'" and opened:
            plain = opened.group()
            mends = ((place, plain),)
        return ExpressionError("bad-character", what, place, f"write `{plain}`", mends)
    if token == "#":
        help = "a comment stands outside of the quotes, or on a line of its own"
        return ExpressionError("bad-character", what, place, help)
    help = "text inside an expression has quotes of its own"
    return ExpressionError("bad-character", what, place, help)


def _everywhere(text: str, token: str, plain: str) -> tuple[Mend, ...]:
    """Mends of all that reads as `token` does, for quotes come in pairs; none beside text."""
    if "'" in text or '"' in text:
        return ()
    same = [at for at, c in enumerate(text) if c == token or _LOOK_ALIKE.get(c) == plain]
    return tuple((Place(at, at + 1), plain) for at in same)


def _full_width(token: str) -> str:
    name = token[1:].lstrip()
    if name not in _KEYWORDS:
        return token
    head = token[: len(token) - len(name)]
    return head + chr(ord(name[0]) + 0xFEE0) + name[1:]
