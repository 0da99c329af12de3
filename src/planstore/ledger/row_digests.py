"""Digests of recorded rows: recomputed per commit, and compared with those of its header."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from planstore.database.batches import RESULT_BATCH_ROWS
from planstore.database.error_translation import unreadable
from planstore.database.session import Session
from planstore.errors import DeniedError, StoreError
from planstore.events.digest import RowsDigest
from planstore.events.prefetch import each_prefetched
from planstore.ledger.findings import Finding
from planstore.ledger.read_back import plain
from planstore.ledger.storage import DataStorage

if TYPE_CHECKING:
    import pyarrow as pa


ROWS_AT_ONCE = 250_000
"""Maximum events per query, unless a single commit has more."""


def finding_of(commit_id: int | None, where: str, error: StoreError) -> Finding:
    """Return a finding from an error; raise the error if it is about access and not about the store's content."""
    if isinstance(error, DeniedError):
        raise error
    return Finding(commit_id, where, str(error))


@dataclass(frozen=True)
class Counted:
    """The rows of a commit in one table, as its header counts them.

    Attributes:
        first: the position of the first row.
        rows: their number.
        digest: their digest.
    """

    first: int
    rows: int
    digest: str


def counted_rows(commits: Sequence[Mapping[str, Any]], table: str) -> dict[int, Counted]:
    """Return the rows that the headers of commits count in a table, by commit; positions are in the order of counts."""
    counted = {}
    for commit in commits:
        first = 1
        for count in commit["counts"] or ():
            if count["table"] == table:
                counted[commit["commit_id"]] = Counted(first, count["rows"], count["digest"])
            first += count["rows"]
    return counted


class EventRows:
    """The recorded events, compared with the headers of their commits.

    Args:
        session: a session on the lake.
        commits: the headers, in order.
    """

    def __init__(self, session: Session, commits: Sequence[Mapping[str, Any]]) -> None:
        self.commits = commits
        self._numbered = [commit for commit in commits if commit["commit_id"] is not None]
        self._session = session
        self._stretches: list[pa.Table] = []
        self._is_complete = True

    @cached_property
    def held(self) -> dict[str, int]:
        """The number of rows that each table holds, whatever commit they say they are of.

        Raises:
            StoreError: a table is unreadable.
        """
        return dict(self._session.rows("verify/row_counts"))

    def findings(self, table: str) -> Iterator[Finding]:
        """Check the number and digest of each commit's rows in a table against its header."""
        counted = counted_rows(self._numbered, table)
        if not counted and self._is_empty(table):
            return
        for first, last in _ranges(counted, len(self._numbered)):
            try:
                with unreadable("the ledger"):
                    read = read_commits(self._session, table, first, last, counted)
            except StoreError as error:
                self._is_complete = False
                holders = [number for number in counted if first <= number <= last]
                if len(holders) > 1:
                    yield from self._unreadable(table, holders)
                else:
                    yield finding_of(holders[0] if holders else first, table, error)
                continue
            self._stretches += read.stretches
            for commit_id in sorted(read.digests.keys() | {number for number in counted if first <= number <= last}):
                header = counted.get(commit_id, Counted(1, 0, "none"))
                rows, digest = read.digests.get(commit_id, (0, None))
                if rows != header.rows:
                    yield Finding(commit_id, table, f"it holds {rows} rows, its header counts {header.rows}")
                elif digest != header.digest:
                    yield Finding(
                        commit_id, table, f"its rows have the digest {digest}, its header says {header.digest}"
                    )

    def ranges(self, table: str) -> Iterator[tuple[int, int]]:
        """Yield ranges that cover all commits, each with few rows in a table or a single commit."""
        return _ranges(counted_rows(self._numbered, table), len(self._numbered))

    def _is_empty(self, table: str) -> bool:
        """Return whether a table has no row, because the lake reads the statistics of an empty one column by column."""
        try:
            with unreadable("the ledger"):
                return self.held[table] == 0
        except StoreError:
            return False  # because reading the table then has the error

    def _unreadable(self, table: str, commits: Sequence[int]) -> Iterator[Finding]:
        """Read some commits one by one, and yield a finding for each unreadable one."""
        for number in commits:
            try:
                with unreadable("the ledger"):
                    self._session.batches("ledger/read_events", table=table, first=number, last=number).read_all()
            except StoreError as error:
                yield finding_of(number, table, error)

    def misnumbered(self) -> Iterator[Finding]:
        """Check that positions within a commit are unique and without gaps, over all tables that :meth:`findings` read.

        Nothing is checked if a table could not be read.
        """
        import pyarrow as pa

        if self._is_complete and self._stretches:
            with self._session.registered("stretches", pa.concat_tables(self._stretches)):
                for commit_id, problem in self._session.rows("verify/positions"):
                    yield Finding(commit_id, "positions", problem)


def _ranges(counted: Mapping[int, Counted], last_commit: int) -> Iterator[tuple[int, int]]:
    """Yield ranges that cover all commits, each with at most ROWS_AT_ONCE rows or a single commit."""
    first, rows = 1, 0
    for commit_id in sorted(counted):
        size = counted[commit_id].rows
        if rows and rows + size > ROWS_AT_ONCE:
            yield first, commit_id - 1
            first, rows = commit_id, 0
        rows += size
    if last_commit:
        yield first, max(last_commit, first)


def read_commits(session: Session, table: str, first: int, last: int, counted: Mapping[int, Counted]) -> CommitRows:
    """Return the rows of each commit from ``first`` to ``last`` in a table: number, digest and positions."""
    batches = session.batches("ledger/stored_events", table=table, first=first, last=last)
    rows = CommitRows(batches.schema, {number: counted[number] for number in counted if first <= number <= last})
    each_prefetched(batches, rows.update)
    rows.finish()
    return rows


def read_files(data: DataStorage, names: Sequence[str], counted: Mapping[int, Counted]) -> CommitRows:
    """Return the rows of each commit in parquet files of one table, which no commit has to name yet.

    Raises:
        StoreError: a file is unreadable.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with unreadable(", ".join(names)), ExitStack() as opened:
        files = [pq.ParquetFile(opened.enter_context(data.open(name))) for name in names]
        rows = CommitRows(plain(files[0].schema_arrow.empty_table()).schema, counted)
        batches = (batch for file in files for batch in file.iter_batches(RESULT_BATCH_ROWS, use_threads=False))
        tables = (plain(pa.Table.from_batches([batch])) for batch in batches)
        each_prefetched((batch for table in tables for batch in table.to_batches()), rows.update)
    rows.finish()
    return rows


class CommitRows:
    """The rows of commits in one table, updated by batches in the order in which they are stored.

    They are hashed in the order of their positions. A stretch of consecutive rows that comes before its turn waits for
    it, which few do, because the threads that write a file take turns. Sorting all rows would take as long as hashing.

    Args:
        schema: the schema of the batches.
        counted: the rows that the headers count, by commit.

    Attributes:
        digests: the number and digest of the rows of each commit, once all are finished.
        stretches: commit, first position and number of rows of each stretch.
    """

    def __init__(self, schema: pa.Schema, counted: Mapping[int, Counted]) -> None:
        self.digests: dict[int, tuple[int, str]] = {}
        self.stretches: list[pa.Table] = []
        self._schema = schema
        starts = [(number, counted[number].first) for number in sorted(counted)]
        ends = [(number, first + counted[number].rows) for number, first in starts]
        self._following = dict(zip([(0, 0), *ends], starts, strict=False))
        self._turn = self._following.get((0, 0))
        self._waiting: dict[tuple[int, int], list[pa.RecordBatch]] = {}
        self._number, self._digest = 0, RowsDigest(schema)

    def update(self, batch: pa.RecordBatch) -> None:
        """Add the rows of ``batch``."""
        import numpy as np
        import pyarrow as pa

        # because an altered position may be null, and 0 is as wrong
        numbers, positions = (
            batch.column(name).fill_null(0).to_numpy(zero_copy_only=False) for name in ("commit_id", "position")
        )
        begins = (np.diff(numbers, prepend=-1) != 0) | (np.diff(positions, prepend=-1) != 1)
        begins[:1] = True
        places = np.flatnonzero(begins)
        lengths = np.diff(places, append=len(numbers))
        stretches = {"commit_id": numbers[places], "first": positions[places], "rows": lengths}
        self.stretches.append(pa.table(stretches))
        for place, number, first, rows in zip(places.tolist(), *(c.tolist() for c in stretches.values()), strict=True):
            self._waiting.setdefault((number, first), []).append(batch.slice(place, rows))
        while self._turn in self._waiting:
            self._hash(self._turn)

    def finish(self) -> None:
        """Add the rows that still wait, which are not where the headers count them."""
        for place in sorted(self._waiting):
            while place in self._waiting:
                self._hash(place)
        self._close()

    def _hash(self, place: tuple[int, int]) -> None:
        """Hash a waiting stretch; of a commit with all counted rows, further ones are only counted."""
        number, first = place
        rows = self._waiting[place].pop()
        if not self._waiting[place]:
            del self._waiting[place]
        if number in self.digests:
            counted, digest = self.digests[number]
            self.digests[number] = (counted + rows.num_rows, digest)
            return
        if number != self._number:
            self._close()
            self._number, self._digest = number, RowsDigest(self._schema)
        self._digest.update(rows)
        end = (number, first + rows.num_rows)
        self._turn = self._following.get(end, end)

    def _close(self) -> None:
        if self._digest.rows:
            self.digests[self._number] = (self._digest.rows, self._digest.hexdigest())
