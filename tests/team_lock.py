"""The lock of a team store, held by a test as by another writer, so that writers wait in a known order."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any

import psycopg

from planstore.database import sql
from planstore.ledger.team.address import TeamAddress

SECONDS = 20
"""Longest that a test waits."""
WAITING = "select waitstart from pg_locks where locktype = 'advisory' and not granted and waitstart is not null"


class HeldLock:
    """Holds the lock as a context, or until :meth:`release`.

    Args:
        conninfo: the database, as its owner.
        address: the store.
    """

    def __init__(self, conninfo: str, address: TeamAddress) -> None:
        self._schema = address.schema
        self._connection = psycopg.connect(conninfo, autocommit=True, cursor_factory=psycopg.RawCursor)
        self._threads = ThreadPoolExecutor(16)
        self.waiting = 0
        self.ask("lock_settings", f"{SECONDS * 1000}", self._schema)

    def __enter__(self) -> HeldLock:
        self.hold()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._connection.close()
        self._threads.shutdown()

    def hold(self) -> None:
        """Take the lock; nobody waits for it."""
        self.waiting = 0
        self.ask("lock", self._schema)

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement of ``sql/postgres/``."""
        cursor = self._connection.execute(sql.load(f"postgres/{statement}").encode(), list(values))
        return cursor.fetchall() if cursor.description else []

    def requests(self) -> list[tuple[Any, ...]]:
        """Return the requests that are there: their ids, and whether they are taken."""
        return self._connection.execute(b"select id::text, is_taken from planstore_requests order by id").fetchall()

    def run(self, text: str, *values: Any) -> None:
        """Run a text in the schema of the store."""
        self._connection.execute(text.encode(), list(values))

    def waits(self, call: Callable[[], Any] | None = None) -> Future[Any]:
        """Start a call on a thread, or take note of a process, and return when it waits for the lock."""
        self.waiting += 1
        started: Future[Any] = Future() if call is None else self._threads.submit(call)
        until = time.monotonic() + SECONDS
        while len(self.waiting_since()) < self.waiting:
            assert not started.done(), started.result()
            assert time.monotonic() < until, "it does not wait"
        return started

    def waiting_since(self) -> list[tuple[Any, ...]]:
        """Return since when each connection waits for the lock that does."""
        return self._connection.execute(WAITING.encode()).fetchall()

    def release(self) -> None:
        """Give the lock to the first that waits."""
        self.ask("unlock", self._schema)
