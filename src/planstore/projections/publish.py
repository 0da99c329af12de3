"""Publication of files in the results folder: atomically, and only if they changed."""

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
"""Maximum buffers of one writev call; operating systems allow at least 1,024."""


class Outgoing:
    """Files for the folder ``results``: written to a staging folder, then moved into place one by one.

    Several threads may add different files concurrently.

    Attributes:
        written: paths of files that were missing or different, and were moved into place.
        unchanged: paths of files that were up to date.
    """

    def __init__(self, results: Path, staging: Path) -> None:
        self._results = results
        self._staging = staging
        self.written: list[Path] = []
        self.unchanged: list[Path] = []
        self._made: set[Path] = set()
        self._making = Lock()
        shutil.rmtree(staging, ignore_errors=True)  # because a killed export may have left files
        staging.mkdir(parents=True)

    def add(self, path: Path, pieces: Sequence[Buffer]) -> None:
        """Write a file at ``path``, relative to the results folder, from buffers."""
        staged = self.staging_path(path)
        with staged.open("wb", buffering=0) as file:
            write_all(file, pieces)
        self._place(path, staged)

    @contextmanager
    def staged(self, path: Path) -> Iterator[BinaryIO]:
        """Yield a staged file to write; after the block it is moved to ``path``, relative to the results folder."""
        with self.staging_path(path).open("wb") as file:
            yield file
        self.place(path)

    def place(self, path: Path) -> None:
        """Move the staged file of ``path`` into place, unless an identical file exists."""
        self._place(path, self.staging_path(path))

    def _place(self, path: Path, staged: Path) -> None:
        target = self._results / path
        if target.exists() and filecmp.cmp(staged, target, shallow=False):
            staged.unlink()
            self.unchanged.append(path)
        else:
            self._move(staged, target)
            self.written.append(path)

    def path_of(self, path: Path) -> Path:
        """Return the location of a published file."""
        return self._results / path

    def _move(self, staged: Path, target: Path) -> None:
        folder = target.parent
        with self._making:
            if folder not in self._made:
                folder.mkdir(parents=True, exist_ok=True)
                self._made.add(folder)
        staged.replace(target)

    def staging_path(self, path: Path) -> Path:
        """Return the location of the staged file of ``path``."""
        return self._staging / "~".join(path.parts)


class Comparing(Outgoing):
    """Files that are written to the staging folder, and only compared with those in ``results``.

    Attributes:
        written: paths of files that are missing or different.
        unchanged: paths of files that are up to date.
    """

    def path_of(self, path: Path) -> Path:
        """Return the location of the staged file if it still exists, otherwise of the file in ``results``."""
        staged = self.staging_path(path)
        return staged if staged.exists() else super().path_of(path)

    def _move(self, staged: Path, there: Path) -> None:
        """Leave the file in the staging folder."""


class Manifest:
    """The record of the last complete export, which detects changed files without reading them."""

    def __init__(self, path: Path, results: Path) -> None:
        self._path = path
        self._results = results

    def matches(self, subject: dict[str, Any]) -> int:
        """Return the number of files exported for ``subject``, or 0 if one has changed."""
        found_subject, files = self._read()
        if found_subject != subject:
            return 0
        return len(files) if all(self._state(name) == state for name, state in files.items()) else 0

    def files(self) -> set[Path]:
        """Return the files of the last complete export."""
        return {self._results / name for name in self._read()[1]}

    def _read(self) -> tuple[dict[str, Any], dict[str, list[int]]]:
        """Return the manifest's content; an unreadable one counts as empty, which only makes the next export slower."""
        try:
            content = orjson.loads(read_regular(self._path))
            return dict(content["subject"]), dict(content["files"])
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            return {}, {}

    def subject(self) -> dict[str, Any]:
        """Return the subject of the last complete export, or an empty dict."""
        return self._read()[0]

    def forget(self) -> None:
        """Remove the manifest before an export, so that a killed one does not count as complete."""
        self._path.unlink(missing_ok=True)

    def record(self, subject: dict[str, Any], paths: Iterable[Path]) -> None:
        """Write the manifest of a complete export."""
        files = {str(path): self._state(str(path)) for path in paths}
        incoming = self._path.with_suffix(".incoming")
        incoming.write_bytes(orjson.dumps({"subject": subject, "files": files}))
        incoming.replace(self._path)

    def _state(self, name: str) -> list[int] | None:
        try:
            status = (self._results / name).stat()
        except OSError:
            return None
        return [status.st_size, status.st_mtime_ns]


def write_all(file: FileIO, pieces: Sequence[Buffer]) -> None:
    """Write buffers to an unbuffered file without joining them."""
    for first in range(0, len(pieces), _PIECES):
        buffers = pieces[first : first + _PIECES]
        written = os.writev(file.fileno(), buffers)
        if written < sum(map(len, buffers)):
            # because a call writes at most about two gigabytes, and less when the disk is nearly full
            view = memoryview(b"".join(buffers))[written:]
            while view:
                view = view[os.write(file.fileno(), view) :]


@contextmanager
def export_errors(results: Path) -> Iterator[None]:
    """Translate OSError into ExportError, with advice."""
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"files could not be written in {results}: {error}; the ledger is safe, "
            "run `planstore export` again when the fault is gone"
        ) from error
