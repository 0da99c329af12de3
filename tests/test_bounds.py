"""A query that eats memory or time is ended, and says which bound it has reached."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import planstore
import samples
from planstore import QueryError, RequestError, Store
from planstore.database.query_bounds import Bounds, memory_bytes

PLANSTORE = str(Path(sys.executable).with_name("planstore"))
ENDLESS = "with recursive a as (select 1 as n union all select n + 1 from a) select max(n) from a"
HUGE = "select len(list(range)) from range(1000000000)"
LONG = "select length(repeat('x', 3000000000))"
"""One call of one function, which nothing can interrupt."""
TIMEOUT = r"the query has reached its bound of 0\.5 seconds \(timeout\): ask for less, or allow it more"
MEMORY = "the query has reached its bound of memory: ask for less, or allow it more"


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with planstore.open(tmp_path_factory.mktemp("bounds") / "results") as store:
        store.route(samples.table(samples.records()), samples.policy())
        yield store


def test_a_query_that_reaches_a_bound_is_ended_and_the_next_one_works(reader: Store) -> None:
    with pytest.raises(QueryError, match=TIMEOUT):
        reader.sql(ENDLESS, timeout=0.5)
    with pytest.raises(QueryError, match=MEMORY):
        reader.sql(HUGE, memory="150MB")
    with pytest.raises(QueryError, match=TIMEOUT):
        reader.sql(ENDLESS, memory="150MB", timeout=0.5)
    counting = "select count(*) from runs"
    for relation in (reader.sql(counting), reader.sql(counting, timeout=60), reader.sql(counting, memory="150MB")):
        assert relation.fetchall() == [(1,)]


def test_parameters_may_have_the_names_of_bounds(reader: Store) -> None:
    given = {"timeout": "a", "memory": "b", "query": "c"}
    assert reader.sql("select $timeout, $memory, $query", given, timeout=60).fetchall() == [("a", "b", "c")]


def test_a_store_as_of_a_commit_keeps_its_bounds(reader: Store) -> None:
    with planstore.open(reader.results, as_of=1, memory="150MB") as store, store.at(0) as before:
        assert store.sql("select count(*) from runs", memory="200MB").fetchall() == [(1,)]
        assert before.sql("select count(*) from runs", memory="200MB").fetchall() == [(0,)]
        with pytest.raises(QueryError, match=MEMORY):
            before.sql(HUGE, timeout=60)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ({"memory": "lots"}, "memory must be a number and a unit, as 2GB or 512MiB, got 'lots'"),
        ({"memory": "1e9GB"}, "memory must be a number and a unit"),
        ({"memory": "-1GB"}, "memory must be a number and a unit"),
        ({"memory": "1KB"}, "memory must be at least 100MB, which reading a store takes, got '1KB'"),
        ({"timeout": 0}, "timeout must be seconds above 0, got 0"),
        ({"timeout": float("nan")}, "timeout must be seconds above 0, got nan"),
        ({"timeout": float("inf")}, "timeout must be seconds above 0, got inf"),
    ],
)
def test_a_bound_that_is_none_is_refused(reader: Store, bounds: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError) as refused:
        reader.sql("from runs", **bounds)
    assert said in str(refused.value)


def test_memory_is_read_in_units_of_ten_and_of_two() -> None:
    assert [memory_bytes(text) for text in ("2GB", "0.5 gib", "200mb", "1TiB")] == [2 * 10**9, 2**29, 2 * 10**8, 2**40]


def test_time_in_which_nothing_is_computed_does_not_count() -> None:
    bounds = Bounds(lambda: None, seconds=0.2)
    for _ in range(3):
        with bounds.computing():
            pass
        busy(0.1)
    with pytest.raises(QueryError, match=r"0\.2 seconds"), bounds.computing():
        busy(1)


@pytest.mark.parametrize(
    ("cause", "error"), [(RuntimeError("Query interrupted"), QueryError), (None, KeyboardInterrupt)]
)
def test_an_interrupt_by_the_bound_is_its_error_and_one_by_the_user_stays(
    cause: Exception | None, error: type[BaseException]
) -> None:
    with pytest.raises(error):
        interrupted_late(cause)


def interrupted_late(cause: Exception | None) -> None:
    with Bounds(lambda: None, seconds=0.1).computing():
        busy(0.3)
        raise KeyboardInterrupt from cause


def busy(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        continue


@pytest.mark.parametrize("bound", [("--timeout", "0.5"), ("--memory", "100MB", "--timeout", "100")])
def test_the_command_line_ends_even_a_query_that_cannot_be_interrupted(reader: Store, bound: tuple[str, ...]) -> None:
    query = LONG if len(bound) == 2 else "select length(lpad('x', 2000000000, 'y'))"
    command = [PLANSTORE, "sql", query, *bound, "--results", str(reader.results)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    said = MEMORY if len(bound) == 4 else TIMEOUT.replace("\\", "")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"planstore: {said}\n")
