"""The audit's figures, over a history of 30 runs of a million pairs each. Run by ``make bench``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from figures import Figure, seconds
from market import POLICY, market

import planstore
from planstore.api.store import Store

RUNS, TARGETS, SYMBOLS = 30, 1000, 1000
FAMILIES = ["lightgbm", "xgboost", "mlp"]
TARGET, PAIR, LANE_PAIR, FLIPPING_PAIR = "y_will_swing_10m_0001", "S0500", "S0003", "S0211"
"""A target, and symbols of it: one, one that the lane decides, and one that score and lane flip in most runs."""


def drifting(table: pa.Table, run: int) -> pa.Table:
    """Return the evidence of a later run: every score a little off, as evidence moves from one run to the next."""
    random = np.random.default_rng(run)
    scores = table["score"].to_numpy() + random.normal(0, 0.004, table.num_rows)
    return table.set_column(table.schema.get_field_index("score"), "score", pa.array(scores))


def make_history(results: Path, runs: int = RUNS, targets: int = TARGETS, symbols: int = SYMBOLS) -> Store:
    """Return a store that holds the runs; the last three are routed with other thresholds than those before."""
    store = planstore.open(results)
    table = market(targets, symbols)
    file = results.parent / "evidence.parquet"
    for run in range(runs):
        pq.write_table(drifting(table, run), file)
        routing = dict(POLICY["routing"])
        if run >= runs - 3:
            routing["symbol"] = {**routing["symbol"], "min_score": {"classification": 0.55, "regression": 0.5}}
        store.route(file, {"routing": routing}, FAMILIES, run_id=f"run-{run:02d}")
    return store


def audit(folder: Path, rounds: int = 5) -> Iterator[Figure]:
    """Why, history, diff and what-if against the bare queries that lie under them."""
    store = make_history(folder / "audit")
    yield from figures(store, rounds)


def figures(store: Store, rounds: int) -> Iterator[Figure]:
    """Yield the figures of a store that is there."""
    bare = store.access.ledger.reader()._connection
    pair = "SELECT * FROM lake.{} WHERE target = $t AND symbol = $s"
    key = {"t": TARGET, "s": PAIR}
    rows = _best(rounds, lambda: [bare.execute(pair.format(t), key).fetchall() for t in ("decisions", "candidates")])
    (latest,) = bare.execute("SELECT max(commit_id) FROM lake.runs").fetchone() or (0,)
    decision = "FROM lake.decisions WHERE commit_id = $c AND target = $t AND symbol = $s"
    evidence = "FROM lake.candidates WHERE commit_id = $c AND target = $t"
    of_run = {"c": latest, "t": TARGET}
    needed = _best(
        rounds,
        lambda: [bare.execute(decision, of_run | {"s": PAIR}).fetchall(), bare.execute(evidence, of_run).fetchall()],
    )
    in_run = f"bare reads of its decision and its target's evidence in that run: {needed * 1000:.0f} ms"
    in_all = f"bare reads of that pair's rows in all runs: {rows * 1000:.0f} ms"
    for name, ask, symbol, read, beside, wanted in (
        ("why of a pair", store.why, PAIR, needed, in_run, "at most 4"),
        ("why of a pair that the lane decides", store.why, LANE_PAIR, needed, in_run, "at most 4"),
        ("history of a pair", store.history, PAIR, rows, in_all, "at most 3"),
        ("history of a pair that flips in most runs", store.history, FLIPPING_PAIR, rows, in_all, "at most 3"),
    ):
        ask(TARGET, symbol)
        ours = _best(rounds, partial(ask, TARGET, symbol))
        yield Figure(
            f"{name}, {RUNS} runs × {TARGETS * SYMBOLS:,} pairs", f"{ours * 1000:.0f} ms", beside, ours / read, wanted
        )
    newest = "FROM history ORDER BY commit_id DESC, position LIMIT 20"
    with planstore.open(store.results, as_of=1) as first:
        alone = _best(2, lambda: first.sql(newest).fetchall())
    tables = [f"FROM lake.{table} WHERE commit_id = $c" for table in ("candidates", "decisions", "jobs")]
    events = _best(2, lambda: [bare.execute(table, {"c": latest}).to_arrow_table() for table in tables])
    ours = _best(2, lambda: store.sql(newest).fetchall())
    yield Figure(
        f"newest 20 events of {RUNS} runs", f"{ours:.2f} s", f"of the first run alone: {alone:.2f} s",
        ours / alone, "at most 1.5",
    )  # fmt: skip
    yield Figure(
        "the same", f"{ours:.2f} s", f"bare read of the newest run's candidates, decisions and jobs: {events:.2f} s",
        ours / events, "at most 3",
    )  # fmt: skip
    runs = [int(row[0]) for row in bare.execute("SELECT commit_id FROM lake.runs ORDER BY commit_id").fetchall()]
    join = (
        "CREATE OR REPLACE TEMP TABLE joined AS SELECT a.route AS x, b.route AS y, target, symbol "
        "FROM (FROM lake.decisions WHERE commit_id = $a) AS a "
        "FULL JOIN (FROM lake.decisions WHERE commit_id = $b) AS b USING (target, symbol)"
    )
    for what, a, b in (("evidence", runs[3], runs[4]), ("evidence and policy", runs[-4], runs[-3])):
        joined = _best(2, partial(bare.execute, join, {"a": a, "b": b}))
        ours = _best(2, partial(_diff, store, a, b))
        yield Figure(
            f"diff of two runs that differ in {what}", f"{ours:.2f} s",
            f"bare full outer join of the decisions of both: {joined:.2f} s",
            ours / joined, "at most 5",
        )  # fmt: skip
    policy = {"routing": {**POLICY["routing"], "both_strong_behavior": "PREFER_CS"}}
    again = _best(2, lambda: store.whatif(policy, runs=[str(runs[-1])]))
    file = store.results.parent / "evidence.parquet"
    routed = _best(2, lambda: planstore.open(store.results.parent / f"r{time.time_ns()}").route(file, policy, FAMILIES))
    yield Figure(
        f"what-if over one run of {TARGETS * SYMBOLS:,} pairs", f"{again:.2f} s", f"routing it: {routed:.2f} s",
        again / routed, "at most 1",
    )  # fmt: skip


def _diff(store: Store, a: int, b: int) -> object:
    return store.diff(str(a), str(b)).flip_table().fetchone()


def _best(rounds: int, work: Callable[[], object]) -> float:
    taken: list[float] = [seconds(work) for _ in range(rounds)]
    return min(taken)
