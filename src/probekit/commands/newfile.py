"""Files that were not there before."""

from __future__ import annotations

import os

from probekit.diagnostics import Diagnostic, DiagnosticError, Origin


def write_new(path: str, text: str) -> None:
    """Writes a file that was not there before; a link in its place is not followed.

    It belongs to who called sudo, where its folder does. Raises DiagnosticError `file-exists`,
    or `cannot-write`, which leaves no file.
    """
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    except FileExistsError:
        help = "choose another with `-o FILE`; `-o -` writes to standard output"
        raise _refused("file-exists", f"`{path}` is there already", help) from None
    except (OSError, ValueError) as error:
        raise _cannot_write(path, error) from None
    try:
        with open(fd, "w", encoding="utf-8") as file:
            _give_back(path, fd)
            file.write(text)
    except OSError as error:
        os.unlink(path)
        raise _cannot_write(path, error) from None


def _give_back(path: str, fd: int) -> None:
    user = os.environ.get("SUDO_UID", "")
    folder = os.stat(os.path.dirname(path) or ".")
    if os.geteuid() == 0 and user.isdecimal() and folder.st_uid == int(user):
        os.fchown(fd, folder.st_uid, folder.st_gid)


def _cannot_write(path: str, error: OSError | ValueError) -> DiagnosticError:
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    message = f"`{path}` cannot be written: {why.lower()}"
    return _refused("cannot-write", message, "choose another place with `-o FILE`")


def _refused(code: str, message: str, help: str) -> DiagnosticError:
    return DiagnosticError([Diagnostic(code, message, help=help, origin=Origin.USAGE)])
