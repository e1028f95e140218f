"""What Python says of text that is no expression, in our own words."""

from __future__ import annotations

import re

from probekit.expr.syntax import ExpressionError, Place

STRING = r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\""


def syntax_error(text: str, error: SyntaxError) -> ExpressionError:
    """What is wrong with `text`, of which Python made `error` with one `(` more before it."""
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
    return re.sub(STRING, lambda found: " " * len(found.group()), text)


# What people write who come from other languages: pattern, message, help.
_MISTAKES = (
    (r"===", "`===` is not an operator here", "write `==`"),
    (r"->", "`->` is not an operator here", "write `.`"),
    (r"=~", "there are no patterns of text", "compare with `==`, or `in ('a', 'b')`"),
    (r"\+\+|--$", "`++` and `--` are not operators here", "write `+ 1` or `- 1`"),
    (r"\$", "`$` is not part of a name here", "write the name without it"),
    (r"\b(?:AND|OR|NOT|And|Or|Not)\b", "`and`, `or` and `not` have small letters", "write it so"),
    (
        r"\b[0-9]+(?:ns|us|ms|s|m|h)\b",
        "a duration without quotes of its own",
        "write it as text: `'10ms'`",
    ),
    (r"(?<![=!<>])=(?!=)", "a single `=` in an expression", "write `==` to compare"),
    (r"&&", "`&&` is not an operator here", "write `and`"),
    (r"\|\|", "`||` is not an operator here", "write `or`"),
    (r"!(?!=)", "`!` is not an operator here", "write `not`"),
    (r"<>", "`<>` is not an operator here", "write `!=`"),
    (r"\?", "`?` is not an operator here", "write `A if CONDITION else B`"),
    (r"\b0[0-9_]*[1-9]", "a number with leading zeros", "write it without them; octal is `0o17`"),
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
