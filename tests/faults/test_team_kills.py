"""Writers of a team store that are killed at random moments, and a database that is: nothing acknowledged is lost.

``make crash`` kills hundreds, the suite a few.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import pytest

import planstore
from faults.harness import (
    Faults,
    KilledError,
    Process,
    RefusedError,
    Results,
    Step,
    check_after,
    collect,
    do,
    in_hand,
    needs_compiler,
)
from planstore.ledger.opening import join
from planstore.ledger.team.address import TeamAddress
from team_servers import TeamServers

pytestmark = needs_compiler
KILLS = int(os.environ.get("PLANSTORE_KILLS", "14"))
"""Kills of the suite's embedded stores."""
WRITERS = max(2, KILLS // 4 - 1)
GROUPS = max(1, KILLS // 40)
PROCESSES, STATUSES = 8, 4
DATABASES = max(1, KILLS // 10)
KILLS_A_STORE = 12
WORK = ("route", "status", "small route", "artifact", "many statuses", "compact")
KINDS = ("DeniedError", "StoreError", "CommitFailedError", "ReadBackError")
"""Errors of a database that is gone."""
ABANDONED = """
import sys
import planstore

store = planstore.open(sys.argv[1], create=False)
session = store.access.ledger.writer()
block = session.transaction()
block.__enter__()
session.row("ledger/last_commit")
print("ready", flush=True)
sys.stdin.readline()
print("over", flush=True)
"""


@pytest.fixture(scope="module")
def faults(servers: TeamServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faults]:
    folder = tmp_path_factory.mktemp("team")
    environment = {**servers.environment(), "XDG_CACHE_HOME": str(folder / "cache")}
    with Faults(folder, environment, ("botocore.session", "obstore.store", "psycopg")) as made:
        yield made


def stores(faults: Faults, servers: TeamServers) -> Iterator[Results]:
    """Yield the folder of a store for each kill: a new store, or a new folder that points to an earlier one."""
    while True:
        address, results = TeamAddress.of_url(servers.address()), Results(faults.folder)
        for number in range(KILLS_A_STORE):
            made = faults.results()
            results.folder = made.folder
            join(address, results.folder / "planstore")
            if number == 0:
                with faults.process() as process:
                    process.use(results)
                    do(process, results, faults.steps("small route"))
            yield results


def work(faults: Faults, *verbs: str) -> list[Step]:
    """Return steps; a compaction keeps unreferenced files, because another writer may be about to record them."""
    return [(verb, {"grace_hours": 24} if verb == "compact" else values) for verb, values in faults.steps(*verbs)]


def test_a_writer_that_is_killed_at_any_moment_loses_nothing_that_it_acknowledged(
    faults: Faults, servers: TeamServers
) -> None:
    moments, killed = random.Random(37), 0
    for results, _ in zip(stores(faults, servers), range(WRITERS), strict=False):
        steps = work(faults, *WORK)
        with faults.process() as process:
            process.use(results)
            for verb, values in steps:
                process.tell(verb, **values)
            process.kill(after=moments.uniform(0.2, 4))
            try:
                collect(process, results, steps)
            except KilledError:
                killed += 1
        with faults.process() as process:
            check_after(process, results, in_hand(results, steps), work(faults, "small route"))
    assert killed >= 0.5 * WRITERS


def test_writers_that_record_at_once_lose_and_double_nothing_whoever_is_killed(
    faults: Faults, servers: TeamServers
) -> None:
    moments, killed = random.Random(43), 0
    for results, first in zip(stores(faults, servers), range(1, GROUPS * STATUSES, STATUSES), strict=False):
        with planstore.open(results.folder, create=False) as store, ExitStack() as opened:
            plan = store.plan()
            plan_id, jobs = str(plan.plan_id), [job["job_id"] for job in plan.jobs[:PROCESSES]]
            before = len(store.log())
            notes = {
                job: results.folder.with_name(f"{results.folder.name}-{place}.txt") for place, job in enumerate(jobs)
            }
            processes = [opened.enter_context(faults.process()) for _ in jobs]
            for process in processes:
                process.use(results)
            for process, (job, note) in zip(processes, notes.items(), strict=True):
                process.tell("statuses", plan_id=plan_id, job_id=job, first=first, size=STATUSES, said=str(note))
            for process in processes[:2]:
                process.kill(after=moments.uniform(0, 0.3))
            for process in processes:
                try:
                    assert process.answer() == STATUSES
                except KilledError:
                    killed += 1
            query = "select attempt from job_status where job_id = $job and commit_id > $before order by commit_id"
            for place, (job, note) in enumerate(notes.items()):
                acknowledged = len(note.read_text("utf-8").split()) if note.exists() else 0
                attempts = [attempt for (attempt,) in store.sql(query, {"job": job, "before": before}).fetchall()]
                assert attempts == list(range(first, first + len(attempts))), "each is there once, in order"
                assert acknowledged <= len(attempts) <= acknowledged + 1, "and so is each that was acknowledged"
                assert place < 2 or acknowledged == STATUSES
            assert [str(finding) for finding in store.integrity.verify().findings] == []
    assert killed >= 0.5 * GROUPS


def refused_of(process: Process, results: Results, steps: Sequence[Step]) -> list[Step]:
    """Take the answers to steps that a process was told to do, and return those that planstore refused."""
    refused, errors = list[Step](), list[RefusedError]()
    for step in steps:
        try:
            collect(process, results, [step])
        except RefusedError as error:
            refused.append(step)
            errors.append(error)
    assert all(error.kind in KINDS for error in errors), errors
    assert not any("Traceback" in error.because for error in errors), errors
    return refused


def test_a_process_lives_on_when_the_database_is_killed_and_started_again(faults: Faults, servers: TeamServers) -> None:
    moments, results, failed = random.Random(41), next(stores(faults, servers)), 0
    with faults.process() as process:
        process.use(results)
        for _ in range(DATABASES):
            steps = work(faults, "route", "small route", "artifact", "route")
            for verb, values in steps:
                process.tell(verb, **values)
            servers.kill("postgres", after=moments.uniform(0, 2))
            refused = refused_of(process, results, steps)
            servers.start_postgres()
            failed += bool(refused)
            do(process, results, refused)
        assert failed >= 0.4 * DATABASES
        assert sorted(run for run in process.ask("log") if run in results.runs) == sorted(results.runs)
        assert process.ask("kept", digests=results.artifacts) == []
        assert process.ask("verify") == []


def test_a_process_that_ends_in_a_transaction_on_a_lost_connection_is_not_aborted(
    faults: Faults, servers: TeamServers
) -> None:
    results = next(stores(faults, servers))
    with subprocess.Popen(
        [sys.executable, "-c", ABANDONED, str(results.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        servers.kill("postgres")
        try:
            said = process.communicate("\n", timeout=60)
        finally:
            servers.start_postgres()
    assert (process.returncode, *said) == (0, "over\n", "")
