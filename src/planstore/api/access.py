"""What all parts of a store share: its ledger, as of when it is read, and the session of each thread."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from threading import local
from typing import Any

from planstore.database.query_bounds import memory_bytes
from planstore.database.session import Session
from planstore.errors import RequestError
from planstore.ledger.layout import StoreLayout
from planstore.ledger.ledger import Ledger
from planstore.runs.lookup import RunName, find_run, newest_run


class StoreAccess:
    """The way of a store's parts, and of the rooms above, to its ledger.

    Args:
        results: the results folder.
        create: make the store when it is first used.
        as_of: the newest commit that is visible; None: all.
        memory: the most that reading sessions use together, as ``2GB``; None: most of the machine's memory.

    Attributes:
        ledger: the ledger.
        results: the results folder, where it was when the store was opened.
        as_of: the newest commit that is visible; None: all.
        memory: as given.
    """

    def __init__(self, results: Path, *, create: bool, as_of: int | None = None, memory: str | None = None) -> None:
        self.as_of = as_of
        self.memory = memory
        most = None if memory is None else memory_bytes(memory)
        self.ledger = Ledger(StoreLayout.in_results(results).folder, create=create, memory=most)
        self.results = self.ledger.folder.parent
        self._threads = local()

    @property
    def session(self) -> Session:
        """This thread's reading session: an answer is taken from the connection that the question went to."""
        self.ledger.check_place()
        if not hasattr(self._threads, "session") or not self.ledger.is_current(self._threads.session):
            self._threads.session = self.new_session()
        return self._threads.session  # type: ignore[no-any-return]

    def new_session(self) -> Session:
        """Return a reading session of its own."""
        return self.ledger.query_session(self.as_of)

    def interrupt(self) -> None:
        """End the query that runs in this thread's session, if there is one."""
        if hasattr(self._threads, "session"):
            self._threads.session.interrupt()

    def close(self) -> None:
        """Close the ledger; it opens again when it is next used."""
        self._threads = local()
        self.ledger.close()

    def require_now(self, verb: str) -> None:
        """Refuse to write to a store that is read as of an earlier commit.

        Raises:
            RequestError: it is.
        """
        if self.as_of is not None:
            raise RequestError(f"{verb} works on the store as it is now, not as of commit {self.as_of}")

    def moment(self) -> tuple[int, datetime]:
        """Return the first commit that is not visible, and the time as of which the store is read."""
        if self.as_of is None:
            return 2**62, self.ledger.now(self.session)
        row = self.session.row("store/recorded_at", commit_id=self.as_of)
        return self.as_of + 1, row[0] if row else self.ledger.now(self.session)

    def find_run(self, name: RunName | None) -> dict[str, Any]:
        """Return the row of a run; of the newest one for None.

        Raises:
            NotFoundError: there is none.
            RequestError: the start of a plan id fits several plans.
        """
        return newest_run(self.session) if name is None else find_run(self.session, str(name))

    def plan_id(self, name: RunName | None) -> str:
        """Return the id of the plan of a run, as :meth:`find_run` finds it."""
        return str(self.find_run(name)["plan_id"])
