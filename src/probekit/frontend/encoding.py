"""Text that is not UTF-8: what it is, and how it becomes a spec.

Imported on the way to an error only.
"""

from __future__ import annotations

from shlex import quote

from probekit.diagnostics import Diagnostic, Label, Origin
from probekit.source import Source, Span

# How files begin whose encoder said so; that of UTF-32 begins like one of UTF-16.
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


def not_utf8(name: str, shown: str, raw: bytes, at: int) -> Diagnostic:
    """`raw` is no UTF-8 from its byte `at` (from 0) on."""
    known = other_encoding(name, raw)
    if known is not None:
        return known
    if b"\0" in raw:
        message, help = f"cannot read `{name}`: it is a binary file", "give the YAML file itself"
        return Diagnostic("unreadable-spec", message, help=help, origin=Origin.USAGE)
    before = raw[:at].decode().removeprefix("\ufeff")
    number, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    source = Source(shown, raw.decode("utf-8-sig", "replace"))
    message = f"cannot read `{name}`: it is not UTF-8 text (byte {at})"
    help = f"write the letter anew, or convert the file: {_command(name, 'latin1')}"
    label = Label(source, Span.point(number, column), f"0x{raw[at]:02x}")
    return Diagnostic("unreadable-spec", message, label, help=help, origin=Origin.USAGE)


def other_encoding(name: str, raw: bytes) -> Diagnostic | None:
    """What a mark at the start tells, or zeros in place of every second byte."""
    encoding = next((of for mark, of in _MARKS if raw.startswith(mark)), "")
    command = encoding
    start = raw[:64]
    if not encoding and len(start) > 1:
        odd, even = start[1::2], start[::2]
        if not any(odd) and all(even):
            encoding, command = "UTF-16", "UTF-16LE"
        elif not any(even) and all(odd):
            encoding, command = "UTF-16", "UTF-16BE"
    if not encoding:
        return None
    message = f"cannot read `{name}`: it is {encoding} text"
    help = f"make it UTF-8: {_command(name, command)}"
    return Diagnostic("unreadable-spec", message, help=help, origin=Origin.USAGE)


def _command(name: str, encoding: str) -> str:
    file = "" if name == "-" else f" {quote(name)}"
    return f"`iconv -f {encoding} -t UTF-8{file} > utf8.yaml`"
