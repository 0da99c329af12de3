"""Files that are files: what stands in the place of one, such as a pipe that nobody writes to, is never waited for."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def kind(mode: int) -> str:
    """Return what a file of this mode is, in words."""
    return _KINDS.get(stat.S_IFMT(mode), "no file")


def read_regular(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        OSError: it cannot be read, or something else stands in its place.
    """
    # because a pipe would be waited for that nobody writes to; a file is read as ever
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, f"it is {kind(mode)}, not a file", str(path))
        return file.read()


def files_in(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield everything in a folder and those below it but the folders; links are not followed."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from files_in(Path(entry))
            else:
                yield entry


def irregular_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield what is no file in a folder and those below it, links among them, each with what it is."""
    for entry in files_in(folder):
        if not entry.is_file(follow_symlinks=False):
            yield Path(entry), kind(entry.stat(follow_symlinks=False).st_mode)


def unreadable_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield what cannot be read as a file in a folder and those below it, and what it is; links are followed."""
    for path, what in irregular_in(folder):
        if path.is_dir():
            yield from unreadable_in(path)
        elif not path.is_file():
            yield path, what
