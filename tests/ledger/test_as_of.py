"""What the ledger said then, whatever happened since."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import planstore
import samples
from planstore import JobStatus, NotFoundError, RequestError, Store


@pytest.fixture(scope="module")
def history(shared_store: Store) -> Store:
    for seed in range(3):
        run = shared_store.route(samples.table(samples.records(seed=seed)), samples.policy(), run_id=f"run-{seed}")
    with shared_store.training.status_writer() as writer:
        writer.record(JobStatus(run.plan_id, run.plan.jobs[0]["job_id"], "running"))
    return shared_store


def recorded_at(history: Store, commit: int) -> datetime:
    found: datetime = history.sql("select recorded_at from commits where commit_id = $n", n=commit).fetchall()[0][0]
    return found


def test_every_answer_is_as_of_the_commit(history: Store) -> None:
    for commit in range(4):
        with history.at(commit) as then:
            assert [found["commit_id"] for found in then.log()] == list(range(commit, 0, -1))
            for view in ("history", "runs", "candidates", "decisions", "jobs", "plans", "job_status"):
                assert then.sql(f"select coalesce(max(commit_id), 0) from {view}").fetchall()[0][0] <= commit
            unknown = "from plan_documents anti join plans using (plan_id)"
            assert then.sql(unknown).fetchall() == []
            if commit:
                assert then.run().run_id == f"run-{commit - 1}"
                assert then.plan().plan_id == history.run(f"run-{commit - 1}").plan_id
                assert {job["status"] for job in then.training.jobs()} == {"planned"}
                with pytest.raises(NotFoundError):
                    then.run(f"run-{commit}")
            else:
                with pytest.raises(NotFoundError, match="no run yet"):
                    then.run()


def test_a_time_means_the_newest_commit_recorded_by_then(history: Store) -> None:
    moment = recorded_at(history, 2)
    for when in (moment, moment.isoformat(), moment.astimezone(UTC).replace(tzinfo=None), "2"):
        with history.at(when) as then:
            assert len(then.log()) == 2
    with history.at(moment - timedelta(microseconds=1)) as then:
        assert len(then.log()) == 1
    with history.at("2000-01-01") as then:
        assert then.log() == []


def test_what_is_recorded_later_is_never_seen(history: Store) -> None:
    with history.at(3) as then:
        before = then.sql("select count(*) from history").fetchall()
        with planstore.open(history.results) as writer:
            writer.route(samples.table(samples.records(seed=9)), samples.policy(), run_id="later")
        assert then.sql("select count(*) from history").fetchall() == before
        assert then.run().run_id == "run-2"


@pytest.mark.parametrize("when", ["tomorrow", "", "1.5", "-1"])
def test_what_is_neither_commit_nor_time_is_refused(history: Store, when: str) -> None:
    with pytest.raises(RequestError, match="neither a commit's number nor a time"):
        history.at(when)


def test_a_commit_that_is_not_there_yet_is_refused(history: Store) -> None:
    with pytest.raises(NotFoundError, match=r"there is no commit 999: the ledger has commits 1 to \d+"):
        history.at(999)


def test_an_empty_ledger_has_no_commit(tmp_path: Path) -> None:
    with planstore.open(tmp_path) as store, pytest.raises(NotFoundError, match="no commit 1: the ledger is empty"):
        store.at(1)


def test_a_store_of_then_is_not_written(history: Store) -> None:
    with history.at(1) as then:
        for write in (
            then.maintenance.rebuild,
            then.export,
            then.maintenance.compact,
            then.training.status_writer,
            lambda: then.evidence.keep(b"{}", "e"),
        ):
            with pytest.raises(RequestError, match="as of commit 1"):
                write()


def test_the_newest_run_is_read_without_the_runs_before_it(store: Store) -> None:
    for night in ("a", "b", "c", "d"):
        store.route(samples.table(samples.records(1, 1)), samples.policy(), run_id=f"night-{night}")
    ((_, read),) = store.sql("explain analyze from latest_run").fetchall()
    assert "1 row" in read
    assert "4 rows" not in read
    for commit, newest in ((None, ["night-d"]), (3, ["night-c"]), (0, [])):
        with planstore.open(store.results, as_of=commit) as then:
            assert [run_id for (run_id,) in then.sql("select run_id from latest_run").fetchall()] == newest
