"""State shared by all parts of a store: its ledger, its as-of commit, and one session per thread."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from threading import local
from typing import Any

from planstore.database.query_bounds import memory_bytes
from planstore.database.session import Session
from planstore.errors import RequestError
from planstore.ledger.ledger import Ledger
from planstore.ledger.opening import StorePlace, storage_at
from planstore.runs.lookup import RunName, find_run, newest_run


class StoreAccess:
    """Access to a store's ledger, for the parts of the store and for the packages above.

    Args:
        place: the results folder, or the address of a team store.
        create: whether a missing store is created on first use.
        as_of: the newest visible commit; None means all commits.
        memory: memory limit of all read-only sessions together, such as ``2GB``; None means most of the machine's
            memory.
        ledger: the ledger, if another access has opened it and closes it.

    Attributes:
        ledger: the ledger.
        place: the absolute path of the results folder, or the address.
        results: the absolute path of the results folder; of an address, a folder of the user's cache.
        as_of: the newest visible commit; None means all commits.
        memory: the memory limit.
    """

    def __init__(
        self,
        place: StorePlace,
        *,
        create: bool,
        as_of: int | None = None,
        memory: str | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        self.as_of = as_of
        self.memory = memory
        memory_limit = None if memory is None else memory_bytes(memory)
        self._closes_ledger = ledger is None
        self.ledger = ledger or Ledger(storage_at(place), create=create, memory=memory_limit)
        self.results = self.ledger.layout.folder.parent
        self.place = self.results if isinstance(place, Path) else place
        self._threads = local()

    @property
    def session(self) -> Session:
        """This thread's read-only session, because a result must be fetched from the connection of its query."""
        self.ledger.check_place()
        if not hasattr(self._threads, "session") or not self.ledger.is_current(self._threads.session):
            self._threads.session = self.new_session()
        return self._threads.session  # type: ignore[no-any-return]

    @property
    def user_session(self) -> Session:
        """The session of :attr:`session`, with all views and macros, for queries of users."""
        session = self.session
        if getattr(self._threads, "for_users", None) is not session:
            self.ledger.add_user_definitions(session)
            self._threads.for_users = session
        return session

    def new_session(self) -> Session:
        """Return a new read-only session."""
        return self.ledger.query_session(self.as_of)

    def interrupt(self) -> None:
        """Interrupt the running query of this thread's session, if there is one."""
        if hasattr(self._threads, "session"):
            self._threads.session.interrupt()

    def close(self) -> None:
        """Close the ledger; it is opened again on its next use."""
        self._threads = local()
        if self._closes_ledger:
            self.ledger.close()

    def has_run(self, run_id: str) -> bool:
        """Return whether the ledger has a run with this id; do not create a store."""
        return self.ledger.is_made and bool(self.ledger.reader().records("ledger/find_run", run_id=run_id))

    def require_now(self, verb: str) -> None:
        """Refuse to write to a store that is read as of an earlier commit.

        Raises:
            RequestError: the store is read as of an earlier commit.
        """
        if self.as_of is not None:
            raise RequestError(f"{verb} works on the store as it is now, not as of commit {self.as_of}")

    def require_folder(self, verb: str) -> None:
        """Refuse to write files for a store that was opened by its address.

        Raises:
            RequestError: it was.
        """
        if not isinstance(self.place, Path):
            raise RequestError(
                f"{verb} needs a results folder, got the store {self.place}: make one that points to it with "
                "`planstore init --results DIR --catalog URL --schema NAME --data URL`"
            )

    def moment(self) -> tuple[int, datetime]:
        """Return the first invisible commit, and the time as of which the store is read."""
        if self.as_of is None:
            return 2**62, self.ledger.now(self.session)
        row = self.session.row("store/recorded_at", commit_id=self.as_of)
        return self.as_of + 1, row[0] if row else self.ledger.now(self.session)

    def find_run(self, name: RunName | None) -> dict[str, Any]:
        """Return the row of a run; None selects the newest run.

        Raises:
            NotFoundError: there is none.
            RequestError: the prefix of a plan id matches several plans.
        """
        return newest_run(self.session) if name is None else find_run(self.session, str(name))

    def plan_id(self, name: RunName | None) -> str:
        """Return the plan id of a run, looked up by :meth:`find_run`."""
        return str(self.find_run(name)["plan_id"])
