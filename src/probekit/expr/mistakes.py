"""What Python says of text that is no expression, in our own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice

from probekit.duration import duration_help, other_units, parse_duration
from probekit.expr.builtins import BUILTINS
from probekit.expr.rewrite import CAST_NAMES, Advice, between, cast, conditional, negation
from probekit.expr.syntax import STRING, ExpressionError, Place, replacing, together

MAX_MISTAKES = 8  # of one expression that are told


def syntax_error(text: str, error: SyntaxError) -> ExpressionError:
    """What is wrong with `text`, of which Python made `error` with one `(` more before it."""
    found = list(islice(_mistakes(text), MAX_MISTAKES))
    if found:
        return together(found)
    offset = (error.offset or 1) - 2
    if error.lineno and error.lineno > 1:
        offset += sum(len(line) + 1 for line in text.split("\n")[: error.lineno - 1]) + 1
    offset = min(max(offset, 0), max(0, len(text) - 1))
    place = Place(offset, offset + 1)
    if "was never closed" in error.msg:
        place = _open_bracket(text) or place
    said = error.msg
    if "does not match" in said and _open_bracket(text[: place.start]) is None:
        said = "unmatched"  # the one it does not match is not the text's own
    for words, message, help in _ADVICE:
        if words in said:
            return ExpressionError("bad-expression", message, place, help)
    return _unknown(text, place)


def _open_bracket(text: str) -> Place | None:
    """The innermost bracket that is not closed; Python means one more, before the text."""
    stack: list[int] = []
    for at, character in enumerate(_without_text(text)):
        if character in "([{":
            stack.append(at)
        elif character in ")]}" and stack:
            stack.pop()
    return Place(stack[-1], stack[-1] + 1) if stack else None


def _unknown(text: str, place: Place) -> ExpressionError:
    """Neither Python nor the tables say why: the place, and what ends or begins there."""
    if re.search(r"(?:[-+*/%&|^~<>=]|\b(?:and|or|not|in|if|else))\s*$", text):
        what, help = "the expression ends too early", "write what follows the last operator"
        return ExpressionError("bad-expression", what, place, help)
    for found in re.finditer(r"(?<![\w.])([\w.]+)\s+(?=(['\"]?[\w.]+))", text):
        if not _WORDS & {found[1], found[2]}:
            here = Place(*found.span(2))
            what = "two values without an operator between them"
            return ExpressionError("bad-expression", what, here, "write one, as `and` or `+`")
    what = "this is not an expression"
    help = "expressions are written as in Python; text in them has quotes of its own"
    return ExpressionError("bad-expression", what, place, help)


_WORDS = {"and", "or", "not", "in", "if", "else", "is"}


def _mistakes(text: str) -> Iterator[ExpressionError]:
    """Every mistake of the table; what one of them covers is none of another's."""
    rest = _without_text(text)
    lost = list(_HALF_QUOTED.finditer(text)) if "'" in rest else []
    if len(lost) == 1:  # all that follows reads as text what is none
        place, written = Place(*lost[0].span()), f"'{lost[0].group().strip(_QUOTE)}'"
        what = "a quote is missing at one end"
        yield replacing("bad-expression", what, place, written)
        return
    for pattern, message, help in _MISTAKES:
        for found in re.finditer(pattern, rest):
            place = Place(*found.span("at" if "at" in found.re.groupindex else 0))
            advice, mends = help(found, text) if callable(help) else _fixed(help, place, text)
            code = "bad-duration" if help is _misspelt_duration else "bad-expression"
            yield ExpressionError(code, message, mends[0][0] if mends else place, advice, mends)
            rest = rest[: found.start()] + _blank(found.group()) + rest[found.end() :]


_QUOTE = "'"
_DURATION = r"[0-9]+(?:\.[0-9]+)?(?:ns|us|ms|s|m|h)"
_HALF_QUOTED = re.compile(rf"(?<![\w.'])\b{_DURATION}'|'{_DURATION}\b(?!')")


def _without_text(text: str) -> str:
    return re.sub(STRING, lambda found: _blank(found.group()), text)


def _blank(text: str) -> str:
    """As long as `text`, and nothing in it."""
    return " " * len(text)


def _fixed(help: str, place: Place, text: str) -> Advice:
    """`help` names one thing to write (`write `and``), which is then the mend, or says more."""
    written = re.fullmatch(r"write `([^` A-Z]+)`", help)
    if written is None:
        return help, ()
    return help, ((place, _spaced(written[1], place, text)),)


def _spaced(word: str, place: Place, text: str) -> str:
    """With a space on each side where letters need one and none is there."""
    if not word.isalpha():
        return word
    before, after = text[: place.start][-1:], text[place.end :][:1]
    left = " " if before and not before.isspace() and before != "(" else ""
    return left + word + (" " if after and not after.isspace() else "")


def _removed(found: re.Match[str], text: str) -> Advice:
    return "remove it", ((Place(*found.span()), ""),)


def _lower(found: re.Match[str], text: str) -> Advice:
    word = found.group().lower()
    return f"write `{word}`", ((Place(*found.span()), word),)


def _duration(found: re.Match[str], text: str) -> Advice:
    """Which of both is right, the other side says."""
    written, nanoseconds = f"'{found.group()}'", parse_duration(found.group())
    help = f"beside a `duration` write it as text: `{written}`"
    help += f"; else the number, {nanoseconds} for nanoseconds"
    return help, ((Place(*found.span()), written),)


def _misspelt_duration(found: re.Match[str], text: str) -> Advice:
    return duration_help(found.group(), "'"), ()


def _size(found: re.Match[str], text: str) -> Advice:
    """`1k` is 1000 or 1024, `1Ki` is one only; `1M` could be a minute too."""
    power = "kmgt".index(found[2][0].lower()) + 1
    binary, decimal = (Fraction(found[1]) * base**power for base in (1024, 1000))
    if binary.denominator != 1:
        return "write the number", ()
    if "i" in found[2].lower():
        return f"write the number: `{binary}`", ((Place(*found.span()), str(binary)),)
    help = f"write the number: `{decimal}` or `{binary}`"
    return help + (f"; a duration of minutes is `'{found[1]}m'`" if found[2] == "M" else ""), ()


def _suffix(found: re.Match[str], text: str) -> Advice:
    return f"write `{found[1]}`", ((Place(*found.span()), found[1]),)


def _octal(found: re.Match[str], text: str) -> Advice:
    digits = found.group().lstrip("0_")
    if re.search(r"[89_]", digits):
        return f"write `{digits}`", ((Place(*found.span()), digits),)
    return f"write `{digits}`; octal is `0o{digits}`", ()


def _slashes(found: re.Match[str], text: str) -> Advice:
    inner = text[found.start() + 1 : found.end() - 1].strip()
    return f"write `{inner}`", ((Place(*found.span()), inner),)


def _dollar(found: re.Match[str], text: str) -> Advice:
    name = found[1]
    if name.isdigit():
        return "declare a param under `params:`, write its name, and set it with `--set`", ()
    if name not in BUILTINS:
        return f"write `{name}`; a `let:`, an `as:` or a param names it", ()
    return f"write `{name}`", ((Place(*found.span()), name),)


def _map(found: re.Match[str], text: str) -> Advice:
    name, key = found[1] or "MAP", text[found.start(2) : found.end(2)] or "..."
    step = f"- {{lookup: {name}, key: {key}, default: 0, as: found}}"
    return f"read it first: `{step}`", ()


def _null(found: re.Match[str], text: str) -> Advice:
    operator = "!=" if "not" in found.group().lower() else "=="
    help = f"write `{operator} 0`, or of text `{operator} ''`: what is missing reads as that"
    return help, ()


def _range(found: re.Match[str], text: str) -> Advice:
    return f"a range is written `{found['low']} <= {found['value']} <= {found['high']}`", ()


def _space_in_operator(found: re.Match[str], text: str) -> Advice:
    written = "".join(found.group().split())
    return f"write `{written}`", ((Place(*found.span()), written),)


def _commas(found: re.Match[str], text: str) -> Advice:
    number = found.group().replace(",", "")
    return f"write `{number}`", ((Place(*found.span()), number),)


_NAME = r"[A-Za-z_][\w.]*"
_LAST = r"[\w.)]"  # how a value ends
_VALUE = r"(?:(?<![\w.])(?!(?i:and|or|not|in|is|if|else)\b)[\w.]+|[)\]])"
_SUM = r"\w[\w.]*(?:\s*[-+*/]\s*\w[\w.]*)*"
_NO_PATTERNS = "there are no patterns of text"
_WHOLE_TEXT = "compare with `==`, or `in ('a', 'b')`"
# What people write who come from other languages: pattern, message, help.
_MISTAKES: tuple[tuple[str, str, str | Callable[[re.Match[str], str], Advice]], ...] = (
    (r"^\s*/.+/\s*$", "a condition stands without slashes", _slashes),
    (
        rf"{_VALUE}(?P<at>\{{[^{{}}]*\}}?)",
        "there are no selectors here",
        "write a condition, as `comm == 'nginx' and uid == 0`",
    ),
    (
        rf"(?<![\w.])\((?P<type>{CAST_NAMES})\)\s*(?P<value>[A-Za-z_0-9][\w.]*\b)(?!\s*\()",
        "types are written as functions here",
        cast,
    ),
    (r"===", "`===` is not an operator here", "write `==`"),
    (r"!==", "`!==` is not an operator here", "write `!=`"),
    (r"\b(?:ctx|args)\s*->\s*", "`->` is not an operator here", "write `args.`"),
    (
        rf"\b(?:{'|'.join(BUILTINS)})(?P<at>\s*->\s*\w+)",
        "only a struct has fields",
        "remove it: of the task there are `pid`, `tid`, `uid`, `gid` and `comm`",
    ),
    (r"->", "`->` is not an operator here", "write `.`"),
    (r"(?<![=!<>])=>(?![=>])", "`=>` is not an operator here", "write `>=`"),
    (r"(?<![=!<>])=<(?![=<])", "`=<` is not an operator here", "write `<=`"),
    (r"=~|!~|~=", _NO_PATTERNS, _WHOLE_TEXT),
    (rf"{_VALUE}\s*(?P<at>~)", _NO_PATTERNS, _WHOLE_TEXT),
    (r"(?<![=!<>])=!(?=\s)", "`=!` is not an operator here", "write `!=`"),
    (r"(?<![=!<>])[=!<>]\s+=(?!=)", "a space inside of an operator", _space_in_operator),
    (
        rf"(?<={_LAST})\s+(?:starts_?with|ends_?with|contains|has|matches|glob|rlike)\b(?!\s*\()",
        _NO_PATTERNS,
        _WHOLE_TEXT,
    ),
    (
        r"(?<![\w.-])[A-Za-z_][\w.-]*\*(?=\s*(?:$|\)|&&|\|\||(?:and|or)\b))",
        _NO_PATTERNS,
        _WHOLE_TEXT,
    ),
    (
        r"\b[1-9][0-9]{0,2}(?:,[0-9]{3})*,0[0-9]{2}(?:,[0-9]{3})*\b",
        "numbers have no commas",
        _commas,
    ),
    (
        r"\+\+|--$",
        "`++` and `--` are not operators here",
        "write `+ 1` or `- 1`; the step `count:` adds to a map",
    ),
    (
        r"(?:[-+*/%&|^]|<<|>>)=(?!=)",
        "values are not changed, they are set once",
        "give the result another name with `let:`; the step `count:` adds to a map",
    ),
    (r":=", "values are named with `let:`, not inside an expression", "use a step `let:`"),
    (r"@(\w*)(?:\[([^\]]*)\])?", "`@` is not part of a name here", _map),
    (r"\$(\w+)", "`$` is not part of a name here", _dollar),
    (r"\$", "`$` is not part of a name here", _removed),
    (
        rf"(?<=[\w)\]])\s+(?P<at>(?P<not>(?i:not)\s+)?(?i:between)\s+(?P<low>{_SUM})"
        rf"\s+(?i:and)\s+(?P<high>{_SUM}))",
        "`between` is written with `<=` here",
        between,
    ),
    (
        rf"\b(?P<value>{_NAME})\s+(?i:in)\s+(?P<at>(?P<low>\w+)\.\.+=?(?P<high>\w+))",
        "there are no ranges",
        _range,
    ),
    (
        rf"{_VALUE}\s+(?P<at>not)\b(?!\s+in\b)",
        "`not` stands before a condition",
        "write `!=`, or `not in (1, 2)`",
    ),
    (
        r"(?<![\w.])[A-Za-z_]\w*(?P<at>\.[0-9]\w*)",
        "a field's name begins with a letter",
        "`list` shows the fields of a tracepoint, with `-v`",
    ),
    (r"\b(?i:is\s+(?:not\s+)?null)\b", "there is no null", _null),
    (
        r"\[\s*[0-9]+[smhd]\s*\]",
        "values have no past here",
        "count in a map; a schedule can `show:` and then `clear:` it, `every: 1m`",
    ),
    (r"\b(?:LIKE|like|ILIKE|RLIKE)\b", _NO_PATTERNS, "compare with `==`"),
    (r"\b(?:AND|OR|NOT|IN|And|Or|Not|In)\b", "such words have small letters here", _lower),
    (
        rf"\b{_DURATION}\b",
        "a duration without quotes of its own",
        _duration,
    ),
    (
        rf"(?<![\w.])[0-9]+(?:\.[0-9]+)?\s*(?:{'|'.join(other_units())})\b",
        "this is not a duration",
        _misspelt_duration,
    ),
    (
        r"(?<![\w.])([0-9]+(?:\.[0-9]+)?)((?i:[kmgt](?:ib?|b))|[kKMGT])\b",
        "sizes have no units here",
        _size,
    ),
    (
        r"\b(0[xX][0-9a-fA-F_]+|[0-9][0-9_]*)(?:[uU]?[lL]{1,2}|[uU])\b",
        "numbers have no suffix",
        _suffix,
    ),
    (
        r"\b0[xX][0-9a-fA-F_]*(?P<at>[g-zG-Z]\w*)",
        "this is no digit of a hexadecimal number",
        "its digits are 0 to 9 and a to f",
    ),
    (r"^\s*=(?!=)\s*", "an expression has no `=` before it", _removed),
    (r"(?<![=!<>])=(?!=)", "a single `=` in an expression", "write `==`"),
    (r"&&", "`&&` is not an operator here", "write `and`"),
    (r"\|\|", "`||` is not an operator here", "write `or`"),
    (
        rf"(?P<at>!)(?!=)\s*(?P<value>(?:(?:{_NAME}|[0-9]+)\b(?!\s*\())?)",
        "`!` is not an operator here",
        negation,
    ),
    (
        r"//(?=\s*[A-Za-z]\w*\s+\w)",  # words that are no expression: a comment, in other languages
        "`//` is not an operator here",
        "a comment begins with ` #`; `/` divides whole numbers",
    ),
    (r"<>", "`<>` is not an operator here", "write `!=`"),
    (r"\?", "`?` is not an operator here", conditional),
    (r"\b0[0-9_]*[1-9][0-9_]*\b", "a number with leading zeros", _octal),
    (r";\s*$", "an expression does not end with `;`", _removed),
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
