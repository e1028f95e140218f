"""What is wrong with text that is no YAML, in our own words.

Imported on the way to an error only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

import yaml

from probekit.diagnostics import Diagnostic, Edit
from probekit.frontend.notaspec import foreign_text
from probekit.frontend.schemachoice import OPTIONS
from probekit.frontend.schemahelp import for_line
from probekit.frontend.yamladvice import ADVICE
from probekit.frontend.yamlblocks import misplaced_block
from probekit.frontend.yamldash import first_without_dash
from probekit.frontend.yamlexpression import comment_inside, no_expression
from probekit.frontend.yamlflow import (
    closed_early,
    cut_by_comment,
    flow_fault,
    not_opened,
    one_too_many,
)
from probekit.frontend.yamlindent import Opened, misfit, strange_space, tab, too_deep
from probekit.frontend.yamllines import slip_of_line
from probekit.frontend.yamlquote import in_quotes, may_be_text, syntax_error
from probekit.frontend.yamlunclosed import runaway, unclosed
from probekit.frontend.yamlwhole import conflict, directive, first_line, nothing
from probekit.record import Record
from probekit.source import Source, Span

# Looking for a cause goes through a line again and again: nobody wrote a longer one by hand.
_LONGEST_LINE = 1000  # characters
_BEGINS_SO = re.compile(
    "cannot start any token|expected comment or line break|mapping keys are not allowed"
    "|block sequence entries are not allowed|expected node content|expected alphabetic"
)
_ENDED = re.compile("did not find expected (key|'-' indicator)")
_KEY = re.compile(r"\s*(?:- +)*[A-Za-z_]+")
_PAIR = re.compile(r":\s+\S")
_NO_SPACE = re.compile(r"(?:- +)*([A-Za-z_]\w*):(\S.*)")
_NO_COLON = re.compile(r"(?:- +)*([A-Za-z_]\w*)[ \t]+(?::?=(?!=)[ \t]*)?(?=(\S.*)?)")
_IN_PARENTHESES = re.compile(r"\A\(([^()]*)\)\Z")
_TWO_PAIRS = re.compile(r"( *(?:- +)*)[\w.-]+: +[^\s,:]+(,? +)(\w+)$")


class _Fault(Record):
    """What PyYAML said: its problem, and the place; `opened` are the mappings and lists there.

    `quoted` is the last text before it, where that has quotes and more than one line.
    """

    source: Source
    problem: str
    span: Span
    begun: Span | None
    opened: tuple[Opened, ...]
    is_flow: bool
    quoted: Span | None

    @property
    def line(self) -> str:
        return self.source.line(self.span.line)

    @property
    def before(self) -> str:
        return self.line[: self.span.column - 1]


def syntax_fault(
    source: Source,
    error: yaml.YAMLError,
    opened: tuple[Opened, ...] = (),
    *,
    is_flow: bool = False,
    quoted: Span | None = None,
) -> Diagnostic:
    """The diagnostic for what PyYAML raised.

    `opened` are the mappings and lists that the place may belong to, the nearest first; `is_flow`
    where the innermost one is in YAML's own brackets; `quoted` is the last text before the place,
    where that has quotes and more than one line.
    """
    begun: Any = getattr(error, "context_mark", None)
    fault = _Fault(
        source,
        str(getattr(error, "problem", None) or ""),
        _place(source, error),
        Span.point(begun.line + 1, begun.column + 1) if begun is not None else None,
        opened,
        is_flow,
        quoted,
    )
    if max(map(len, source.text.split("\n"))) > _LONGEST_LINE:
        return _advice(fault)
    return next(found for cause in _CAUSES if (found := cause(fault)) is not None)


def _foreign(fault: _Fault) -> Diagnostic | None:
    return foreign_text(fault.source) or conflict(fault.source) or nothing(fault.source)


def _directive(fault: _Fault) -> Diagnostic | None:
    return directive(fault.source) if "directive" in fault.problem else None


def _line_slip(fault: _Fault) -> Diagnostic | None:
    """A line that is wrong by itself: the one of the fault, or what stands above it."""
    if "expected <document start>" in fault.problem and (slip := first_line(fault.source)):
        return slip
    numbers = (_line_above(fault.source, fault.span).line, fault.span.line)
    found = (slip_of_line(fault.source, number) for number in numbers)
    return next((one for one in found if one is not None), None)


def _misplaced(fault: _Fault) -> Diagnostic | None:
    """A line that lacks the one above it; in brackets lines stand where they like."""
    if fault.is_flow or not fault.source.line(fault.span.line).strip():
        return None
    return misplaced_block(fault.source, fault.span.line)


def _no_dash(fault: _Fault) -> Diagnostic | None:
    is_blank = not fault.source.line(fault.span.line).strip()
    return None if fault.is_flow or is_blank else first_without_dash(fault.source, fault.span.line)


def _tab(fault: _Fault) -> Diagnostic | None:
    return tab(fault.source, fault.span.line)


def _strange_space(fault: _Fault) -> Diagnostic | None:
    return strange_space(fault.source, fault.span.line)


def _commented(fault: _Fault) -> Diagnostic | None:
    """A value that goes on below a comment of its own."""
    is_begun = "could not find expected ':'" in fault.problem and fault.begun is not None
    number = fault.begun.line if is_begun and fault.begun else fault.span.line
    if fault.is_flow or not (is_begun or _ENDED.search(fault.problem)):
        return None
    return comment_inside(fault.source, number)


def _no_colon(fault: _Fault) -> Diagnostic | None:
    """A key that was begun, and whose `: ` never came."""
    if "could not find expected ':'" not in fault.problem:
        return None
    place = _text_of(fault.source, (fault.begun or fault.span).line)
    return _without_pair(fault.source, place, "a key without a `:`")


def _no_pair(fault: _Fault) -> Diagnostic | None:
    """A key below a line that is no pair, or that is a whole one."""
    if "mapping values are not allowed" not in fault.problem or not _KEY.fullmatch(fault.before):
        return None
    above = _line_above(fault.source, fault.span)
    if _PAIR.search(fault.source.line(above.line)):
        dash = Span.point(fault.span.line, len(fault.line) - len(fault.line.lstrip()) + 1)
        if fault.before.lstrip().startswith("- ") and (
            item := misfit(fault.source, dash, fault.opened)
        ):
            return item
        return too_deep(fault.source, _text_of(fault.source, fault.span.line), above.line)
    message = "this line is no `key: value`, and the next one begins with a key"
    return _without_pair(fault.source, above, message)


def _without_pair(source: Source, place: Span, message: str) -> Diagnostic:
    """`key:value` and `key value`, and how they are written."""
    text = source.line(place.line)[place.column - 1 :].rstrip()
    glued = _NO_SPACE.fullmatch(text)
    if glued:
        pair = f"{glued[1]}: {glued[2]}"
        edit = Edit(_ending(place, text, glued.start(1)), pair)
        help = f"write a space after it: `{pair}`"
        return syntax_error(source, place, "no space after the `:`", help, edit)
    apart = _NO_COLON.match(text)
    if apart and apart[1] in OPTIONS and apart[2]:
        value = _IN_PARENTHESES.sub(r"\1", apart[2])
        pair = f"{apart[1]}: {value}"
        edit = Edit(_ending(place, text, apart.start(1)), pair)
        return syntax_error(source, place, message, f"write `{pair}`", edit)
    help = "write a `:` and a space after the key"
    above = _line_above(source, place)
    if re.match(r"(?:description|print|printk): *\w", source.line(above.line)[above.column - 1 :]):
        help += f", or indent it, if it continues line {above.line}"
    return syntax_error(source, place, message, help)


def _two_pairs(fault: _Fault) -> Diagnostic | None:
    """`count: calls, key: pid`, in which the second key is one that the format has."""
    found = _TWO_PAIRS.fullmatch(fault.before)
    if "mapping values" not in fault.problem or not found or found[3] not in OPTIONS:
        return None
    number, start = fault.span.line, found.start(2) + 1
    edit = Edit(Span(number, start, number, found.start(3) + 1), "\n" + " " * len(found[1]))
    place = Span(number, found.start(3) + 1, number, found.end(3) + 1)
    help = f"write `{found[3]}:` on a line of its own, below"
    return syntax_error(fault.source, place, "two keys on one line", help, edit)


def _cut(fault: _Fault) -> Diagnostic | None:
    """A bracket whose end is in a comment."""
    begun = (Span.point(one.line, one.column) for one in fault.opened if one.is_flow)
    found = (cut_by_comment(fault.source, one) for one in begun)
    return next((one for one in found if one), None) if fault.is_flow else None


def _begins_so(fault: _Fault) -> Diagnostic | None:
    """A value whose first character means something in YAML."""
    if not _BEGINS_SO.search(fault.problem):
        return None
    character = _first_character(fault)
    if character == "," and fault.is_flow and fault.before.rstrip()[-1:] in (",", "{", "["):
        edit = Edit(fault.span, "")
        return syntax_error(fault.source, fault.span, "one `,` too many", "remove it", edit)
    message = f"a value cannot begin with `{character}`"
    if not character.strip():
        return None
    found = in_quotes(fault.source, fault.span, message, is_flow=fault.is_flow)
    if found is not None and (other := no_expression(fault.source, found)) is not None:
        return other
    step = for_line(fault.line.strip().removeprefix("- "))
    return found or syntax_error(fault.source, fault.span, message, step or "put it in quotes")


def _first_character(fault: _Fault) -> str:
    is_later = fault.begun is not None and fault.begun.line == fault.span.line
    column = fault.begun.column if is_later and fault.begun else fault.span.column
    return fault.line[column - 1 : column]


def _has_colon(fault: _Fault) -> Diagnostic | None:
    if "mapping values are not allowed" not in fault.problem:
        return None
    message = "a `:` stands where no key can be"
    found = not_opened(fault.source, fault.span)
    if found is None and not fault.is_flow and not may_be_text(fault.line, fault.span.column):
        return None
    return found or in_quotes(fault.source, fault.span, message, is_flow=fault.is_flow)


def _ended_early(fault: _Fault) -> Diagnostic | None:
    """Text after a value that quotes or brackets had ended."""
    if not _ENDED.search(fault.problem) or not fault.before.strip(" -"):
        return None
    known = one_too_many(fault.source, fault.span) or closed_early(fault.source, fault.span)
    if known is not None:
        return known
    message = "the value ended before this"
    is_text = may_be_text(fault.line, fault.span.column)
    found = in_quotes(fault.source, fault.span, message) if is_text else None
    if not is_text:
        help = "write what follows on a line of its own, or remove it"
        return syntax_error(fault.source, fault.span, message, help)
    if found is not None and found.label is not None:
        return syntax_error(fault.source, fault.span, message, found.help, *found.edits)
    help = "put the whole value in quotes; in single quotes a `'` is written `''`"
    return syntax_error(fault.source, fault.span, message, help)


def _misfit(fault: _Fault) -> Diagnostic | None:
    if not _ENDED.search(fault.problem):
        return None
    return misfit(fault.source, fault.span, fault.opened)


def _in_brackets(fault: _Fault) -> Diagnostic | None:
    if "expected ',' or" not in fault.problem:
        return None
    return flow_fault(fault.source, fault.span, fault.begun or fault.span)


def _escape(fault: _Fault) -> Diagnostic | None:
    """`\\d` in double quotes, where the backslash itself was meant."""
    if "unknown escape" not in fault.problem:
        return None
    written = fault.line[fault.span.column - 1 : fault.span.column + 1]
    place = Span(fault.span.line, fault.span.column, fault.span.line, fault.span.column + 2)
    help = f"write `\\{written}`, or use single quotes, in which a `\\` is just a `\\`"
    message = f"`{written}` means nothing in double quotes"
    return syntax_error(fault.source, place, message, help, Edit(place, f"\\{written}"))


def _runaway_quote(fault: _Fault) -> Diagnostic | None:
    return runaway(fault.source, fault.span, fault.quoted)


def _open_quote(fault: _Fault) -> Diagnostic | None:
    """A quote that is never closed, and the line's text in quotes where nothing follows."""
    if "unexpected end of stream" not in fault.problem:
        return None
    return unclosed(fault.source, fault.span, is_flow=fault.is_flow)


def _advice(fault: _Fault) -> Diagnostic:
    for words, message, help in ADVICE:
        if words in fault.problem:
            return syntax_error(fault.source, fault.span, message, help)
    help = "check the quotes, the indentation and the brackets around here"
    return syntax_error(fault.source, fault.span, "this is not YAML", help)


_Cause: TypeAlias = Callable[[_Fault], Diagnostic | None]
# The first that knows of it has the word; the last one always has some.
_CAUSES: tuple[_Cause, ...] = (
    _foreign,
    _directive,
    _runaway_quote,
    _tab,
    _strange_space,
    _line_slip,
    _misplaced,
    _no_dash,
    _commented,
    _no_colon,
    _no_pair,
    _two_pairs,
    _cut,
    _begins_so,
    _has_colon,
    _misfit,
    _ended_early,
    _in_brackets,
    _escape,
    _open_quote,
    _advice,
)


def _ending(place: Span, text: str, start: int) -> Span:
    """From `start` in `text`, which stands at `place`, to its end."""
    return Span(place.line, place.column + start, place.line, place.column + len(text))


def _text_of(source: Source, number: int) -> Span:
    """A line without its indentation."""
    line = source.line(number).rstrip()
    start = len(line) - len(line.lstrip(" "))
    return Span(number, start + 1, number, max(len(line), start + 1) + 1)


def _line_above(source: Source, span: Span) -> Span:
    """What stands on the last line with something on it."""
    number = span.line - 1
    while number > 1 and not source.line(number).strip():
        number -= 1
    line = source.line(number).rstrip()
    start = len(line) - len(line.lstrip(" -"))
    return Span(number, start + 1, number, len(line) + 1)


def _place(source: Source, error: yaml.YAMLError) -> Span:
    """Where it was found; an unclosed quote or bracket where it was opened, not at the end."""
    mark: Any = getattr(error, "problem_mark", None)
    opened: Any = getattr(error, "context_mark", None)
    lines = source.text.split("\n")
    at_end = mark is not None and not "".join(lines[mark.line :])[mark.column :].strip()
    if mark is None or (at_end and opened is not None):
        mark = opened
    if mark is None:
        return Span.point(1, 1)
    line = min(mark.line, len(lines) - 1)
    column = mark.column if line == mark.line else len(lines[line].rstrip())
    return Span.point(line + 1, column + 1)
