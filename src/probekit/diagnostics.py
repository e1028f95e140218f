"""What a stage has to say about its input: values only, no I/O (`report.py` renders them)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from probekit.record import Record
from probekit.source import Source, Span

# Errors after which a stage gives up on a spec. A megabyte of faults would take minutes.
MOST_ERRORS = 500


class Severity(Enum):
    """How bad it is: an error stops the pipeline after the stage that found it."""

    ERROR = "error"
    WARNING = "warning"


class Origin(Enum):
    """Whose fault it is, which decides the exit code (`cli.py` has the table)."""

    SPEC = "spec"
    USAGE = "usage"
    HOST = "host"
    BUG = "bug"


class Label(Record):
    """A place in a source with a few words about it."""

    source: Source
    span: Span
    text: str = ""


class Edit(Record):
    """What `check --fix` does about a fault: the text at `span` becomes `text`."""

    span: Span
    text: str


class Diagnostic(Record):
    """One fact the user must know, where it is, and what to do about it.

    `code` is a slug with a page in `docs/errors.md`; `label` is the place it is
    about, None where no source has one (a host's condition); `related` are other
    places; `details` is long text shown only with `-v` (a verifier's log). `edits`, all in
    the label's source, are the text to paste that `help` offers: empty where it offers none.
    `kernels` are the names of those it is true of, where a spec was checked for several.
    """

    code: str
    message: str
    label: Label | None = None
    related: tuple[Label, ...] = ()
    help: str = ""
    severity: Severity = Severity.ERROR
    origin: Origin = Origin.SPEC
    details: str = ""
    edits: tuple[Edit, ...] = ()
    kernels: tuple[str, ...] = ()

    @property
    def place(self) -> tuple[str, Span]:
        """What diagnostics are ordered by: the source's name, then the place in it."""
        if self.label is None:
            return "", Span(0, 0, 0, 0)
        return self.label.source.name, self.label.span


class DiagnosticError(Exception):
    """Ends a stage: carries every diagnostic that the stage collected."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(f"{d.code}: {d.message}" for d in self.diagnostics))


def host_error(code: str, message: str, *, help: str = "", details: str = "") -> DiagnosticError:
    """A condition of this host, not of a spec, that stops the work."""
    return DiagnosticError(
        [Diagnostic(code, message, help=help, origin=Origin.HOST, details=details)]
    )
