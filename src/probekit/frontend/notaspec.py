"""Files that are something else: a manifest, a program, a configuration of another tool."""

from __future__ import annotations

import re

from probekit.diagnostics import Diagnostic, Label
from probekit.frontend.yamlnodes import Mapping, Node, Scalar, Sequence, start_of
from probekit.nearest import meant
from probekit.source import Source, Span

_START = "a spec begins with `probekit: 1`, `name:` and `programs:`"
TOP = tuple("probekit name description params maps programs schedules".split())
_MOST, _WIDTH = 1 << 15, 200  # characters looked at: of a file, and of each of its lines

# Text that no spec has, at the start of a line → what it is, and what to do with it.
_TEXTS = (
    (r"\A\x7fELF|\A[^\n]*\x00", "a binary file", "give it the YAML file itself"),
    (r"\A#!.*\bbpftrace\b|^(?:tracepoint|kprobe|kretprobe|uprobe|interval|BEGIN|END)\b[^\n]*\{ "
     r"|^(?:tracepoint|kprobe|kretprobe|uprobe):[^\s:]+:[^\s:]+\s*(?:/[^\n]*/\s*)?\{"
     r"|^[ \t]*@\w*(?:\[[^\n]*\])? *= *\w+\(", "a bpftrace script",
     "write its probe as `- tracepoint:`, its `@x[key] = count()` as `count:` with a `key:`"),
    (r"^#include *[<\"]|^SEC\(", "C", "probekit writes the C: say what it is to do in YAML"),
    (r"\A#!|^(?:import \w+$|from \w+ import |def \w+\(.*:$)", "a program", _START),
    (r"\A\s*<(?:!|\?|html|xml)", "HTML or XML", _START),
    (r"\A(?![\s\S]*^\w+:(?: |$))(?:[ \t]*(?:#[^\n]*)?\n)*\w+ *= *[^\s=]",
     "a file of settings, as in TOML", _START),
    (r"^\[[\w.-]+\]$", "a file of sections, as in INI and TOML", _START),
)  # fmt: skip

# Keys at the top → what it is.
_KEYS = (
    ({"apiVersion", "kind"}, "a Kubernetes manifest"),
    ({"metrics"}, "a configuration of ebpf_exporter or another exporter"),
    ({"services"}, "a compose file"),
    ({"on", "jobs"}, "a workflow"),
    ({"hosts", "tasks"}, "a playbook"),
    ({"global", "scrape_configs"}, "a Prometheus configuration"),
    ({"repos"}, "a configuration of pre-commit"),
)
# What a program of ebpf_exporter's has.
_EXPORTER = frozenset(
    "metrics code tracepoints raw_tracepoints kprobes kretprobes perf_events tables cflags".split()
)


def foreign_text(source: Source) -> Diagnostic | None:
    """A file that is not YAML at all; None where it could be a spec."""
    if re.search(r"^probekit\b(?! *=)", source.text, re.MULTILINE):
        return None
    # Enough to tell what it is; the patterns would take hours for a line of a megabyte.
    looked_at = "\n".join(line[:_WIDTH] for line in source.text[:_MOST].split("\n"))
    for pattern, what, help in _TEXTS:
        found = re.search(pattern, looked_at, re.MULTILINE)
        if found:
            line = looked_at.count("\n", 0, found.start()) + 1
            text = source.line(line).rstrip()
            start = len(text) - len(text.lstrip())
            span = Span(line, start + 1, line, max(len(text), start + 1) + 1)
            if "\0" in text:  # each is shown as an escape, and so would be its mark
                span = Span.point(line, start + 1)
            return _fault(source, span, what, help)
    return None


def not_a_spec(source: Source, root: Node) -> Diagnostic | None:
    """YAML that has nothing of a spec, not even misspelt; None where it has."""
    if isinstance(root, Sequence) and source.text.find("probekit") >= 0:
        message, help = "this is a list, and a spec is a mapping", f"{_START}, without a `-`"
        return Diagnostic("not-a-spec", message, Label(source, start_of(root)), help=help)
    if not isinstance(root, Mapping):
        return foreign_text(source) or _fault(source, start_of(root), "", _START)
    names = {key.text for key, _ in root}
    exporter = _of_exporter(root)
    if exporter is not None and "probekit" not in names:
        return _fault(source, exporter.span, "a configuration of ebpf_exporter", _START)
    if names & {"probekit", "programs"} or any(meant(n, ("probekit", "programs")) for n in names):
        return None
    first = root.items[0][0].span if root.items else root.span
    for keys, what in _KEYS:
        if keys <= names:
            return _fault(source, first, what, _START)
    if names & set(TOP) or any(meant(name, TOP) for name in names):
        return None
    return _fault(source, first, "", _START)


def _of_exporter(root: Mapping) -> Scalar | None:
    """`metrics`, `code` and attach points in the programs of an older ebpf_exporter."""
    programs = root.get("programs")
    for one in programs if isinstance(programs, Sequence) else ():
        found = [key for key, _ in one if key.text in _EXPORTER] if isinstance(one, Mapping) else []
        if len(found) > 1:
            return found[0]
    return None


def _fault(source: Source, span: Span, what: str, help: str) -> Diagnostic:
    message = f"this is {what}, and no spec" if what else "this is no spec of a probe"
    return Diagnostic("not-a-spec", message, Label(source, span), help=help)
