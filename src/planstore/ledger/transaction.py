"""The commits of one transaction: usually one, of a group commit several, whole or not at all together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from planstore.database.session import Session
from planstore.errors import ReadBackError
from planstore.events.vocabulary import CommitKind
from planstore.ledger.commit_builder import CommitBuilder, Head
from planstore.ledger.read_back import CatalogTables, check_values
from planstore.ledger.recent_commits import RecentCommits
from planstore.ledger.storage import CatalogQuery, DataStorage, Turn

_CATALOG_COLUMNS = (None, None, None)
"""DuckLake's columns before those of inlined rows: row number, first and last snapshot."""


class CommitTransaction:
    """Builds commits, inside their transaction and under the writer lock.

    Args:
        session: the session of the transaction.
        data: the parquet files.
        head: the newest commit.
        recent: the commits up to the newest since the ledger's last use, if they are known.
        now: returns the time of a commit after one of the given time.
    """

    def __init__(
        self,
        session: Session,
        data: DataStorage,
        head: Head,
        recent: RecentCommits | None,
        now: Callable[[datetime | None], datetime],
    ) -> None:
        self.head = head
        self.recent = recent
        self._session = session
        self._data = data
        self._now = now
        self._builders: list[CommitBuilder] = []

    def begin(self, kind: CommitKind, **header: Any) -> CommitBuilder:
        """Begin a commit, after the end of the one before.

        Args:
            kind: the kind of its events.
            header: ``run_id``, and optionally ``message``, ``idempotency_key`` and ``made_by``, its actor.
        """
        if self._builders:
            self._builders[-1].end()
        head = self.newest
        builder = CommitBuilder(self._session, self._data, kind, head, self._now(head.recorded_at), **header)
        self._builders.append(builder)
        return builder

    @property
    def commits(self) -> list[CommitBuilder]:
        """The ended commits."""
        return [builder for builder in self._builders if builder.commit is not None]

    @property
    def newest(self) -> Head:
        """The newest commit, in the snapshot that the transaction makes once it has commits."""
        if not self.commits:
            return self.head
        last = self.commits[-1]
        assert last.commit is not None
        return Head(self.head.snapshot + 1, last.commit_id, last.commit.digest, last.recorded_at)

    @property
    def files(self) -> set[str]:
        """The names of the parquet files, once the transaction is sealed."""
        return {name for builder in self.commits for name in builder.files}

    @property
    def name(self) -> str:
        """The numbers of the commits in messages."""
        first, last = self.commits[0].commit_id, self.commits[-1].commit_id
        return f"commit {first}" if first == last else f"commits {first} to {last}"

    def seal(self) -> None:
        """End the last commit, append all of them, and make their files durable."""
        if self._builders:
            self._builders[-1].end()
        if self.commits:
            self._session.run("ledger/append_commits", commits=[builder.row() for builder in self.commits])
        for builder in self.commits:
            builder.store_files()

    def check_stored(self, turn: Turn, catalog: CatalogTables) -> None:
        """Read back the rows in the catalog, where they are only after the transaction.

        Args:
            turn: the turn in which they were committed.
            catalog: the catalog's tables.

        Raises:
            ReadBackError: rows differ from the written rows.
        """
        commits = catalog.table(self._session, "commits")
        tables = sorted({table for builder in self.commits for table in builder.in_catalog()})
        for table in tables or ["commits"]:
            events = catalog.table(self._session, table)
            written = {builder.commit_id: builder.in_catalog().get(table) for builder in self.commits}
            rows = sum(1 if of_commit is None else of_commit.content.num_rows for of_commit in written.values())
            query = CatalogQuery(
                catalog.stored_rows,
                [*_CATALOG_COLUMNS, *events.columns, *commits.columns],
                {"events": events.name, "commits": commits.name, **catalog.parameters},
                {"rows": rows, "number": len(self.commits)},
            )
            stored = turn.rows(self._session, query)
            width = len(events.columns)
            names = [name for name, _ in commits.columns]
            for builder in self.commits:
                found = [row for row in stored if row[width] == builder.commit_id]
                of_commit = written[builder.commit_id]
                if of_commit is not None:
                    check_values(of_commit, [row[:width] for row in found])
                header = dict(zip(names, found[0][width:], strict=True)) if found else None
                if header != builder.row():
                    raise ReadBackError(
                        f"commit {builder.commit_id} does not read back as it was written: commits: {header}"
                    )
