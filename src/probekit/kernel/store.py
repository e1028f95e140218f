"""The file of a saved kernel profile: sorted rows of text in deflated blocks.

A line that says what it is, a line of JSON (what is known of the kernel as a whole; for each
section the first key and the size of each of its blocks), and the blocks, one after the other in
the order of the sections' names. A row is `key;content`, and one lookup inflates one block.
"""

from __future__ import annotations

import os
import zlib
from bisect import bisect_right
from itertools import pairwise

from probekit.diagnostics import Diagnostic, DiagnosticError, Origin, host_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

_NAME = b"probekit kernel profile "
_VERSION = b"2"
_LARGEST = 16 << 20  # bytes of a file; real ones have a tenth
_BLOCK = 1 << 15  # bytes of text that a block is filled to
_LARGEST_BLOCK = 1 << 20  # bytes of text that a block may hold: the last row may be long
_MOST_BLOCKS = 1024
_MOST_TEXT = 64 << 20  # bytes of text in a file; real ones have an eighth
_MOST_ROWS = 1_000_000  # real files have a tenth
_LONGEST_HEAD = 1 << 18

# What a line of JSON that is not a profile's can lead to.
_NOT_THE_EXPECTED = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
    RecursionError,
)
_SAVE_AGAIN = "save it again on its kernel: `sudo probekit kernel save FILE`"


class Store:
    """A profile's file, open for lookups.

    Raises DiagnosticError: `profile-unreadable`, `profile-version`, or `profile-damaged` at any
    defect, when the part that has it is read.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._content = _read(path)
        first, line, *_ = (*self._content[:_LONGEST_HEAD].split(b"\n", 2), b"")
        self._check_version(first)
        try:
            self.head, self._blocks = _parse_head(line, self._content)
        except _NOT_THE_EXPECTED as error:
            raise self.damaged("its head") from error
        self._texts: dict[tuple[str, int], str] = {}
        self._size = self._rows = 0  # of these texts

    def find(self, section: str, key: str) -> str | None:
        """The content of the row of this key; None where there is none."""
        firsts = self._blocks.get(section, ((), ()))[0]
        number = bisect_right(firsts, key) - 1
        if number < 0 or ";" in key or "\n" in key:
            return None
        text = self._text(section, number)
        start = text.find(f"\n{key};")
        if start < 0:
            return None
        start += len(key) + 2
        return text[start : text.index("\n", start)]

    def keys(self, section: str) -> Iterator[str]:
        """All keys of the section, in order."""
        for number in range(len(self._blocks.get(section, ((), ()))[0])):
            for row in self._text(section, number)[1:-1].split("\n"):
                yield row.partition(";")[0]

    def has(self, section: str) -> bool:
        """Whether the file has any row of the section."""
        return section in self._blocks

    def damaged(self, what: str) -> DiagnosticError:
        """The error for a part that cannot be read."""
        message = f"the kernel profile `{self._path}` is damaged: {what} cannot be read"
        return host_error("profile-damaged", message, help=_SAVE_AGAIN)

    def _check_version(self, first: bytes) -> None:
        if not first.startswith(_NAME):
            message = f"`{self._path}` is not a kernel profile"
            help = "`sudo probekit kernel save FILE` writes one of the kernel it runs on"
            raise host_error("profile-damaged", message, help=help)
        if first[len(_NAME) :] != _VERSION:
            message = f"the kernel profile `{self._path}` is of another version of probekit"
            help = f"use the version that wrote it, or {_SAVE_AGAIN}"
            raise host_error("profile-version", message, help=help)

    def _text(self, section: str, number: int) -> str:
        """The rows of a block, a line end before and after each."""
        if (section, number) not in self._texts:
            firsts, places = self._blocks[section]
            text = _inflate(self._content, *places[number])
            if text is None or not self._is_in_order(text, firsts[number : number + 2]):
                raise self.damaged(f"section `{section}`")
            self._texts[section, number] = f"\n{text}\n"
        return self._texts[section, number]

    def _is_in_order(self, text: str, firsts: Sequence[str]) -> bool:
        """Whether a block has the keys from its first one up to the next block's, each once.

        And the file no more than a kernel's: what inflates to more would take all memory.
        """
        keys = [row.partition(";")[0] for row in text.split("\n")]
        self._size += len(text)
        self._rows += len(keys)
        ascending = all(a < b for a, b in pairwise((*keys, *firsts[1:])))
        is_bounded = self._size <= _MOST_TEXT and self._rows <= _MOST_ROWS
        return keys[0] == firsts[0] and ascending and is_bounded


def packed(head: Mapping[str, object], sections: Mapping[str, Mapping[str, str]]) -> bytes:
    """A file of `head` and of rows by key; the same bytes for the same content."""
    import json

    blocks, places = b"", dict[str, list[tuple[str, int]]]()
    for section, rows in sorted(sections.items()):
        for first, text in _filled(rows):
            block = zlib.compress(text.encode("ascii"), 9)
            places.setdefault(section, []).append((first, len(block)))
            blocks += block
    line = json.dumps({**head, "sections": places}, sort_keys=True, separators=(",", ":"))
    return b"\n".join((_NAME + _VERSION, line.encode("ascii"), blocks))


def _filled(rows: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """The first key and the text of each block."""
    block: list[str] = []
    size = 0
    for key in sorted(rows):
        row = f"{key};{rows[key]}"
        if block and size + len(row) > _BLOCK:
            yield block[0].partition(";")[0], "\n".join(block)
            block, size = [], 0
        block.append(row)
        size += len(row) + 1
    if block:
        yield block[0].partition(";")[0], "\n".join(block)


def write(path: str, make: Callable[[], bytes]) -> None:
    """Writes what `make` gives to a file that others may read, whole or not at all.

    Before the place is known to be fit nothing is made.

    Raises DiagnosticError: `cannot-write`, also where `path` is something else than a file, and
    `file-exists` where it is a file of something else. An older profile is replaced.
    """
    from probekit.wholefile import held_folder, replace_file

    try:
        with held_folder(path) as (folder, base):
            _require_place(path, folder, base)
            replace_file(folder, base, make, lambda fd: os.fchmod(fd, 0o644))
    except OSError as error:
        raise _not_written(path, (error.strerror or str(error)).lower()) from None


def _require_place(path: str, folder: int, base: str) -> None:
    """Raises DiagnosticError where there is something that is no profile, and no empty file."""
    import stat

    try:
        status = os.stat(base, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode):
        raise _not_written(path, "it is there, and no ordinary file")
    fd = os.open(base, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with open(fd, "rb") as file:
        begin = file.read(len(_NAME)) or b""
    if begin not in (b"", _NAME):
        message = f"`{path}` is there already, and no kernel profile"
        help = "choose another name, such as `this-host.profile`"
        raise DiagnosticError([Diagnostic("file-exists", message, help=help, origin=Origin.USAGE)])


def _not_written(path: str, why: str) -> DiagnosticError:
    message = f"the kernel profile `{path}` cannot be written: {why}"
    help = "name a file in a folder that you may write to"
    return DiagnosticError([Diagnostic("cannot-write", message, help=help, origin=Origin.USAGE)])


_Places = tuple[tuple[int, int], ...]


def _parse_head(
    line: bytes, content: bytes
) -> tuple[dict[str, Any], dict[str, tuple[tuple[str, ...], _Places]]]:
    """The head; and of each section the first keys, and where each block begins and ends."""
    import json

    head = json.loads(line)
    start = content.index(b"\n") + len(line) + 2
    blocks: dict[str, tuple[tuple[str, ...], _Places]] = {}
    for section, entries in sorted(head["sections"].items()):
        firsts, places = list[str](), list[tuple[int, int]]()
        for first, size in entries:
            if type(first) is not str or type(size) is not int or size < 0:
                raise ValueError
            firsts.append(first)
            places.append((start, start + size))
            start += size
        blocks[section] = tuple(firsts), tuple(places)
    if start > len(content) or sum(len(one) for _, one in blocks.values()) > _MOST_BLOCKS:
        raise ValueError
    return head, blocks


def _inflate(content: bytes, start: int, end: int) -> str | None:
    """The text of a block, None where it is none, or larger than any."""
    stream = zlib.decompressobj()
    try:
        block = stream.decompress(content[start:end], _LARGEST_BLOCK)
        return block.decode("ascii") if stream.eof else None
    except (zlib.error, ValueError):
        return None


def _read(path: str) -> bytes:
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        message = f"the kernel profile `{path}` cannot be read: {why}"
        help = "look at its path and mode"
        if isinstance(error, FileNotFoundError):  # the command line's fault, not the host's
            wrong = Diagnostic("profile-unreadable", message, help=help, origin=Origin.USAGE)
            raise DiagnosticError([wrong]) from None
        raise host_error("profile-unreadable", message, help=help) from None
    if len(content or b"") > _LARGEST:
        raise host_error("profile-damaged", f"`{path}` is too large to be a kernel profile")
    return content or b""


def _without_waiting(path: str, flags: int) -> int:
    """Opens a pipe that nobody writes to as an empty file."""
    return os.open(path, flags | os.O_NONBLOCK)
