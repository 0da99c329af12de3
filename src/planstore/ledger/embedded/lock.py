"""The lock that serializes commits. Readers never take it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from planstore.checks.regular_files import read_regular
from planstore.database.session import Session
from planstore.errors import StoreBusyError, StoreError
from planstore.events.commit import utc_text
from planstore.ledger.storage import CatalogQuery, Posted

if TYPE_CHECKING:
    from filelock import FileLock

POLL_SECONDS = 0.01
"""Seconds between two attempts to take the lock."""


class OwnTurn:
    """The turn of a writer that commits its own events alone."""

    answer = None

    def take(self, events: int) -> dict[str, Posted]:
        """Return nothing."""
        return {}

    def give(self, answers: Mapping[str, str]) -> None:
        """Do nothing, because there was no request."""

    def rows(self, session: Session, query: CatalogQuery) -> list[tuple[Any, ...]]:
        """Return the rows of a query, with its columns cast."""
        return session.typed(query.statement, query.columns, **query.names, **query.numbers)


class WriterLock:
    """A lock between processes and threads; the operating system releases it when its holder dies.

    It is fair: the next waiter holds a second lock, the queue, so that a holder who wants the lock again queues behind
    it.
    """

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout

    @contextmanager
    def held(self) -> Iterator[OwnTurn]:
        """Hold the lock while the block runs.

        Raises:
            StoreBusyError: another process held it for longer than the timeout; names the process.
        """
        from filelock import Timeout

        lock, queue = self._locks
        started = time.monotonic()
        try:
            with queue.acquire(timeout=self._timeout, poll_interval=POLL_SECONDS):
                waited = time.monotonic() - started
                lock.acquire(timeout=max(self._timeout - waited, 0), poll_interval=POLL_SECONDS)
        except Timeout as error:
            raise self._busy() from error
        except OSError as error:
            raise self._refused(error) from error
        try:
            self._sign()
            yield OwnTurn()
        finally:
            lock.release()

    @contextmanager
    def turn(self, request: Callable[[], Posted | None]) -> Iterator[OwnTurn]:
        """Hold the lock while the block runs; a request is never made, because a commit is short and needs no network.

        Raises:
            StoreBusyError: as :meth:`held`.
        """
        with self.held() as turn:
            yield turn

    @contextmanager
    def held_by_reader(self) -> Iterator[None]:
        """Hold the lock while the block runs, without write permission; run the block without it if it cannot be held.

        It cannot be held if there is no lock file, because there was no writer yet, or on a network file system that
        does not allow readers to lock files.

        Raises:
            StoreBusyError: another process held it for longer than the timeout; names the process.
        """
        from filelock import lock_descriptor

        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            yield
            return
        try:
            started = time.monotonic()
            with suppress(OSError):
                while not lock_descriptor(handle, blocking=False):
                    if time.monotonic() - started > self._timeout:
                        raise self._busy()
                    time.sleep(POLL_SECONDS)
            yield
        finally:
            os.close(handle)

    def holder(self) -> str | None:
        """Return the process that holds the lock now; None if it is free. The lock is not taken for longer than this.

        A lock that this process may not open, or on a file system without locks for readers, counts as free.
        """
        from filelock import lock_descriptor

        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return None
        try:
            return None if lock_descriptor(handle, blocking=False) else self._holder()
        except OSError:
            return None
        finally:
            os.close(handle)

    @cached_property
    def _locks(self) -> tuple[FileLock, FileLock]:
        """The lock and its queue; each thread holds them separately."""
        from filelock import FileLock

        return FileLock(self._path), FileLock(self._path.with_name(f"{self._path.name}.queue"))

    def _sign(self) -> None:
        note = {"pid": os.getpid(), "host": socket.gethostname(), "since": utc_text(datetime.now(UTC))}
        try:
            # because opening a link would follow it, and opening a pipe without a reader would block
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with os.fdopen(os.open(self._note, flags, 0o666), "wb") as file:
                file.write(orjson.dumps(note))
        except OSError as error:
            raise self._refused(error) from error

    def _busy(self) -> StoreBusyError:
        return StoreBusyError(
            f"the store is being written by {self._holder()}; waited {self._timeout:g} s for {self._path}"
        )

    def _refused(self, error: OSError) -> StoreError:
        return StoreError(
            f"the lock {self._path} cannot be taken: {error}; nothing was written, do it again when the fault is gone"
        )

    @property
    def _note(self) -> Path:
        return self._path.with_name(f"{self._path.name}.json")

    def _holder(self) -> str:
        try:
            note = orjson.loads(read_regular(self._note))
            return f"process {note['pid']} on {note['host']} since {note['since']}"
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
            # because the note is written after the lock was taken, so that it may be missing or incomplete
            return "another process"
