"""Team stores whose servers lose answers, cut connections, hang or are unavailable, through a proxy."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import ExitStack, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import get_ident

import pytest

import planstore
import samples
from faults.proxy import Fate, Proxy
from planstore import DeniedError, JobStatus, StoreError
from planstore.api.store import Store
from planstore.errors import CommitFailedError
from planstore.events.vocabulary import CommitKind
from planstore.ledger.opening import join
from planstore.ledger.status_writer import append_statuses
from planstore.ledger.team import objects as team_objects, session_access
from planstore.ledger.team.address import TeamAddress
from planstore.ledger.team.storage import TeamStorage
from team_lock import HeldLock
from team_servers import TeamServers

COMMITS = 4
"""COMMITs of a call that are lost: those of its readings before and after its own, and its own."""
SECONDS = 30
"""More than a permanent fault of the object storage takes to be reported, on a busy machine."""
MINUTE = 70
NOTICED_SECONDS = 6
"""What DuckDB needs to notice that an upload makes no progress."""
UGLY = ("Traceback", "duckdb.", "Stack Trace", "INTERNAL", "object at 0x", "std::")


@pytest.fixture(scope="module")
def database(running_servers: TeamServers) -> Iterator[Proxy]:
    with Proxy(running_servers.postgres) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def objects(running_servers: TeamServers) -> Iterator[Proxy]:
    with Proxy(running_servers.objects) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def results(
    running_servers: TeamServers, database: Proxy, objects: Proxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A folder that points to a store behind the proxies, whose variables are set."""
    folder = tmp_path_factory.mktemp("answers")
    with pytest.MonkeyPatch.context() as patch:
        running_servers.set_variables(patch)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{objects.port}")
        address = running_servers.address().replace(f":{running_servers.postgres}/", f":{database.port}/")
        join(TeamAddress.of_url(address), folder / "results" / "planstore")
        yield folder / "results"


@pytest.fixture
def team(results: Path, database: Proxy, objects: Proxy) -> Iterator[Store]:
    with planstore.open(results, create=False) as store:
        yield store
        database.rule("pass")
        objects.rule("pass")


def route(store: Store, number: int) -> str:
    rows = samples.table(samples.records(2, 3, seed=number))
    return store.route(rows, samples.policy(), run_id=f"run-{number}").run_id


def refusal(store: Store, number: int) -> str:
    """Route, and return the error; nothing if there is none."""
    try:
        route(store, number)
    except StoreError as error:
        return str(error)
    return ""


def runs(store: Store) -> list[str]:
    return [commit["run_id"] for commit in reversed(store.log()) if commit["run_id"]]


def check(store: Store, numbers: range) -> None:
    """Check that the runs are there once, in order, and can be read; the last test verifies all of them."""
    names = [f"run-{number}" for number in numbers]
    assert [run for run in runs(store) if run in names] == names
    assert store.plan(names[-1]).jobs


def test_a_commit_whose_answer_is_lost_is_found_with_its_files(
    team: Store, database: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    route(team, 0)
    numbers = range(1, COMMITS + 1)
    for number in numbers:
        database.rule("lose", "COMMIT", skip=number - 1, times=1)
        said = refusal(team, number)
        database.rule("pass")
        assert not any(ugly in said for ugly in UGLY), said
        assert "recorded all the same" not in said, "a lost connection is no fault of the rows"
        route(team, number)
    assert any("although its answer was lost" in record.message for record in caplog.records)
    check(team, numbers)


def test_a_status_whose_answer_is_lost_is_recorded_once(team: Store, database: Proxy) -> None:
    route(team, 100)
    plan = team.plan()
    job = plan.jobs[0]["job_id"]
    with team.training.status_writer() as writer:
        for attempt in range(1, COMMITS + 1):
            status = JobStatus(str(plan.plan_id), job, "running", attempt=attempt)
            database.rule("lose", "COMMIT", skip=attempt - 1, times=1)
            with suppress(StoreError):
                writer.record(status)
            database.rule("pass")
            writer.record(status)
    query = "select attempt from job_status where job_id = $job order by commit_id"
    assert [row[0] for row in team.sql(query, {"job": job}).fetchall()] == list(range(1, COMMITS + 1))
    check(team, range(100, 101))


@pytest.mark.parametrize("users", [1, 3])
def test_a_group_whose_answer_is_lost_is_recorded_once(
    users: int,
    team: Store,
    database: Proxy,
    running_servers: TeamServers,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if users > 1:
        # because each writer commits on a thread of its own
        monkeypatch.setattr("planstore.ledger.status_writer.actor", lambda: f"user {get_ident()}")
    route(team, 150 + users)
    plan, storage = team.plan(), team.access.ledger.storage
    assert isinstance(storage, TeamStorage)
    before, jobs = len(team.log()), [job["job_id"] for job in plan.jobs[:3]]
    with ExitStack() as opened:
        writers = [opened.enter_context(team.training.status_writer()) for _ in jobs]
        held = opened.enter_context(HeldLock(running_servers.conninfo(), storage.address))
        fates: tuple[Fate, ...] = ("pass", "cut")
        for attempt, then in enumerate(fates, 1):
            made = [JobStatus(str(plan.plan_id), job, "running", attempt=attempt) for job in jobs]
            calls = [held.waits(partial(one.record, status)) for one, status in zip(writers, made, strict=True)]
            database.rule("lose", "COMMIT", times=1, then=then)
            held.release()
            wait(calls)
            database.rule("pass")
            for writer, status in zip(writers, made, strict=True):
                writer.record(status)
            held.hold()
    commits = f"commit {before + 1}" if users == 1 else f"commits {before + 1} to {before + users}"
    assert f"{commits} is recorded, although its answer was lost" in [one.message for one in caplog.records]
    query = "select job_id, attempt from job_status where plan_id = $plan order by attempt, job_id"
    expected = [(job, attempt) for attempt in (1, 2) for job in sorted(jobs)]
    assert team.sql(query, {"plan": plan.plan_id}).fetchall() == expected
    check(team, range(150 + users, 151 + users))


def test_a_key_that_may_not_delete_keeps_a_commit_whose_answer_is_lost(
    team: Store, database: Proxy, running_servers: TeamServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = team.access.ledger.storage.name.rpartition("/")[2]
    running_servers.deny_delete("writer", prefix)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "writer")
    numbers = range(200, 200 + COMMITS)
    with planstore.open(team.results, create=False) as store:
        for number in numbers:
            database.rule("lose", "COMMIT", skip=number - numbers[0], times=1)
            with suppress(StoreError):
                route(store, number)
            database.rule("pass")
            route(store, number)
    check(team, numbers)


def test_a_commit_that_cannot_be_looked_up_is_unknown_and_recorded_once_when_it_is_repeated(
    team: Store, database: Proxy
) -> None:
    numbers = range(300, 302)
    refusals = []
    for number in numbers:
        database.rule("lose", "COMMIT", skip=number - numbers[0], times=1, then="cut")
        refusals.append(refusal(team, number))
        database.rule("pass")
        route(team, number)
    assert any("is recorded is not known" in said for said in refusals)
    assert all("under the same run id or key" in said for said in refusals if "not known" in said)
    check(team, numbers)


def test_a_compaction_whose_answer_is_lost_keeps_every_row(team: Store, database: Proxy) -> None:
    numbers = range(400, 402)
    for number, step in zip(numbers, ("flushing", "merging"), strict=True):
        route(team, number)

        def lose(name: str, step: str = step) -> None:
            database.rule("lose" if name == step else "pass", "COMMIT", times=1)

        with pytest.raises(CommitFailedError):
            team.maintenance.compact(grace=timedelta(days=1), progress=lose)
        assert database.rule("pass") == 1
        check(team, numbers[: number - numbers[0] + 1])
    team.maintenance.compact(grace=timedelta(days=1))
    check(team, numbers)


def test_a_writer_that_lost_its_lock_unnoticed_records_nothing(
    team: Store, running_servers: TeamServers, tmp_path: Path
) -> None:
    import psycopg

    route(team, 500)
    plan = team.plan()
    status = JobStatus(str(plan.plan_id), plan.jobs[0]["job_id"], "running")
    end = (
        "select count(pg_terminate_backend(a.pid)) from pg_locks as l join pg_stat_activity as a using (pid) "
        "where l.locktype = 'advisory' and l.granted and a.application_name like %s"
    )

    def late() -> None:
        ledger = team.access.ledger
        with ledger.commit(ledger.small_writer(), CommitKind.STATUS, run_id=None) as builder:
            append_statuses(builder, [status.row(0)])
            with psycopg.connect(running_servers.conninfo(), autocommit=True) as connection:
                assert connection.execute(end, [f"planstore {os.getpid()} %"]).fetchall() == [(1,)]
            with planstore.open(team.results, create=False) as other:
                route(other, 501)

    with pytest.raises(CommitFailedError, match="nothing was recorded"):
        late()
    route(team, 502)
    check(team, range(500, 503))
    assert team.sql("select count(*) from job_status where plan_id = $plan", {"plan": plan.plan_id}).fetchall() == [
        (0,)
    ]


@pytest.mark.parametrize(
    ("fate", "requests", "first"),
    [("503", "^PUT .*/data/", 600), ("cut", "^HEAD", 630)],
)
def test_an_object_storage_that_fails_for_a_moment_is_asked_again_and_then_is_one_clear_error(
    team: Store, objects: Proxy, fate: Fate, requests: str, first: int
) -> None:
    objects.rule(fate, requests, times=2 if fate == "503" else 1)
    route(team, first)
    before = runs(team)
    assert objects.rule(fate, requests)
    began = time.monotonic()
    with pytest.raises(StoreError) as raised:
        route(team, first + 1)
    assert time.monotonic() - began < SECONDS
    assert not any(ugly in str(raised.value) for ugly in (*UGLY, "\n")), raised.value
    asked = objects.rule("pass")
    if fate == "503":  # each would take this long of a storage that hangs
        assert asked * (session_access.HTTP_SECONDS + NOTICED_SECONDS) < MINUTE
    assert runs(team) == before
    route(team, first + 1)
    check(team, range(first, first + 2))


def test_an_object_storage_that_hangs_is_one_clear_error_soon(
    team: Store, objects: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = timedelta(seconds=1)
    monkeypatch.setattr(session_access, "HTTP_SECONDS", 1)
    monkeypatch.setattr(team_objects, "TIMEOUT", second)
    monkeypatch.setattr(team_objects, "RETRY_TIMEOUT", second)
    before = runs(team)
    with planstore.open(team.results, create=False) as store:
        objects.rule("hang", "^HEAD")
        with pytest.raises(DeniedError) as raised:
            route(store, 640)
        asked = objects.rule("503", "^PUT .*/data/", times=session_access.HTTP_RETRIES)
        assert asked <= 1 + 3, "a size is read, and the rollback asks once for each of three files"
        assert not any(ugly in str(raised.value) for ugly in (*UGLY, "\n")), raised.value
        assert runs(team) == before
        route(store, 640)  # with the patience of before the rollback
    check(team, range(640, 641))


def test_an_object_storage_that_does_not_answer_is_no_finding(team: Store, objects: Proxy) -> None:
    objects.rule("503", "^GET .*/data/")
    with pytest.raises(DeniedError):
        team.integrity.verify()
    objects.rule("pass")
    assert team.integrity.verify().findings == []


def test_everything_holds_after_all_of_that(team: Store) -> None:
    numbers = [commit["commit_id"] for commit in reversed(team.log())]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [str(finding) for finding in team.integrity.verify().findings] == []
