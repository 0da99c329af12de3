"""Outcome of a training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from planstore.events.vocabulary import JobState, TrainingType
from planstore.pages.answers import TableAnswer


class TrainingWarning(UserWarning):
    """A training trained nothing; the message has the reason."""


@dataclass(frozen=True, repr=False)
class Training(TableAnswer):
    """Outcome of a training.

    Attributes:
        plan_id: id of the plan.
        targets: targets of the panel that the plan trains.
        progress: counts of ``jobs`` by status.
        trained: number of jobs that succeeded during the call.
        jobs: the plan's jobs, or the selected ones, in plan order, each with its latest status, metrics, artifacts and
            error.
        pickled: families with a model that is a pickle, because no format that runs no code can hold it.
    """

    plan_id: str
    targets: list[str]
    progress: dict[str, int]
    trained: int
    jobs: list[dict[str, Any]]
    pickled: list[str]

    @property
    def failed(self) -> list[dict[str, Any]]:
        """Failed jobs."""
        return [job for job in self.jobs if job["status"] == JobState.FAILED]

    @property
    def emptiness(self) -> str | None:
        """Reason why no job succeeded, on one line; None where one did, or where all had succeeded before."""
        trainable = [job for job in self.jobs if job["training_type"] != TrainingType.BLOCKED]
        left = [job for job in trainable if job["status"] != JobState.SUCCEEDED]
        if self.trained or (trainable and not left):
            return None
        if not trainable:
            return f"nothing is trained: plan {self.plan_id[:12]} has no job to train; `planstore why` explains routes"
        by_status = ", ".join(f"{count} {status}" for status, count in self.progress.items())
        first = next((f"; the first, {job['job_id']}: {job['error']}" for job in left if job["error"]), "")
        return f"nothing is trained: of the jobs of plan {self.plan_id[:12]}, {by_status}{first}"

    def records(self) -> list[dict[str, Any]]:
        """Return the jobs."""
        return self.jobs

    @property
    def reused(self) -> int:
        """Number of jobs with the results of an earlier job."""
        return sum(job["reused_from"] is not None for job in self.jobs)

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return dict(vars(self))

    def __str__(self) -> str:
        by_status = ", ".join(f"{count} {status}" for status, count in self.progress.items())
        failed = "".join(f"\n  {job['job_id']} failed: {job['error']}" for job in self.failed[:5])
        return self.emptiness or f"plan {self.plan_id[:12]}: {by_status}{failed}"
