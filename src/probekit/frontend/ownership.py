"""Who can change a file, or put another one in its place: all along the path to it.

Each part of the path is judged by the descriptor that the next part is looked up in, and the file
by the one that it is then read from: what is put in its place meanwhile is judged too.
"""

from __future__ import annotations

import errno
import os
import re
import stat

from probekit.record import Record

READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # opening waits for nobody
_LOOK = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_LINKS = 40  # symbolic links in one path: MAXSYMLINKS, include/linux/namei.h
_USER_ID = re.compile(rb"(?:^|,)user_id=([0-9]{1,10})(?:,|$)")
_LARGEST_UID = (1 << 32) - 2  # (uid_t)-1 means "no user"


class NotAFileError(Exception):
    """What stands there is no plain file; the argument is its kind, one of `stat.S_IF...`."""


class Fault(Record):
    """What someone can do to the file or folder `path`: as its owner (`user x owns`), as who runs
    the file system (`user x serves`), or by its mode (`everybody can write`). `kind` is one of
    `stat.S_IF...`.
    """

    path: str
    can: str
    kind: int
    is_owner: bool


def owners() -> frozenset[int]:
    """The ids of the users whose files root reads: 0, and who called sudo (SUDO_UID, sudo(8))."""
    text = os.environ.get("SUDO_UID", "")
    is_number = text.isascii() and text.isdigit() and len(text) <= 10
    return frozenset({0, int(text)} if is_number and int(text) <= _LARGEST_UID else {0})


def open_judged(path: str, owners: frozenset[int]) -> tuple[int, list[Fault]]:
    """The plain file at `path`, open for reading, and who but `owners` can change what is there.

    Raises OSError and NotAFileError.
    """
    walk = _Walk(owners)
    try:
        fd = walk.open(path if path.startswith("/") else os.path.join(os.getcwd(), path))
    finally:
        walk.close()
    return fd, walk.faults


def open_plain(name: str, folder: int | None = None) -> int:
    """The plain file `name`, open for reading. Raises OSError and NotAFileError.

    With the descriptor of a `folder`, `name` is an entry of it, and no symbolic link.
    """
    follow = folder is None
    # Looked at before it is opened, which does things to some devices.
    require_plain(os.stat(name, dir_fd=folder, follow_symlinks=follow))
    fd = os.open(name, READ | (0 if follow else os.O_NOFOLLOW), dir_fd=folder)
    try:
        require_plain(os.fstat(fd))
    except BaseException:
        os.close(fd)
        raise
    return fd


def require_plain(status: os.stat_result) -> None:
    """Raises NotAFileError where it is another kind of file."""
    if not stat.S_ISREG(status.st_mode):
        raise NotAFileError(stat.S_IFMT(status.st_mode))


class _Walk:
    """Goes down a path as path_resolution(7) says, and notes who can lead it elsewhere.

    In a sticky folder only the owner of an entry can exchange it. Owners of folders and files are
    noted for what they can do anyway, so that a link's owner alone is left to be looked at.
    """

    def __init__(self, owners: frozenset[int]) -> None:
        self.faults: list[Fault] = []
        self._owners = owners
        self._folder = self._child = -1  # descriptors: where it is, and what it looks at
        self._path = "/"
        self._is_shared = False  # whether others may put entries of their own into the folder
        self._servers = servers()

    def open(self, path: str) -> int:
        """The file at the absolute `path`, open for reading. Raises OSError, NotAFileError."""
        pending = self._parts(path)
        links = 0
        while pending:
            name = pending.pop()
            status = self._look(name)
            if stat.S_ISLNK(status.st_mode):
                links += 1
                if links > _MOST_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
                if self._is_shared:
                    self._note(self._owner_fault(self._join(name), status))
                pending += self._parts(os.readlink("", dir_fd=self._child))
            elif pending:
                self._enter(self._join(name))
            else:
                return self._open_file(name)
        raise NotAFileError(stat.S_IFDIR)

    def close(self) -> None:
        for fd in (self._folder, self._child):
            if fd >= 0:
                os.close(fd)
        self._folder = self._child = -1

    def _parts(self, path: str) -> list[str]:
        """The names in `path`, the last one first; where it is absolute it starts at the root."""
        if path.startswith("/"):
            self._look("/")
            self._enter("/")
        names = [name for name in path.split("/") if name not in ("", ".")]
        if path.endswith(("/", "/.")):
            names.append(".")  # only a folder has it
        return names[::-1]

    def _look(self, name: str) -> os.stat_result:
        if self._child >= 0:
            os.close(self._child)
        self._child = -1
        self._child = os.open(name, _LOOK, dir_fd=self._folder if self._folder >= 0 else None)
        return os.fstat(self._child)

    def _enter(self, path: str) -> None:
        """Goes on in what was looked at last."""
        self._folder, self._child, self._path = self._child, self._folder, path
        status = os.fstat(self._folder)
        self._note(self._server_fault(path, status))
        self._note(self._owner_fault(path, status))
        writers = self._mode_fault(self._folder, path, status)
        self._is_shared = writers is not None and bool(status.st_mode & stat.S_ISVTX)
        self._note(None if self._is_shared else writers)

    def _open_file(self, name: str) -> int:
        fd = open_plain(name, self._folder)
        status, path = os.fstat(fd), self._join(name)
        self._note(self._server_fault(path, status))
        self._note(self._owner_fault(path, status))
        self._note(self._mode_fault(fd, path, status))
        return fd

    def _join(self, name: str) -> str:
        return os.path.normpath(os.path.join(self._path, name))

    def _note(self, fault: Fault | None) -> None:
        if fault is not None and fault not in self.faults:  # a link can lead back up
            self.faults.append(fault)

    def _server_fault(self, path: str, status: os.stat_result) -> Fault | None:
        """What a user's own process says of owners and modes there is no more than its word."""
        device = os.major(status.st_dev), os.minor(status.st_dev)
        server = self._servers.get(device)
        if device not in self._servers or server in self._owners:
            return None
        who = "somebody" if server is None else _user(server)
        return Fault(path, f"{who} serves", stat.S_IFMT(status.st_mode), True)

    def _owner_fault(self, path: str, status: os.stat_result) -> Fault | None:
        if status.st_uid in self._owners:
            return None
        return Fault(path, f"{_user(status.st_uid)} owns", stat.S_IFMT(status.st_mode), True)

    def _mode_fault(self, fd: int, path: str, status: os.stat_result) -> Fault | None:
        """Who can write it beside the owner. With an access list the group's bits are its mask."""
        if status.st_mode & stat.S_IWOTH:
            who = "everybody"
        elif not status.st_mode & stat.S_IWGRP:
            return None
        elif _has_access_list(fd):
            who = "whoever its access list names"
        elif _is_private(status.st_gid, self._owners):
            return None
        else:
            who = f"group {_group(status.st_gid)}"
        return Fault(path, f"{who} can write", stat.S_IFMT(status.st_mode), False)


def servers() -> dict[tuple[int, int], int | None]:
    """The file systems that a process of some user serves: their device, and that user."""
    try:
        with open("/proc/self/mountinfo", "rb") as file:
            return served_in(file.read())
    except OSError:
        return {}


def served_in(mounts: bytes) -> dict[tuple[int, int], int | None]:
    """The same of the text of /proc/self/mountinfo; None for a user that is not known.

    Whoever mounts chooses the names in a line, so its parts are told by their place alone:
    Documentation/filesystems/proc.rst, section 3.5; fuse(4).
    """
    found: dict[tuple[int, int], int | None] = {}
    for line in mounts.split(b"\n"):
        fields = line.split(b" ")
        at = fields.index(b"-", 6) if b"-" in fields[6:] else len(fields)
        kind, options = fields[at + 1 : at + 2], fields[at + 3 :]
        if kind and kind[0].startswith(b"fuse"):
            major, _, minor = fields[2].partition(b":")
            user = _USER_ID.search(options[0]) if len(options) == 1 else None
            found[int(major), int(minor)] = int(user[1]) if user else None
    return found


def _has_access_list(fd: int) -> bool:
    """Whether there are writers beside owner, group and others (acl(5)), or none can tell."""
    try:
        os.getxattr(f"/proc/self/fd/{fd}", "system.posix_acl_access")  # not of an O_PATH itself
    except OSError as error:
        return error.errno not in (errno.ENODATA, errno.ENOTSUP)
    return True


def _is_private(gid: int, owners: frozenset[int]) -> bool:
    """Whether the group is who called sudo's own: where each user has one, of the same name, what
    they make can be written by it.

    Never root's group: containers run processes in it that are nobody's on this host. And none of
    another name, though it have nobody else in it: directories do not list all of their users.
    """
    import grp
    import pwd

    try:
        group = grp.getgrgid(gid)
    except KeyError:
        return False
    named = set(group.gr_mem)
    users = [user for user in pwd.getpwall() if user.pw_gid == gid or user.pw_name in named]
    are_known = named <= {user.pw_name for user in users}
    is_own = any(user.pw_gid == gid and user.pw_name == group.gr_name for user in users)
    return gid != 0 and is_own and are_known and {user.pw_uid for user in users} <= owners


def _user(uid: int) -> str:
    import pwd

    try:
        return f"user `{pwd.getpwuid(uid).pw_name}` ({uid})"
    except KeyError:
        return f"user {uid}"


def _group(gid: int) -> str:
    import grp

    try:
        return f"`{grp.getgrgid(gid).gr_name}` ({gid})"
    except KeyError:
        return f"{gid}"
