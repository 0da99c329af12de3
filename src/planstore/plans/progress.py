"""Progress of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from planstore.events.vocabulary import open_jobs
from planstore.pages.answers import TableAnswer, counted


@dataclass(frozen=True, repr=False)
class Progress(TableAnswer):
    """Progress of a plan.

    Attributes:
        plan_id: the plan.
        counts: job counts by status.
        running: running jobs, with worker and lease; jobs that a worker has claimed and not begun are counted only.
        failed: failed jobs, with error.
        reused: number of succeeded jobs with the results of an earlier job, because their inputs were the same.
    """

    plan_id: str
    counts: Mapping[str, int]
    running: list[dict[str, Any]]
    failed: list[dict[str, Any]]
    reused: int

    @property
    def is_over(self) -> bool:
        """Whether every job is in a final state."""
        return not open_jobs(self.counts)

    def records(self) -> list[dict[str, Any]]:
        """Return the number of jobs by status."""
        return [{"status": status, "jobs": jobs} for status, jobs in self.counts.items()]

    def __str__(self) -> str:
        failed = "".join(f"\n  {job['job_id']} failed: {job['error']}" for job in self.failed[:5])
        return f"Plan {self.plan_id[:12]}: {counted(self.counts, 'no jobs')}.{failed}"

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return dict(vars(self))
