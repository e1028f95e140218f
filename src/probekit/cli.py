"""The command line: Typer's commands. `entry.py` calls it, and picks the exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from probekit import __version__
from probekit.diagnostics import Origin
from probekit.entry import EXIT_CODES, INTERRUPTED, report, usage_error

app = typer.Typer(
    name="probekit",
    help="Kernel probes from one YAML file.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Specs = Annotated[list[str], typer.Argument(metavar="SPEC...", help="Spec files.")]
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
    from probekit.verdict import check_specs

    raise typer.Exit(check_specs(specs, _settings(settings), _known_format(format)))


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
    from probekit.apply import apply as go

    argv = tuple(context.obj or ())
    wish = Wish(tuple(specs), _settings(settings), _duration(duration), include_self, argv)
    go(wish, lambda diagnostic: report([diagnostic], verbose=verbose))


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
            raise usage_error(
                "bad-set", f"`--set {pair}` is not `NAME=VALUE`", "write `--set name=1`"
            )
        settings[name] = value
    return settings


def _duration(text: str | None) -> int | None:
    from probekit.duration import FORM, parse_duration

    if text is None:
        return None
    found = parse_duration(text)
    if found is None:
        raise usage_error("bad-duration", f"`--for {text}` is not a duration", FORM)
    return found


def _known_format(format: str) -> str:
    if format not in ("text", "json"):
        raise usage_error(
            "bad-format", f"`--format {format}` is not known", "it is `text` or `json`"
        )
    return format


def run(arguments: list[str], command: list[str] | None) -> int:
    """Does what the command line says; `command` is what stands after `--`. The exit code."""
    import click

    try:
        result = app(args=arguments, prog_name="probekit", standalone_mode=False, obj=command)
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        error.show()
        return EXIT_CODES[Origin.USAGE]
    except click.Abort:
        return INTERRUPTED
