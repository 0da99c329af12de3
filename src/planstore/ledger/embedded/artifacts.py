"""Contents stored by their digest, written once and never changed."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from planstore.checks.regular_files import read_regular
from planstore.errors import StoreError, store_error
from planstore.events.hashing import ALGORITHM, DIGEST, digest_of

MAX_THREADS = 8
"""Maximum number of files that are written concurrently."""


class Artifacts:
    """The folder ``artifacts/sha256/ab/abcdef…`` of a store.

    Args:
        folder: the folder ``artifacts``.
        check_place: raises if the folder is no longer the store's.
    """

    is_shared = False

    def __init__(self, folder: Path, check_place: Callable[[], None] = lambda: None) -> None:
        self._folder = folder / ALGORITHM
        self._check_place = check_place

    def put(self, content: bytes) -> str:
        """Store ``content`` durably and return its digest; existing content is not rewritten."""
        return self.put_all([content])[0]

    def put_all(self, contents: Sequence[bytes]) -> list[str]:
        """Store several contents durably and return their digests; faster than one by one."""
        self._check_place()
        digests = [digest_of(content) for content in contents]
        paths = {self.path(digest): content for digest, content in zip(digests, contents, strict=True)}
        new = {path: content for path, content in paths.items() if not path.exists()}
        # all folders, because a process that wrote an existing file may have died before its name was durable
        folders = sorted({path.parent for path in paths})
        if not folders:
            return []
        with self._errors():
            for folder in folders:
                make_folder(folder)
            # because most of the time is spent in waiting for the disk
            with ThreadPoolExecutor(min(MAX_THREADS, len(folders))) as writing:
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
            pass  # because another process has just stored the same content
        finally:
            incoming.unlink(missing_ok=True)

    def get(self, digest: str) -> bytes:
        """Return the content of ``digest``.

        Raises:
            StoreError: there is none, or it was altered.
        """
        try:
            content = read_regular(self.path(digest))
        except OSError as error:
            raise store_error(f"artifact {digest} cannot be read: {error}", error) from error
        if digest_of(content) != digest:
            raise StoreError(f"artifact {digest} was altered: its content has digest {digest_of(content)}")
        return content

    def has(self, digest: str) -> bool:
        """Return whether ``digest`` has content."""
        return self.path(digest).is_file()

    def digests(self) -> set[str]:
        """Return the digests of all stored artifacts."""
        return {path.name for path in self._folder.glob("??/*") if self._is_artifact(path)}

    def opener(self) -> Callable[[], Artifacts]:
        """Return how another process of this machine opens the artifacts."""
        return partial(Artifacts, self._folder.parent)

    def _is_artifact(self, path: Path) -> bool:
        return DIGEST.fullmatch(path.name) is not None and self.path(path.name) == path and path.is_file()

    def path(self, digest: str) -> Path:
        """Return the path of an artifact, which need not exist.

        Raises:
            StoreError: the digest is malformed, as in a status of an older planstore.
        """
        if not DIGEST.fullmatch(digest):
            raise StoreError(f"artifact {digest[:80]!r} is no digest, so that no file can be kept under it")
        return self._folder / digest[:2] / digest


def make_folder(folder: Path) -> None:
    """Create a folder and its missing parents, and make their names durable."""
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
