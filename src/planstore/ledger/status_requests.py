"""Requests to record statuses: decided one after the other, and exchanged between writers as JSON."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

import orjson

from planstore.errors import ConflictError, KeyConflictError, PlanstoreError, RequestError
from planstore.events.status import JobStatus
from planstore.ledger.attempts import Attempt, Job, after, job_of, too_late

Key: TypeAlias = tuple[Any, ...]
"""The identity of a status."""
Row: TypeAlias = dict[str, Any]
Outcome: TypeAlias = int | PlanstoreError
"""The number of the commit that has a request's statuses, or the reason of its refusal."""
_REFUSALS = {kind.__name__: kind for kind in (ConflictError, KeyConflictError)}


@dataclass(frozen=True)
class Batch:
    """The requests of one user, which share a commit.

    Attributes:
        actor: the user.
        requests: the rows of each request, from :meth:`JobStatus.row`.
        new_rows: the rows to record, once the batch is decided.
        outcomes: the outcome of each request, once the batch is decided.
    """

    actor: str
    requests: list[Sequence[Row]] = field(default_factory=list)
    new_rows: list[Row] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def add(self, requests: Sequence[Sequence[Row]]) -> slice:
        """Add the requests of a writer, and return the indices of their outcomes."""
        self.requests.extend(requests)
        return slice(len(self.requests) - len(requests), len(self.requests))

    def rows(self) -> list[Row]:
        """Return the rows of all requests."""
        return [row for request in self.requests for row in request]

    def decide(self, commit_id: int, known: dict[Key, tuple[Row, int]], latest: ChainMap[Job, Attempt]) -> None:
        """Separate new statuses from recorded ones, and refuse contradicting and late ones, each request as a whole.

        Args:
            commit_id: the number of the commit of the new rows.
            known: recorded rows with the numbers of their commits; the new ones are added.
            latest: the latest attempts of jobs; they are updated.
        """
        for request in self.requests:
            new: dict[Key, tuple[Row, int]] = {}
            updated = latest.new_child()
            commits = []
            for row in request:
                earlier, recorded_in = known.get(key_of(row)) or new.get(key_of(row)) or (None, commit_id)
                if earlier is None:
                    error: PlanstoreError | None = too_late(row, updated)
                    new[key_of(row)] = (row, commit_id)
                    updated[job_of(row)] = after(row, updated)
                else:
                    error = None if earlier == row else _conflict(row, recorded_in)
                if error is not None:
                    self.outcomes.append(error)
                    break
                commits.append(recorded_in)
            else:
                latest.update(updated.maps[0])
                known.update(new)
                self.new_rows.extend(row for row, _ in new.values())
                self.outcomes.append(max(commits))


def key_of(row: Mapping[str, Any]) -> Key:
    """Return the identity of a status."""
    return tuple(row[name] for name in ("plan_id", "job_id", "attempt", "status", "occurred_at"))


def _conflict(row: Row, commit_id: int) -> PlanstoreError:
    return KeyConflictError(
        f"job {row['job_id']!r}, attempt {row['attempt']}, {row['status']} at {row['occurred_at'].isoformat()} is "
        f"recorded already, in commit {commit_id}, with other content"
    )


def written_requests(requests: Sequence[Sequence[Row]]) -> str:
    """Return requests as JSON, for another writer."""
    return orjson.dumps(requests).decode()


def read_requests(text: str) -> list[list[Row]]:
    """Return the requests of another writer.

    Raises:
        RequestError: they are no statuses.
    """
    try:
        return [[_status(row).row(0) for row in request] for request in orjson.loads(text)]
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise RequestError(f"a request of another writer must be a list of lists of statuses: {error}") from error


def _status(row: Any) -> JobStatus:
    moments = {name: datetime.fromisoformat(row[name]) for name in ("occurred_at", "lease_until") if row.get(name)}
    metrics = row.pop("metrics")
    row.pop("place")
    return JobStatus(**(row | moments | {"metrics": None if metrics is None else orjson.loads(metrics)}))


def written_outcomes(outcomes: Sequence[Outcome]) -> str:
    """Return outcomes as JSON, for the writer of their requests."""
    return orjson.dumps(
        [one if isinstance(one, int) else {"error": type(one).__name__, "message": str(one)} for one in outcomes]
    ).decode()


def read_outcomes(text: str) -> list[Outcome]:
    """Return the outcomes that another writer has decided."""
    return [one if isinstance(one, int) else _REFUSALS[one["error"]](one["message"]) for one in orjson.loads(text)]
