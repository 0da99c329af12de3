"""Puts files where readers look: whole, by name, and only when they differ from what is there."""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from planstore.errors import ExportError


class Outgoing:
    """Files on their way into ``results``: made in a folder that no reader sees, then moved into place one by one.

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
        shutil.rmtree(staging, ignore_errors=True)  # because a killed export may have left its own
        staging.mkdir(parents=True)

    def add(self, path: Path, pieces: Iterable[bytes | memoryview]) -> None:
        """Put a file of these pieces at ``path``, relative to the results folder."""
        with self.staged(path) as file:
            file.writelines(pieces)

    def add_bytes(self, path: Path, content: bytes) -> None:
        """Put a small file at ``path``, relative to the results folder."""
        there = self._results / path
        if there.exists() and there.stat().st_size == len(content) and there.read_bytes() == content:
            self.kept.append(path)
            return
        self._staging_path(path).write_bytes(content)
        self._move(path)

    @contextmanager
    def staged(self, path: Path) -> Iterator[BinaryIO]:
        """Yield a file to write; when the block ends it is put at ``path``, relative to the results folder."""
        with self._staging_path(path).open("wb") as file:
            yield file
        self.place(path)

    def place(self, path: Path) -> None:
        """Put the file that was staged for ``path`` there, unless the same file is there already."""
        staged, there = self._staging_path(path), self._results / path
        if there.exists() and filecmp.cmp(staged, there, shallow=False):
            staged.unlink()
            self.kept.append(path)
            return
        self._move(path)

    def stage_only(self, path: Path) -> Path:
        """Return where the file for ``path`` is staged, for one that is placed later."""
        return self._staging_path(path)

    def path_of(self, path: Path) -> Path:
        """Return where a file that was placed at ``path`` is."""
        return self._results / path

    def _move(self, path: Path) -> None:
        there = self._results / path
        if there.parent not in self._made:
            there.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(there.parent)
        self._staging_path(path).replace(there)
        self.written.append(path)

    def _staging_path(self, path: Path) -> Path:
        return self._staging / "~".join(path.parts)


class Manifest:
    """What the last complete export wrote: enough to tell that nothing has changed, without reading the files."""

    def __init__(self, path: Path, results: Path) -> None:
        self._path = path
        self._results = results

    def matches(self, subject: dict[str, Any]) -> int:
        """Return how many files stand for ``subject`` as they were left; 0 when any has changed."""
        try:
            found = orjson.loads(self._path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            return 0
        if found["subject"] != subject:
            return 0
        files: dict[str, list[int]] = found["files"]
        return len(files) if all(self._state(name) == state for name, state in files.items()) else 0

    def files(self) -> set[Path]:
        """Return the files that the last complete export left."""
        try:
            return {self._results / name for name in orjson.loads(self._path.read_bytes())["files"]}
        except (OSError, orjson.JSONDecodeError):
            return set()

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
