"""The lock that makes commits take turns. Readers never take it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from planstore.checks.regular_files import read_regular
from planstore.errors import StoreBusyError, StoreError
from planstore.events.commit import utc_text

if TYPE_CHECKING:
    from filelock import FileLock

POLL = 0.01
"""Seconds between two tries for a lock that somebody holds."""


class WriterLock:
    """A lock among processes and threads; the operating system frees it when its holder dies.

    It is fair: whoever waits next holds a second lock, the queue, so that a holder who wants the lock again has to wait
    behind it.
    """

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock while the block runs.

        Raises:
            StoreBusyError: somebody held it for longer than the timeout; says who.
        """
        from filelock import Timeout

        lock, queue = self._locks
        started = time.monotonic()
        try:
            with queue.acquire(timeout=self._timeout, poll_interval=POLL):
                waited = time.monotonic() - started
                lock.acquire(timeout=max(self._timeout - waited, 0), poll_interval=POLL)
        except Timeout as error:
            raise self._busy() from error
        except OSError as error:
            raise self._refused(error) from error
        try:
            self._sign()
            yield
        finally:
            lock.release()

    @contextmanager
    def held_by_reader(self) -> Iterator[None]:
        """Hold the lock while the block runs, without a right to write; where nobody can hold it, run the block.

        Nobody can where there is no lock, because nobody has written then, or where a network's files cannot be locked
        by who only reads.

        Raises:
            StoreBusyError: somebody held it for longer than the timeout; says who.
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
                    time.sleep(POLL)
            yield
        finally:
            os.close(handle)

    @cached_property
    def _locks(self) -> tuple[FileLock, FileLock]:
        """The lock and its queue; each thread that takes them holds them for itself."""
        from filelock import FileLock

        return FileLock(self._path), FileLock(self._path.with_name(f"{self._path.name}.queue"))

    def _sign(self) -> None:
        note = {"pid": os.getpid(), "host": socket.gethostname(), "since": utc_text(datetime.now(UTC))}
        try:
            # because a link would be followed elsewhere, and a pipe that nobody reads would be waited for
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
            # because a note is written when the lock is already held, so that there may be none, or half of one
            return "another process"
