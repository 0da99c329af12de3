"""Cursors: named places in the sequence of commits, at which a reader goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from planstore.checks.quoting import quoted
from planstore.checks.regular_files import read_regular
from planstore.checks.whole_files import whole_file
from planstore.errors import RequestError, StoreBusyError, StoreError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)


@dataclass(frozen=True)
class Position:
    """The last commit that a reader has seen, with its digest, because another ledger has the same numbers."""

    commit_id: int
    digest: str


class Cursor:
    """A cursor, in a file of the store's folder.

    Args:
        folder: the folder of cursors.
        name: a name of up to 64 letters, digits, ``_``, ``-`` and ``.``, which begins with a letter or digit.

    Attributes:
        name: the name.
        path: the file.

    Raises:
        RequestError: the name is invalid.
    """

    def __init__(self, folder: Path, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise RequestError(
                "the name of a cursor must be up to 64 letters, digits, '_', '-' and '.', and begin with a letter or "
                f"digit, got {quoted(name)}: name it differently"
            )
        self.name = name
        self.path = folder / f"{name}.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Exclude other readers from this cursor while the block runs.

        Raises:
            StoreBusyError: another reader has it.
            StoreError: the lock cannot be taken, as in a store that this user may not write.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self.path.with_suffix(".lock"))
        try:
            self.path.parent.mkdir(exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout as error:
            raise StoreBusyError(
                f"cursor {self.name} must have one reader at a time, and another process has it: wait for its end, or "
                "use another name"
            ) from error
        except OSError as error:
            raise StoreError(f"cursor {self.name} cannot be kept in {self.path.parent}: {error}") from error
        try:
            yield
        finally:
            lock.release()

    def position(self) -> Position | None:
        """Return the position of the cursor, or None if it has none yet.

        Raises:
            StoreError: the file is unreadable.
        """
        try:
            found = orjson.loads(read_regular(self.path))
            return Position(int(found["commit_id"]), str(found["digest"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"cursor {self.name} in {self.path} cannot be read: {error}; remove the file") from error

    def move(self, position: Position) -> None:
        """Store a position; a reader of the file sees the earlier or the new one.

        Raises:
            ExportError: the file cannot be written.
        """
        with whole_file(self.path) as unfinished:
            unfinished.write_bytes(orjson.dumps(asdict(position)))
