"""ir.Probe → CSource. The only user of Jinja2, whose templates only print."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from probekit.backends import CProgram, CSource
from probekit.codegen import names
from probekit.codegen.ccode import CCode, c
from probekit.codegen.counters import counters_of
from probekit.codegen.lower import CTypes, Lowering
from probekit.expr import emit
from probekit.expr.typed import Builtin
from probekit.ir import Map, Probe, Program
from probekit.kernel.tracefs import TracepointFormat
from probekit.record import Record
from probekit.resources import template_dir
from probekit.source import Span

PRINTS_BYTES = 1 << 20
TREE_PAGES = 1024  # of 4096 pids each: PID_MAX_LIMIT, include/linux/threads.h
FORK_TRACKER = "pk_tree_fork"
EXEC_TRACKER = "pk_tree_exec"


class Seen(Enum):
    """Whose events a probe sees."""

    OTHERS = "all processes but probekit's own"
    TREE = "one command's process tree"
    ALL = "all processes"


class Scope(Record):
    """Whose events are seen; `fork` is the format of sched/sched_process_fork, for a tree."""

    seen: Seen = Seen.OTHERS
    fork: TracepointFormat | None = None


def render(probe: Probe, scope: Scope, dialect: str = "bcc") -> CSource:
    """The C of `probe`: the same bytes for the same probe, params and scope, anywhere."""
    environment = _environment(dialect)
    ctypes = CTypes()
    maps = [_map(ctypes, target) for target in probe.maps]
    programs = [_program(environment, ctypes, probe, program) for program in probe.programs]
    text = environment.get_template("probe.c.j2").render(
        types=ctypes.definitions,
        maps=maps,
        programs=programs,
        counters=counters_of(probe).size,
        prints_bytes=PRINTS_BYTES if probe.prints else 0,
        seen=scope.seen.name,
        tree_pages=TREE_PAGES,
        child_pid=_child_pid(scope),
    )
    return CSource(
        pinned(text), probe.source.text, _functions(probe, scope), _map_names(probe, scope)
    )


def pinned(text: str) -> str:
    """Repeats each `#line` before every line up to the next: alone, it would count on.

    So all of a step's C is at the step's own line, for the compiler and for the verifier.
    """
    directive = ""
    lines: list[str] = []
    for line in text.split("\n"):
        if line.startswith("#line "):
            directive = line
        elif line.strip():
            lines += [directive, line] if directive else [line]
        else:
            lines.append(line)
    return "\n".join(lines)


def program_function(program: Program) -> CCode:
    """The C name of a program."""
    return names.program_name(program.index, program.event)


def _functions(probe: Probe, scope: Scope) -> tuple[CProgram, ...]:
    trackers = (FORK_TRACKER, EXEC_TRACKER) if scope.seen is Seen.TREE else ()
    functions = (*trackers, *(program_function(program) for program in probe.programs))
    return tuple(CProgram(str(function), "tracepoint") for function in functions)


def _map_names(probe: Probe, scope: Scope) -> tuple[str, ...]:
    own = ["pk_control", "pk_counts"]
    own += ["pk_prints"] if probe.prints else []
    own += ["pk_tree"] if scope.seen is Seen.TREE else []
    return (*own, *(str(names.map_name(target.name)) for target in probe.maps))


def _child_pid(scope: Scope) -> int:
    """Where sched_process_fork has the new task's id, which is 4 bytes wide."""
    if scope.fork is None:
        return 0
    return next(field.offset for field in scope.fork.fields if field.name == "child_pid")


def _map(ctypes: CTypes, target: Map) -> Mapping[str, Any]:
    return {
        "name": names.map_name(target.name),
        "kind": CCode(target.kind.kernel_name),
        "key_type": ctypes.name(target.key) if target.key is not None else c("u32"),
        "value_type": ctypes.name(target.value),
        "max_entries": target.max_entries,
        "line": target.span.line,
    }


def _program(
    environment: jinja2.Environment, ctypes: CTypes, probe: Probe, program: Program
) -> Mapping[str, Any]:
    def verb(name: str, view: dict[str, Any]) -> CCode:
        return CCode(getattr(_verbs(environment), name)(**view))

    counters = counters_of(probe)
    lowering = Lowering(ctypes, counters, program.index, probe.name, verb)
    when = emit.integer(program.when) if program.when is not None else None
    body = lowering.block(program.steps)
    when_uses_time = _reads_time(program.when)
    return {
        "function": program_function(program),
        "line": program.span.line,
        "when_line": program.when_span.line,
        "when": when,
        "when_uses_time": when_uses_time,
        "body_uses_time": _reads_time(program.steps) and not when_uses_time,
        "events": counters.events(program.index),
        "zero_divisions": counters.divisions_by_zero(program.index),
        "body": body,
    }


def _reads_time(part: object) -> bool:
    """Whether `now` stands anywhere in steps or in an expression.

    A look at their C would not tell: a map or a text may be called what the variable is.
    """
    if isinstance(part, tuple):
        return any(map(_reads_time, part))
    if not isinstance(part, Record) or isinstance(part, Map | Span):
        return False
    if isinstance(part, Builtin):
        return part.name == "now"
    return any(_reads_time(getattr(part, field)) for field in type(part).__match_args__)


def _verbs(environment: jinja2.Environment) -> Any:
    return environment.get_template("verbs.j2").module


@cache
def _environment(dialect: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(os.path.join(template_dir(), "c")),
        autoescape=True,
        finalize=_only_code,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["code"] = CCode  # for constants that the templates themselves write
    dialects = {"bcc": "bcc/dialect.j2"}
    environment.globals["dialect"] = environment.get_template(dialects[dialect]).module
    return environment


def _only_code(value: object) -> object:
    """What a template may print: our own C, what its macros made of it, and whole numbers."""
    if isinstance(value, CCode | Markup):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise TypeError(f"a template was about to print {value!r}, which is not C")
