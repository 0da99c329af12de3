"""Attempts of jobs: what a status can follow, and what it comes too late for."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from planstore.database.session import Session
from planstore.errors import ConflictError
from planstore.events.vocabulary import FINAL_STATES, JobState

Job: TypeAlias = tuple[str, str]
"""A plan and a job of it."""
_UNTOUCHED = (0, JobState.PLANNED)


def job_of(row: Mapping[str, Any]) -> Job:
    """Return which job the row of a status is about."""
    return row["plan_id"], row["job_id"]


class Attempts:
    """Where jobs are: the latest attempt of each, and the latest status of that; read once, then followed."""

    def __init__(self) -> None:
        self._standing: dict[Job, tuple[int, str]] = {}
        self._plans: set[str] = set()
        self._seen = 0

    def copy(self) -> ChainMap[Job, tuple[int, str]]:
        """Return where jobs are, to be gone on from; what is added to it does not count here."""
        return ChainMap({}, self._standing)

    def follow(self, session: Session, plans: set[str], last_commit: int) -> None:
        """See what was recorded of the jobs of these plans up to a commit, the newest."""
        new = plans - self._plans
        if self._plans and self._seen < last_commit:
            self._read(session, self._plans, self._seen)
        if new:
            self._read(session, new, 0)
        self._plans |= new
        self._seen = last_commit

    def _read(self, session: Session, plans: set[str], seen: int) -> None:
        for plan_id, job_id, attempt, status in session.rows("ledger/latest_attempts", plans=sorted(plans), seen=seen):
            if attempt >= self._standing.get((plan_id, job_id), _UNTOUCHED)[0]:
                self._standing[plan_id, job_id] = (attempt, status)

    def add(self, rows: Sequence[Mapping[str, Any]], commit_id: int) -> None:
        """See what a commit of our own has recorded."""
        self._standing.update((job_of(row), (row["attempt"], row["status"])) for row in rows)
        self._seen = commit_id


def too_late(row: Mapping[str, Any], standing: Mapping[Job, tuple[int, str]]) -> ConflictError | None:
    """Return why a status cannot follow what its job has come to; None when it can."""
    attempt, status = standing.get(job_of(row), _UNTOUCHED)
    told = f"job {row['job_id']!r}, attempt {row['attempt']}, cannot be {row['status']} any more"
    if row["attempt"] < attempt:
        return ConflictError(f"{told}: attempt {attempt} has begun; nothing was written")
    if row["attempt"] == attempt and status in FINAL_STATES:
        return ConflictError(f"{told}: it is {status} already; nothing was written, a new try is attempt {attempt + 1}")
    return None
