"""Compaction: fewer and larger files with the same events."""

from __future__ import annotations

from collections.abc import Callable, Set
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from planstore.database.session import Session
from planstore.errors import CommitFailedError, RequestError, StoreError
from planstore.events.digest import RowsDigest
from planstore.ledger.ledger import EVENT_TABLES, Ledger
from planstore.ledger.storage import DataStorage
from planstore.pages.answers import Answer, plural

LAST = 2**62
"""A number greater than any commit id."""
LONGEST_GRACE = timedelta(days=36_500)
"""Maximum age of unreferenced files before they are deleted."""


@dataclass(frozen=True, repr=False)
class Compacted(Answer):
    """The result of a compaction.

    Attributes:
        flushed: number of rows moved from the catalog into files.
        files_before, files_after: number of parquet files.
        orphans: number of removed files of killed writers.
    """

    flushed: int
    files_before: int
    files_after: int
    orphans: int

    def __str__(self) -> str:
        return (
            f"Compacted: {plural(self.flushed, 'row')} moved into files; {self.files_before} files before, "
            f"{self.files_after} after."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)


def compact(ledger: Ledger, grace: timedelta, progress: Callable[[str], None] = lambda _: None) -> Compacted:
    """Flush inlined rows, merge small files and remove unreferenced files, under the writer lock.

    Before that, files are brought back that the database removed although commits name them: it does so if the answer
    to a commit is lost, and the writer may have been killed before it brought them back itself. Each step is one
    transaction and is rolled back if a table's digest changed.

    Args:
        ledger: the ledger.
        grace: minimum age of unreferenced files before they are deleted, because readers may still use them. Files that
            no commit ever named are also kept for the storage's ``orphan_age``.
        progress: callback that receives the name of each step before it runs.

    Raises:
        RequestError: ``grace`` is out of range.
        StoreError: a digest would have changed, or a file is gone; nothing was changed.
    """
    if not timedelta() <= grace <= LONGEST_GRACE:
        raise RequestError(f"grace must be from 0 to {LONGEST_GRACE.days:,} days, got {grace}")
    data, orphan_age = ledger.storage.data, ledger.storage.orphan_age
    with ledger.locked(), closing(ledger.writer()) as session, closing(ledger.small_writer()) as flushing:
        files = data.files()
        progress("looking for missing files")
        if gone := data.undelete(missing(session, files)):
            raise StoreError(f"commits name {', '.join(sorted(gone))}, which is gone: restore a backup")
        before = _digests(session)
        progress("flushing")
        # because DuckLake 1.5 notes without a lock which tables it flushed, and several threads would crash there
        flushed = step(flushing, data, "maintenance/flush", before)
        progress("merging")
        step(session, data, "maintenance/merge", before)
        progress("cleaning up")
        now = datetime.now(UTC)
        # because DuckLake compares times in a SQLite catalog by day only
        moment = now - (grace + timedelta(days=1) if grace else grace)
        session.run("maintenance/expire", moment=moment)
        session.run("maintenance/clean_up", moment=moment)
        orphans = len(session.rows("maintenance/remove_orphans", moment=min(moment, now - orphan_age)))
        return Compacted(flushed, len(files), len(data.files()), orphans)


def missing(session: Session, files: Set[str]) -> set[str]:
    """Return the names of files whose rows the catalog counts and that are not among ``files``."""
    return {name for name, is_scheduled in session.rows("verify/named_files") if not is_scheduled} - files


def flush(session: Session, data: DataStorage, table: str) -> int:
    """Move an event table's inlined rows from the catalog into files, and return their number.

    ``session`` is of a database with one thread, as in :func:`compact`.

    Raises:
        StoreError: the table's digest would have changed; nothing was changed.
    """
    before = {table: _digest(session, table)}
    return step(session, data, "maintenance/flush_table", before, table=table)


def step(session: Session, data: DataStorage, statement: str, digests: dict[str, str], **values: Any) -> int:
    """Run one statement in a transaction, and return the number of moved rows that it reports.

    Raises:
        StoreError: a table's digest differs from ``digests`` afterwards; the statement was rolled back.
    """
    files = data.files()
    new = set[str]()
    try:
        with session.transaction():
            moved = sum(int(row[2]) for row in session.rows(statement, **values))
            changed = [table for table, digest in digests.items() if _digest(session, table) != digest]
            if changed:
                raise StoreError(f"{statement} would have changed {', '.join(changed)}, so it was rolled back")
            new |= data.files() - files
            data.make_durable(new)
    except CommitFailedError:
        # because it may be recorded, and then the database has removed files with recorded rows; otherwise they are
        # orphans, which a later compaction removes
        data.undelete(new)
        raise
    return moved


def _digests(session: Session) -> dict[str, str]:
    """Return the digest of each event table, over all commits."""
    return {table: _digest(session, table) for table in (*EVENT_TABLES, "commits")}


def _digest(session: Session, table: str) -> str:
    if table == "commits":
        return RowsDigest.of(session.batches("verify/commits")).hexdigest()
    return RowsDigest.of(session.batches("ledger/read_events", table=table, first=0, last=LAST)).hexdigest()
