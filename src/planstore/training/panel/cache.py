"""Cache of laid-out panels in a folder of the user's cache: found by the digest of their source, bounded in bytes.

An entry is written under another name and renamed, so that each is whole. A process that uses an entry holds a lock on
a file in it, which the operating system releases when the process dies; an entry in use is not removed.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from platformdirs import user_cache_path

from planstore.checks.environment import environment_number
from planstore.errors import PanelError
from planstore.training.panel.layout import FACTS, LayoutFacts

_log = logging.getLogger("planstore.training")

BYTES_VARIABLE = "PLANSTORE_PANEL_CACHE_BYTES"
"""Environment variable with the bound of the cache."""
MOST_BYTES = 20 * 2**30
"""Bytes that the cache has at most, besides entries in use, if the variable is not set."""
_UNFINISHED, _USE = ".tmp", ".use"


class PanelUse:
    """Use of a folder by this process, until it is released or the process dies.

    Attributes:
        folder: the folder.
    """

    def __init__(self, folder: Path) -> None:
        from filelock import lock_descriptor

        self.folder = folder
        self._name = f"{secrets.token_hex(8)}{_USE}"
        self._handle = os.open(folder / self._name, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        with suppress(OSError):  # because some network file systems have no locks
            lock_descriptor(self._handle, blocking=False)

    def release_with(self, owner: object) -> None:
        """Release the use when an object exists no longer."""
        weakref.finalize(owner, self.release)

    def release(self) -> None:
        """Release the use."""
        os.close(self._handle)
        with suppress(OSError):  # because `planstore panel clean` may have removed it
            (self.folder / self._name).unlink()


class _TemporaryUse(PanelUse):
    """Use of a folder that is removed at its end."""

    def release(self) -> None:
        super().release()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class CachedPanel:
    """An entry of the cache.

    Attributes:
        digest: digest of its source.
        panel: name of the panel when it was laid out.
        rows: number of rows.
        size: bytes on the disk.
        used_at: time of its last use, UTC.
        is_used: whether a process uses it now.
    """

    digest: str
    panel: str
    rows: int
    size: int
    used_at: datetime
    is_used: bool


class PanelCache:
    """Laid-out panels in a folder.

    Args:
        folder: the folder; it is made where it is needed.
        most_bytes: bytes above which the entries that were used the longest ago are removed.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.folder = folder
        self.most_bytes = most_bytes

    def use(self, digest: str, make: Callable[[Path], object]) -> PanelUse:
        """Return the use of an entry; where there is none, it is made.

        Args:
            digest: digest of the source.
            make: lays the panel out in an empty folder.

        Raises:
            PanelError: there is no space for the layout.
        """
        from filelock import FileLock

        if not self._is_writable():
            return self._made(_TemporaryUse(Path(tempfile.mkdtemp(prefix="planstore-"))), make)
        with FileLock(self.folder / f"{digest}.lock"):  # because two processes would make the same
            with self._moving():
                found = self._found(digest)
                begun = PanelUse(self._unfinished()) if found is None else None
            if found is None and begun is not None:
                found = self._made(begun, make)
                with self._moving():
                    found.folder = found.folder.rename(self.folder / digest)
        assert found is not None
        self.clean(self.most_bytes)
        return found

    def entries(self) -> list[CachedPanel]:
        """Return the entries, the one that was used last first."""
        found = []
        for folder in self._folders():
            with suppress(OSError):  # because another process may remove it
                # read as JSON, because another version of planstore may have written other facts
                facts = orjson.loads((folder / FACTS).read_bytes())
                used_at = datetime.fromtimestamp((folder / FACTS).stat().st_mtime, UTC)
                found.append(
                    CachedPanel(
                        folder.name,
                        facts["where"],
                        sum(facts["symbols"].values()),
                        _size(folder),
                        used_at,
                        _is_used(folder),
                    )
                )
        return sorted(found, key=lambda entry: entry.used_at, reverse=True)

    def clean(self, most_bytes: int = 0) -> list[CachedPanel]:
        """Remove entries that were used the longest ago, until the others have at most some bytes; return them.

        Entries in use stay. Unfinished entries of processes that died are removed too.
        """
        if not self.folder.is_dir():
            return []
        removed, dropped = [], []
        with self._moving():
            entries = self.entries()
            size = sum(entry.size for entry in entries)
            for entry in reversed(entries):
                if size > most_bytes and not entry.is_used:
                    dropped.append((self.folder / entry.digest).rename(self._unfinished(make=False)))
                    removed.append(entry)
                    size -= entry.size
            dropped += [one for one in self.folder.glob(f"*{_UNFINISHED}") if one not in dropped and not _is_used(one)]
        for folder in dropped:
            shutil.rmtree(folder, ignore_errors=True)
        return removed

    def _is_writable(self) -> bool:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not os.access(self.folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            _log.warning(
                "panels must be laid out in a folder that can be written, got %s: %s; this one is laid out in a "
                "temporary folder", self.folder, error.strerror,
            )  # fmt: skip
            return False
        return True

    @contextmanager
    def _moving(self) -> Iterator[None]:
        """Hold the lock of the cache, without which no entry is taken into use, added or removed."""
        from filelock import FileLock

        with FileLock(self.folder / "lock"):
            yield

    def _found(self, digest: str) -> PanelUse | None:
        """Return the use of an entry; None if there is none that is whole."""
        folder = self.folder / digest
        try:
            is_whole = LayoutFacts.load((folder / FACTS).read_bytes()).size == _size(folder)
        except (OSError, ValueError, TypeError, KeyError):
            is_whole = False
        if is_whole:
            os.utime(folder / FACTS)
            return PanelUse(folder)
        if folder.exists():  # because a machine that lost its power may have kept the name and not the content
            folder.rename(self._unfinished(make=False))
        return None

    def _unfinished(self, *, make: bool = True) -> Path:
        folder = self.folder / f"{secrets.token_hex(8)}{_UNFINISHED}"
        if make:
            folder.mkdir(mode=0o700)
        return folder

    def _made(self, use: PanelUse, make: Callable[[Path], object]) -> PanelUse:
        try:
            make(use.folder)
        except BaseException as error:
            use.release()
            shutil.rmtree(use.folder, ignore_errors=True)
            if isinstance(error, OSError):
                raise PanelError(
                    f"the panel must be laid out in {use.folder.parent}, got {error.strerror}: free space, or set "
                    "XDG_CACHE_HOME to another folder"
                ) from error
            raise
        return use

    def _folders(self) -> list[Path]:
        return [path.parent for path in self.folder.glob(f"*/{FACTS}") if path.parent.suffix != _UNFINISHED]


def panel_cache() -> PanelCache:
    """Return the cache of this user.

    Raises:
        RequestError: the variable with the bound is no whole number.
    """
    most = environment_number(BYTES_VARIABLE, "a number of bytes")
    return PanelCache(user_cache_path("planstore") / "panels", MOST_BYTES if most is None else most)


def _size(folder: Path) -> int:
    """Return the bytes of the columns in a folder."""
    return sum(file.stat().st_size for file in folder.glob("*.npy"))


def _is_used(folder: Path) -> bool:
    """Return whether a process uses a folder."""
    from filelock import lock_descriptor

    for path in folder.glob(f"*{_USE}"):
        try:
            handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            if not lock_descriptor(handle, blocking=False):
                return True
            path.unlink(missing_ok=True)  # because its process has died
        except OSError:
            return True  # because a file system without locks does not tell
        finally:
            os.close(handle)
    return False
