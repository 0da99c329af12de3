"""Files kept by their digest, written once and never again."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from planstore.checks.regular_files import read_regular
from planstore.errors import StoreError, store_error
from planstore.events.hashing import ALGORITHM, DIGEST, digest_of

WRITERS = 8
"""Files that are made durable at once, where several are kept together."""


class Artifacts:
    """The folder ``artifacts/sha256/ab/abcdef…`` of a store.

    Args:
        folder: the folder ``artifacts``.
        check_place: refuses to go on when it is no longer the store's.
    """

    def __init__(self, folder: Path, check_place: Callable[[], None] = lambda: None) -> None:
        self._folder = folder / ALGORITHM
        self._check_place = check_place

    def put(self, content: bytes) -> str:
        """Keep ``content`` durably and return its digest; content that is kept already is left alone."""
        return self.put_all([content])[0]

    def put_all(self, contents: Sequence[bytes]) -> list[str]:
        """Keep several contents durably and return their digests; quicker than one after the other."""
        self._check_place()
        digests = [digest_of(content) for content in contents]
        paths = {self.path(digest): content for digest, content in zip(digests, contents, strict=True)}
        new = {path: content for path, content in paths.items() if not path.exists()}
        # kept already or not: whoever kept it may have died before its name was durable
        folders = sorted({path.parent for path in paths})
        if not folders:
            return []
        with self._errors():
            for folder in folders:
                make_folder(folder)
            # because most of the time is spent waiting for the disk
            with ThreadPoolExecutor(min(WRITERS, len(folders))) as writing:
                list(writing.map(self._write, new.keys(), new.values()))
                list(writing.map(fsync_folder, folders))
        return digests

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"an artifact could not be kept in {self._folder}: {error}; nothing was recorded, do it again when the "
                "fault is gone"
            ) from error

    def _write(self, path: Path, content: bytes) -> None:
        incoming = self._folder / f"incoming-{uuid.uuid4().hex}"
        try:
            with incoming.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(incoming, path)
        except FileExistsError:
            pass  # because another process kept the same content a moment earlier
        finally:
            incoming.unlink(missing_ok=True)

    def get(self, digest: str) -> bytes:
        """Return the content kept under ``digest``.

        Raises:
            StoreError: there is none, or what is there is not what was kept.
        """
        try:
            content = read_regular(self.path(digest))
        except OSError as error:
            raise store_error(f"artifact {digest} cannot be read: {error}", error) from error
        if digest_of(content) != digest:
            raise StoreError(f"artifact {digest} was altered: its content has digest {digest_of(content)}")
        return content

    def has(self, digest: str) -> bool:
        """Tell whether there is content under ``digest``."""
        return self.path(digest).is_file()

    def digests(self) -> set[str]:
        """Return the digests of all artifacts that are kept."""
        return {path.name for path in self._folder.glob("??/*") if self._is_artifact(path)}

    def _is_artifact(self, path: Path) -> bool:
        return DIGEST.fullmatch(path.name) is not None and self.path(path.name) == path and path.is_file()

    def path(self, digest: str) -> Path:
        """Return where the artifact of this digest is, or would be.

        Raises:
            StoreError: it is none, as a status of an older planstore may name one.
        """
        if not DIGEST.fullmatch(digest):
            raise StoreError(f"artifact {digest[:80]!r} is no digest, so that no file can be kept under it")
        return self._folder / digest[:2] / digest


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, with names that are durable."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    fsync_folder(folder.parent)


def fsync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
