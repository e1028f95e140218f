"""`probekit check --fix`: spec files mended where they stand, and what was changed in them."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress

from probekit.check import Checked, check
from probekit.diagnostics import Diagnostic, DiagnosticError, Origin, Severity
from probekit.entry import exit_code, report, usage_error
from probekit.frontend.mend import Mended, mend
from probekit.frontend.spec import read
from probekit.frontend.specfile import read_source
from probekit.kernel.profile import KernelProfile, profile_for_check
from probekit.report import fixed_as_json, visible
from probekit.source import Source
from probekit.wholefile import held_folder, replace_file
from probekit.words import count

_BOM = b"\xef\xbb\xbf"
_FARTHEST = 40  # lines, to where a changed block ends


def fix_specs(
    specs: Sequence[str],
    settings: Mapping[str, str],
    format: str,
    trusted: Collection[str] = (),
    *,
    write: bool = True,
) -> int:
    """Mends each spec, and says what is left; the exit code of that.

    `write` is False where the change is only shown: then one that is there to be made counts as
    a fault of the spec. Standard input (`-`) is mended to standard output.
    """
    if "-" in specs and write and format == "json":
        help = "use `--diff`, or `--format text`"
        raise usage_error("bad-usage", "`--fix -` writes the spec to standard output", help)
    profile = profile_for_check()
    codes = [_fix(name, settings, profile, format, trusted, write) for name in specs]
    return max(codes)


def _fix(
    name: str,
    settings: Mapping[str, str],
    profile: KernelProfile,
    format: str,
    trusted: Collection[str],
    write: bool,
) -> int:
    try:
        source = read_source(name, trusted)
    except DiagnosticError as error:
        report(error.diagnostics, format=format)
        return exit_code(error.diagnostics)
    mended = mend(source, lambda one: _checked(one, settings, profile).diagnostics)
    is_changed = mended.source.text != source.text
    left = mended.left
    if write and (is_changed or name == "-"):
        try:
            _put(name, source, mended.source.text)
        except DiagnosticError as error:
            report(
                [*_checked(source, settings, profile).diagnostics, *error.diagnostics],
                format=format,
            )
            return exit_code(error.diagnostics)
    _show(source, mended, format, write=write, to_error=write and name == "-")
    report(left, format=format)
    result = _checked(mended.source, settings, profile)
    if result.probe is not None and format == "text" and name != "-" and (write or not is_changed):
        print(f"{visible(source.name)}: ok, checked against {profile.origin}")
    return max(exit_code(left), int(is_changed and not write))


def _checked(source: Source, settings: Mapping[str, str], profile: KernelProfile) -> Checked:
    try:
        spec = read(source)
        known = {param.name.text for param in spec.params}
        given = {name: value for name, value in settings.items() if name in known}
        return check(spec, profile, given)
    except DiagnosticError as error:
        return Checked(None, error.diagnostics)


def _show(source: Source, mended: Mended, format: str, *, write: bool, to_error: bool) -> None:
    """What was changed: line by line for people, else the diagnostics that it mended."""
    stream = sys.stderr if to_error or format == "json" else sys.stdout
    if mended.is_part:
        then = ": run it again" if write else ", once this is mended"
        print(f"{visible(source.name)}: there is more to mend{then}", file=stream)
    if format == "json":
        sys.stdout.write(fixed_as_json(mended.fixed))
        return
    if mended.fixed:
        done = "mended" if write else "would be mended"
        print(f"{visible(source.name)}: {count(len(mended.fixed), 'mistake')} {done}", file=stream)
        stream.writelines(f"{line}\n" for line in changes(source.text, mended.source.text))


def changes(before: str, after: str) -> list[str]:
    """The lines that differ: `8 - ` how one was, `8 + ` how it is, by its number in each."""
    old, new = _lines(before), _lines(after)
    width = len(str(max(len(old), len(new))))
    lines: list[str] = []
    for a, b, c, d in _changed_blocks(old, new):
        lines += [f"  {n + 1:>{width}} - {visible(old[n])}" for n in range(a, b)]
        lines += [f"  {n + 1:>{width}} + {visible(new[n])}" for n in range(c, d)]
    return lines


def _lines(text: str) -> list[str]:
    """The lines as YAML here has them: a carriage return alone ends none."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def _changed_blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Where `old[a:b]` became `new[c:d]`. difflib takes minutes for long texts of few words."""
    a = c = 0
    while a < len(old) or c < len(new):
        if a < len(old) and c < len(new) and old[a] == new[c]:
            a, c = a + 1, c + 1
            continue
        b, d = _next_same(old, new, a, c)
        yield a, b, c, d
        a, c = b, d


def _next_same(old: Sequence[str], new: Sequence[str], a: int, c: int) -> tuple[int, int]:
    """The nearest lines after `old[a]` and `new[c]` that are the same."""
    for steps in range(1, _FARTHEST):
        for b, d in sorted(
            ((a + n, c + steps - n) for n in range(steps + 1)),
            key=lambda at: abs(at[0] - a - at[1] + c),
        ):
            if b < len(old) and d < len(new) and old[b] == new[d]:
                return b, d
    is_end = max(len(old) - a, len(new) - c) < _FARTHEST
    return (len(old), len(new)) if is_end else (min(a + 1, len(old)), min(c + 1, len(new)))


def _put(name: str, source: Source, text: str) -> None:
    """Writes the file, or standard output for `-`. Raises DiagnosticError: `cannot-fix`."""
    if name == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
        return
    try:
        _replace_file(os.path.realpath(name), name, source, text)
    except OSError as error:
        raise _cannot_fix(name, (error.strerror or str(error)).lower()) from None


def _replace_file(path: str, name: str, source: Source, text: str) -> None:
    """Puts a new file in the place of the one that `source` was read from, all or nothing.

    A symbolic link stays, and what it leads to is replaced. The new file gets the old one's owner,
    mode and extended attributes before it gets its name.
    """
    with held_folder(path) as (folder, base):
        old_fd = os.open(base, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        try:
            content = _unchanged(old_fd, name, source) + text.encode()
            replace_file(folder, base, lambda: content, lambda new_fd: _like(new_fd, old_fd))
        finally:
            os.close(old_fd)


def _unchanged(fd: int, name: str, source: Source) -> bytes:
    """The file's byte order mark, if it has one. Raises DiagnosticError where it is not to be
    written, or not what was read.
    """
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        raise _cannot_fix(name, "it is no plain file")
    if not status.st_mode & 0o222 or not os.access(f"/proc/self/fd/{fd}", os.W_OK):
        raise _cannot_fix(name, "it is read-only")
    if status.st_nlink > 1:
        raise _cannot_fix(name, "it has several names (hard links), which would part")
    with open(fd, "rb", closefd=False) as file:
        raw = file.read()
    bom = _BOM if raw.startswith(_BOM) else b""
    if raw[len(bom) :] != source.text.encode():
        raise _cannot_fix(name, "it was changed meanwhile")
    return bom


def _like(new_fd: int, old_fd: int) -> None:
    """Owner first: the kernel drops set-id bits with it; then the mode and what else it carries."""
    status = os.fstat(old_fd)
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        os.fchown(new_fd, status.st_uid, status.st_gid)
    os.fchmod(new_fd, stat.S_IMODE(status.st_mode))
    with suppress(OSError):  # file systems without them
        for attribute in os.listxattr(old_fd):
            with suppress(OSError):  # labels that only the system may set
                os.setxattr(new_fd, attribute, os.getxattr(old_fd, attribute))


def _cannot_fix(name: str, why: str) -> DiagnosticError:
    message = f"`{name}` is not written: {why}"
    help = "`check --diff` shows the change"
    return DiagnosticError(
        [Diagnostic("cannot-fix", message, help=help, severity=Severity.ERROR, origin=Origin.USAGE)]
    )
