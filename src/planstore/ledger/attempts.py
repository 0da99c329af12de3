"""Attempts of jobs: valid successors of a status, and statuses that arrive too late."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from planstore.database.session import Session
from planstore.errors import ConflictError
from planstore.events.vocabulary import FINAL_STATES, JobState
from planstore.ledger.recent_commits import RecentCommits

Job: TypeAlias = tuple[str, str]
"""A plan id and a job id."""


@dataclass(frozen=True)
class Attempt:
    """The latest attempt of a job.

    Attributes:
        number: its number, from 1.
        status: its latest status.
        newest: the latest time of any status of the job; None before the first.
    """

    number: int = 0
    status: str = JobState.PLANNED
    newest: datetime | None = None

    def followed_by(self, number: int, status: str, newest: datetime | None) -> Attempt:
        """Return the latest attempt after a status that was recorded later."""
        if self.newest is not None and newest is not None:
            newest = max(self.newest, newest)
        return Attempt(number, status, newest) if number >= self.number else Attempt(self.number, self.status, newest)


_UNTOUCHED = Attempt()


def job_of(row: Mapping[str, Any]) -> Job:
    """Return the job of a status row."""
    return row["plan_id"], row["job_id"]


class Attempts:
    """The latest attempt of each job; read once, then updated."""

    def __init__(self) -> None:
        self._latest: dict[Job, Attempt] = {}
        self._plans: set[str] = set()
        self._last_commit = 0

    def copy(self) -> ChainMap[Job, Attempt]:
        """Return the latest attempts as a child map; changes to it do not affect this object."""
        return ChainMap({}, self._latest)

    def follow(self, session: Session, plans: set[str], last_commit: int, recent: RecentCommits | None = None) -> None:
        """Read the statuses of these plans' jobs, and of those followed before, up to ``last_commit``, the newest.

        ``recent`` holds commits up to the newest, if they were read already.
        """
        new = plans - self._plans
        if recent is not None and recent.after <= self._last_commit:
            for commit_id, (plan_id, job_id, *latest) in recent.changes:
                if plan_id in self._plans and commit_id > self._last_commit:
                    self._follow((plan_id, job_id), latest)
        elif self._plans and self._last_commit < last_commit:
            self._read(session, self._plans, self._last_commit)
        if new:
            self._read(session, new, 0)
        self._plans |= new
        self._last_commit = last_commit

    def _read(self, session: Session, plans: set[str], after_commit: int) -> None:
        for plan_id, job_id, *latest in session.rows("ledger/latest_attempts", plans=sorted(plans), seen=after_commit):
            self._follow((plan_id, job_id), latest)

    def _follow(self, job: Job, latest: Sequence[Any]) -> None:
        self._latest[job] = latest_of(self._latest, job).followed_by(*latest)

    def may_have(self, row: Mapping[str, Any]) -> bool:
        """Return whether a status may be recorded already: its job has none that is later."""
        newest = latest_of(self._latest, job_of(row)).newest
        return newest is not None and row["occurred_at"] <= newest

    def add(self, rows: Sequence[Mapping[str, Any]], commit_id: int) -> None:
        """Add the rows of the commits up to ``commit_id`` that this process made."""
        for row in rows:
            self._latest[job_of(row)] = after(row, self._latest)
        self._last_commit = commit_id


def latest_of(latest: Mapping[Job, Attempt], job: Job) -> Attempt:
    """Return the latest attempt of a job, which may have none."""
    return latest.get(job, _UNTOUCHED)


def after(row: Mapping[str, Any], latest: Mapping[Job, Attempt]) -> Attempt:
    """Return the latest attempt of a status row's job after that status."""
    return latest_of(latest, job_of(row)).followed_by(row["attempt"], row["status"], row["occurred_at"])


def too_late(row: Mapping[str, Any], latest: Mapping[Job, Attempt]) -> ConflictError | None:
    """Return the error of a status that cannot follow its job's latest status, or None if it can."""
    newest = latest_of(latest, job_of(row))
    message = f"job {row['job_id']!r}, attempt {row['attempt']}, cannot be {row['status']} any more"
    if row["attempt"] < newest.number:
        return ConflictError(f"{message}: attempt {newest.number} has begun; nothing was written")
    if row["attempt"] == newest.number and newest.status in FINAL_STATES:
        return ConflictError(
            f"{message}: it is {newest.status} already; nothing was written, a new try is attempt {newest.number + 1}"
        )
    return None
