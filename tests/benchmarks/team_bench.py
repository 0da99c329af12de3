"""The figures of a team store, on a PostgreSQL and an S3 server of this machine. Run by ``make bench-team``.

``PLANSTORE_TARGETS``, ``PLANSTORE_SYMBOLS`` and ``PLANSTORE_SECONDS`` make it small.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from figures import Figure, seconds
from market import POLICY, market

import planstore
from planstore import JobStatus
from planstore.api.store import Store
from team_servers import TeamServers, started

TARGETS, SYMBOLS = int(os.environ.get("PLANSTORE_TARGETS", "100")), int(os.environ.get("PLANSTORE_SYMBOLS", "100"))
RUNS = 3
PAIRS = 10
FAMILIES = ["lightgbm", "xgboost", "mlp"]
RUN_TABLES = ("candidates", "decisions", "jobs", "plan_documents")
COPIED_TABLES = ("candidates", "decisions", "jobs", "runs", "plans", "policies", "artifacts")
SECONDS = int(os.environ.get("PLANSTORE_SECONDS", "10"))
WRITER = """
import json, sys, time
import planstore
from planstore import JobStatus
address, number, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
with planstore.open(address) as store, store.training.status_writer() as writer:
    plan = store.plan()
    jobs = [job["job_id"] for job in plan.jobs][number::8]
    first = 1 + store.log()[0]["commit_id"]  # more than any attempt of an earlier measurement
    writer.record(JobStatus(plan.plan_id, jobs[0], "running", attempt=first))
    print("ready", flush=True)
    sys.stdin.readline()
    until, done = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        done += 1
        writer.record(JobStatus(plan.plan_id, jobs[done % len(jobs)], "running", attempt=first + done))
    print(json.dumps(done))
"""


def route(servers: TeamServers, folder: Path, address: str) -> Iterator[Figure]:
    """Routes of a million pairs, against a bare COPY of the same rows to the same bucket."""
    candidates = folder / "candidates.parquet"
    pq.write_table(market(TARGETS, SYMBOLS), candidates)
    with planstore.open(address) as store:
        store.create()
        ours = [seconds(lambda: store.route(candidates, POLICY, FAMILIES)) for _ in range(RUNS)]
        bare = _connection(store)
        for table in RUN_TABLES:
            newest = "WHERE commit_id = (SELECT max(commit_id) FROM lake.runs)" if table != "plan_documents" else ""
            bare.execute(f"CREATE TEMP TABLE bare_{table} AS FROM lake.{table} {newest}")
        copies = [_copy_seconds(bare, address, [f"bare_{table}" for table in RUN_TABLES]) for _ in range(RUNS)]
    yield Figure(
        f"route {TARGETS * SYMBOLS:,} pairs, committed to S3", f"{min(ours):.2f} s",
        f"bare COPY of its candidates, decisions, jobs and documents to the same S3: {min(copies):.2f} s",
        min(ours) / min(copies), "at most 4",
    )  # fmt: skip


def commits(address: str, other: str, rounds: int = 60) -> Iterator[Figure]:
    """One commit of one event, against a bare DuckLake commit of one row in another schema of the same database.

    In the same schema each bare commit would be one of another writer, which ours then looks for.
    """
    with (
        planstore.open(address) as store,
        store.training.status_writer() as writer,
        planstore.open(other) as beside,
    ):
        plan = store.plan()
        job = str(plan.plan_id), plan.jobs[0]["job_id"]
        attempts = count(1)

        def record() -> None:
            writer.record(JobStatus(*job, "running", attempt=next(attempts)))

        bare = _connection(beside)
        bare.execute("CREATE TABLE lake.bare AS FROM lake.job_status LIMIT 0")
        one_row = "INSERT INTO lake.bare VALUES (1, 1, 'r', 'p', 'j', 1, 'running', 'w', now(), NULL, NULL, NULL, [])"
        turns = [(seconds(record), seconds(lambda: bare.execute(one_row))) for _ in range(rounds)]
        bare.execute("DROP TABLE lake.bare")
    ours, beside = (sorted(column)[rounds // 2] for column in zip(*turns, strict=True))
    yield Figure(
        "one commit", f"{ours * 1000:.0f} ms", f"bare DuckLake commit of one row: {beside * 1000:.0f} ms",
        ours / beside, "at most 2",
    )  # fmt: skip


def status_events(address: str) -> Iterator[Figure]:
    """Status events a second of eight processes, against one."""
    one, eight = (_events_a_second(address, processes) for processes in (1, 8))
    yield Figure(
        "status events a second, 8 processes", f"{eight:.0f}", f"one process: {one:.0f}", eight / one, "at least 4"
    )


def cold_pair(address: str) -> Iterator[Figure]:
    """GET requests for the decisions on a pair as planstore asks for them, against four a file that holds them.

    The mean of pairs from all over a run, because one at the end of a row group needs two of them.
    """
    with planstore.open(address) as store:
        spread = "position % (SELECT max(position) // $pairs FROM decisions) = 7"
        pairs = store.sql(
            f"SELECT target, symbol FROM decisions WHERE commit_id = (SELECT min(commit_id) FROM runs) AND {spread}",
            pairs=PAIRS,
        ).fetchall()
        files = len(store.access.ledger.storage.data.files_of("decisions"))
    gets = sum(_gets(address, target, symbol) for target, symbol in pairs) / len(pairs)
    yield Figure(
        f"a pair over {RUNS} runs × {TARGETS * SYMBOLS:,} pairs, cold: GET requests, mean of {len(pairs)} pairs",
        f"{gets:.1f}", f"files that hold it × 4: {files * 4}", gets / (files * 4), "at most 1",
    )  # fmt: skip


def _gets(address: str, target: str, symbol: str) -> int:
    """Return the number of GET requests of a new process for the decisions on a pair."""
    with planstore.open(address) as store:
        bare = _connection(store)
        bare.execute("CALL enable_logging('HTTP')")
        read = "SELECT * FROM lake.decisions WHERE target = $target AND symbol IS NOT DISTINCT FROM $symbol"
        bare.execute(read, {"target": target, "symbol": symbol}).fetchall()
        counted = "SELECT count(*) FROM duckdb_logs_parsed('HTTP') WHERE request.type = 'GET'"
        return int(bare.execute(counted).fetchone()[0])


def copy(servers: TeamServers, folder: Path, address: str) -> Iterator[Figure]:
    """``planstore copy`` from a folder to S3, against a bare COPY of the same rows to the same bucket."""
    with planstore.open(address) as store:
        store.maintenance.copy(folder / "local")
    other = servers.address()
    with planstore.open(folder / "local") as local:
        events = sum(sum(commit["events_by_table"].values()) for commit in local.log())
        ours = seconds(lambda: local.maintenance.copy(other))
    with planstore.open(address) as store, planstore.open(folder / "local") as local:
        bare = _connection(store)
        for table in COPIED_TABLES:
            rows = local.access.ledger.reader().batches("ledger/read_events", table=table, first=1, last=2**62)
            bare.register(f"read_{table}", rows.read_all())
        beside = _copy_seconds(bare, address, [f"read_{table}" for table in COPIED_TABLES])
    yield Figure(
        f"planstore copy of {events:,} events to S3", f"{ours:.1f} s", f"bare COPY of the same rows: {beside:.1f} s",
        ours / beside, "at most 3",
    )  # fmt: skip


def _copy_seconds(bare: Any, address: str, tables: list[str]) -> float:
    place = address.partition("data=")[2]
    taken = [seconds(lambda t=t: bare.execute(f"COPY {t} TO '{place}/bare/{t}.parquet'")) for t in tables]
    return float(sum(taken))


def _events_a_second(address: str, processes: int) -> float:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, address, str(number), str(SECONDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(processes)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    answers = []
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        answers.append(json.loads(writer.communicate()[0]))
    return float(sum(answers)) / SECONDS


def _connection(store: Store) -> Any:
    """Return the bare connection of a writing session."""
    return store.access.ledger.writer()._connection


def team() -> Iterator[Figure]:
    """Yield all figures of a team store."""
    with started() as servers, tempfile.TemporaryDirectory(prefix="planstore-bench-") as place:
        os.environ.update(servers.environment())
        os.environ["XDG_CACHE_HOME"] = str(Path(place) / "cache")
        address = servers.address("bench_lake")
        yield from route(servers, Path(place), address)
        yield from commits(address, servers.address())
        yield from status_events(address)
        yield from cold_pair(address)
        yield from copy(servers, Path(place), address)


if __name__ == "__main__":
    print("| what | planstore | beside it | ratio | wanted |\n|---|---|---|---|---|")  # noqa: T201
    for figure in team():
        print(figure.line(), flush=True)  # noqa: T201
