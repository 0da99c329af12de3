"""Queries of a store: SQL, frames, and the lists of its runs and commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from planstore.api.access import StoreAccess
from planstore.checks.arguments import checked
from planstore.checks.quoting import quoted
from planstore.checks.times import requested_time
from planstore.database.macros import MACROS
from planstore.database.query_bounds import Bounds
from planstore.database.query_rows import QueryRows
from planstore.errors import RequestError
from planstore.events.vocabulary import CommitKind
from planstore.pages.answers import ResultRows, plural
from planstore.runs.lookup import RunName

if TYPE_CHECKING:
    import pandas as pd

RUN_COLUMNS = ("run_id", "commit_id", "started_at", "policy", "pairs", "jobs", "plan_id")
LOG_COLUMNS = ("commit_id", "recorded_at", "kind", "run_id", "actor", "message")


class Queries:
    """The part of a store that reads it by SQL."""

    def __init__(self, access: StoreAccess) -> None:
        self.access = access
        self._opening = Lock()
        self._bounded: dict[str, StoreAccess] = {}

    @checked
    def sql(
        self,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        /,
        *,
        memory: str | None = None,
        timeout: float | None = None,
        **named: Any,
    ) -> QueryRows:
        """Return the rows of a query over the store's views and macros: ``.df()``, ``.arrow()``, ``.fetchall()``.

        The query runs when its rows are fetched; with a limit, it runs before this method returns.

        Args:
            query: one SELECT; it can neither write nor read files outside the store.
            parameters: values of the query's ``$name`` parameters, with any names.
            memory: memory limit of the query, such as ``2GB``; up to four times as much temporary disk space is used.
                None means the store's limit.
            timeout: maximum seconds of the query; None means no limit.
            named: further values of parameters.

        Raises:
            QueryError: the query is invalid, does more than read the store, or exceeded a limit.
            RequestError: a limit is invalid.
        """
        access = self.access if memory is None else self._with_memory(memory)
        session = access.user_session
        values = {**(parameters or {}), **named}
        if memory is None and timeout is None:
            return QueryRows(session.query(query, values))
        with Bounds(session.interrupt, seconds=timeout).computing():
            return QueryRows(session.query(query, values, at_once=True))

    @checked
    def frame(self, query: str, parameters: Mapping[str, Any] | None = None, /, **named: Any) -> pd.DataFrame:
        """Return the rows of a query as a pandas frame; the arguments are those of :meth:`sql`.

        Raises:
            QueryError: the query is invalid, or does more than read the store.
        """
        return self.sql(query, parameters, **named).df()

    def _with_memory(self, memory: str) -> StoreAccess:
        """Return another access to this store, because a memory limit applies to a whole database."""
        with self._opening:
            if memory not in self._bounded:
                self._bounded[memory] = StoreAccess(
                    self.access.place, create=False, as_of=self.access.as_of, memory=memory
                )
            return self._bounded[memory]

    def close(self) -> None:
        """Close the store; it is opened again on its next use."""
        self.interrupt()  # because closing would wait for a query that an interrupt has left running
        for access in (self.access, *self._bounded.values()):
            access.close()

    def interrupt(self) -> None:
        """Interrupt the query of :meth:`sql` that a KeyboardInterrupt has left running in this thread, if any."""
        for access in (self.access, *self._bounded.values()):
            access.interrupt()

    def words(self) -> list[tuple[str, str, str | None, str | None]]:
        """Return all words that :meth:`sql` knows, for completion.

        Returns:
            Kind (view, column, macro, table macro, function or keyword), word, the view of a column, and the type of a
            column or the arguments of a macro.
        """
        words = self.access.user_session.rows("store/words", prefix="")
        return [row for row in words if row[0] != "table macro" or row[1] in MACROS]

    def runs(self) -> ResultRows[dict[str, Any]]:
        """Return the runs, newest first, each with its number of pairs and of jobs in its plan."""
        runs = self.access.session.records("store/runs")
        newest = f", newest {runs[0]['run_id']}" if runs else ""
        return ResultRows(runs, f"{plural(len(runs), 'run')}{newest}", RUN_COLUMNS)

    @checked
    def objections(self, run_id: RunName | None = None) -> dict[str, int]:
        """Return the number of blocked pairs of a run by the first objection against their symbol side, most first.

        Args:
            run_id: the run, named as in :meth:`Store.plan <planstore.Store.plan>`; None means the newest run.

        Raises:
            NotFoundError: there is no such run.
        """
        run = self.access.find_run(run_id)
        return dict(self.access.session.rows("store/blocked_objections", commit_id=run["commit_id"]))

    @checked
    def log(
        self,
        *,
        actor: str | None = None,
        kind: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        after: int | None = None,
    ) -> ResultRows[dict[str, Any]]:
        """Return the commits, newest first, each with its number of events, also by table.

        Args:
            actor: select only commits of this user.
            kind: select only commits of this kind: run, status, override, rebuild, evidence or outcomes.
            since: select only commits recorded at this time (a text in ISO 8601, UTC by default) or later.
            until: select only commits recorded before this time.
            after: select only commits after the commit of this number.

        Raises:
            RequestError: ``kind`` is not a kind of commits, or a text is no time.
        """
        if kind is not None and kind not in tuple(CommitKind):
            raise RequestError(f"kind must be one of {', '.join(CommitKind)}, got {quoted(kind)}")
        commits = self.access.session.records(
            "store/log",
            actor=actor,
            kind=kind,
            since=None if since is None else requested_time("since", since),
            until=None if until is None else requested_time("until", until),
            after=after,
        )
        return ResultRows(commits, f"{plural(len(commits), 'commit')}, newest first", LOG_COLUMNS)

    def __str__(self) -> str:
        if not self.access.ledger.is_made:
            return f"Store {self.access.place}: none there yet; it is made on first use"
        as_of = "" if self.access.as_of is None else f" as of commit {self.access.as_of}"
        return f"Store {self.access.place}{as_of}: {self.runs().title}"
