"""The command line. The only module that picks exit codes."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from probekit import __version__
from probekit.diagnostics import Diagnostic, DiagnosticError, Origin, Severity

EXIT_CODES = {Origin.SPEC: 1, Origin.USAGE: 2, Origin.HOST: 3, Origin.BUG: 70}
INTERRUPTED = 130
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

app = typer.Typer(
    name="probekit",
    help="Kernel probes from one YAML file.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Specs = Annotated[list[Path], typer.Argument(metavar="SPEC...", help="Spec files.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Set a param; can be given again."),
]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Show whole logs.")]
Format = Annotated[
    str, typer.Option("--format", metavar="text|json", help="How diagnostics are written.")
]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"probekit {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Kernel probes from one YAML file."""


@app.command()
def check(specs: Specs, format: Format = "text", settings: Set = None) -> None:
    """Check specs, offline: needs no root and no compiler."""
    from probekit import pipeline
    from probekit.kernel.profile import profile_for_check

    profile = profile_for_check()
    results = pipeline.check_files(specs, _settings(settings), profile)
    found = [diagnostic for result in results for diagnostic in result.diagnostics]
    _report(found, format=_known_format(format))
    for result in results:
        if result.probe is not None and format == "text":
            print(f"{result.probe.source.name}: ok, checked against {profile.origin}")
    _exit_for(found)


@app.command()
def render(specs: Specs, settings: Set = None) -> None:
    """Print the C of specs: the same bytes every time."""
    from probekit import pipeline
    from probekit.kernel.profile import profile_for_check
    from probekit.render import Scope
    from probekit.render import render as to_c

    results = pipeline.check_files(specs, _settings(settings), profile_for_check())
    for probe in pipeline.probes_of(results):
        sys.stdout.write(to_c(probe, Scope()).text)


@app.command(
    context_settings={"allow_interspersed_args": True},
    epilog="After `--`: a command to run; the probe sees only it and its children.",
)
def apply(
    context: typer.Context,
    specs: Specs,
    settings: Set = None,
    duration: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="End after this long: `10s`.")
    ] = None,
    include_self: Annotated[
        bool, typer.Option("--include-self", help="See probekit's own processes too.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Attach probes and show what happens, until Ctrl-C."""
    from probekit.apply import Wish
    from probekit.apply import apply as run

    argv = tuple(context.obj or ())
    wish = Wish(tuple(specs), _settings(settings), _duration(duration), include_self, argv)
    run(wish, lambda diagnostic: _report([diagnostic], verbose=verbose))


@app.command()
def doctor() -> None:
    """Say what this host can do, and what to install, mount or allow."""
    from probekit.doctor import YES, examine, print_table

    findings = examine()
    print_table(findings)
    if any(finding.is_needed and finding.state != YES for finding in findings):
        raise typer.Exit(EXIT_CODES[Origin.HOST])


def _settings(pairs: Sequence[str] | None) -> dict[str, str]:
    settings: dict[str, str] = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise _usage("bad-set", f"`--set {pair}` is not `NAME=VALUE`", "write `--set name=1`")
        settings[name] = value
    return settings


def _duration(text: str | None) -> int | None:
    from probekit.duration import FORM, parse_duration

    if text is None:
        return None
    found = parse_duration(text)
    if found is None:
        raise _usage("bad-duration", f"`--for {text}` is not a duration", FORM)
    return found


def _known_format(format: str) -> str:
    if format not in ("text", "json"):
        raise _usage("bad-format", f"`--format {format}` is not known", "it is `text` or `json`")
    return format


def _usage(code: str, message: str, help: str) -> DiagnosticError:
    return DiagnosticError([Diagnostic(code, message, help=help, origin=Origin.USAGE)])


def _report(
    diagnostics: Iterable[Diagnostic], *, format: str = "text", verbose: bool = False
) -> None:
    from probekit.report import render_json, render_text, wants_colour

    found = list(diagnostics)
    if format == "json":
        sys.stdout.write(render_json(found))
        return
    text = render_text(found, colour=wants_colour(sys.stderr), verbose=verbose)
    sys.stdout.flush()
    with suppress(OSError):  # messages that nobody can get end nothing
        sys.stderr.write(text)
        sys.stderr.flush()


def _exit_for(diagnostics: Iterable[Diagnostic]) -> None:
    errors = [d.origin for d in diagnostics if d.severity is Severity.ERROR]
    if errors:
        raise typer.Exit(max(EXIT_CODES[origin] for origin in errors))


def _check_command(arguments: list[str], command: list[str]) -> None:
    if arguments[:1] != ["apply"]:
        raise _usage("bad-usage", "only `apply` takes a command after `--`", "leave it away")
    if not command:
        raise _usage("bad-usage", "no command after `--`", "give one, or leave `--` away")


def _split(arguments: list[str]) -> tuple[list[str], list[str] | None]:
    """What stands before the first `--`, and the command after it, None without a `--`."""
    if "--" not in arguments:
        return arguments, None
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def main() -> NoReturn:
    """The entry point of the `probekit` command."""
    _open_streams()
    before, command = _split(sys.argv[1:])
    code = _flushed(_run(before, command))
    # All is closed by now, and taking the interpreter down would cost some 50 ms.
    os._exit(code)


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


def _run(arguments: list[str], command: list[str] | None) -> int:
    import click

    try:
        if command is not None:
            _check_command(arguments, command)
        result = app(args=arguments, prog_name="probekit", standalone_mode=False, obj=command)
        return result if isinstance(result, int) else 0
    except DiagnosticError as error:
        _report(error.diagnostics, verbose="-v" in arguments or "--verbose" in arguments)
        return max(EXIT_CODES[diagnostic.origin] for diagnostic in error.diagnostics)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return EXIT_CODES[Origin.USAGE]
    except click.ClickException as error:
        error.show()
        return EXIT_CODES[Origin.USAGE]
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        return 0
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
            return _cannot_write(error)
        return _bug(error)


def _bug(error: Exception) -> int:
    """A traceback is nothing for a user to read, but something to report."""
    import traceback

    details = "".join(traceback.format_exception(error))
    what = f"{type(error).__name__}: {error}"
    _report([Diagnostic("internal-error", what, origin=Origin.BUG, details=details)])
    return EXIT_CODES[Origin.BUG]
