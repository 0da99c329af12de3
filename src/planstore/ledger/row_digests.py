"""Digests of recorded rows: recomputed per commit, and compared with those of its header."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from planstore.database.error_translation import unreadable
from planstore.database.session import Session
from planstore.errors import DeniedError, StoreError
from planstore.events.digest import RowsDigest
from planstore.events.prefetch import each_prefetched
from planstore.ledger.findings import Finding

if TYPE_CHECKING:
    import pyarrow as pa


ROWS_AT_ONCE = 250_000
"""Maximum events per query, unless a single commit has more."""


def finding_of(commit_id: int | None, where: str, error: StoreError) -> Finding:
    """Return a finding from an error; raise the error if it is about access and not about the store's content."""
    if isinstance(error, DeniedError):
        raise error
    return Finding(commit_id, where, str(error))


def event_findings(session: Session, table: str, commits: list[dict[str, Any]]) -> Iterator[Finding]:
    """Check the number and digest of each commit's rows in a table against its header."""
    counted = {
        commit["commit_id"]: count for commit in commits for count in commit["counts"] or () if count["table"] == table
    }
    for first, last in _ranges(counted, len(commits)):
        try:
            with unreadable("the ledger"):
                read = commit_digests(session, table, first, last)
        except StoreError as error:
            holders = [number for number in counted if first <= number <= last]
            if len(holders) > 1:
                yield from _unreadable_of(session, table, holders)
            else:
                yield finding_of(holders[0] if holders else first, table, error)
            continue
        for commit_id in sorted(read.keys() | {number for number in counted if first <= number <= last}):
            count = counted.get(commit_id, {"rows": 0, "digest": None})
            rows, digest = read.get(commit_id, (0, None))
            if rows != count["rows"]:
                yield Finding(commit_id, table, f"it holds {rows} rows, its header counts {count['rows']}")
            elif digest != count["digest"]:
                yield Finding(commit_id, table, f"its rows have the digest {digest}, its header says {count['digest']}")


def _unreadable_of(session: Session, table: str, commits: Sequence[int]) -> Iterator[Finding]:
    """Read some commits one by one, and yield a finding for each unreadable one."""
    for number in commits:
        try:
            with unreadable("the ledger"):
                session.batches("ledger/read_events", table=table, first=number, last=number).read_all()
        except StoreError as error:
            yield finding_of(number, table, error)


def _ranges(counted: Mapping[int, Mapping[str, Any]], last_commit: int) -> Iterator[tuple[int, int]]:
    """Yield ranges that cover all commits, each with at most ROWS_AT_ONCE rows or a single commit."""
    first, rows = 1, 0
    for commit_id in sorted(counted):
        size = counted[commit_id]["rows"]
        if rows and rows + size > ROWS_AT_ONCE:
            yield first, commit_id - 1
            first, rows = commit_id, 0
        rows += size
    if last_commit:
        yield first, max(last_commit, first)


def commit_digests(session: Session, table: str, first: int, last: int) -> dict[int, tuple[int, str]]:
    """Return the number and digest of the rows of each commit from ``first`` to ``last`` in a table."""
    batches = session.batches("ledger/read_events", table=table, first=first, last=last)
    digests: dict[int, tuple[int, str]] = {}
    number, digest = 0, RowsDigest(batches.schema)

    def finish() -> None:
        if digest.rows:
            digests[number] = (digest.rows, digest.hexdigest())

    def update(batch: pa.RecordBatch) -> None:
        nonlocal number, digest
        for commit_id, rows in _by_commit(batch):
            if commit_id != number:
                finish()
                number, digest = commit_id, RowsDigest(batches.schema)
            digest.update(rows)

    each_prefetched(batches, update)
    finish()
    return digests


def _by_commit(batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield each commit's rows in a batch that is in commit order."""
    import numpy as np

    numbers = batch.column(0).to_numpy(zero_copy_only=False)
    starts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist()]
    for start, end in zip(starts, [*starts[1:], len(numbers)], strict=True):
        yield int(numbers[start]), batch.slice(start, end - start)
