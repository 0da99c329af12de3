"""The ledger's figures: bulk append, single events, group commit, verify. Run by ``make bench``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
from figures import Figure, seconds

import planstore
from planstore import JobStatus
from planstore.database.session import Session
from planstore.events.digest import StagedRows
from planstore.events.vocabulary import CommitKind
from planstore.ledger.ledger import Ledger
from planstore.ledger.opening import storage_in
from planstore.ledger.verify import verify

ROWS = 5_000_000
DEFAULT_ROW_GROUP = 122_880
"""What DuckLake writes when nobody has set anything, as planstore has for its lake."""
STAGED = f"""
CREATE OR REPLACE TEMP VIEW ordered_decisions AS
SELECT 'target_' || (i // 1000) AS target, 'SYM' || (i % 1000) AS symbol, 'ROUTE_BOTH' AS route, 'STRONG' AS cs_state,
       'STRONG' AS local_state, 'STABLE' AS cs_stability, 'STABLE' AS local_stability, 'BOTH_STRONG' AS rule,
       ['CS: STRONG (score=0.7' || (i % 100) || ', stability=STABLE)', 'LOCAL: STRONG (score=0.612, stability=STABLE)',
        'Both CS and local strong'] AS reasons, NULL::VARCHAR AS override_id, 0::BIGINT AS scenario
FROM range({ROWS}) AS t(i)
"""


def bulk(folder: Path, rounds: int = 2) -> Iterator[Figure]:
    """Bulk append with digests and fsync against a bare DuckLake insert; verify against reading."""
    ledger = Ledger(storage_in(folder / "bulk" / "planstore"))
    session = ledger.writer()
    bare = _connection(session)
    bare.execute(STAGED)
    decisions = session.materialize("decisions", "ordered_decisions", place="position")
    ours, inserts = [], []
    for turn in range(rounds):
        ours.append(seconds(lambda: _append(ledger, session, decisions)))
        bare.execute(f"CREATE TABLE lake.bare{turn} AS FROM lake.decisions LIMIT 0")
        bare.execute(f"CALL lake.set_option('parquet_row_group_size', {DEFAULT_ROW_GROUP}, table_name => 'bare{turn}')")
        rows = "SELECT 1, d.position, 'r', d.* EXCLUDE (position, scenario) FROM decisions AS d"
        insert = f"INSERT INTO lake.bare{turn} {rows}"
        inserts.append(seconds(lambda i=insert: bare.execute(i)))
    yield Figure(
        f"append {ROWS:,} decisions, digests and fsync", f"{min(ours):.2f} s",
        f"bare DuckLake insert: {min(inserts):.2f} s", min(ours) / min(inserts), "at most 1.5",
    )  # fmt: skip
    read = "SELECT * FROM lake.decisions"
    verifications, readings = [], []
    for _ in range(rounds):
        verifications.append(seconds(lambda: verify(ledger)))
        readings.append(seconds(lambda: _drain(bare.execute(read).to_arrow_reader(122_880))))
    verified, reads = min(verifications), min(readings)
    yield Figure(
        f"verify {rounds * ROWS:,} rows", f"{verified:.2f} s", f"bare read of all their columns: {reads:.2f} s",
        verified / reads, "at most 2.5",
    )  # fmt: skip
    ledger.close()


def events(folder: Path, rounds: int = 100) -> Iterator[Figure]:
    """A single durable event against a bare DuckLake commit of one row; 32 threads against one."""
    from bench import _plan

    plan = _plan(folder, 20, 20)
    with planstore.open(folder / "helpers20") as store, store.training.status_writer() as writer:
        jobs = [job["job_id"] for job in plan.jobs]
        numbers = iter(range(1, 1_000_000))

        def record(_: int = 0) -> int:
            number = next(numbers)
            status = JobStatus(str(plan.plan_id), jobs[number % len(jobs)], "running")
            return writer.record(status)

        record()
        bare = _connection(store.access.ledger.writer())
        bare.execute("CREATE TABLE IF NOT EXISTS lake.bare AS FROM lake.job_status LIMIT 0")
        one_row = "INSERT INTO lake.bare VALUES (1, 1, 'r', 'p', 'j', 1, 'running', 'w', now(), NULL, NULL, NULL, [])"
        with ThreadPoolExecutor(32) as threads:
            turns = [
                (
                    _each(record, rounds // 5),
                    _unchecked(lambda: _each(record, rounds // 5)),
                    _each(lambda: bare.execute(one_row), rounds // 5),
                    seconds(lambda: list(threads.map(record, range(32 * rounds // 5)))) / (32 * rounds // 5),
                )
                for _ in range(5)
            ]
        single, unchecked, commit, grouped = map(min, zip(*turns, strict=True))
        yield Figure(
            "a single durable event", f"{single * 1000:.1f} ms", f"bare DuckLake single row: {commit * 1000:.1f} ms",
            single / commit, "at most 2.3",
        )  # fmt: skip
        yield Figure(
            "the same, read back", f"{single * 1000:.1f} ms", f"not read back: {unchecked * 1000:.1f} ms",
            single / unchecked, "at most 1.15",
        )  # fmt: skip
        yield Figure(
            "events a second, 32 threads", f"{1 / grouped:,.0f}", f"one thread: {1 / single:,.0f}", single / grouped,
            "at least 20",
        )  # fmt: skip


def _unchecked(work: Callable[[], float]) -> float:
    """Return what work takes when commits are acknowledged without being read back."""
    checked = Ledger._check_stored
    Ledger._check_stored = lambda *_: None  # type: ignore[method-assign]
    try:
        return work()
    finally:
        Ledger._check_stored = checked  # type: ignore[method-assign]


def _append(ledger: Ledger, session: Session, decisions: pa.Table) -> None:
    with ledger.commit(session, CommitKind.RUN, run_id="r") as builder:
        builder.append_staged("decisions", StagedRows(decisions.drop_columns(["position", "scenario"])))


def _connection(session: Session):  # type: ignore[no-untyped-def]
    """Return the bare connection of a session: what stands beside planstore speaks to DuckDB itself."""
    return session._connection


def _drain(reader: pa.RecordBatchReader) -> None:
    for _ in reader:
        pass


def _each(work: Callable[[], object], rounds: int) -> float:
    taken: float = seconds(lambda: [work() for _ in range(rounds)])
    return taken / rounds
