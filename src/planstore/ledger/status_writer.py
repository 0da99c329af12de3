"""Recording of job statuses: checked, deduplicated and combined into group commits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from planstore.checks.quoting import quoted
from planstore.database.session import Session
from planstore.errors import ReadBackError, RequestError, StoreError
from planstore.events.commit import actor
from planstore.events.digest import StagedRows
from planstore.events.status import JobStatus
from planstore.events.vocabulary import CommitKind
from planstore.ledger.attempts import Attempts
from planstore.ledger.commit_builder import INLINED_ROWS, CommitBuilder
from planstore.ledger.group_commit import GroupCommit, Request
from planstore.ledger.ledger import Ledger
from planstore.ledger.status_requests import (
    Batch,
    Key,
    Outcome,
    Row,
    key_of,
    read_outcomes,
    read_requests,
    written_outcomes,
    written_requests,
)
from planstore.ledger.storage import Posted, Turn
from planstore.ledger.transaction import CommitTransaction

if TYPE_CHECKING:
    import pyarrow as pa

_log = logging.getLogger("planstore.ledger")


class StatusWriter:
    """Records changes of job statuses from any number of threads; concurrent calls share a commit.

    Made by ``store.training.status_writer()``. A call returns when its own events are durable.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._group_commit: GroupCommit[JobStatus] = GroupCommit(self._commit)
        self._session: Session | None = None
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

    def _commit(self, take: _Take) -> None:
        """Record the taken requests, or let another writer do it, and set the outcome of each."""
        if self._session is None:
            self._session = self._ledger.small_writer()  # before the lock, because others wait for it
        posted: list[Request[JobStatus]] = []

        def post() -> Posted | None:
            posted[:] = take()  # because a broken connection is replaced, and the request posted again
            requests = _rows(posted)
            size = sum(map(len, requests))
            return Posted(actor(), size, written_requests(requests)) if size <= INLINED_ROWS else None

        with self._ledger.turn(post) as turn:
            if turn.answer is None:
                decided = self._record_with_others(take, turn)
            else:
                decided = list(zip(posted, read_outcomes(turn.answer), strict=True))
            # before the lock is released, because callers who come back meanwhile may be in the next commit
            for request, outcome in decided:
                if isinstance(outcome, int):
                    request.outcome.set_result(outcome)
                else:
                    request.outcome.set_exception(outcome)

    def _record_with_others(self, take: _Take, turn: Turn) -> _Decided:
        """Record the taken requests with those of waiting writers, and answer these."""
        others: dict[str, Posted] = {}

        def take_others(events: int) -> dict[str, Posted]:
            others.update(turn.take(events))
            return others

        try:
            decided, answers = self._record(take, turn, take_others)
        except ReadBackError:
            raise  # because they are recorded all the same
        except StoreError as error:
            if not others:
                raise
            # because the fault may lie in the requests of others, who commit them themselves in their turns
            _log.warning("the requests of other writers are left to them: %s", error)
            decided, answers = self._record(take, turn, lambda _: {})
        turn.give(answers)
        return decided

    def _record(
        self, take: _Take, turn: Turn, take_others: Callable[[int], dict[str, Posted]]
    ) -> tuple[_Decided, dict[str, str]]:
        """Make a commit of the new statuses of each user, and return the outcomes of all requests."""
        if self._session is None:
            self._session = self._ledger.small_writer()
        session = self._session
        try:
            with self._ledger.transaction(session, turn) as transaction:
                # first, because others whose requests were just answered come back meanwhile
                self._attempts.follow(session, set(), transaction.head.commit_id, transaction.recent)
                own = list(take())
                requests = _rows(own)
                others = take_others(max(0, INLINED_ROWS - sum(map(len, requests))))
                batches = {actor(): Batch(actor())}
                mine = batches[actor()].add(requests)
                shares = dict(_shares(batches, others))
                self._decide(session, list(batches.values()), transaction.head.commit_id)
                append_batches(session, transaction, [one for one in batches.values() if one.new_rows])
        except BaseException:
            self._drop_session()
            raise
        self._attempts.add([row for one in batches.values() for row in one.new_rows], transaction.newest.commit_id)
        answers = {number: written_outcomes(batch.outcomes[share]) for number, (batch, share) in shares.items()}
        return list(zip(own, batches[actor()].outcomes[mine], strict=True)), answers

    def _decide(self, session: Session, batches: Sequence[Batch], last_commit: int) -> None:
        """Decide each batch against the ledger and the batches before it."""
        rows = [row for batch in batches for row in batch.rows()]
        self._attempts.follow(session, {row["plan_id"] for row in rows}, last_commit)
        known = self._known(session, [row for row in rows if self._attempts.may_have(row)])
        latest = self._attempts.copy()
        for batch in batches:
            batch.decide(last_commit + 1, known, latest)
            last_commit += bool(batch.new_rows)

    def _known(self, session: Session, rows: Sequence[Row]) -> dict[Key, tuple[Row, int]]:
        """Return the recorded rows among ``rows``, with the numbers of their commits."""
        if not rows:
            return {}
        moments = [row["occurred_at"] for row in rows]
        with session.registered("incoming_status", status_table(rows)):
            recorded = session.records("ledger/known_job_status", earliest=min(moments), latest=max(moments))
        return {key_of(row): (row, row.pop("commit_id")) for row in recorded}


_Take: TypeAlias = Callable[[], Sequence[Request[JobStatus]]]
_Decided: TypeAlias = list[tuple[Request[JobStatus], Outcome]]


def _rows(requests: Sequence[Request[JobStatus]]) -> list[list[Row]]:
    return [[status.row(0) for status in request.events] for request in requests]


def _shares(batches: dict[str, Batch], posted: Mapping[str, Posted]) -> Iterator[tuple[str, tuple[Batch, slice]]]:
    """Add the requests of other writers to the batches of their users, and yield each one's batch and outcomes there.

    An unreadable one, as of another version, is left to its writer.
    """
    for number, of_writer in posted.items():
        try:
            requests = read_requests(of_writer.events)
        except RequestError as error:
            _log.warning("a request is left to its writer: %s", error)
            continue
        batch = batches.setdefault(of_writer.actor, Batch(of_writer.actor))
        yield number, (batch, batch.add(requests))


def append_batches(session: Session, transaction: CommitTransaction, batches: Sequence[Batch]) -> None:
    """Append a commit for each batch of decided requests."""
    made = [partial(transaction.begin, CommitKind.STATUS, run_id=None, made_by=batch.actor) for batch in batches]
    if len(batches) == 1:
        append_statuses(made[0](), batches[0].new_rows)
        return
    rows = [
        row | {"later": later, "place": place}
        for later, batch in enumerate(batches)
        for place, row in enumerate(batch.new_rows, 1)
    ]
    with ThreadPoolExecutor(max_workers=1) as appending:
        # in one statement, because each takes as long as the reading of a commit's rows
        appended = appending.submit(
            session.run,
            "ledger/append_job_status",
            commit_id=transaction.head.commit_id + 1,
            position=0,
            run_id=None,
            rows=rows,
        )
        for begin, batch in zip(made, batches, strict=True):
            begin().stage("job_status", _staged(batch.new_rows))
    appended.result()


def append_statuses(builder: CommitBuilder, rows: Sequence[dict[str, Any]]) -> None:
    """Append rows of statuses, from :meth:`JobStatus.row`, to a commit."""
    if not rows:
        return
    placed = [row | {"later": 0, "place": place} for place, row in enumerate(rows, 1)]
    builder.append_staged("job_status", _staged(rows), given={"rows": placed})


def _staged(rows: Sequence[dict[str, Any]]) -> StagedRows:
    return StagedRows(status_table(rows).drop_columns("place"))


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
