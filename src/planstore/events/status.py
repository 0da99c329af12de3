"""A change of a job's status, as an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from planstore.checks.quoting import quoted
from planstore.errors import RequestError
from planstore.events import fields
from planstore.events.canonical import canonical_json
from planstore.events.vocabulary import JobState

JOB_ID = 3_000
"""Maximum characters of a job id, which contains a target's and a symbol's name."""


@dataclass(frozen=True)
class JobStatus:
    """A change of a job's status.

    Plan, job, attempt, status and ``occurred_at`` identify the event. Recorded again, as by a retry, it stays one
    event; with another worker, lease, metrics, error, artifacts or left_out it is refused.

    Attributes:
        plan_id: the plan.
        job_id: a job of that plan.
        status: one of ``JobState``. After a final one, only another attempt changes the job's status.
        attempt: number of the attempt, from 1.
        worker: name of the worker.
        occurred_at: time of the change; the default is now.
        lease_until: end of the worker's exclusive lease on the job.
        metrics: numbers by name, as of a trained model.
        error: reason of a failure. Of a status that succeeded it is the same as ``left_out``, as in older versions.
        left_out: parts that a succeeded job left out, such as families; other statuses have none.
        artifacts: digests of the job's artifacts in the store.

    Numbers may have numpy's types.

    Raises:
        RequestError: a field is invalid.
    """

    plan_id: str
    job_id: str
    status: str
    attempt: int = 1
    worker: str | None = None
    occurred_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    lease_until: datetime | None = None
    metrics: Mapping[str, float] | None = None
    error: str | None = None
    artifacts: Sequence[str] = ()
    left_out: str | None = None

    def __post_init__(self) -> None:
        has_succeeded = self.status == JobState.SUCCEEDED
        error, left_out = (fields.optional_text(name, getattr(self, name)) for name in ("error", "left_out"))
        if left_out is not None and not has_succeeded:
            raise RequestError(
                f"left_out must be given with status succeeded only, got status {quoted(self.status)}: give error"
            )
        if left_out is not None and error is not None:
            raise RequestError(
                f"error must be None beside left_out, got {quoted(error)}: a job that succeeded has no error"
            )
        fields.keep(
            self,
            plan_id=fields.name("plan_id", self.plan_id),
            job_id=fields.name("job_id", self.job_id, most=JOB_ID),
            status=fields.one_of("status", self.status, tuple(JobState)),
            attempt=fields.whole_number("attempt", self.attempt, least=1),
            worker=fields.optional_name("worker", self.worker),
            occurred_at=fields.moment("occurred_at", self.occurred_at),
            lease_until=fields.optional_moment("lease_until", self.lease_until),
            metrics=None if self.metrics is None else fields.numbers("metrics", self.metrics),
            error=None if has_succeeded else error,
            left_out=error if has_succeeded and left_out is None else left_out,
            artifacts=fields.digests("artifacts", self.artifacts),
        )

    def row(self, place: int) -> dict[str, Any]:
        """Return the event as a staged row; ``place`` is its position, from 1."""
        return {
            "place": place,
            "plan_id": self.plan_id,
            "job_id": self.job_id,
            "attempt": self.attempt,
            "status": self.status,
            "worker": self.worker,
            "occurred_at": self.occurred_at,
            "lease_until": self.lease_until,
            "metrics": None if self.metrics is None else canonical_json(self.metrics).decode(),
            # because the column has held both since the first format, told apart by the status
            "error": self.left_out if self.status == JobState.SUCCEEDED else self.error,
            "artifacts": list(self.artifacts),
        }
