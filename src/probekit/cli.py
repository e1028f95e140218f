"""The command line: Typer's commands. `entry.py` calls it, and picks the exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from shlex import quote
from typing import Annotated

import typer

from probekit import __version__
from probekit.diagnostics import Origin
from probekit.entry import EXIT_CODES, INTERRUPTED, exit_code, report, usage_error

app = typer.Typer(
    name="probekit",
    help="Kernel probes from one YAML file.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

kernel_app = typer.Typer(no_args_is_help=True, help="Kernel profiles: a kernel in a file.")
app.add_typer(kernel_app, name="kernel")

Specs = Annotated[list[str], typer.Argument(metavar="SPEC...", help="Spec files.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Set a param; can be given again."),
]
Kernel = Annotated[
    str | None, typer.Option("--kernel", metavar="FILE", help="A saved kernel profile.")
]
Kernels = Annotated[
    list[str] | None,
    typer.Option(
        "--kernel",
        metavar="FILE...",
        help="Check for these saved kernels: files up to the next option or `.yaml`.",
    ),
]
Trust = Annotated[
    list[str] | None,
    typer.Option(
        "--trust",
        metavar="SPEC",
        help="Read this one of the specs as root, whoever can write it; can be given again.",
    ),
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
def check(
    specs: Specs,
    format: Format = "text",
    settings: Set = None,
    kernels: Kernels = None,
    trust: Trust = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend in the files what can be mended for certain.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what `--fix` would change.")] = False,
) -> None:
    """Check specs, offline: needs no root and no compiler."""
    trusted = _trusted(trust, specs)
    if fix or diff:
        from probekit.commands.mendfile import fix_specs

        if kernels:
            help = "mend first, and check for other kernels then"
            raise usage_error("bad-usage", "`--fix` and `--diff` know no `--kernel`", help)
        known = _known_format(format)
        raise typer.Exit(fix_specs(specs, _settings(settings), known, trusted, write=not diff))
    if kernels:
        from probekit.commands.kerneltable import check_for_kernels

        known = _known_format(format)
        raise typer.Exit(check_for_kernels(specs, kernels, _settings(settings), known, trusted))
    from probekit.commands.verdict import check_specs

    raise typer.Exit(check_specs(specs, _settings(settings), _known_format(format), trusted))


@app.command()
def render(specs: Specs, settings: Set = None, kernel: Kernel = None, trust: Trust = None) -> None:
    """Print the C of specs: the same bytes every time."""
    from probekit import pipeline
    from probekit.codegen.render import Scope
    from probekit.codegen.render import render as to_c
    from probekit.kernel.profile import SavedProfile, profile_for_check

    trusted = _trusted(trust, specs)
    profile = SavedProfile(kernel) if kernel else profile_for_check()
    results = pipeline.check_files(specs, _settings(settings), profile, trusted)
    if kernel:  # of this host, `apply` finds out what is missing
        from probekit.commands.kernels import with_features

        results = [with_features(result, profile) for result in results]
    probes = pipeline.probes_of(results)
    found = pipeline.warnings_of(results)
    report(found)
    if exit_code(found):
        raise typer.Exit(exit_code(found))
    for probe in probes:
        sys.stdout.write(to_c(probe, Scope()).text)


@app.command("list")
def list_points(
    pattern: Annotated[
        str | None, typer.Argument(metavar="[KIND:PATTERN]", help="As `tracepoint:sched/*`.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Show fields and their types.")
    ] = False,
    format: Annotated[
        str, typer.Option("--format", metavar="text|json", help="json: one object a line.")
    ] = "text",
    kernel: Kernel = None,
) -> None:
    """List attach points; alone, the kinds there are."""
    from probekit.commands.listing import answer

    is_json = _known_format(format) == "json"
    found = answer(pattern, kernel, with_fields=verbose, is_json=is_json)
    _say(found.notes)
    sys.stdout.writelines(f"{line}\n" for line in found.lines)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The probe's name.")],
    tracepoints: Annotated[
        list[str] | None,
        typer.Option("-t", "--tracepoint", metavar="G/N", help="What it attaches to."),
    ] = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE", help="Instead of NAME.yaml.")
    ] = None,
    kernel: Kernel = None,
) -> None:
    """Write a commented spec from a tracepoint's fields."""
    from probekit.commands import listing, starter

    kind = listing.kind_of("tracepoint")
    profile = listing.profile_for(kind, kernel)
    if len(tracepoints or ()) > 1:
        help = "make it with one, and copy its item under `programs` for each of the others"
        raise usage_error("bad-usage", "`new` takes one tracepoint", help)
    tracepoint = tracepoints[0] if tracepoints else None
    made = starter.start(name, tracepoint, output, profile, kernel)
    _say(listing.notes(kind, profile))
    sys.stdout.write(made)


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
    trust: Trust = None,
    verbose: Verbose = False,
) -> None:
    """Attach probes and show what happens, until Ctrl-C."""
    from probekit.commands.apply import Wish
    from probekit.commands.apply import apply as go

    if not context.obj:
        from probekit.commands.usage import refuse_command

        refuse_command(specs)
    argv = tuple(context.obj or ())
    trusted = _trusted(trust, specs)
    wish = Wish(tuple(specs), _settings(settings), _duration(duration), include_self, argv, trusted)
    go(wish, lambda diagnostic: report([diagnostic], verbose=verbose))


@app.command()
def schema(
    path: Annotated[
        bool, typer.Option("--path", help="Print where the schema's file is instead.")
    ] = False,
) -> None:
    """Print the JSON Schema of specs, for editors."""
    from probekit.commands.reference import schema_file

    if path:
        print(schema_file())
        return
    with open(schema_file(), "rb") as file:
        sys.stdout.buffer.write(file.read())


@app.command()
def explain(
    topic: Annotated[
        str | None, typer.Argument(metavar="[KEY|WORD|CODE]", help="As `programs.do.count`.")
    ] = None,
) -> None:
    """Explain a key, a word of expressions, a type, a code."""
    from shutil import get_terminal_size

    from probekit.commands.explain import explain as text_about
    from probekit.report import wants_colour

    width = get_terminal_size().columns
    sys.stdout.write(text_about(topic, width=width, colour=wants_colour(sys.stdout)))


@kernel_app.command("save")
def kernel_save(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where to; `-` is standard output.")],
) -> None:
    """Save what is known of this kernel, for `--kernel`."""
    from probekit.commands.kernelsave import save_kernel

    _say([save_kernel(file)])


@app.command()
def doctor() -> None:
    """Say what this host can do, and what it lacks."""
    from probekit.commands.doctor import examine, print_table
    from probekit.kernel.profile import YES

    findings = examine()
    print_table(findings)
    if any(finding.is_needed and finding.state != YES for finding in findings):
        raise typer.Exit(EXIT_CODES[Origin.HOST])


def _say(notes: Iterable[str]) -> None:
    """What is no error and no result goes to standard error."""
    from probekit.show import escaped

    for note in notes:
        print(f"probekit: {escaped(note)}", file=sys.stderr)


def _settings(pairs: Sequence[str] | None) -> dict[str, str]:
    settings: dict[str, str] = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals or not name:
            before, colon, after = pair.partition(":")
            better = f"{before}={after}" if colon and before and not equals else "name=1"
            message = f"`--set {pair}` is not `NAME=VALUE`"
            raise usage_error("bad-set", message, f"write `--set {better}`")
        settings[name] = value
    return settings


def _trusted(names: Sequence[str] | None, specs: Sequence[str]) -> tuple[str, ...]:
    for name in names or ():
        if name not in specs:
            same = [spec for spec in specs if os.path.realpath(spec) == os.path.realpath(name)]
            help = f": `--trust {quote(same[0])}`" if same else "; it stands among the specs, too"
            message = f"`--trust {name}` names none of the specs"
            raise usage_error("bad-trust", message, f"write it just as the spec is given{help}")
    return tuple(names or ())


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


def _each_kernel(arguments: list[str]) -> list[str]:
    """`check`'s arguments with a `--kernel` before each file: a shell's `*.profile` is many.

    Its files end at the next option, or where a spec stands: a name that ends as such, or `-`.
    """
    spread: list[str] = []
    taken: int | None = None  # files since `--kernel`
    for argument in arguments:
        is_file = not argument.startswith("-")
        if taken and is_file and not argument.endswith((".yaml", ".yml")):
            spread.append("--kernel")
        elif taken or not is_file:
            taken = None
        spread.append(argument)
        taken = 0 if argument == "--kernel" else taken if taken is None else taken + 1
    return spread


def run(arguments: list[str], command: list[str] | None) -> int:
    """Does what the command line says; `command` is what stands after `--`. The exit code."""
    import click

    if arguments[:1] == ["check"]:
        arguments = _each_kernel(arguments)
    try:
        result = app(args=arguments, prog_name="probekit", standalone_mode=False, obj=command)
        return result if isinstance(result, int) else 0
    except click.UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # older versions of Click have none
            error.show()
            return EXIT_CODES[Origin.USAGE]
        from probekit.commands.usage import bad_usage

        raise bad_usage(error, arguments, typer.main.get_command(app)) from None
    except click.Abort:
        return INTERRUPTED
    except SystemExit as end:  # what Click makes of a reader that has gone, too
        if isinstance(end.__context__, OSError):
            return 0
        raise
