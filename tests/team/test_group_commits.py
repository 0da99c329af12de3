"""Writers of statuses that wait for the lock of a team store are committed by its holder, with their own outcomes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path
from signal import SIGKILL
from uuid import uuid4

import orjson
import pytest
from hypothesis import given, strategies as st

import planstore
import samples
from planstore import ConflictError, JobStatus, StatusWriter, Store, StoreBusyError
from planstore.errors import CommitFailedError, KeyConflictError, ReadBackError
from planstore.events.vocabulary import JobState
from planstore.ledger.commit_builder import INLINED_ROWS
from planstore.ledger.ledger import Ledger
from planstore.ledger.opening import join, team_storage
from planstore.ledger.read_back import CatalogTables
from planstore.ledger.status_requests import read_requests, written_requests
from planstore.ledger.storage import Posted, Turn
from planstore.ledger.team.address import TeamAddress
from planstore.ledger.transaction import CommitTransaction
from team_lock import HeldLock
from team_servers import TeamServers

WRITER = """
import os, signal, sys
import planstore
from planstore import JobStatus
from planstore.ledger.team.lock import TeamTurn
from planstore.ledger.transaction import CommitTransaction

dies, address, plan_id, job_id = sys.argv[1:]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def seal(transaction):
    sealed(transaction)
    die()

sealed = CommitTransaction.seal
if dies == "before the commit":
    CommitTransaction.seal = seal
elif dies == "after the commit":
    TeamTurn.release = die
with planstore.open(address) as store, store.training.status_writer() as writer:
    print(writer.record(JobStatus(plan_id, job_id, "running", worker="child")))
"""


LOCKS = f"planstore {os.getpid()} %"
"""The names of this process's connections for the lock."""
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)
STATUSES = st.lists(
    st.builds(
        JobStatus,
        plan_id=st.just("p"),
        job_id=st.sampled_from(["j", "é'\\", '"']),
        status=st.sampled_from(JobState),
        attempt=st.integers(1, 9),
        worker=st.sampled_from([None, "w"]),
        occurred_at=st.datetimes(timezones=st.just(UTC)),
        lease_until=st.none() | st.datetimes(timezones=st.just(UTC)),
        metrics=st.none() | st.dictionaries(st.sampled_from("abc"), NUMBERS),
        error=st.none() | TEXTS,
        artifacts=st.lists(st.just("ab" * 32), max_size=2),
    ),
    min_size=1,
    max_size=3,
)


@pytest.fixture(scope="module")
def address(running_servers: TeamServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamAddress]:
    """A store with the plan of one run."""
    with pytest.MonkeyPatch.context() as patch:
        running_servers.set_variables(patch)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        address = TeamAddress.of_url(running_servers.address())
        join(address, tmp_path_factory.mktemp("team") / "planstore")
        with planstore.open(address.url) as store:
            store.route(samples.table(samples.records(6, 14)), samples.policy())
        yield address


@pytest.fixture(scope="module")
def team(address: TeamAddress) -> Iterator[Store]:
    with planstore.open(address.url) as store:
        yield store


@pytest.fixture(scope="module")
def jobs(team: Store) -> Iterator[str]:
    """Jobs that no other test uses."""
    return iter([job["job_id"] for job in team.plan().jobs])


@pytest.fixture
def held(running_servers: TeamServers, address: TeamAddress) -> Iterator[HeldLock]:
    with HeldLock(running_servers.conninfo(), address) as lock:
        yield lock


@pytest.fixture
def writers(team: Store) -> Iterator[list[StatusWriter]]:
    made = [team.training.status_writer() for _ in range(7)]
    yield made
    for writer in made:
        writer.close()


def status(team: Store, job: str, state: str = "running", **values: object) -> JobStatus:
    return JobStatus(str(team.plan().plan_id), job, state, **values)  # type: ignore[arg-type]


def recorded(team: Store, job: str) -> list[tuple[int, str]]:
    query = "select attempt, status from job_status where job_id = $job order by commit_id, position"
    return team.sql(query, {"job": job}).fetchall()


def snapshots(team: Store, after: int) -> int:
    """Return how many snapshots the commits after one are of."""
    session = team.access.ledger.writer()
    (name,) = [name for table, name in session.rows("ledger/inlined_tables") if table == "commits"]
    rows = session.rows("verify/snapshots_of_rows", inlined=f"__ducklake_metadata_lake.{name}")
    session.close()
    return len({snapshot for commit_id, snapshot in rows if commit_id > after})


def answer_to(team: Store, events: str) -> str | None:
    """Wait with a request, and return the answer; None if it was this writer's turn."""
    with team.access.ledger.turn(lambda: Posted("somebody", 2, events)) as turn:
        return turn.answer


def test_those_who_wait_are_committed_at_once_and_the_refused_among_them_harm_nobody(
    team: Store, held: HeldLock, writers: list[StatusWriter], jobs: Iterator[str], tmp_path: Path
) -> None:
    good, ended, same, other = next(jobs), next(jobs), next(jobs), next(jobs)
    first = status(team, other)
    held.release()
    writers[0].record(status(team, ended, "succeeded"))
    recorded_in = writers[0].record(first)
    held.hold()
    anchor, before = team.integrity.anchor(), len(team.log())
    twice = status(team, same, worker="w", metrics={"auc": 0.5, "rows": 3})
    requests = [
        [status(team, good), status(team, good, "failed", error="'\\ \n é")],
        [status(team, ended)],
        [twice],
        [first],
        [twice],
        [replace(first, worker="another")],
        [status(team, good, attempt=2)],
    ]
    calls = [held.waits(partial(writer.record, *request)) for writer, request in zip(writers, requests, strict=True)]
    held.release()
    outcomes = [call.exception() or call.result() for call in calls]
    late, conflict = outcomes.pop(1), outcomes.pop(4)
    assert isinstance(late, ConflictError)
    assert "it is succeeded already" in str(late)
    assert isinstance(conflict, KeyConflictError)
    assert f"recorded already, in commit {recorded_in}, with other content" in str(conflict)
    assert outcomes == [before + 1, before + 1, recorded_in, before + 1, before + 1]
    assert len(team.log()) == before + 1
    assert held.requests() == []
    assert recorded(team, good) == [(1, "running"), (1, "failed"), (2, "running")]
    with team.at(before + 1) as then:
        assert [change["job_id"] for change in then.training.status_changes(after=before)] == [good, good, same, good]
    team.maintenance.copy(tmp_path / "copy")
    with planstore.open(tmp_path / "copy") as copied:
        assert copied.integrity.anchor() == team.integrity.anchor()
        assert [str(finding) for finding in copied.integrity.verify(anchor).findings] == []


def test_requests_without_their_writers_are_not_recorded(team: Store, held: HeldLock, jobs: Iterator[str]) -> None:
    job = next(jobs)
    events = written_requests([[status(team, job).row(0)]])
    held.ask("request", str(uuid4()), "somebody", 1, events)  # of a connection that does not wait
    assert len(held.requests()) == 1
    with team.training.status_writer() as writer:
        call = held.waits(partial(writer.record, status(team, next(jobs))))
        held.release()
        assert call.result()
    assert (held.requests(), recorded(team, job)) == ([], [])


def test_the_requests_of_each_user_share_a_commit_in_one_transaction(
    team: Store, held: HeldLock, jobs: Iterator[str]
) -> None:
    job, before = next(jobs), len(team.log())
    events = written_requests([[status(team, job).row(0)], [status(team, job, "failed").row(0)]])
    again = written_requests([[status(team, job).row(0)], [status(team, job, attempt=2).row(0)]])
    with team.training.status_writer() as writer:
        mine = held.waits(partial(writer.record, status(team, next(jobs))))
        theirs = [held.waits(partial(answer_to, team, one)) for one in (events, again)]
        held.release()
        number = mine.result() + 1
        first, second = (orjson.loads(one.result() or "") for one in theirs)
    assert first == [number, number]
    assert (second[0]["error"], second[1]) == ("ConflictError", number)
    assert snapshots(team, before) == 1
    assert recorded(team, job) == [(1, "running"), (1, "failed"), (2, "running")]
    query = "select actor = 'somebody' from commits where commit_id >= $mine order by commit_id"
    assert team.sql(query, {"mine": number - 1}).fetchall() == [(False,), (True,)]


@pytest.mark.parametrize("events", ["[[{}]]", "7", "not JSON"])
def test_an_unreadable_request_is_left_to_its_writer(
    events: str,
    team: Store,
    held: HeldLock,
    jobs: Iterator[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = next(jobs)
    with team.training.status_writer() as writer:
        mine, other = (
            held.waits(partial(writer.record, status(team, job))),
            held.waits(partial(answer_to, team, events)),
        )
        held.release()
        assert mine.result()
        assert other.result() is None
    assert "a request is left to its writer" in caplog.text


def test_a_writer_that_waits_too_long_withdraws_its_request(
    address: TeamAddress, team: Store, held: HeldLock, jobs: Iterator[str], tmp_path: Path
) -> None:
    job = next(jobs)
    impatient = StatusWriter(Ledger(team_storage(address, tmp_path, lock_timeout=0.3), create=False))
    with impatient, pytest.raises(StoreBusyError, match=f"written by .*waited 0.3 s for the catalog {address.catalog}"):
        impatient.record(status(team, job))
    assert held.requests() == []
    held.release()
    with team.training.status_writer() as writer:
        writer.record(status(team, next(jobs)))
    assert recorded(team, job) == []


@pytest.mark.parametrize("ends", [True, False], ids=["a holder that ends", "a holder that hangs"])
def test_a_request_that_a_holder_has_taken_is_waited_for_again(
    ends: bool, address: TeamAddress, team: Store, held: HeldLock, jobs: Iterator[str], tmp_path: Path
) -> None:
    impatient = StatusWriter(Ledger(team_storage(address, tmp_path, lock_timeout=1 if ends else 0.3), create=False))
    with impatient:
        call = held.waits(partial(impatient.record, status(team, next(jobs))))
        ((number, *_),) = held.ask("take_requests", address.schema, 100)
        if ends:
            first = held.waiting_since()
            while held.waiting_since() in (first, []):
                assert not call.done()  # until its time is over, and it waits again
            held.ask("answer_requests", [number], ["[7]"])
            held.release()
            assert call.result() == 7
        else:
            with pytest.raises(
                CommitFailedError, match="it has taken these events, and if they are recorded is not known"
            ):
                call.result()


@pytest.mark.parametrize("dies", ["before the commit", "after the commit", "while it waits"])
def test_a_writer_that_is_killed_takes_nobody_with_it(
    dies: str, address: TeamAddress, team: Store, held: HeldLock, writers: list[StatusWriter], jobs: Iterator[str]
) -> None:
    theirs, mine, before = next(jobs), [next(jobs), next(jobs)], len(team.log())
    command = [sys.executable, "-c", WRITER, dies, address.url, str(team.plan().plan_id), theirs]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        if dies == "while it waits":
            calls = [held.waits(partial(writers[0].record, status(team, mine[0])))]
            held.waits()
            child.kill()
            child.wait()
        else:
            held.waits()
            calls = [held.waits(partial(writers[0].record, status(team, mine[0])))]
        calls.append(held.waits(partial(writers[1].record, status(team, mine[1]))))
        held.release()
        numbers = [call.result() for call in calls]
        assert child.wait() == -SIGKILL
    assert recorded(team, theirs) == ([] if dies == "before the commit" else [(1, "running")])
    assert [recorded(team, job) for job in mine] == [[(1, "running")]] * 2
    assert sorted(set(numbers)) == list(range(before + 1, len(team.log()) + 1))
    # because the server may notice that the process is gone before it runs the statement that removes the request
    assert len(held.requests()) <= (dies == "while it waits")


def test_a_writer_knows_what_others_have_recorded_wherever_it_is(
    team: Store, jobs: Iterator[str], address: TeamAddress
) -> None:
    first, second, of_files, of_both, flushed = (next(jobs) for _ in range(5))
    with (
        planstore.open(address.url) as elsewhere,
        team.training.status_writer() as writer,
        team.training.status_writer() as idle,
        elsewhere.training.status_writer() as other,
    ):
        for one in (writer, idle, other):
            one.record(status(team, next(jobs)))

        def is_known(ended: str, *, by: StatusWriter = writer) -> None:
            with pytest.raises(ConflictError, match="it is failed already"):
                by.record(status(team, ended))

        other.record(status(team, first, "failed"))
        is_known(first)
        attempts = [status(team, of_files, attempt=1 + number) for number in range(INLINED_ROWS + 1)]
        other.record(*attempts)  # too many for the catalog
        with pytest.raises(ConflictError, match=f"attempt {len(attempts)} has begun"):
            writer.record(status(team, of_files))
        other.record(status(team, second, "failed"))
        writer.record(status(team, of_both, "failed"))  # through the ledger of the idle writer, which follows later
        other.record(status(team, next(jobs)))
        is_known(second, by=idle)
        is_known(of_both, by=idle)
        other.record(status(team, flushed, "failed"))
        elsewhere.maintenance.compact(grace=timedelta(days=1))
        other.record(status(team, next(jobs)))
        is_known(flushed)
        is_known(flushed, by=idle)
    assert [str(finding) for finding in team.integrity.verify().findings] == []


def test_rows_are_read_back_although_the_connection_of_the_lock_has_ended(
    team: Store, held: HeldLock, jobs: Iterator[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    check = CommitTransaction.check_stored

    def ended(transaction: CommitTransaction, turn: Turn, catalog: CatalogTables) -> None:
        held.run("select pg_terminate_backend(pid) from pg_stat_activity where application_name like $1", LOCKS)
        check(transaction, turn, catalog)

    monkeypatch.setattr(CommitTransaction, "check_stored", ended)
    held.release()
    job = next(jobs)
    with team.training.status_writer() as writer:
        assert [writer.record(status(team, job, state)) for state in ("running", "failed")] == [
            len(team.log()) - 1,
            len(team.log()),
        ]
    assert recorded(team, job) == [(1, "running"), (1, "failed")]


def test_rows_that_are_stored_otherwise_than_written_are_an_error(
    team: Store, held: HeldLock, jobs: Iterator[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    check = CommitTransaction.check_stored
    (name,) = [
        name for table, name in team.access.ledger.writer().rows("ledger/inlined_tables") if table == "job_status"
    ]

    def altered(transaction: CommitTransaction, turn: Turn, catalog: CatalogTables) -> None:
        held.run(f"update {name} set attempt = 2 where commit_id = {transaction.newest.commit_id}")
        try:
            check(transaction, turn, catalog)
        finally:
            held.run(f"update {name} set attempt = 1 where commit_id = {transaction.newest.commit_id}")

    monkeypatch.setattr(CommitTransaction, "check_stored", altered)
    held.release()
    with (
        team.training.status_writer() as writer,
        pytest.raises(ReadBackError, match="does not read back as it was written: job_status: read was"),
    ):
        writer.record(status(team, next(jobs)))


@given(STATUSES)
def test_requests_are_the_same_statuses_for_another_writer(made: list[JobStatus]) -> None:
    requests = [[one.row(0)] for one in made]
    assert read_requests(written_requests(requests)) == requests
