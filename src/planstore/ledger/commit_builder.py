"""Construction of one commit: events are appended, counted, digested and made durable."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from planstore.database.batches import RESULT_BATCH_ROWS
from planstore.database.session import Session
from planstore.errors import ReadBackError
from planstore.events.commit import Commit, TableCount, actor
from planstore.events.digest import RowsDigest, StagedRows, table_digest
from planstore.ledger.read_back import Header, Written, check_files
from planstore.ledger.storage import DataStorage
from planstore.version import __version__

INLINED_ROWS = 100
"""Maximum rows of a commit that stay in the catalog, as in ``sql/database/attach.sql``; more go to a parquet file."""

STRUCT_TABLES = ("candidates", "jobs", "runs")
"""Tables with a struct column. Their rows all go to files, because the catalog changes structs or cannot read them."""

FILE_TABLES = (*STRUCT_TABLES, "outcomes")
"""Tables whose rows all go to files: also those with floating-point numbers, because 0.0 equals -0.0."""


@dataclass(frozen=True)
class Head:
    """The newest commit, with the catalog's snapshot in which it was read.

    Attributes:
        recorded_at: the latest time of any commit; None in an empty ledger.
    """

    snapshot: int
    commit_id: int
    digest: str
    recorded_at: datetime | None


class CommitBuilder:
    """Builds one commit, inside its transaction and under the writer lock.

    Attributes:
        commit_id: number of the commit.
        recorded_at: time of the commit, in UTC.
    """

    def __init__(
        self,
        session: Session,
        data: DataStorage,
        kind: str,
        head: Head,
        recorded_at: datetime,
        *,
        run_id: str | None,
        message: str = "",
        idempotency_key: str | None = None,
        made_by: str | None = None,
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
        self._made_by = made_by or actor()
        self._written: dict[str, Written] = {}
        self._files_before: dict[str, set[str]] = {}
        self.commit: Commit | None = None
        self.files: set[str] = set()
        """The names of the commit's parquet files, once it is sealed."""

    def append(self, table: str, **values: Any) -> None:
        """Append one row to an event table; ``values`` are its columns without the header."""
        import pyarrow as pa

        schema = self._session.schema(f"lake.{table}")
        content = pa.Table.from_pylist([values], pa.schema([column for column in schema if column.name in values]))
        self.append_staged(table, StagedRows(content), given=values)

    def append_staged(
        self, table: str, content: StagedRows, *, given: Mapping[str, Any] | None = None, **header: Any
    ) -> None:
        """Append staged rows to an event table; ``content`` holds their columns without the header.

        The header is ``commit_id``, ``position``, ``run_id`` and the table's additional columns in ``header``.
        ``given`` holds further parameters of the statement. Rows of several runs have a column ``run_id``.
        """
        before = sum(written.content.num_rows for written in self._written.values())
        if content.rows > INLINED_ROWS or table in FILE_TABLES:
            self.expect_files(table)
        append = partial(
            self._session.run,
            f"ledger/append_{table}",
            commit_id=self.commit_id,
            position=before,
            **self._run_of(content),
            **header,
            **(given or {}),
        )
        if content.rows <= INLINED_ROWS:
            append()
            self.stage(table, content, **header)
            return
        with ThreadPoolExecutor(max_workers=1) as appending:  # because digests of many rows take as long
            appended = appending.submit(append)
            self.stage(table, content, **header)
        appended.result()

    def stage(self, table: str, content: StagedRows, **header: Any) -> None:
        """Count and digest rows that a statement of the transaction appends to an event table."""
        before = sum(written.content.num_rows for written in self._written.values())
        head = Header(self.commit_id, before + 1, {**self._run_of(content), **header})
        digest = table_digest([*_header_digests(head, content.rows), *content.columns()])
        self._written[table] = Written(table, head, content.table, digest)

    def _run_of(self, content: StagedRows) -> dict[str, str | None]:
        """Return the run of all rows; nothing for rows that name the run of each."""
        return {} if "run_id" in content.table.column_names else {"run_id": self._run_id}

    def project(self) -> None:
        """Derive the documents of the plans that this commit publishes."""
        self.expect_files("plan_documents")
        self._session.run("projections/derived_plan_documents")
        self._session.run("projections/append_plan_documents", first_commit=self.commit_id, last_commit=self.commit_id)

    def end(self) -> None:
        """Chain the commit to the previous one; without rows there is none."""
        if not self._written or self.commit is not None:
            return
        self.commit = Commit(
            commit_id=self.commit_id,
            recorded_at=self.recorded_at,
            run_id=self._run_id,
            kind=self._kind,
            actor=self._made_by,
            message=self._message,
            idempotency_key=self._idempotency_key,
            planstore_version=__version__,
            counts=tuple(
                TableCount(table, written.content.num_rows, written.digest)
                for table, written in self._written.items()
                if written.content.num_rows
            ),
            previous_digest=self._previous_digest,
        )

    def store_files(self) -> None:
        """Read the commit's files back, and make them durable."""
        if not self._files_before:
            return  # because a commit with rows in the catalog alone, as of a status, needs no thread
        new = self._new_files()
        files = set[str]().union(*new.values())
        with ThreadPoolExecutor(max_workers=1) as flushing:  # because a disk and a processor work at the same time
            durable = flushing.submit(self._data.make_durable, files)
            try:
                for table in self._files_before.keys() & self._written.keys():
                    check_files(self._written[table], self._data, new[table])
            except ReadBackError as error:
                raise ReadBackError(f"{error}; nothing was recorded") from None
        durable.result()
        self.files = files

    def row(self) -> dict[str, Any]:
        """Return the row of the ended commit."""
        assert self.commit is not None
        return self.commit.header() | {"recorded_at": self.recorded_at, "digest": self.commit.digest}

    def in_catalog(self) -> dict[str, Written]:
        """Return the rows that are only in the catalog, by their tables."""
        return {
            table: written
            for table, written in self._written.items()
            if table not in self._files_before and written.content.num_rows
        }

    def expect_files(self, table: str) -> None:
        """Record a table's current parquet files, before the first statement that may write new ones."""
        if table not in self._files_before:
            self._files_before[table] = self._data.files_of(table)

    def _new_files(self) -> dict[str, set[str]]:
        return {table: self._data.files_of(table) - before for table, before in self._files_before.items()}

    def make_durable(self) -> None:
        """Fsync new parquet files before the commit refers to them."""
        self._data.make_durable(set[str]().union(*self._new_files().values()))


def _header_digests(header: Header, rows: int) -> list[tuple[str, bytes]]:
    """Return the digests of a commit's header columns for staged rows, without reading the rows back."""
    import numpy as np
    import pyarrow as pa

    positions = np.arange(header.first, header.first + rows, dtype=np.int32)
    # in batches that stay in the processor's cache, because to allocate all rows takes longer than to hash them
    first = header.columns(pa.array(positions[:RESULT_BATCH_ROWS]))
    digest = RowsDigest(first.schema)
    place = first.schema.get_field_index("position")
    for start in range(0, rows, RESULT_BATCH_ROWS):
        part = pa.array(positions[start : start + RESULT_BATCH_ROWS])
        for batch in first.slice(0, len(part)).set_column(place, "position", part).to_batches():
            digest.update(batch)
    return digest.columns()
