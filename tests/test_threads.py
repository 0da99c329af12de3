"""Threads that share one store: each gets the answer to its own question."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest

import planstore
import samples
from ledger_checks import check_ledger
from planstore import QueryError, Store

pytestmark = pytest.mark.usefixtures("many_threads")

TURNS = 20


def at_once(*works: Callable[[], None]) -> None:
    """Run all works at the same moment, each in a thread of its own; the first error is raised."""
    start = Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        start.wait(timeout=60)
        for _ in range(TURNS):
            work()

    with ThreadPoolExecutor(len(works)) as threads:
        for done in [threads.submit(run, work) for work in works]:
            done.result(timeout=120)


@pytest.fixture
def filled(store: Store) -> Store:
    store.route(samples.table(samples.records()), samples.policy(), run_id="first")
    return store


def test_threads_that_ask_by_sql_get_the_answers_to_their_own_questions(filled: Store) -> None:
    def ask(number: int) -> None:
        query = f"select {number}, count(*) from candidates"
        assert filled.sql(query).fetchall() == [(number, 15)]

    at_once(*(partial(ask, number) for number in range(4)))


def test_threads_that_ask_what_the_store_has_methods_for_get_whole_answers(filled: Store) -> None:
    def log() -> None:
        assert [commit["run_id"] for commit in filled.log()] == ["first"]

    def why() -> None:
        assert filled.why("y_up_01_10m", "SYM00").symbol == "SYM00"

    def jobs() -> None:
        assert len(filled.training.jobs()) == filled.plan().metadata["total_jobs"]

    at_once(log, why, jobs, log)


def test_a_forbidden_query_stays_forbidden_while_others_ask_allowed_ones(filled: Store) -> None:
    def allowed() -> None:
        assert filled.sql("select 1").fetchall() == [(1,)]

    def forbidden() -> None:
        with pytest.raises(QueryError):
            filled.sql("select * from duckdb_secrets()")

    at_once(allowed, forbidden, allowed, forbidden)


def test_threads_that_use_a_store_for_the_first_time_open_it_once(tmp_path: Path) -> None:
    with planstore.open(tmp_path / "results") as store:
        store.route(samples.table(samples.records(1, 1)), samples.policy())
    for _ in range(5):
        with planstore.open(tmp_path / "results") as store, ThreadPoolExecutor(6) as threads:
            start = Barrier(6)

            def ask(number: int, store: Store = store, start: Barrier = start) -> list[tuple[int, int]]:
                start.wait(timeout=60)
                return store.sql(f"select {number}, count(*) from runs").fetchall()

            assert list(threads.map(ask, range(6))) == [[(number, 1)] for number in range(6)]


def test_some_threads_route_while_others_read(filled: Store) -> None:
    def route(number: int) -> None:
        filled.route(samples.table(samples.records(seed=number)), samples.policy(), run_id=f"run-{number}")

    def read(_: int) -> None:
        runs, commits = filled.sql("select (select count(*) from runs), (select count(*) from commits)").fetchall()[0]
        assert runs == commits

    with ThreadPoolExecutor(4) as threads:
        routes = [threads.submit(route, number) for number in range(6)]
        reads = [threads.submit(read, number) for number in range(60)]
        for done in [*routes, *reads]:
            done.result(timeout=120)
    assert sorted(check_ledger(filled.results)) == ["first", *(f"run-{number}" for number in range(6))]
