"""What the command line's parser says of a mistake in it, as this project's diagnostics."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from shlex import join, quote
from shutil import which
from typing import TypeAlias

import click

from probekit.diagnostics import DiagnosticError
from probekit.entry import usage_error
from probekit.nearest import listed, nearest

# A message and a help.
Said: TypeAlias = tuple[str, str]

# What other tools call what a command does.
_OTHER_NAMES = {
    **dict.fromkeys("run start trace exec load attach".split(), "apply"),
    **dict.fromkeys("validate verify lint test".split(), "check"),
    **dict.fromkeys("build compile generate show".split(), "render"),
    **dict.fromkeys("create init".split(), "new"),
    **dict.fromkeys("ls search find".split(), "list"),
    **dict.fromkeys("man doc docs describe".split(), "explain"),
    "version": "--version",
}


def bad_usage(
    error: click.UsageError, arguments: Sequence[str], root: click.Command
) -> DiagnosticError:
    """The error of `root`'s parser about `arguments`, which are those before a `--`."""
    command = error.ctx.command if error.ctx else None
    path = error.ctx.command_path if error.ctx else join(["probekit", *arguments[:1]])
    if command is None and isinstance(root, click.Group):
        command = root.commands.get("".join(arguments[:1]))
    explain = next(explain for kind, explain in _KINDS if isinstance(error, kind))
    return usage_error("bad-usage", *explain(error, command, path, arguments))


def forgotten_dashes(words: Sequence[str]) -> str:
    """The words with a `--` before the one that is no file but a program; empty for none."""
    for at, word in enumerate(words):
        if at and not word.startswith("-") and not os.path.exists(word) and which(word):
            return f"probekit apply {join(words[:at])} -- {join(words[at:])}"
    return ""


def refuse_command(specs: Sequence[str]) -> None:
    """Raises DiagnosticError where a command stands among `apply`'s specs, without its `--`."""
    mended = forgotten_dashes(specs)
    if mended:
        message = "a command stands among the specs"
        raise usage_error("bad-usage", message, f"put `--` before it: `{mended}`")


def _no_option(
    error: click.NoSuchOption, command: click.Command | None, path: str, arguments: Sequence[str]
) -> Said:
    name = error.option_name
    mended = forgotten_dashes(arguments[1:]) if arguments[:1] == ["apply"] else ""
    if mended:
        return f"`{name}` is no option of `{path}`", f"put `--` before the command: `{mended}`"
    params = command.params if command else []
    known = [one for param in params for one in param.opts if one.startswith("--")]
    near = nearest(name, known) if name.startswith("--") else None
    help = f"did you mean `{near}`?" if near else f"`{path} --help` shows those there are"
    return f"`{path}` has no option `{name}`", help


def _missing(
    error: click.MissingParameter,
    command: click.Command | None,
    path: str,
    arguments: Sequence[str],
) -> Said:
    wanted = error.param.human_readable_name if error.param else "a value"
    return f"`{path}` needs `{wanted}`", f"write `{path} {wanted}`; `{path} --help` says more"


def _option_use(
    error: click.BadOptionUsage,
    command: click.Command | None,
    path: str,
    arguments: Sequence[str],
) -> Said:
    """An option without its value, or a value for one that takes none."""
    name = error.option_name
    if "requires an argument" in error.message:
        params = command.params if command else []
        form = next((one.metavar for one in params if name in one.opts and one.metavar), "VALUE")
        return f"`{name}` needs a value", f"write `{name} {form}`"
    return f"`{name}` takes no value", f"write `{name}` alone"


def _other(
    error: click.UsageError, command: click.Command | None, path: str, arguments: Sequence[str]
) -> Said:
    """A command that there is not, an argument too many, and what has no type of its own."""
    found = re.match(r"No such command '(.*?)'\.", error.message, re.DOTALL)
    if found and isinstance(command, click.Group):
        return f"there is no command `{found[1]}`", _command_meant(found[1], command, arguments)
    found = re.match(r"Got unexpected extra arguments? \((.*)\)", error.message, re.DOTALL)
    if found is None:
        message = error.format_message().rstrip(".")
        return message[:1].lower() + message[1:], f"`{path} --help` says more"
    extra = found[1]
    if path == "probekit new" and re.fullmatch(r"[\w.-]+[/:][\w.-]+", extra):
        name = next((one for one in arguments[1:] if one != extra), "NAME")
        help = f"write `probekit new {quote(name)} --tracepoint {extra.replace(':', '/')}`"
        return f"`{extra}` is more than `{path}` takes", help
    return f"`{extra}` is more than `{path}` takes", f"`{path} --help` says what it takes"


def _command_meant(name: str, group: click.Group, arguments: Sequence[str]) -> str:
    if name == "help":
        about = [one for one in arguments[1:2] if one in group.commands]
        return f"write `{join(['probekit', *about, '--help'])}`"
    if name.endswith((".yaml", ".yml")):
        return f"write `probekit apply {quote(name)}`, or `probekit check {quote(name)}`"
    is_top = "apply" in group.commands
    near = (is_top and _OTHER_NAMES.get(name)) or nearest(name, group.commands)
    return f"did you mean `{near}`?" if near else f"there are {listed(sorted(group.commands))}"


_Explain: TypeAlias = Callable[..., Said]
_KINDS: tuple[tuple[type[click.UsageError], _Explain], ...] = (
    (click.NoSuchOption, _no_option),
    (click.MissingParameter, _missing),
    (click.BadOptionUsage, _option_use),
    (click.UsageError, _other),
)
