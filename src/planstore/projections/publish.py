"""Puts files where readers look: whole, by name, and only when they differ from what is there."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, TypeAlias

import orjson

from planstore.checks.regular_files import read_regular
from planstore.errors import ExportError

Buffer: TypeAlias = bytes | memoryview
_PIECES = 1000
"""Pieces a call of writev; systems take at least 1,024."""


class Outgoing:
    """Files on their way into ``results``: made in a folder that no reader sees, then moved into place one by one.

    Several threads may add files at once, each its own.

    Attributes:
        written: paths moved into place, because they were missing or different.
        kept: paths that were right already.
    """

    def __init__(self, results: Path, staging: Path) -> None:
        self._results = results
        self._staging = staging
        self.written: list[Path] = []
        self.kept: list[Path] = []
        self._made: set[Path] = set()
        self._making = Lock()
        shutil.rmtree(staging, ignore_errors=True)  # because a killed export may have left its own
        staging.mkdir(parents=True)

    def add(self, path: Path, pieces: Sequence[Buffer]) -> None:
        """Put a file of these pieces at ``path``, relative to the results folder."""
        staged = self.staging_path(path)
        with staged.open("wb", buffering=0) as file:
            write_all(file, pieces)
        self._place(path, staged)

    @contextmanager
    def staged(self, path: Path) -> Iterator[BinaryIO]:
        """Yield a file to write; when the block ends it is put at ``path``, relative to the results folder."""
        with self.staging_path(path).open("wb") as file:
            yield file
        self.place(path)

    def place(self, path: Path) -> None:
        """Put the file that was staged for ``path`` there, unless the same file is there already."""
        self._place(path, self.staging_path(path))

    def _place(self, path: Path, staged: Path) -> None:
        there = self._results / path
        if there.exists() and filecmp.cmp(staged, there, shallow=False):
            staged.unlink()
            self.kept.append(path)
        else:
            self._move(staged, there)
            self.written.append(path)

    def path_of(self, path: Path) -> Path:
        """Return where a file that was placed at ``path`` is."""
        return self._results / path

    def _move(self, staged: Path, there: Path) -> None:
        folder = there.parent
        with self._making:
            if folder not in self._made:
                folder.mkdir(parents=True, exist_ok=True)
                self._made.add(folder)
        staged.replace(there)

    def staging_path(self, path: Path) -> Path:
        """Return where the file for ``path`` is made."""
        return self._staging / "~".join(path.parts)


class Comparing(Outgoing):
    """Files that are made, as for an export, and only compared with what stands in ``results``.

    Attributes:
        written: paths that are missing or different.
        kept: paths that are right.
    """

    def path_of(self, path: Path) -> Path:
        """Return where a file that was made is, if it is kept, else the one that stands in its place."""
        staged = self.staging_path(path)
        return staged if staged.exists() else super().path_of(path)

    def _move(self, staged: Path, there: Path) -> None:
        """Leave the file where it was made."""


class Manifest:
    """What the last complete export wrote: enough to tell that nothing has changed, without reading the files."""

    def __init__(self, path: Path, results: Path) -> None:
        self._path = path
        self._results = results

    def matches(self, subject: dict[str, Any]) -> int:
        """Return how many files stand for ``subject`` as they were left; 0 when any has changed."""
        found_subject, files = self._read()
        if found_subject != subject:
            return 0
        return len(files) if all(self._state(name) == state for name, state in files.items()) else 0

    def files(self) -> set[Path]:
        """Return the files that the last complete export left."""
        return {self._results / name for name in self._read()[1]}

    def _read(self) -> tuple[dict[str, Any], dict[str, list[int]]]:
        """Return what stands in the manifest; a broken one says nothing, which only costs the next export its time."""
        try:
            found = orjson.loads(read_regular(self._path))
            return dict(found["subject"]), dict(found["files"])
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            return {}, {}

    def subject(self) -> dict[str, Any]:
        """Return what the last complete export wrote; empty when there is none."""
        return self._read()[0]

    def forget(self) -> None:
        """Say that an export is on its way, so that a killed one is not taken for complete."""
        self._path.unlink(missing_ok=True)

    def record(self, subject: dict[str, Any], paths: Iterable[Path]) -> None:
        """Say that an export is complete."""
        files = {str(path): self._state(str(path)) for path in paths}
        incoming = self._path.with_suffix(".incoming")
        incoming.write_bytes(orjson.dumps({"subject": subject, "files": files}))
        incoming.replace(self._path)

    def _state(self, name: str) -> list[int] | None:
        try:
            found = (self._results / name).stat()
        except OSError:
            return None
        return [found.st_size, found.st_mtime_ns]


def write_all(file: FileIO, pieces: Sequence[Buffer]) -> None:
    """Write pieces to an unbuffered file without gluing them together first."""
    for first in range(0, len(pieces), _PIECES):
        some = pieces[first : first + _PIECES]
        written = os.writev(file.fileno(), some)
        if written < sum(map(len, some)):
            # because a call writes at most about two gigabytes, and less when the disk is filling
            view = memoryview(b"".join(some))[written:]
            while view:
                view = view[os.write(file.fileno(), view) :]


@contextmanager
def export_errors(results: Path) -> Iterator[None]:
    """Turn a failure to write into an error that says what to do."""
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"files could not be written in {results}: {error}; the ledger is safe, "
            "run `planstore export` again when the fault is gone"
        ) from error
