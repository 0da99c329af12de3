"""Reading of regular files only: a pipe or a device in the place of a file is refused and never waited for."""

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
    """Return the kind of a file of this mode, in words."""
    return _KINDS.get(stat.S_IFMT(mode), "no file")


def read_regular(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        OSError: the file cannot be read, or is not a regular file.
    """
    # because opening a pipe without a writer would block; regular files are read as usual
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, f"it is {kind(mode)}, not a file", str(path))
        return file.read()


def files_in(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield all entries below a folder except folders; links are not followed."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from files_in(Path(entry))
            else:
                yield entry


def irregular_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the path and kind of each entry below a folder that is not a regular file; links are not followed."""
    for entry in files_in(folder):
        if not entry.is_file(follow_symlinks=False):
            yield Path(entry), kind(entry.stat(follow_symlinks=False).st_mode)


def unreadable_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the path and kind of each entry below a folder that cannot be read as a file; links are followed."""
    for path, kind_name in irregular_in(folder):
        if path.is_dir():
            yield from unreadable_in(path)
        elif not path.is_file():
            yield path, kind_name
