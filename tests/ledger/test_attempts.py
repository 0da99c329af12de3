"""A job goes on by attempts: none goes back, and where one has ended it stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

import planstore
import samples
from planstore import ConflictError, JobStatus, PlanstoreError, RequestError, StatusWriter, Store
from planstore.events.hashing import digest_of
from planstore.events.vocabulary import FINAL_STATES, JobState
from planstore.ledger.embedded.artifacts import Artifacts

Made = Callable[..., JobStatus]
JOBS = 12


@pytest.fixture(scope="module")
def routed(shared_store: Store) -> Store:
    shared_store.route(samples.table(samples.records(4, 5)), samples.policy())
    return shared_store


@pytest.fixture(scope="module")
def writer(routed: Store) -> Iterator[StatusWriter]:
    with routed.training.status_writer() as opened:
        yield opened


@pytest.fixture(scope="module")
def jobs(routed: Store) -> Iterator[str]:
    """Jobs that no other test touches."""
    return iter([job["job_id"] for job in routed.plan().jobs])


@pytest.fixture
def status(routed: Store, jobs: Iterator[str]) -> Made:
    """Return what makes statuses of one job, each later than the one before it."""
    plan_id, job_id, seconds = routed.run().plan_id, next(jobs), count()

    def make(state: str, attempt: int = 1, **other: Any) -> JobStatus:
        moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=next(seconds))
        return JobStatus(plan_id, job_id, state, **{"attempt": attempt, "occurred_at": moment, **other})

    return make


def recorded(store: Store, status: JobStatus) -> list[tuple[int, str]]:
    query = "select attempt, status from job_status where job_id = $job order by commit_id, position"
    return store.sql(query, job=status.job_id).fetchall()


def test_an_attempt_that_has_ended_stays_where_it_is(routed: Store, writer: StatusWriter, status: Made) -> None:
    expected = []
    for attempt, final in enumerate(FINAL_STATES, 1):
        writer.record(status("running", attempt))
        done = status(final, attempt, error="why")
        commit = writer.record(done)
        for state in JobState:
            with pytest.raises(ConflictError, match=f"attempt {attempt}, cannot be {state} any more: it is {final}"):
                writer.record(status(state, attempt))
        assert writer.record(done) == commit, "a retry is the same event"
        expected += [(attempt, "running"), (attempt, final)]
    assert recorded(routed, status("running")) == expected
    assert routed.integrity.verify().holds


def test_attempts_do_not_go_back(routed: Store, writer: StatusWriter, status: Made) -> None:
    first = status("running")
    commit = writer.record(first)
    writer.record(status("running", 3))
    for attempt in (1, 2):
        for state in JobState:
            with pytest.raises(ConflictError, match="attempt 3 has begun; nothing was written"):
                writer.record(status(state, attempt))
    assert writer.record(first) == commit, "a retry is the same event, however late"
    assert recorded(routed, first) == [(1, "running"), (3, "running")]


def test_an_attempt_goes_on_until_it_ends(routed: Store, writer: StatusWriter, status: Made) -> None:
    states = ("planned", "running", "running", "planned", "running", "succeeded")
    for state in states:
        writer.record(status(state))
    assert recorded(routed, status("running")) == [(1, state) for state in states]


def test_a_call_is_recorded_whole_or_not_at_all(routed: Store, writer: StatusWriter, status: Made) -> None:
    with pytest.raises(ConflictError):
        writer.record(status("running"), status("failed"), status("running"))
    assert recorded(routed, status("running")) == []
    writer.record(status("running"), status("failed"), status("running", 2), status("succeeded", 2))
    assert [state for _, state in recorded(routed, status("running"))] == ["running", "failed", "running", "succeeded"]


def test_writers_see_what_others_have_recorded(routed: Store, writer: StatusWriter, status: Made) -> None:
    writer.record(status("running"))
    with planstore.open(routed.results) as other, other.training.status_writer() as second:
        second.record(status("succeeded"))
        with pytest.raises(ConflictError, match="it is succeeded already"):
            writer.record(status("running"))
        writer.record(status("running", 2))
        with pytest.raises(ConflictError, match="attempt 2 has begun"):
            second.record(status("failed", 1))
        with (
            planstore.open(routed.results) as third,
            third.training.status_writer() as fresh,
            pytest.raises(ConflictError),
        ):
            fresh.record(status("running", 1))
    assert [attempt for attempt, _ in recorded(routed, status("running"))] == [1, 1, 2]


def test_an_artifact_that_a_status_names_is_in_the_store(
    routed: Store, writer: StatusWriter, status: Made, jobs: Iterator[str]
) -> None:
    unknown = digest_of(b"nowhere")
    with pytest.raises(RequestError, match=f"artifacts must be kept in the store, got {unknown}"):
        writer.record(status("succeeded", artifacts=[routed.run().plan_id, unknown]))
    assert recorded(routed, status("running")) == []
    kept = routed.access.ledger.artifacts.put(b"a model")
    commit = writer.record(status("succeeded", artifacts=[routed.run().plan_id, kept]))
    verified = routed.integrity.verify()
    assert (verified.holds, verified.unreferenced) == (True, [])
    path = Artifacts(routed.access.ledger.layout.artifacts).path(kept)
    path.unlink()
    assert [(one.commit_id, one.where) for one in routed.integrity.verify().findings] == [(commit, "artifacts")]
    routed.access.ledger.artifacts.put(b"a model")


def test_what_is_no_status_is_refused(writer: StatusWriter) -> None:
    for value in ("running", None, {"status": "running"}, 5):
        with pytest.raises(PlanstoreError, match="a status must be a JobStatus, got"):
            writer.record(value)  # type: ignore[arg-type]
