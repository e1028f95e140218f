"""Files that were not there before."""

from __future__ import annotations

import os
from contextlib import suppress

from probekit.diagnostics import Diagnostic, DiagnosticError, Origin
from probekit.frontend.ownership import owners
from probekit.wholefile import held_folder


def write_new(path: str, text: str) -> None:
    """Writes a file that was not there before; a link in its place is not followed.

    It belongs to who called sudo, where its folder does. Raises DiagnosticError `file-exists`,
    or `cannot-write`, which leaves no file.
    """
    try:
        with held_folder(path) as (folder, base):
            _write(folder, base, text)
    except FileExistsError:
        help = "choose another with `-o FILE`; `-o -` writes to standard output"
        raise _refused("file-exists", f"`{path}` is there already", help) from None
    except (OSError, ValueError) as error:
        raise _cannot_write(path, error) from None


def _write(folder: int, base: str, text: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    fd = os.open(base, flags, 0o644, dir_fd=folder)
    try:
        with open(fd, "w", encoding="utf-8") as file:
            _give_back(folder, fd)
            file.write(text)
    except OSError:
        with suppress(OSError):
            os.unlink(base, dir_fd=folder)
        raise


def _give_back(folder: int, fd: int) -> None:
    status = os.fstat(folder)
    if os.geteuid() == 0 and status.st_uid in owners() - {0}:
        os.fchown(fd, status.st_uid, status.st_gid)


def _cannot_write(path: str, error: OSError | ValueError) -> DiagnosticError:
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    message = f"`{path}` cannot be written: {why.lower()}"
    return _refused("cannot-write", message, "choose another place with `-o FILE`")


def _refused(code: str, message: str, help: str) -> DiagnosticError:
    return DiagnosticError([Diagnostic(code, message, help=help, origin=Origin.USAGE)])
