"""What all parts of the checker share: where faults are collected, and how they are raised."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from probekit.diagnostics import Diagnostic, Label, Severity
from probekit.expr.parse import ExpressionError, parse
from probekit.expr.syntax import Number, Place, Syntax
from probekit.source import Source, Span
from probekit.yamlnodes import Node, Scalar, scalar_value


class Fault(Exception):
    """One thing is wrong, and what depends on it cannot be checked."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class CausedByAnother(Exception):
    """Something here rests on what has already been reported."""


class Faults:
    """Collects the diagnostics of one spec."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Diagnostic] = []

    def fault(
        self,
        code: str,
        message: str,
        span: Span,
        help: str = "",
        related: tuple[Span, str] | None = None,
        severity: Severity = Severity.ERROR,
    ) -> Fault:
        """A fault to raise or to add."""
        others = (Label(self.source, *related),) if related else ()
        label = Label(self.source, span)
        return Fault(Diagnostic(code, message, label, others, help, severity))

    def add(self, fault: Fault) -> None:
        """Keeps it, once."""
        if fault.diagnostic not in self.found:
            self.found.append(fault.diagnostic)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Collects what is raised inside, and goes on after the block."""
        try:
            yield
        except Fault as fault:
            self.add(fault)
        except CausedByAnother:
            pass

    @contextmanager
    def at(self, scalar: Scalar, offset: int = 0) -> Iterator[None]:
        """Gives an expression's errors their place: `offset` is where it starts in `scalar`."""
        try:
            yield
        except ExpressionError as error:
            raise self._placed(error, scalar, offset) from None

    def _placed(self, error: ExpressionError, scalar: Scalar, offset: int) -> Fault:
        place = Place(error.place.start + offset, error.place.end + offset)
        return self.fault(error.code, error.message, scalar.part(place.start, place.end), error.help)

    def syntax(self, node: Node) -> Syntax:
        """The tree of the expression that stands at `node`. Raises Fault."""
        scalar = self.scalar(node)
        value = scalar_value(scalar)
        if scalar.plain and isinstance(value, int) and not isinstance(value, bool):
            return Number(Place(0, len(scalar.text)), value)
        with self.at(scalar):
            return parse(scalar.text)

    def scalar(self, node: Node) -> Scalar:
        """`node`, where an expression is asked for and no mapping or list. Raises Fault."""
        if isinstance(node, Scalar):
            return node
        raise self.fault(
            "wrong-type",
            "an expression must stand here, not a mapping or a list",
            Span.point(node.span.line, node.span.column),
            "in YAML's own `{ }` and `[ ]`, put an expression that has brackets in quotes",
        )
