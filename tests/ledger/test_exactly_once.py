"""The same thing said twice is recorded once; something else under the same name is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import planstore
import samples
from planstore import JobStatus, KeyConflictError, RequestError, Run, StaleError, Store

MOMENT = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def run(store: Store) -> Run:
    return store.route(samples.table(samples.records()), samples.policy(), run_id="first")


def statuses(store: Store) -> list[tuple[Any, ...]]:
    return store.sql(
        "select job_id, status, attempt, commit_id from job_status order by commit_id, position"
    ).fetchall()


def status(run: Run, place: int = 0, state: str = "running", **other: Any) -> JobStatus:
    job_id = run.plan.jobs[place]["job_id"]
    return JobStatus(run.plan_id, job_id, state, **({"occurred_at": MOMENT} | other))


def test_a_route_repeated_under_its_key_is_the_first_commit(store: Store) -> None:
    first, again = (
        store.route(samples.table(samples.records()), samples.policy(), idempotency_key="nightly") for _ in range(2)
    )
    assert (first.run_id, first.commit_id) == (again.run_id, again.commit_id)
    assert [commit["run_id"] for commit in store.log()] == [first.run_id]
    assert store.sql("select idempotency_key from commits").fetchall() == [("nightly",)]


def test_a_key_that_stands_for_another_route_is_refused_and_changes_nothing(store: Store) -> None:
    store.route(samples.table(samples.records()), samples.policy(), idempotency_key="nightly")
    with pytest.raises(KeyConflictError, match="'nightly' is recorded already, in commit 1, with another evidence_id"):
        store.route(samples.table(samples.records(seed=1)), samples.policy(), idempotency_key="nightly")
    assert len(store.log()) == 1


def test_two_processes_that_route_under_one_key_at_once_record_one_run(store: Store) -> None:
    with planstore.open(store.results) as other, ThreadPoolExecutor(2) as threads:
        runs = threads.map(
            lambda each: each.route(samples.table(samples.records()), samples.policy(), idempotency_key="k"),
            (store, other),
        )
        assert len({found.commit_id for found in runs}) == 1
    assert len(store.log()) == 1


def test_an_expected_commit_that_is_no_longer_the_newest_is_refused_with_both(store: Store, run: Run) -> None:
    rows = samples.table(samples.records(seed=2))
    assert store.route(rows, samples.policy(), expected_commit=run.commit_id).commit_id == 2
    with pytest.raises(StaleError, match="commit 1 was expected to be the newest, but commit 2 is"):
        store.route(samples.table(samples.records(seed=3)), samples.policy(), expected_commit=1)
    assert len(store.log()) == 2


def test_a_status_recorded_again_is_the_first_commit_also_by_another_writer(store: Store, run: Run) -> None:
    with store.training.status_writer() as writer:
        first = writer.record(status(run))
        assert writer.record(status(run)) == first
        second = writer.record(status(run), status(run, 1))
        assert second == first + 1
    with planstore.open(store.results) as later, later.training.status_writer() as writer:
        assert writer.record(status(run), status(run, 1)) == second
        third = writer.record(status(run, state="succeeded", occurred_at=MOMENT + timedelta(1)))
        assert writer.record(status(run)) == first
    assert [row[1:] for row in statuses(store)] == [
        ("running", 1, first),
        ("running", 1, second),
        ("succeeded", 1, third),
    ]
    assert store.integrity.verify().holds


def test_a_status_twice_in_one_call_is_recorded_once(store: Store, run: Run) -> None:
    with store.training.status_writer() as writer:
        writer.record(status(run), status(run))
    assert len(statuses(store)) == 1


@pytest.mark.parametrize("again", ["the same writer", "another writer", "the same call"])
def test_a_status_with_other_content_is_refused_whole(store: Store, run: Run, again: str) -> None:
    with store.training.status_writer() as writer:
        other = status(run, error="another")
        if again == "the same call":
            with pytest.raises(KeyConflictError, match="with other content"):
                writer.record(status(run), other)
            assert statuses(store) == []
            return
        writer.record(status(run))
        using = writer if again == "the same writer" else store.training.status_writer()
        with pytest.raises(KeyConflictError, match=r"running at 2025-01-01T00:00:00\+00:00 is recorded already"):
            using.record(status(run, 1), other)
        using.close()
    assert len(statuses(store)) == 1


def test_statuses_of_many_threads_share_commits_and_none_is_lost_or_doubled(store: Store, run: Run) -> None:
    events = [status(run, n % 5, occurred_at=MOMENT + n * timedelta(seconds=1)) for n in range(200)]
    with store.training.status_writer() as writer, ThreadPoolExecutor(16) as threads:
        commits = list(threads.map(writer.record, events + events))
    found = store.sql("select occurred_at, commit_id from job_status order by commit_id, position").fetchall()
    assert sorted(moment for moment, _ in found) == [event.occurred_at for event in events]
    assert dict(found) == {event.occurred_at: commit for event, commit in zip(events, commits[:200], strict=True)}
    assert commits[:200] == commits[200:]
    assert len(set(commits)) < 150, "events that arrive while a commit is on its way share the next one"
    assert store.integrity.verify().holds


def test_a_status_is_there_for_every_reader_when_the_call_that_recorded_it_returns(store: Store, run: Run) -> None:
    with planstore.open(store.results) as reader, store.training.status_writer() as writer:
        for attempt in range(1, 11):
            writer.record(status(run, attempt=attempt))
            assert reader.sql("select max(attempt) from job_status").fetchall() == [(attempt,)]


def test_a_refused_status_does_not_take_its_neighbours_along(store: Store, run: Run) -> None:
    with store.training.status_writer() as writer:
        writer.record(status(run))
        with ThreadPoolExecutor(8) as threads:
            good = [
                threads.submit(writer.record, status(run, occurred_at=MOMENT + timedelta(1 + n))) for n in range(20)
            ]
            bad = [threads.submit(writer.record, status(run, error=str(n))) for n in range(5)]
        assert all(isinstance(done.exception(), KeyConflictError) for done in bad)
        assert all(done.result() for done in good)
    assert len(statuses(store)) == 21


def test_a_status_of_a_job_that_is_not_planned_is_refused(store: Store, run: Run) -> None:
    with store.training.status_writer() as writer:
        with pytest.raises(RequestError, match="has no job 'nothing'"):
            writer.record(JobStatus(run.plan_id, "nothing", "running"))
        with pytest.raises(RequestError, match="plan 'p' has no job"):
            writer.record(JobStatus("p", run.plan.jobs[0]["job_id"], "running"))
        with pytest.raises(RequestError, match="no status to record"):
            writer.record()
    assert statuses(store) == []


def test_statuses_show_in_the_jobs_and_the_progress_of_the_plan(store: Store, run: Run) -> None:
    with store.training.status_writer() as writer:
        writer.record(status(run, metrics={"auc": 0.6}, worker="w"))
        writer.record(status(run, state="succeeded", occurred_at=MOMENT + timedelta(1), worker="w"))
    with planstore.open(store.results) as reader:
        job = next(job for job in reader.training.jobs(status="succeeded"))
        assert (job["job_id"], job["attempt"], job["worker"]) == (run.plan.jobs[0]["job_id"], 1, "w")
        assert dict(reader.sql("select status, jobs from plan_progress").fetchall())["succeeded"] == 1
