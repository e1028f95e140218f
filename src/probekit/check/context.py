"""What all parts of the checker share: where faults are collected, and how they are raised."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from probekit.diagnostics import MOST_ERRORS, Diagnostic, Edit, Label, Severity
from probekit.expr.parse import ExpressionError, parse
from probekit.expr.syntax import Number, Place, Syntax
from probekit.frontend.spec import ProbeSpec
from probekit.frontend.yamlnodes import Node, Scalar, scalar_value, start_of
from probekit.record import replace
from probekit.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from probekit.check.elsewhere import Elsewhere, Meaning  # imported on the way to an error only


class Fault(Exception):
    """One thing is wrong, and what depends on it cannot be checked."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class CausedByAnother(Exception):
    """Something here rests on what has already been reported."""


class TooManyFaults(Exception):
    """More than anybody reads: those that were collected are enough."""


class Attempt:
    """A part that is checked for itself: its fault is collected, and the work goes on after it."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.failed = False

    def __enter__(self) -> Attempt:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Fault):
            self._faults.add(error.diagnostic)
        self.failed = isinstance(error, Fault | CausedByAnother)
        return self.failed


class Together:
    """Parts of one thing: what is wrong with one hides nothing of the others."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.attempts: list[Attempt] = []

    def part(self) -> Attempt:
        """For use with `with`, once for each part."""
        self.attempts.append(Attempt(self._faults))
        return self.attempts[-1]


class Faults:
    """Collects the diagnostics of one spec."""

    def __init__(self, spec: ProbeSpec) -> None:
        self.spec = spec
        self.source = spec.source
        self._elsewhere: Elsewhere | None = None  # made at the first error that asks for it
        self._found: dict[Diagnostic, None] = {}
        self._errors = 0

    @property
    def found(self) -> list[Diagnostic]:
        """What was collected, each once, in the file's order."""
        return sorted(self._found, key=lambda diagnostic: diagnostic.place)

    def fault(
        self,
        code: str,
        message: str,
        span: Span,
        help: str = "",
        related: tuple[Span, str] | None = None,
        note: str = "",
        severity: Severity = Severity.ERROR,
        edits: tuple[Edit, ...] = (),
    ) -> Fault:
        """A fault to raise or to add; `note` stands beside the underlined place."""
        others = (Label(self.source, *related),) if related else ()
        label = Label(self.source, span, note)
        return Fault(Diagnostic(code, message, label, others, help, severity, edits=edits))

    def warn(
        self,
        code: str,
        message: str,
        span: Span,
        help: str,
        related: tuple[Span, str] | None = None,
        edits: tuple[Edit, ...] = (),
    ) -> None:
        """Adds what is allowed and yet surely not meant."""
        warning = self.fault(
            code, message, span, help, related, severity=Severity.WARNING, edits=edits
        )
        self.add(warning.diagnostic)

    def add(self, *diagnostics: Diagnostic) -> None:
        """Keeps them, each once. Raises TooManyFaults where there is no point in going on."""
        self._found |= dict.fromkeys(diagnostics)
        self._errors += sum(one.severity is Severity.ERROR for one in diagnostics)
        if self._errors > MOST_ERRORS:
            raise TooManyFaults

    def collecting(self) -> Attempt:
        """For use with `with`: collects what is raised inside, and goes on after the block."""
        return Attempt(self)

    @contextmanager
    def together(self) -> Iterator[Together]:
        """Collects the faults of each part; raises CausedByAnother at the end if any failed."""
        together = Together(self)
        yield together
        if any(attempt.failed for attempt in together.attempts):
            raise CausedByAnother

    @contextmanager
    def at(
        self, scalar: Scalar, offset: int = 0, related: tuple[Span, str] | None = None
    ) -> Iterator[None]:
        """Gives an expression's errors their place: `offset` is where it starts in `scalar`.

        `related` is a place that all of them have to do with.
        """
        try:
            yield
        except ExpressionError as error:
            first, *others = self._all_of(error.moved(offset), scalar, related)
            self.add(*others)
            raise Fault(first) from None

    def doubt(self, error: ExpressionError, scalar: Scalar, offset: int = 0) -> None:
        """Adds, as a warning, what an expression may say and hardly means."""
        (found,) = self._all_of(error.moved(offset), scalar, None)
        self.add(replace(found, severity=Severity.WARNING))

    def _all_of(
        self, error: ExpressionError, scalar: Scalar, related: tuple[Span, str] | None
    ) -> Iterator[Diagnostic]:
        from probekit.check.edits import edits_of  # only on the way to an error

        span = scalar.part(error.place.start, error.place.end)
        found = self._meaning(error, span, scalar.text[error.place.start : error.place.end])
        if found is not None:
            yield self.fault(error.code, found[0], span, *found[1:]).diagnostic
        else:
            edits = edits_of(scalar, error.mends)
            code, message, help = error.code, error.message, error.help
            yield self.fault(code, message, span, help, related, edits=edits).diagnostic
        for other in error.others:
            yield from self._all_of(other, scalar, related)

    def _meaning(self, error: ExpressionError, span: Span, written: str) -> Meaning | None:
        """What the name that is all the error's subject means elsewhere in the spec."""
        if not error.subject:
            return None
        if self._elsewhere is None:
            from probekit.check.elsewhere import Elsewhere

            self._elsewhere = Elsewhere(self.spec)
        return self._elsewhere.meaning(error.subject, span, written)

    def syntax(self, node: Node) -> Syntax:
        """The tree of the expression that stands at `node`. Raises Fault."""
        scalar = self.scalar(node)
        value = scalar_value(scalar)
        if scalar.plain and isinstance(value, int) and not isinstance(value, bool):
            return Number(Place(0, len(scalar.text)), value)
        if value is None:
            help = "give it one, or remove it"
            raise self.fault("null-value", "an expression has no value", scalar.span, help)
        with self.at(scalar):
            return parse(scalar.text)

    def scalar(self, node: Node) -> Scalar:
        """`node`, where an expression is asked for and no mapping or list. Raises Fault."""
        if isinstance(node, Scalar):
            return node
        raise self.fault(
            "wrong-type",
            "an expression must stand here, not a mapping or a list",
            start_of(node),
            "in YAML's own `{ }` and `[ ]`, put an expression that has brackets in quotes",
        )
