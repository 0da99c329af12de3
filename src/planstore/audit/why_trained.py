"""Why trained: the inputs in which a job differs from the nearest earlier job on its target and symbol."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from planstore.checks.quoting import quoted
from planstore.database.session import Session
from planstore.errors import NotFoundError
from planstore.ledger.storage import ArtifactStorage
from planstore.pages.answers import TableAnswer


@dataclass(frozen=True)
class InputChange:
    """An input in which two jobs differ.

    Attributes:
        input: its path in the document of the inputs, such as ``panel.digest``.
        before, after: its value in the earlier job and in this one; None where there is none.
    """

    input: str
    before: Any
    after: Any


@dataclass(frozen=True, repr=False)
class TrainingReason(TableAnswer):
    """Reason why a job was trained, or not trained again.

    Attributes:
        plan_id, job_id: the job.
        reused_from: earlier job with the same inputs, ``PLAN/JOB``, whose results it has; None if it was trained.
        earlier: earlier job that differs in the fewest inputs, ``PLAN/JOB``; None where there is none.
        changes: inputs in which it differs from ``earlier``; none where it was trained again from the same inputs.
    """

    plan_id: str
    job_id: str
    reused_from: str | None
    earlier: str | None
    changes: list[InputChange]

    def records(self) -> list[dict[str, Any]]:
        """Return the inputs that differ."""
        return [asdict(change) for change in self.changes]

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        if self.reused_from is not None:
            return f"{self.job_id} was not trained again: it has the inputs and the results of {self.reused_from}"
        if self.earlier is None:
            return f"{self.job_id} was trained, because no earlier job on its target and symbol has recorded its inputs"
        if not self.changes:
            return f"{self.job_id} was trained again from the inputs of {self.earlier}"
        inputs = ", ".join(change.input for change in self.changes)
        return f"{self.job_id} was trained, because it differs from {self.earlier} in {inputs}"


def why_trained(session: Session, artifacts: ArtifactStorage, plan_id: str, job_id: str) -> TrainingReason:
    """Return why a job of a plan was trained.

    Raises:
        NotFoundError: the plan has no such job, or the job has not succeeded with recorded inputs.
    """
    if not session.records("store/job_exists", plan_id=plan_id, job_id=job_id):
        raise NotFoundError(f"plan {plan_id[:12]} has no job {quoted(job_id)}: `planstore jobs` lists them")
    rows = session.records("audit/job_inputs", plan_id=plan_id, job_id=job_id)
    place = next((place for place, row in enumerate(rows) if row["is_own"]), None)
    if place is None:
        raise NotFoundError(f"job {job_id} of plan {plan_id[:12]} has no recorded inputs: train it first")
    own, before = rows[place], [row for row in rows[place + 1 :] if row["name"] == "inputs"]
    if own["name"] == "reused":
        first = [row for row in before if row["digest"] == own["digest"]][-1]
        return TrainingReason(plan_id, job_id, f"{first['plan_id']}/{first['job_id']}", None, [])
    inputs = _inputs(artifacts, own["digest"])
    differing = [(row, list(_changes(_inputs(artifacts, row["digest"]), inputs))) for row in before]
    if not differing:
        return TrainingReason(plan_id, job_id, None, None, [])
    row, changes = min(differing, key=lambda one: len(one[1]))
    return TrainingReason(plan_id, job_id, None, f"{row['plan_id']}/{row['job_id']}", changes)


def _inputs(artifacts: ArtifactStorage, digest: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(artifacts.get(digest))
    return found


def _changes(before: Any, after: Any, path: str = "") -> Iterator[InputChange]:
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        if before != after:
            yield InputChange(path, before, after)
        return
    for key in sorted({*before, *after}):
        yield from _changes(before.get(key), after.get(key), f"{path}.{key}" if path else key)
