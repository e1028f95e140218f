"""Text alone where a condition stands: `comm == 'a' or 'b'`, and a condition in quotes.

Imported on the way to an error only.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile

from probekit.expr.parse import parse
from probekit.expr.syntax import (
    Binary,
    Call,
    Compare,
    ExpressionError,
    Logic,
    Mend,
    Syntax,
    Text,
    Unary,
    flattened,
    together,
    written,
)


def mean_alternatives(error: ExpressionError, tree: Logic) -> ExpressionError:
    """Says of the texts among conditions that the comparison before them reaches no further."""
    faults = {one.place: one for one in flattened(error)}
    for at, compared in enumerate(tree.operands):
        is_of_text = isinstance(compared, Compare) and isinstance(compared.right, Text)
        texts = list(takewhile(_is_text, tree.operands[at + 1 :]))
        if is_of_text and isinstance(compared, Compare) and texts:
            first, *others = (faults[text.place] for text in texts)
            first.message = f"`{written(compared)}` ends before this, and text is no condition"
            first.help, first.mends = _whole(tree, compared, texts)
            for one in others:
                del faults[one.place]
    return together(list(faults.values()))


def _is_text(tree: Syntax) -> bool:
    return isinstance(tree, Text)


def _whole(tree: Logic, compared: Compare, texts: list[Syntax]) -> tuple[str, tuple[Mend, ...]]:
    """What to write for a comparison with `texts`, too; the mend where that is all of `tree`."""
    sign, value = compared.operator, written(compared.left)
    if sign not in ("==", "!="):
        return f"compare it too: `{value} {sign} {written(texts[0])}`", ()
    word = "in" if sign == "==" else "not in"
    whole = f"{value} {word} ({', '.join(map(written, (compared.right, *texts)))})"
    is_all = len(texts) + 1 == len(tree.operands)
    is_sure = is_all and tree.operator == ("or" if sign == "==" else "and")
    return f"write `{whole}`", ((tree.place, whole),) if is_sure else ()


def mean_condition(
    error: ExpressionError, tree: Syntax, check: Callable[[Syntax], object]
) -> ExpressionError:
    """Says of a text that is all of a condition, and is one without its quotes, to remove them."""
    if not isinstance(tree, Text) or error.place != tree.place:
        return error
    try:
        inside = parse(tree.value)
        check(inside)
    except ExpressionError:
        return error
    if isinstance(inside, Compare | Logic | Unary | Binary | Call):
        error.help = f"remove its inner quotes: `{tree.value}`"
        error.mends = ((tree.place, tree.value),)
    return error
