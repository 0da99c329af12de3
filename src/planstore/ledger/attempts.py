"""Attempts of jobs: valid successors of a status, and statuses that arrive too late."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from planstore.database.session import Session
from planstore.errors import ConflictError
from planstore.events.vocabulary import FINAL_STATES, JobState

Job: TypeAlias = tuple[str, str]
"""A plan id and a job id."""
_UNTOUCHED = (0, JobState.PLANNED)


def job_of(row: Mapping[str, Any]) -> Job:
    """Return the job of a status row."""
    return row["plan_id"], row["job_id"]


class Attempts:
    """The latest attempt of each job, with its latest status; read once, then updated."""

    def __init__(self) -> None:
        self._latest: dict[Job, tuple[int, str]] = {}
        self._plans: set[str] = set()
        self._last_commit = 0

    def copy(self) -> ChainMap[Job, tuple[int, str]]:
        """Return the latest attempts as a child map; changes to it do not affect this object."""
        return ChainMap({}, self._latest)

    def follow(self, session: Session, plans: set[str], last_commit: int) -> None:
        """Read the statuses of these plans' jobs up to ``last_commit``, the newest commit."""
        new = plans - self._plans
        if self._plans and self._last_commit < last_commit:
            self._read(session, self._plans, self._last_commit)
        if new:
            self._read(session, new, 0)
        self._plans |= new
        self._last_commit = last_commit

    def _read(self, session: Session, plans: set[str], after_commit: int) -> None:
        for plan_id, job_id, attempt, status in session.rows(
            "ledger/latest_attempts", plans=sorted(plans), seen=after_commit
        ):
            if attempt >= self._latest.get((plan_id, job_id), _UNTOUCHED)[0]:
                self._latest[plan_id, job_id] = (attempt, status)

    def add(self, rows: Sequence[Mapping[str, Any]], commit_id: int) -> None:
        """Add the rows of a commit that this process made."""
        self._latest.update((job_of(row), (row["attempt"], row["status"])) for row in rows)
        self._last_commit = commit_id


def too_late(row: Mapping[str, Any], latest: Mapping[Job, tuple[int, str]]) -> ConflictError | None:
    """Return the error of a status that cannot follow its job's latest status, or None if it can."""
    attempt, status = latest.get(job_of(row), _UNTOUCHED)
    message = f"job {row['job_id']!r}, attempt {row['attempt']}, cannot be {row['status']} any more"
    if row["attempt"] < attempt:
        return ConflictError(f"{message}: attempt {attempt} has begun; nothing was written")
    if row["attempt"] == attempt and status in FINAL_STATES:
        return ConflictError(
            f"{message}: it is {status} already; nothing was written, a new try is attempt {attempt + 1}"
        )
    return None
