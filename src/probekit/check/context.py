"""What all parts of the checker share: where faults are collected, and how they are raised."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from probekit.diagnostics import Diagnostic, Label, Severity
from probekit.expr.parse import ExpressionError, parse
from probekit.expr.syntax import Number, Place, Syntax
from probekit.source import Source, Span
from probekit.yamlnodes import Node, Scalar, scalar_value, start_of


class Fault(Exception):
    """One thing is wrong, and what depends on it cannot be checked."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class CausedByAnother(Exception):
    """Something here rests on what has already been reported."""


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

    def __init__(self, source: Source) -> None:
        self.source = source
        self._found: dict[Diagnostic, None] = {}

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
    ) -> Fault:
        """A fault to raise or to add; `note` stands beside the underlined place."""
        others = (Label(self.source, *related),) if related else ()
        label = Label(self.source, span, note)
        return Fault(Diagnostic(code, message, label, others, help, severity))

    def add(self, *diagnostics: Diagnostic) -> None:
        """Keeps them, each once."""
        self._found |= dict.fromkeys(diagnostics)

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
    def at(self, scalar: Scalar, offset: int = 0) -> Iterator[None]:
        """Gives an expression's errors their place: `offset` is where it starts in `scalar`."""
        try:
            yield
        except ExpressionError as error:
            span = scalar.part(error.place.start + offset, error.place.end + offset)
            raise self.fault(error.code, error.message, span, error.help) from None

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
