"""What the compiler and the kernel's verifier print → diagnostics at the spec's own lines.

Pure. The C says by `#line N "spec.yaml"` which line of the spec it was made of. The compiler
repeats that number, and so does the verifier since Linux 6.10; before, it quotes the line's text.
"""

from __future__ import annotations

import re

from probekit.backends import CSource
from probekit.diagnostics import Diagnostic, Label, Origin
from probekit.record import Record
from probekit.source import Source, Span

SPEC_NAME = "spec.yaml"  # what `#line` calls the spec, in the compiler's working directory

_REPORT = "report this, with what `probekit render` prints for the spec"
_NEWER = "leave out what needs it, or use a newer kernel"
_PRIVILEGE = (
    "run it as root, or with CAP_BPF and CAP_PERFMON;"
    " containers and kernel lockdown can refuse bpf(2) to everybody"
)

# The compiler's errors: clang's own, and those of LLVM's BPF back end.
_CLANG_ERROR = re.compile(
    r"^(?P<file>[^\s:]+):(?P<line>\d+):\d+: (?:fatal )?error: (?P<why>.*)$", re.MULTILINE
)
_BACKEND_ERROR = re.compile(
    r"^error: (?P<file>[^\s:]+):(?P<line>\d+):\d+:"
    r" in function (?P<function>\w+)[^:]*: (?P<why>.*)$",
    re.MULTILINE,
)
_MAP_ERROR = re.compile(r"^could not open bpf map: (?P<map>\w+), error: (?P<why>.*)$", re.MULTILINE)
_POSITION = re.compile(rf"\b{re.escape(SPEC_NAME)}:([1-9]\d*):\d+")
_DIRECTIVE = re.compile(r'^#line (\d+) "([^"]*)"$')

# A verifier's log: instructions and quoted source, what it says of them, and what is around it.
_QUOTE = re.compile(r"^; (?P<text>.*?)(?: @ (?P<file>\S+):(?P<line>\d+))?$")
_CODE = re.compile(r"^(?:;|\d+: |from \d+ to \d+)")
_FRAME = re.compile(r"^(?:processed \d+ insns|HINT: |bpf: |\s*$)")


class _Cause(Record):
    """A complaint that has a known cause. `{0}` is the pattern's first group."""

    pattern: str
    message: str
    help: str = _REPORT
    code: str = "verifier-rejected"
    origin: Origin = Origin.HOST


_NO_PRIVILEGE = _Cause(
    r"Operation not permitted", "bpf(2) is not permitted", _PRIVILEGE, "no-privilege"
)
_TOO_MANY_FILES = _Cause(
    r"Too many open files",
    "this process may have no more open files, and each map and program is one",
    "raise the limit: `ulimit -n 4096`, in a systemd unit `LimitNOFILE=4096`",
    "descriptor-limit",
)
_STACK_EXCEEDED = _Cause(
    r"BPF stack limit of 512 bytes is exceeded|combined stack size of .* Too large",
    "the values of this program need more than the 512 bytes of stack that the kernel gives",
    "use smaller `char(N)` types, or fewer values at once",
    "stack-exceeded",
    Origin.SPEC,
)

# The first that matches is taken.
_REJECTIONS = (
    _NO_PRIVILEGE,
    _TOO_MANY_FILES,
    _STACK_EXCEEDED,
    _Cause(
        r"Program .*too large|jumps is too complex|too many states|jump out of range",
        "this program is longer than what the kernel's verifier is willing to follow",
        "do less in one program: fewer steps, fewer branches, shorter texts compared",
    ),
    _Cause(
        r"HINT: (bpf_\w+) missing \(added in Linux (\S+)\)",
        "this kernel has no helper `{0}`: it came with Linux {1}",
        _NEWER,
    ),
    _Cause(r"(?:invalid|unknown) func (\S+)", "this kernel has no helper `{0}`", _NEWER),
    _Cause(
        r"program of this type cannot use helper (\S+)",
        "this kernel does not let programs of this type use the helper `{0}`",
        _NEWER,
    ),
    _Cause(
        r"invalid bpf_context access off=(\d+) size=(\d+)",
        "the event's record cannot be read at byte {0}, {1} bytes long",
        "the record is not laid out as assumed: was its layout taken from another kernel?",
    ),
    _Cause(
        r"dereference of modified ctx ptr|variable ctx access",
        "the compiler merged several reads of the event's record into one",
    ),
    _Cause(
        r"unbounded|min value is negative|math between \w+ pointer and register",
        "a length or an index is not shown to be within its limits",
    ),
    _Cause(
        r"!read_ok|invalid (?:indirect )?read from stack",
        "a value is read that was never written",
    ),
    _Cause(
        r"invalid mem access '\w*or_null'|invalid access to map value",
        "a map's entry is used before it is known to be there, or beyond its end",
    ),
    _Cause(r"invalid mem access|type=\w+ expected=", "memory is used that no program may use"),
    _Cause(r"Unreleased reference", "a record is begun and neither sent nor given up"),
)

_MAP_HELP = {
    "Argument list too long": "lower `max_entries`: the map would be larger than any may be",
    "Cannot allocate memory": "lower `max_entries`: the kernel has no memory for so many",
    "Invalid argument": "its sizes or `max_entries` are outside of what this kernel allows",
}


def compile_diagnostics(text: str, source: CSource, spec: Source) -> list[Diagnostic]:
    """Why the C became no instructions and maps; `text` is all that the compiler printed."""
    if refused := _MAP_ERROR.search(text):
        label = _label(spec, spec_line(source.text, refused["map"]))
        return [_refused_map(refused["map"], refused["why"], label, text)]
    error = _BACKEND_ERROR.search(text) or _CLANG_ERROR.search(text)
    if error is None:
        words = text.strip().split("\n")[-1] or "nothing says why"
        return [_bug(f"compiling and loading failed: {words}", None, text)]
    line = int(error["line"]) if error["file"] == SPEC_NAME else 0
    if not line and "function" in error.groupdict():
        line = spec_line(source.text, error["function"])
    if re.search(_STACK_EXCEEDED.pattern, error["why"]):
        return [_explained(_STACK_EXCEEDED, _label(spec, line), text)]
    label = _label(spec, line, "from this line")
    return [_bug(f"the C does not compile: {error['why']}", label, text)]


def load_diagnostics(text: str, function: str, source: CSource, spec: Source) -> list[Diagnostic]:
    """Why the kernel refused the program `function`; `text` has the verifier's log.

    bcc repeats a load that gave EINVAL without the lines' table: such a log quotes nothing, and
    the place is then the program's own line.
    """
    said = [line for line in text.split("\n") if not _CODE.match(line)]
    words = next((line for line in reversed(said) if not _FRAME.match(line)), "")
    start = spec_line(source.text, function)
    label = _label(spec, _quoted_line(text, spec, start) or start, words)
    for cause in _REJECTIONS:
        if found := re.search(cause.pattern, "\n".join(said)):
            return [_explained(cause, label, text, *found.groups())]
    unknown = _Cause("", "the kernel's verifier refuses this program")
    return [_explained(unknown, label, text)]


def death(signal_name: str, text: str, spec: Source) -> Diagnostic:
    """The compiling process was ended by a signal, at the position that it named last, if any."""
    positions = _POSITION.findall(text)
    label = _label(spec, int(positions[-1])) if positions else None
    message = f"the process that compiles and loads was ended by {signal_name}"
    if signal_name in ("SIGKILL", "SIGTERM"):
        help = "somebody ended it, or the kernel ran out of memory (`dmesg` tells)"
        return Diagnostic("loader-died", message, label, (), help, origin=Origin.HOST, details=text)
    return Diagnostic("loader-died", message, label, (), _REPORT, origin=Origin.BUG, details=text)


def spec_line(c_text: str, identifier: str) -> int:
    """The spec's line that the C's first mention of `identifier` is from; 0 where it is of none."""
    mention = re.compile(rf"\b{re.escape(identifier)}\b")
    number = 0
    for line in c_text.split("\n"):
        if directive := _DIRECTIVE.match(line):
            number = int(directive[1]) if directive[2] == SPEC_NAME else 0
        elif mention.search(line):
            return number
        else:
            number += number > 0
    return 0


def _quoted_line(log: str, spec: Source, start: int) -> int:
    """The spec's line that the log quotes last; 0 where it quotes none."""
    for line in reversed(log.split("\n")):
        quote = _QUOTE.match(line)
        if quote is None:
            continue
        if quote["file"] is None:
            number = _line_of(quote["text"], spec, start)
        else:
            number = int(quote["line"]) if quote["file"] == SPEC_NAME else 0
        if number:
            return number
    return 0


def _line_of(quote: str, spec: Source, start: int) -> int:
    """The line that reads like `quote`; of several the first from the line `start` on."""
    lines = enumerate(spec.text.split("\n"), 1)
    same = [number for number, line in lines if line.strip() == quote.strip() != ""]
    return next((number for number in same if number >= start), same[0] if same else 0)


def _label(spec: Source, line: int, words: str = "") -> Label | None:
    text = spec.line(line).rstrip()
    if not text:
        return None
    start = len(text) - len(text.lstrip()) + 1
    return Label(spec, Span(line, start, line, len(text) + 1), words)


def _refused_map(c_name: str, why: str, label: Label | None, text: str) -> Diagnostic:
    for cause in (_NO_PRIVILEGE, _TOO_MANY_FILES):
        if re.search(cause.pattern, why):
            return _explained(cause, label, text)
    name = c_name.removeprefix("m_")
    message = f"the kernel refuses the map `{name}`: {why[:1].lower()}{why[1:]}"
    return _explained(_Cause("", message, _MAP_HELP.get(why, ""), "map-refused"), label, text)


def _explained(cause: _Cause, label: Label | None, text: str, *groups: str) -> Diagnostic:
    message = cause.message.format(*groups) if groups else cause.message
    help, origin = cause.help, cause.origin
    return Diagnostic(cause.code, message, label, (), help, origin=origin, details=text)


def _bug(message: str, label: Label | None, text: str) -> Diagnostic:
    return Diagnostic(
        "compile-failed", message, label, (), _REPORT, origin=Origin.BUG, details=text
    )
