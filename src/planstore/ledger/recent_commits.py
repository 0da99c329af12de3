"""Commits of other processes since a known one, read from the catalog's own rows where all of them are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

from planstore.database.session import Session
from planstore.ledger.commit_builder import Head
from planstore.ledger.read_back import CatalogTables
from planstore.ledger.storage import CatalogQuery, Turn

StatusChange: TypeAlias = tuple[Any, ...]
"""Plan id, job id, attempt, status and time of a change of status."""
_HEADER = ("commit_id", "recorded_at", "counts", "digest", "previous_digest")
_CHANGE = ("plan_id", "job_id", "attempt", "status", "occurred_at")


@dataclass(frozen=True)
class RecentCommits:
    """The commits after a known one.

    Attributes:
        after: the number of the known commit.
        head: the newest commit.
        changes: their changes of status, in order, each with the number of its commit.
    """

    after: int
    head: Head
    changes: Sequence[tuple[int, StatusChange]]


def recent_commits(
    session: Session, turn: Turn, catalog: CatalogTables, known: Head, snapshot: int
) -> RecentCommits | None:
    """Return the commits after ``known`` in ``snapshot``, the current one; None if rows of them may be in files.

    The chain of digests and the counts of the commits say whether all rows were found.
    """
    if catalog.recent_rows is None:
        return None
    commits, statuses = catalog.table(session, "commits"), catalog.table(session, "job_status")
    kinds, kinds_of_change = dict(commits.columns), dict(statuses.columns)
    query = CatalogQuery(
        catalog.recent_rows,
        [*((name, kinds[name]) for name in _HEADER), *((name, kinds_of_change[name]) for name in _CHANGE)],
        {"commits": commits.name, "events": statuses.name, **catalog.parameters},
        {"seen": known.commit_id},
    )
    rows = turn.rows(session, query)
    head, changes = known, list[tuple[int, StatusChange]]()
    for commit_id, of_commit in groupby(rows, key=itemgetter(0)):
        found = list(of_commit)
        _, recorded_at, counts, digest, previous_digest = found[0][: len(_HEADER)]
        of_statuses = [(commit_id, row[len(_HEADER) :]) for row in found if row[len(_HEADER)] is not None]
        counted = sum(count["rows"] for count in counts if count["table"] == "job_status")
        if (commit_id, previous_digest, len(of_statuses)) != (head.commit_id + 1, head.digest, counted):
            return None
        changes += of_statuses
        head = Head(snapshot, commit_id, digest, max(head.recorded_at or recorded_at, recorded_at))
    return None if head is known else RecentCommits(known.commit_id, head, changes)
