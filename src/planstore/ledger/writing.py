"""One commit on its way: events are appended, counted and digested, made durable, then committed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from planstore.database import Session
from planstore.errors import StaleError
from planstore.events.commit import Commit, TableCount, actor
from planstore.events.digest import ColumnDigest, DigestBeside, RowsDigest, table_digest
from planstore.ledger.artifacts import fsync_folder
from planstore.version import __version__

INLINED_ROWS = 100
"""Rows of a table that one commit keeps inside the catalog, as ``sql/database/attach.sql`` says; more go to a file."""


@dataclass(frozen=True)
class Head:
    """The newest commit, and the catalog's snapshot that it was seen in.

    Attributes:
        recorded_at: the latest time that any commit carries; None in an empty ledger.
    """

    snapshot: int
    commit_id: int
    digest: str
    recorded_at: datetime | None


class Writing:
    """What a commit is made with, inside its transaction and under the writer lock.

    Attributes:
        commit_id: the number this commit will have.
        recorded_at: the time it will carry, UTC.
    """

    def __init__(
        self,
        session: Session,
        data: Path,
        kind: str,
        head: Head,
        recorded_at: datetime,
        *,
        run_id: str | None,
        message: str,
        idempotency_key: str | None,
    ) -> None:
        self.commit_id = head.commit_id + 1
        self.recorded_at = recorded_at
        self._previous_digest = head.digest
        self._session = session
        self._data = data
        self._kind = kind
        self._run_id = run_id
        self._message = message
        self._idempotency_key = idempotency_key
        self._rows: dict[str, int] = {}
        self._digests: dict[str, str] = {}
        self._files_before: set[Path] | None = None
        self.commit: Commit | None = None

    def expect_after(self, commit_id: int | None) -> None:
        """Refuse to go on when another commit than ``commit_id`` is the newest; None expects nothing.

        Raises:
            StaleError: the ledger has moved on.
        """
        newest = self.commit_id - 1
        if commit_id not in (None, newest):
            raise StaleError(
                f"commit {commit_id} was expected to be the newest, but commit {newest} is: "
                "read again what changed, and decide anew"
            )

    def append(self, table: str, *, staged: int = 1, **values: Any) -> None:
        """Append to an event table what ``sql/ledger/append_<table>.sql`` says: its values, or ``staged`` rows."""
        if staged > INLINED_ROWS:
            self.expect_files()
        rows = self._session.run(
            f"ledger/append_{table}",
            commit_id=self.commit_id,
            position=sum(self._rows.values()),
            run_id=self._run_id,
            **values,
        )
        self._rows[table] = self._rows.get(table, 0) + rows

    def append_staged(
        self, table: str, content: DigestBeside, *, given: Mapping[str, Any] | None = None, **header: Any
    ) -> None:
        """Append the rows staged for an event table; ``content`` is the digest of what they hold beside their header.

        The header is ``commit_id``, ``position``, ``run_id`` and, where a table has more, ``header``. ``given`` is what
        the statement takes besides.
        """
        first = sum(self._rows.values())
        with ThreadPoolExecutor(max_workers=1) as appending:
            appended = appending.submit(self.append, table, staged=content.rows, **header, **(given or {}))
            digests = _header_digests(self.commit_id, first, self._run_id, header, content.rows)
            digests += content.columns()
        appended.result()
        self._digests[table] = table_digest(digests)

    def project(self) -> None:
        """Derive the documents of the plans that this commit publishes."""
        self.expect_files()
        self._session.run("projections/derived_plan_documents")
        self._session.run("projections/append_plan_documents", first_commit=self.commit_id, last_commit=self.commit_id)

    def seal(self) -> None:
        """Digest what was appended, chain it to the previous commit, and make its files durable."""
        if not self._rows:
            return

        self.commit = Commit(
            commit_id=self.commit_id,
            recorded_at=self.recorded_at,
            run_id=self._run_id,
            kind=self._kind,
            actor=actor(),
            message=self._message,
            idempotency_key=self._idempotency_key,
            planstore_version=__version__,
            counts=tuple(self._count(table) for table, rows in self._rows.items() if rows),
            previous_digest=self._previous_digest,
        )
        header = self.commit.header()
        self._session.run(
            "ledger/append_commits", **header | {"recorded_at": self.recorded_at, "digest": self.commit.digest}
        )
        self.make_durable()

    def _count(self, table: str) -> TableCount:
        if table in self._digests:
            return TableCount(table, self._rows[table], self._digests[table])
        digest = RowsDigest.of(self._session.batches(f"ledger/read_{table}", first=self.commit_id, last=self.commit_id))
        return TableCount(table, digest.rows, digest.hexdigest())

    def expect_files(self) -> None:
        """Remember which parquet files are there, before the first statement that may write new ones."""
        if self._files_before is None:
            self._files_before = self._files()

    def _files(self) -> set[Path]:
        return set(self._data.glob("*/*/*.parquet"))

    def make_durable(self) -> None:
        """Make new parquet files durable before the commit names them."""
        if self._files_before is None:
            return  # because all rows went into the catalog, which its own commit makes durable
        fsync_new(self._data, self._files_before)


def fsync_new(data: Path, before: set[Path]) -> None:
    """Make durable the parquet files in ``data`` that were not there before, because DuckLake does not."""
    new = set(data.glob("*/*/*.parquet")) - before
    for path in new:
        with path.open("rb") as file:
            os.fsync(file.fileno())
    for folder in {parent for path in new for parent in (path.parent, path.parent.parent, data)}:
        fsync_folder(folder)


def _header_digests(
    commit_id: int, first: int, run_id: str | None, values: dict[str, Any], rows: int
) -> list[tuple[str, bytes]]:
    """Return the digests of the columns that a commit gives to staged rows, without reading them back."""
    import numpy as np
    import pyarrow as pa

    header: dict[str, Any] = {
        "commit_id": pa.repeat(pa.scalar(commit_id, pa.int64()), rows),
        "position": pa.array(np.arange(first + 1, first + rows + 1, dtype=np.int32)),
        "run_id": pa.repeat(pa.scalar(run_id, pa.string()), rows),
        **{name: pa.repeat(pa.scalar(value, pa.string()), rows) for name, value in values.items()},
    }
    found = []
    for name, column in header.items():
        digest = ColumnDigest(column.type)
        digest.update(column)
        found.append((name, digest.digest()))
    return found
