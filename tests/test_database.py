"""What a session holds comes in the order that was asked for, however the database's threads made it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, strategies as st

import planstore
import samples
from planstore.api.store import Store
from planstore.database.batches import BATCH_ROWS, encoded
from planstore.database.connection import memory
from planstore.database.error_translation import query_errors, unreadable
from planstore.database.session import Session
from planstore.errors import DeniedError, RequestError, StoreError

pytestmark = pytest.mark.usefixtures("many_threads")
Row = tuple[int, int, str]


def held(session: Session, rows: pa.Table, bounds: Sequence[int] = ()) -> pa.Table:
    """Return rows as a session holds them in the order of the columns ``a`` and ``b``."""
    session.register("given", rows)
    session.run_text("CREATE OR REPLACE TEMP VIEW made AS FROM given")
    return session.materialize("held", "made", place="number", order=("a", "b"), bounds=bounds)


@given(
    rows=st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 3), st.text(max_size=3)), max_size=30),
    bounds=st.sets(st.integers(-1, 6)).map(sorted),
)
def test_rows_are_held_in_order_and_numbered(session: Session, rows: list[Row], bounds: list[int]) -> None:
    columns: Any = list(zip(*rows, strict=True)) or ([], [], [])
    table = pa.table({"a": pa.array(columns[0], pa.int64()), "b": pa.array(columns[1], pa.int64()), "text": columns[2]})
    texts = [text for *_, text in sorted(rows, key=lambda row: row[:2])]
    assert held(
        session, table.cast(pa.schema({"a": pa.int64(), "b": pa.int64(), "text": pa.string()})), bounds
    ).to_pylist() == [{"number": number, "text": text} for number, text in enumerate(texts, 1)]


def test_parts_keep_no_memory_of_the_batches_they_were_made_of() -> None:
    texts = pa.array(["a", None, "a"])
    columns = {"number": [1, 2, None], "text": texts, "lists": pa.ListArray.from_arrays([0, 2, 2, 3], texts)}
    table = pa.table(columns)
    addresses = [
        {buffer.address for column in found.columns for buffer in column.chunk(0).buffers() if buffer and buffer.size}
        for found in (table, encoded(table))
    ]
    assert all(addresses)
    assert addresses[0].isdisjoint(addresses[1])


def test_what_threads_made_beside_each_other_is_held_in_order(session: Session) -> None:
    numbers = [*range(BATCH_ROWS, 2 * BATCH_ROWS), *range(BATCH_ROWS), *range(2 * BATCH_ROWS, 2 * BATCH_ROWS + 10)]
    table = held(session, pa.table({"a": [7] * len(numbers), "b": numbers, "value": numbers}))
    assert table.column_names == ["number", "value"]
    assert table["value"].to_pylist() == sorted(numbers)
    assert table["number"].to_pylist() == [number + 1 for number in sorted(numbers)]


ENDLESS = "select sum(a.range * b.range) from range(10000000) a, range(10000000) b"
STREAM = "select a.range from range(10000000) a, range(10000000) b"


@pytest.mark.parametrize(
    "read",
    [
        lambda session: session._connection.execute(ENDLESS).fetchall(),
        lambda session: session._connection.execute(STREAM).to_arrow_reader(1000).read_all(),
    ],
    ids=["rows", "batches"],
)
def test_an_interrupt_says_nothing_of_what_is_read(read: Callable[[Session], object]) -> None:
    session, over = memory(threads=1), Event()

    def interrupt() -> None:
        while not over.wait(0.05):
            session.interrupt()

    thread = Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt), unreadable("the store"):
        read(session)
    over.set()
    thread.join()
    session.close()


DENIALS = (
    MemoryError(),
    PermissionError(13, "Permission denied", "x.parquet"),
    OSError(24, "Too many open files", "x.parquet"),
    duckdb.OutOfMemoryException("Out of Memory Error: could not allocate"),
    duckdb.IOException('IO Error: Cannot open file "x.parquet": Permission denied'),
    duckdb.IOException('IO Error: Cannot open file "x.parquet": Too many open files'),
)
FAULTS = (
    FileNotFoundError(2, "No such file or directory", "x.parquet"),
    duckdb.IOException('IO Error: Cannot open file "x.parquet": No such file or directory'),
    duckdb.InvalidInputException("No magic bytes found at end of file"),
    ValueError("what was altered"),
)


@pytest.mark.parametrize("error", [*DENIALS, *FAULTS], ids=repr)
def test_what_the_system_denies_says_nothing_of_what_is_read(error: Exception) -> None:
    with pytest.raises(StoreError, match="the store could not be read or written: ") as raised, unreadable("the store"):
        raise error
    assert isinstance(raised.value, DeniedError) == (error in DENIALS)


@pytest.mark.parametrize("text", ["Timeout was reached", "Transferred a partial file"])
def test_an_answer_of_a_server_that_breaks_off_is_no_fault_of_the_query(text: str) -> None:
    with pytest.raises(StoreError, match=f"the store could not be read: {text}"), query_errors():
        raise duckdb.Error(text)
    with pytest.raises(DeniedError), unreadable("the store"):
        raise duckdb.Error(text)


BROKEN = pa.table({"x": pa.ListArray.from_arrays([0, 0], pa.array([], pa.string()).dictionary_encode())})
"""Rows that DuckDB 1.5 has an internal error over: lists of dictionaries that are all empty."""


@pytest.mark.parametrize("opened", [lambda store: store.access.session, lambda store: store.access.ledger.writer()])
def test_a_store_is_opened_again_after_an_internal_error_of_the_database(
    store: Store, opened: Callable[[Store], Session]
) -> None:
    store.route(samples.table(samples.records(1, 1)), samples.policy(), run_id="before")
    session = opened(store)
    session.register("broken", BROKEN)
    with pytest.raises(StoreError, match=r"INTERNAL Error"):
        session.run_text("select count(distinct x) from broken")
    with pytest.raises(StoreError, match=r"database has been invalidated"):
        session.row("ledger/last_commit")
    assert store.run().run_id == "before"
    store.route(samples.table(samples.records(1, 2)), samples.policy(), run_id="after")
    assert store.why("y_up_01_10m", "SYM01").route is not None
    assert store.integrity.verify().holds


def test_a_query_on_a_lost_database_is_an_error_of_the_store(store: Store) -> None:
    store.create()
    session = store.access.user_session
    session.register("broken", BROKEN)
    with pytest.raises(StoreError, match="INTERNAL Error"):
        session.run_text("select count(distinct x) from broken")
    with pytest.raises(StoreError, match="database has been invalidated"):
        session.query("from runs", at_once=True)
    assert store.sql("select count(*) from runs").fetchall() == [(0,)]


def test_no_session_changes_a_setting_that_other_threads_read(store: Store) -> None:
    def setting() -> object:
        return ledger.writer()._connection.execute("select current_setting('disabled_optimizers')").fetchone()

    store.create()
    ledger = store.access.ledger
    before = setting()
    with ledger.writer().joins_as_written():
        assert setting() == before == ("join_order,build_side_probe_side",)
    assert setting() == before
    with pytest.raises(AssertionError, match="other sessions"), ledger.small_writer().joins_as_written():
        pass


def threads_of(session: Session) -> int:
    return int(session._connection.execute("SELECT current_setting('threads')").fetchall()[0][0])


def test_the_environment_sets_the_threads_of_a_store_and_of_a_database_in_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLANSTORE_THREADS", "3")
    with planstore.open(tmp_path / "results") as store, closing(memory()) as session:
        assert threads_of(store.access.session) == 3
        assert threads_of(session) == 3
    with closing(memory(threads=2)) as session:
        assert threads_of(session) == 2


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", "1025"])
def test_another_number_of_threads_is_refused(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLANSTORE_THREADS", text)
    needed = f"PLANSTORE_THREADS must be a whole number from 1 to 1024, got '{text}': correct or unset it"
    with pytest.raises(RequestError, match=re.escape(needed)):
        planstore.open(tmp_path / "results")
    with pytest.raises(RequestError, match=re.escape(needed)):
        memory()
    assert not (tmp_path / "results").exists()


PROGRESS_BAR = """
from planstore.database.connection import memory
print(memory()._connection.execute("SELECT current_setting('enable_progress_bar')").fetchone()[0])
"""


def test_no_progress_bar_is_printed_where_no_file_is_run() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRESS_BAR], capture_output=True, text=True, check=True)
    assert ended.stdout == "False\n"
