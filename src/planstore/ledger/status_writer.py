"""Recording of job statuses: checked, deduplicated and combined into group commits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from planstore.checks.quoting import quoted
from planstore.database.session import Session
from planstore.errors import KeyConflictError, PlanstoreError, RequestError
from planstore.events.digest import StagedRows
from planstore.events.status import JobStatus
from planstore.events.vocabulary import CommitKind
from planstore.ledger.attempts import Attempts, job_of, too_late
from planstore.ledger.commit_builder import CommitBuilder
from planstore.ledger.group_commit import GroupCommit, Request
from planstore.ledger.ledger import Ledger

if TYPE_CHECKING:
    import pyarrow as pa


class StatusWriter:
    """Records changes of job statuses from any number of threads; concurrent calls share a commit.

    Made by ``store.training.status_writer()``. A call returns when its own events are durable.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._group_commit: GroupCommit[JobStatus] = GroupCommit(self._commit)
        self._session: Session | None = None
        self._last_commit = 0
        self._newest: datetime | None = None
        self._attempts = Attempts()
        self._jobs: dict[str, frozenset[str]] = {}
        self._reading = Lock()

    def record(self, *statuses: JobStatus) -> int:
        """Record all changes of status or none, and return the number of their commit.

        Statuses that are recorded already, as after a retry, are not recorded again: the first commit is returned.

        Raises:
            RequestError: the plan has no such job, the store has no such artifact, or there is no status.
            KeyConflictError: a status is recorded already, with other content.
            ConflictError: the attempt has ended already, or a later one has begun.
        """
        if not statuses:
            raise RequestError("there is no status to record")
        for status in statuses:
            if not isinstance(status, JobStatus):
                raise RequestError(f"a status must be a JobStatus, got {quoted(status)}")
            for digest in status.artifacts:
                if not self._ledger.artifacts.has(digest):
                    raise RequestError(f"artifacts must be kept in the store, got {digest}, which is not there")
            if status.job_id not in self._jobs_of(status.plan_id):
                raise RequestError(f"plan {status.plan_id!r} has no job {status.job_id!r}")
        return self._group_commit.append(statuses)

    def close(self) -> None:
        """Record all waiting statuses, and stop; a closed writer records nothing."""
        self._group_commit.close()
        self._drop_session()

    def __enter__(self) -> StatusWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _drop_session(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _jobs_of(self, plan_id: str) -> frozenset[str]:
        """Return the ids of a plan's jobs; they are cached, because a plan never changes."""
        with self._reading:
            if plan_id not in self._jobs:
                jobs = frozenset(job for (job,) in self._ledger.reader().rows("ledger/job_ids", plan_id=plan_id))
                if not jobs:
                    return jobs
                self._jobs[plan_id] = jobs
            return self._jobs[plan_id]

    def _commit(self, take: Callable[[], Sequence[Request[JobStatus]]]) -> None:
        """Make one commit of the new statuses in the taken requests, and set each request's outcome."""
        if self._session is None:
            self._session = self._ledger.small_writer()
        session = self._session
        try:
            with self._ledger.commit(session, CommitKind.STATUS, run_id=None) as builder:
                requests = take()
                plans = {status.plan_id for request in requests for status in request.events}
                self._attempts.follow(session, plans, builder.commit_id - 1)
                batch = self._separate(session, requests, builder.commit_id)
                append_statuses(builder, batch.rows)
        except BaseException:
            self._drop_session()
            raise
        if batch.rows:
            self._attempts.add(batch.rows, builder.commit_id)
            self._last_commit = builder.commit_id
            moments = [row["occurred_at"] for row in batch.rows]
            self._newest = max(moments) if self._newest is None else max(self._newest, *moments)
        for request, commit_id in batch.accepted:
            request.outcome.set_result(commit_id)

    def _separate(self, session: Session, requests: Sequence[Request[JobStatus]], commit_id: int) -> _Batch:
        """Separate new statuses from recorded ones, and refuse contradicting and late ones."""
        rows = [[status.row(0) for status in request.events] for request in requests]
        known = self._known(session, [row for of_request in rows for row in of_request], commit_id)
        batch = _Batch([], [])
        latest = self._attempts.copy()
        for request, of_request in zip(requests, rows, strict=True):
            new_rows: dict[_Key, dict[str, Any]] = {}
            commits = []
            updated = latest.new_child()
            for status, row in zip(request.events, of_request, strict=True):
                earlier, recorded_in = known.get(_key(row), (new_rows.get(_key(row)), commit_id))
                if earlier is None:
                    error = too_late(row, updated)
                    if error is not None:
                        request.outcome.set_exception(error)
                        break
                    new_rows[_key(row)] = row
                    updated[job_of(row)] = (row["attempt"], row["status"])
                elif earlier != row:
                    request.outcome.set_exception(_conflict(status, recorded_in))
                    break
                commits.append(recorded_in)
            else:
                latest.update(updated.maps[0])
                batch.rows.extend(new_rows.values())
                batch.accepted.append((request, max(commits)))
                known.update((key, (row, commit_id)) for key, row in new_rows.items())
        return batch

    def _known(
        self, session: Session, rows: Sequence[dict[str, Any]], commit_id: int
    ) -> dict[_Key, tuple[dict[str, Any], int]]:
        """Return the recorded rows among ``rows``, with the numbers of their commits."""
        moments = [row["occurred_at"] for row in rows]
        if self._newest is not None and commit_id == self._last_commit + 1 and min(moments) > self._newest:
            return {}  # because there was no other commit since, and all rows are later than the recorded ones
        with session.registered("incoming_status", status_table(rows)):
            recorded = session.records("ledger/known_job_status", earliest=min(moments), latest=max(moments))
            newest = session.row("ledger/newest_status")
        self._last_commit, self._newest = commit_id - 1, newest[0] if newest and newest[0] else min(moments)
        return {_key(row): (row, row.pop("commit_id")) for row in recorded}


_Key: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True)
class _Batch:
    """The rows of one commit, and the accepted requests with their commit numbers."""

    rows: list[dict[str, Any]]
    accepted: list[tuple[Request[JobStatus], int]]


def _key(row: dict[str, Any]) -> _Key:
    """Return the identity of a status."""
    return tuple(row[name] for name in ("plan_id", "job_id", "attempt", "status", "occurred_at"))


def _conflict(status: JobStatus, commit_id: int) -> PlanstoreError:
    return KeyConflictError(
        f"job {status.job_id!r}, attempt {status.attempt}, {status.status} at {status.occurred_at.isoformat()} is "
        f"recorded already, in commit {commit_id}, with other content"
    )


def append_statuses(builder: CommitBuilder, rows: Sequence[dict[str, Any]]) -> None:
    """Append rows of statuses, from :meth:`JobStatus.row`, to a commit."""
    if not rows:
        return
    placed = [row | {"place": place} for place, row in enumerate(rows, 1)]
    builder.append_staged("job_status", StagedRows(status_table(rows).drop_columns("place")), given={"rows": placed})


def status_table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Return rows of statuses as a staged table."""
    import pyarrow as pa

    return pa.Table.from_pylist(
        list(rows),
        pa.schema(
            [
                ("place", pa.int64()),
                ("plan_id", pa.string()),
                ("job_id", pa.string()),
                ("attempt", pa.int32()),
                ("status", pa.string()),
                ("worker", pa.string()),
                ("occurred_at", pa.timestamp("us", "UTC")),
                ("lease_until", pa.timestamp("us", "UTC")),
                ("metrics", pa.string()),
                ("error", pa.string()),
                ("artifacts", pa.list_(pa.string())),
            ]
        ),
    )
