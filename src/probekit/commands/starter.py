"""`probekit new`: a commented, working spec from a tracepoint's real fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from shlex import quote
from string import Template

from probekit.commands.attachkind import (
    KINDS,
    ReadableField,
    find_tracepoint,
    tracepoint_fields,
    tracepoint_names,
)
from probekit.commands.listing import field_lines
from probekit.commands.newfile import write_new
from probekit.commands.unlisted import alternatives, list_command, similar
from probekit.diagnostics import Diagnostic, DiagnosticError, Origin
from probekit.kernel.profile import KernelProfile
from probekit.kernel.tracefs import TracepointFormat
from probekit.probename import FORM, is_name, made_of
from probekit.resources import schema_dir
from probekit.show import escaped

_TRACEPOINT = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+", re.ASCII)
_FIND = "`probekit list 'tracepoint:syscalls/*close*'`"
_MOST_PRINTED = 4
_DULL = re.compile(r"args\.(__|pad|reserved|unused)")  # the number of the system call, and gaps
# How fields are called that mostly tell something.
_TELLING = re.compile(
    r"(pid|fd|ret|len|size|bytes|sig|err|errno|error|result|reason|state|status)$"
)
# What YAML, of this version or of an older one that other tools read, takes for no text.
_NOT_TEXT = frozenset("null true false yes no on off y n".split())

_SPEC = Template("""\
# yaml-language-server: $$schema=$schema
# Editors that know YAML complete and explain the keys by the line above. On another machine:
# `probekit schema > probekit.schema.json`, and `$$schema=probekit.schema.json` in that line.

probekit: 1                   # the version of the format
name: $name
description: Counts $tracepoint by process, and prints each event.

# Tables in the kernel that handlers write and you read. This one has one number for each process
# name. For another key change its type here, and `key:` under `count:`.
maps:
  events:
    type: lru_hash            # when it is full, it forgets what was not used lately
    key: char(16)
    value: u64
    max_entries: 1024

# What runs in the kernel at each event, and at which: `probekit list` shows them.
programs:
  - tracepoint: $tracepoint
    # Every handler has pid, tid, uid, gid, comm (the process name), cpu and now.
    # This event has these too, with their types in specs and in C:
$fields
    #
    # To handle only some of the events, put a condition here:
    # when: comm == 'bash' or uid == 1000
    do:
      # Adds one to the entry of this process name.
      - count: events
        key: comm
      # Prints a line at each event. For frequent ones take these two lines away.
      - print: "$line"

# What is done with the maps outside the kernel, and when. Every second, the ten largest counts.
schedules:
  - every: 1s
    show: events
    top: 10

# Check it, without root:         probekit check $file$kernel
# Run it, until Ctrl-C:           sudo probekit apply $file
# See one command's events only:  sudo probekit apply $file -- ls /
""")


def start(
    name: str,
    tracepoint: str | None,
    output: str | None,
    profile: KernelProfile,
    kernel: str | None = None,
) -> str:
    """Writes the spec to `output`, NAME.yaml for None; what to tell: the spec itself for `-`.

    `kernel` is the file that `profile` was read from, None where it is this host's.
    Raises DiagnosticError with all that is wrong.
    """
    faults: list[Diagnostic] = []
    if not tracepoint and "/" in name:
        _refuse_tracepoint(name, profile)
    try:
        check_name(name)
    except DiagnosticError as error:
        faults.extend(error.diagnostics)
    try:
        event = choose_tracepoint(profile, tracepoint, _mended(name) if faults else name)
    except DiagnosticError as error:
        raise DiagnosticError([*faults, *error.diagnostics]) from None
    if faults:
        raise DiagnosticError(faults)
    is_stdout = output == "-"
    path = output if output is not None and not is_stdout else f"{name}.yaml"
    text = spec_text(name, event, path, kernel)
    if is_stdout:
        return text
    write_new(path, text)
    return _written(path, event, kernel)


def _written(path: str, event: TracepointFormat, kernel: str | None) -> str:
    file, where = _argument(path), " (on that kernel)" if kernel else ""
    return (
        f"{escaped(path)}: a probe of {event.group}/{event.name}\n"
        f"check it: probekit check {file}{_for_kernel(kernel)}\n"
        f"run it:   sudo probekit apply {file}{where}\n"
    )


def _argument(path: str) -> str:
    """The path as a word of a command line, where it is no option."""
    return escaped(quote(f"./{path}" if path.startswith("-") else path))


def _for_kernel(kernel: str | None) -> str:
    return f" --kernel {_argument(kernel)}" if kernel else ""


def _refuse_tracepoint(name: str, profile: KernelProfile) -> None:
    """Raises DiagnosticError where the only argument is a tracepoint, and not the probe's name."""
    if _TRACEPOINT.fullmatch(name) and find_tracepoint(profile, name) is not None:
        own = _mended(name)
        help = f"write `probekit new {own} --tracepoint {name}`"
        raise _usage("bad-usage", f"`{name}` is a tracepoint, and the probe needs a name", help)


def check_name(name: str) -> None:
    """Raises DiagnosticError `bad-name` where `name` cannot be a probe's, with one that can."""
    if not is_name(name):
        message = f"`{name}` cannot be a probe's name"
        raise _usage("bad-name", message, f"call it `{_mended(name)}`; it is {FORM}")


def _mended(name: str) -> str:
    return made_of(name) or "probe"


def choose_tracepoint(profile: KernelProfile, text: str | None, name: str) -> TracepointFormat:
    """The tracepoint meant by `text`: `group/name`, `group:name`, or a name of one group alone.

    Raises DiagnosticError: `bad-usage` without a `text` (`name` helps to find one),
    `bad-attach-point`, `unknown-tracepoint`, and what the profile raises.
    """
    names = tracepoint_names(profile)
    if not text:
        raise _usage("bad-usage", "`new` needs a tracepoint", _how_to_find(name, names))
    if set("*?[") & set(text):
        message = f"`{text}` is a pattern, and a program has one tracepoint"
        help = f"`{list_command(f'tracepoint:{text}')}` shows what it matches"
        raise _usage("bad-attach-point", message, help)
    kind = text.partition(":")[0].strip()
    if kind in KINDS and kind != "tracepoint":
        message = f"`{kind}` programs are not in this version yet"
        raise _usage("not-yet", message, f"choose a tracepoint: {_how_to_find(name, names)}")
    wanted = re.sub(r"^\s*(tracepoint|tp|t)\s*:\s*", "", text).strip().replace(":", "/")
    if "/" not in wanted:
        wanted = _with_group(wanted, names)
    if wanted.startswith("ftrace/"):
        message = "the `ftrace` group holds record formats, not attach points"
        raise _usage("bad-attach-point", message, f"choose another: {_FIND}")
    event = find_tracepoint(profile, wanted) if _TRACEPOINT.fullmatch(wanted) else None
    if event is None:
        raise _unknown(profile, wanted, names)
    return event


def _with_group(name: str, names: Sequence[str]) -> str:
    found = [known for known in names if known.endswith(f"/{name}")]
    if len(found) > 1:
        message = f"`{name}` is in several groups"
        raise _usage("bad-attach-point", message, f"write {alternatives(found)}")
    return found[0] if found else name


def _how_to_find(name: str, names: Sequence[str]) -> str:
    """How to list tracepoints: those that the probe's name is in, where there are any."""
    words = [word for word in re.findall(r"[a-z0-9]{3,}", name) if any(word in n for n in names)]
    pattern = f"tracepoint:*{words[0]}*" if words else "tracepoint:syscalls/*close*"
    new = f"`probekit new {quote(name)} --tracepoint syscalls/sys_enter_close`"
    return f"find one with `probekit list '{pattern}'`, then {new}"


def _unknown(profile: KernelProfile, name: str, names: Sequence[str]) -> DiagnosticError:
    near = similar(name, names) or similar(name.lower(), names)
    help = f"did you mean {alternatives(near)}?" if near else f"find one with {_FIND}."
    if not near and any(name in known for known in names):
        help = f"`{list_command(f'tracepoint:*{name}*')}` shows those with it in their name."
    if profile.shipped:
        help += " Root sees those of this host's kernel: `sudo probekit new ...`"
    return _usage("unknown-tracepoint", f"{profile.origin} has no tracepoint `{name}`", help)


def spec_text(name: str, event: TracepointFormat, file: str, kernel: str | None = None) -> str:
    """The spec, which `check` accepts for every tracepoint; `file` is where its user will have it,
    `kernel` the saved profile to check it against, if any.

    `name` is one that `check_name` accepts.
    """
    fields = tracepoint_fields(event)
    return _SPEC.substitute(
        schema=Path(schema_dir(), "probekit.schema.json").as_uri(),
        name=f'"{name}"' if name in _NOT_TEXT else name,
        tracepoint=f"{event.group}/{event.name}",
        fields="\n".join(f"    #   {line}" for line in _field_comments(fields)),
        line=_line(fields),
        file=_argument(file),
        kernel=_for_kernel(kernel),
    )


def _field_comments(fields: Sequence[ReadableField]) -> Iterator[str]:
    return field_lines(fields) if fields else iter(["(it has no fields)"])


def _line(fields: Sequence[ReadableField]) -> str:
    """What is printed: the process, and the fields that tell most."""
    parts = [f"{field.name.removeprefix('args.')}={{{field.name}}}" for field in _best(fields)]
    return " ".join(["{comm} ({pid})", *parts])


def _best(fields: Sequence[ReadableField]) -> list[ReadableField]:
    """The few that tell most, in the record's order."""
    readable = [field for field in fields if field.type and not _DULL.match(field.name)]
    chosen = sorted(readable, key=_rank)[:_MOST_PRINTED]
    if any(field.type != "ptr" for field in chosen):
        chosen = [field for field in chosen if field.type != "ptr"]
    return [field for field in readable if field in chosen]


def _rank(field: ReadableField) -> int:
    """Texts, then numbers that tell by their names what they are, then others; addresses last."""
    type = field.type or ""
    if type.startswith("char("):
        return 0
    return 3 if type == "ptr" else 1 if _TELLING.search(field.name) else 2


def _usage(code: str, message: str, help: str) -> DiagnosticError:
    return DiagnosticError([Diagnostic(code, message, help=help, origin=Origin.USAGE)])
