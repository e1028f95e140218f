"""The way in, and the only module that picks exit codes.

`probekit check SPEC...`, what an editor and a commit hook run at each change, goes straight to its
work: Typer takes as long to import as all of that. Everything else is Typer's (`cli.py`).
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise

from probekit.diagnostics import Diagnostic, DiagnosticError, Origin, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

EXIT_CODES = {Origin.SPEC: 1, Origin.USAGE: 2, Origin.HOST: 3, Origin.BUG: 70}
INTERRUPTED = 130
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def main() -> NoReturn:
    """The entry point of the `probekit` command."""
    _open_streams()
    before, command = _split(sys.argv[1:])
    code = _flushed(_run(before, command))
    # All is closed by now, and taking the interpreter down would cost some 50 ms.
    os._exit(code)


def _run(arguments: list[str], command: list[str] | None) -> int:
    try:
        if command is not None:
            _check_command(arguments, command)
        if _is_plain_check(arguments):
            from probekit.commands.verdict import check_specs

            return check_specs(arguments[1:], {}, "text")
        from probekit.cli import run

        return run(arguments, command)
    except DiagnosticError as error:
        verbose = "-v" in arguments or "--verbose" in arguments
        report(error.diagnostics, format=_format(arguments), verbose=verbose)
        # What was asked for is not done, be it for what is only a warning elsewhere.
        return max(EXIT_CODES[diagnostic.origin] for diagnostic in error.diagnostics)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return 0
    except MemoryError:
        with suppress(OSError, MemoryError):  # too little for a report
            os.write(2, b"error[memory-limit]: there is not enough memory (`ulimit -v`)\n")
        return EXIT_CODES[Origin.HOST]
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
            return _cannot_write(error)
        return _bug(error)


def _format(arguments: list[str]) -> str:
    """How diagnostics are asked for, by a command line that may be wrong itself."""
    is_json = "--format=json" in arguments or ("--format", "json") in pairwise(arguments)
    return "json" if is_json else "text"


def _is_plain_check(arguments: list[str]) -> bool:
    """Whether it is `check` with nothing but specs; `-` is one."""
    specs = arguments[1:] if arguments[:1] == ["check"] else []
    return bool(specs) and all(spec == "-" or spec[:1] != "-" for spec in specs)


def _split(arguments: list[str]) -> tuple[list[str], list[str] | None]:
    """What stands before the first `--`, and the command after it, None without a `--`."""
    if "--" not in arguments:
        return arguments, None
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def _check_command(arguments: list[str], command: list[str]) -> None:
    if arguments[:1] != ["apply"]:
        help = "leave it away; a file whose name begins with `-` is written `./-name`"
        raise usage_error("bad-usage", "only `apply` takes a command after `--`", help)
    if not command:
        raise usage_error("bad-usage", "no command after `--`", "give one, or leave `--` away")


def exit_code(diagnostics: Iterable[Diagnostic]) -> int:
    """The worst error's, 0 where there is none."""
    errors = [d.origin for d in diagnostics if d.severity is Severity.ERROR]
    return max((EXIT_CODES[origin] for origin in errors), default=0)


def report(
    diagnostics: Iterable[Diagnostic], *, format: str = "text", verbose: bool = False
) -> None:
    """Writes what there is to say: text to standard error, JSON to standard output."""
    from probekit.report import render_json, render_text, wants_colour

    found = list(diagnostics)
    if format == "json":
        sys.stdout.write(render_json(found))
        return
    width = _terminal_width()
    text = render_text(found, colour=wants_colour(sys.stderr), verbose=verbose, width=width)
    sys.stdout.flush()
    with suppress(OSError):  # messages that nobody can get end nothing
        sys.stderr.write(text)
        sys.stderr.flush()


def _terminal_width() -> int | None:
    """The columns of the terminal that messages go to, None where they go elsewhere."""
    try:
        return os.get_terminal_size(2).columns or None if sys.stderr.isatty() else None
    except OSError:
        return None


def usage_error(code: str, message: str, help: str) -> DiagnosticError:
    """Something is wrong with the command line."""
    return DiagnosticError([Diagnostic(code, message, help=help, origin=Origin.USAGE)])


def _open_streams() -> None:
    """Standard streams that were closed lead to nowhere; what has no encoding is escaped.

    A file opened later would else become one of them, and be written to.
    """
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != fd:
                os.dup2(null, fd)
                os.close(null)
            setattr(sys, name, os.fdopen(fd, mode, encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _flushed(code: int) -> int:
    """The exit code, once all that was written has gone out."""
    with suppress(OSError):  # whoever reads the messages may be gone
        sys.stderr.flush()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return code
    except OSError as error:
        return _cannot_write(error)
    return code


def _cannot_write(error: OSError) -> int:
    with suppress(OSError):
        os.write(2, f"probekit: standard output cannot be written: {error.strerror}\n".encode())
    return EXIT_CODES[Origin.HOST]


def _bug(error: Exception) -> int:
    """A traceback is nothing for a user to read, but something to report."""
    import traceback

    details = "".join(traceback.format_exception(error))
    what = f"{type(error).__name__}: {error}"
    report([Diagnostic("internal-error", what, origin=Origin.BUG, details=details)])
    return EXIT_CODES[Origin.BUG]
