"""Statuses of jobs on their way into the ledger: checked, told from retries, and gathered into commits."""

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
    """Records changes of status, from any number of threads; those that arrive together share a commit.

    Made by :meth:`planstore.Store.status_writer`. A call returns when its own events are durable.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._gathering: GroupCommit[JobStatus] = GroupCommit(self._commit)
        self._session: Session | None = None
        self._last_commit = 0
        self._newest: datetime | None = None
        self._attempts = Attempts()
        self._jobs: dict[str, frozenset[str]] = {}
        self._reading = Lock()

    def record(self, *statuses: JobStatus) -> int:
        """Record changes of status, all of them or none, and return the number of their commit.

        Statuses that are recorded already, as after a retry, are not recorded again: the first commit is returned.

        Raises:
            RequestError: a plan has no such job, the store has no such artifact, or nothing was given.
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
        return self._gathering.append(statuses)

    def close(self) -> None:
        """Record what waits, and end; a closed writer records nothing more."""
        self._gathering.close()
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
        """Return the ids of a plan's jobs; a plan never changes, so they are read once."""
        with self._reading:
            if plan_id not in self._jobs:
                found = frozenset(job for (job,) in self._ledger.reader().rows("ledger/job_ids", plan_id=plan_id))
                if not found:
                    return found
                self._jobs[plan_id] = found
            return self._jobs[plan_id]

    def _commit(self, take: Callable[[], Sequence[Request[JobStatus]]]) -> None:
        """Make one commit of what is new in the requests that are taken, and settle each of them."""
        if self._session is None:
            self._session = self._ledger.small_writer()
        session = self._session
        try:
            with self._ledger.commit(session, CommitKind.STATUS, run_id=None) as builder:
                requests = take()
                plans = {status.plan_id for request in requests for status in request.events}
                self._attempts.follow(session, plans, builder.commit_id - 1)
                batch = self._sorted_out(session, requests, builder.commit_id)
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

    def _sorted_out(self, session: Session, requests: Sequence[Request[JobStatus]], commit_id: int) -> _Batch:
        """Tell what is new from what is recorded already, and refuse what contradicts it or comes too late."""
        rows = [[status.row(0) for status in request.events] for request in requests]
        known = self._known(session, [row for of_request in rows for row in of_request], commit_id)
        batch = _Batch([], [])
        standing = self._attempts.copy()
        for request, of_request in zip(requests, rows, strict=True):
            fresh: dict[_Key, dict[str, Any]] = {}
            commits = []
            reached = standing.new_child()
            for status, row in zip(request.events, of_request, strict=True):
                earlier, recorded_in = known.get(_key(row), (fresh.get(_key(row)), commit_id))
                if earlier is None:
                    late = too_late(row, reached)
                    if late is not None:
                        request.outcome.set_exception(late)
                        break
                    fresh[_key(row)] = row
                    reached[job_of(row)] = (row["attempt"], row["status"])
                elif earlier != row:
                    request.outcome.set_exception(_conflict(status, recorded_in))
                    break
                commits.append(recorded_in)
            else:
                standing.update(reached.maps[0])
                batch.rows.extend(fresh.values())
                batch.accepted.append((request, max(commits)))
                known.update((key, (row, commit_id)) for key, row in fresh.items())
        return batch

    def _known(
        self, session: Session, rows: Sequence[dict[str, Any]], commit_id: int
    ) -> dict[_Key, tuple[dict[str, Any], int]]:
        """Return which of these rows are recorded, with the number of their commit."""
        moments = [row["occurred_at"] for row in rows]
        if self._newest is not None and commit_id == self._last_commit + 1 and min(moments) > self._newest:
            return {}  # because nobody else has committed since, and all of these happened after all that is recorded
        with session.registered("incoming_status", status_table(rows)):
            found = session.records("ledger/known_job_status", earliest=min(moments), latest=max(moments))
            newest = session.row("ledger/newest_status")
        self._last_commit, self._newest = commit_id - 1, newest[0] if newest and newest[0] else min(moments)
        return {_key(row): (row, row.pop("commit_id")) for row in found}


_Key: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True)
class _Batch:
    """What one commit will hold: rows, and the requests that it answers with the number of the commit for each."""

    rows: list[dict[str, Any]]
    accepted: list[tuple[Request[JobStatus], int]]


def _key(row: dict[str, Any]) -> _Key:
    """Return what makes a status the same event as another."""
    return tuple(row[name] for name in ("plan_id", "job_id", "attempt", "status", "occurred_at"))


def _conflict(status: JobStatus, commit_id: int) -> PlanstoreError:
    return KeyConflictError(
        f"job {status.job_id!r}, attempt {status.attempt}, {status.status} at {status.occurred_at.isoformat()} is "
        f"recorded already, in commit {commit_id}, with other content"
    )


def append_statuses(builder: CommitBuilder, rows: Sequence[dict[str, Any]]) -> None:
    """Append rows of statuses, as :meth:`JobStatus.row` gives them, to the commit on its way."""
    if not rows:
        return
    placed = [row | {"place": place} for place, row in enumerate(rows, 1)]
    builder.append_staged("job_status", StagedRows(status_table(rows).drop_columns("place")), given={"rows": placed})


def status_table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Return rows of statuses as they are staged."""
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
