"""A change of a job's status, before it is written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from planstore.errors import RequestError
from planstore.events.canonical import canonical_json

STATUSES = ("planned", "running", "succeeded", "failed", "skipped", "cancelled")
"""Where a job can be."""


@dataclass(frozen=True)
class JobStatus:
    """A change of a job's status.

    A status is the same event as another one when plan, job, attempt, status and ``occurred_at`` are: recorded again,
    as a retry does, it stays one event; with another worker, lease, metrics, error or artifacts it is refused.

    Attributes:
        plan_id: the plan.
        job_id: a job of that plan.
        status: one of ``STATUSES``.
        attempt: which try of the job this is, from 1.
        worker: who works on it.
        occurred_at: when it happened; now, when it is not given.
        lease_until: until when the worker has the job to itself.
        metrics: names and numbers, as of a trained model.
        error: why it failed, or what was left out.
        artifacts: digests of artifacts that it made.

    Raises:
        RequestError: a field cannot be what it is.
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

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise RequestError(f"{self.status!r} is no status of a job: {', '.join(STATUSES)}")
        if isinstance(self.attempt, bool) or not isinstance(self.attempt, int) or not 0 < self.attempt < 2**31:
            raise RequestError(f"an attempt is a whole number from 1, not {self.attempt!r}")
        for name in ("occurred_at", "lease_until"):
            moment = getattr(self, name)
            if moment is not None and (not isinstance(moment, datetime) or moment.tzinfo is None):
                raise RequestError(f"{name} is a time with a time zone, not {moment!r}")
        for name, number in (self.metrics or {}).items():
            if not isinstance(name, str) or not isinstance(number, int | float) or not math.isfinite(number):
                raise RequestError(f"metrics are names and finite numbers, not {name!r}: {number!r}")
        for text in (self.plan_id, self.job_id, self.worker, self.error, *self.artifacts):
            if text is not None and (not isinstance(text, str) or "\0" in text):
                raise RequestError(f"{text!r} is no text that can be recorded")

    def row(self, place: int) -> dict[str, Any]:
        """Return the event as a row that is staged at ``place``, from 1."""
        return {
            "place": place,
            "plan_id": self.plan_id,
            "job_id": self.job_id,
            "attempt": self.attempt,
            "status": self.status,
            "worker": self.worker,
            "occurred_at": self.occurred_at.astimezone(UTC),
            "lease_until": None if self.lease_until is None else self.lease_until.astimezone(UTC),
            "metrics": None if self.metrics is None else canonical_json(dict(self.metrics)).decode(),
            "error": self.error,
            "artifacts": list(self.artifacts),
        }
