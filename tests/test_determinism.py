"""The same candidates and policy give the same plan and files, wherever and however they are routed."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

import planstore
import samples
from planstore.runs import create

pytestmark = pytest.mark.usefixtures("many_threads")

SCRIPT = """
import sys
import planstore
from planstore.ledger.ledger import Ledger

with planstore.open(sys.argv[3]) as store:
    run = store.route(sys.argv[1], sys.argv[2], ["lightgbm"], include_blocked=True, run_id="r")
    store.export(formats=["json", "yaml", "markdown"])
    print(run.plan_id, run.evidence_id, run.rules_id)
"""
TIMES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def files(results: Path) -> dict[str, bytes]:
    """Return every exported file, times aside."""
    return {
        str(path.relative_to(results)): TIMES.sub(b"", path.read_bytes())
        for part in ("METRICS", "globals")
        for path in (results / part).rglob("*.*")
    }


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C", "OMP_NUM_THREADS": "1"},
        {"PYTHONHASHSEED": "2", "TZ": "America/New_York", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"},
    ],
)
def test_another_machine_another_order_the_same_plan_and_files(tmp_path: Path, environment: dict[str, str]) -> None:
    rows = samples.records(30, 20)
    policy = tmp_path / "policy.yaml"
    policy.write_text(samples.POLICY_YAML, encoding="utf-8")
    here = samples.parquet(tmp_path / "here.parquet", rows)
    there = samples.parquet(tmp_path / "there.parquet", random.Random(3).sample(rows, len(rows)))
    with planstore.open(tmp_path / "here") as store:
        run = store.route(here, policy, ["lightgbm"], include_blocked=True, run_id="r")
        store.export(formats=["json", "yaml", "markdown"])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(there), str(policy), str(tmp_path / "there")],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
    )
    assert done.stdout.split() == [run.plan_id, run.evidence_id, run.rules_id]
    assert files(tmp_path / "there") == files(tmp_path / "here")


def test_one_thread_and_many_decide_the_same(tmp_path: Path) -> None:
    plans = []
    for threads in (1, 4):
        with planstore.open(tmp_path / str(threads)) as store:
            store.create()
            session = store.access.ledger.writer()
            session._connection.execute(f"set threads = {threads}")
            run = store.route(samples.table(samples.records(60, 40)), samples.policy(), run_id="r")
            store.export()
            plans.append((run.plan_id, files(tmp_path / str(threads))))
    assert plans[0] == plans[1]


def test_more_rows_than_a_thread_takes_at_once_are_recorded_in_order_by_one_thread_and_many(tmp_path: Path) -> None:
    targets = 320
    one = samples.table(samples.records(1, 1000))
    column = one.schema.get_field_index("target")
    candidates = pa.concat_tables(
        one.set_column(column, "target", pa.array([f"y_up_{t:03d}"] * one.num_rows)) for t in range(targets)
    )
    policy = samples.policy(enable_experimental_lane=True, experimental={"min_score": 0.45})
    plans = []
    for threads in (1, 4):
        with planstore.open(tmp_path / str(threads)) as store:
            store.create()
            store.access.ledger.writer()._connection.execute(f"set threads = {threads}")
            plans.append(store.route(candidates, policy, run_id="r").plan_id)
            query = "select target, coalesce(symbol, '') from decisions order by position"
            decided = store.sql(query).fetchall()
            assert len(decided) == targets * 1001
            assert decided == sorted(decided)
    assert plans[0] == plans[1]


def test_git_commit_and_snapshot_are_recorded_and_do_not_make_another_plan(tmp_path: Path) -> None:
    with planstore.open(tmp_path / "results") as store:
        first = store.route(samples.table(samples.records()), samples.policy(), git_commit="a", metrics_snapshot="m")
        second = store.route(samples.table(samples.records()), samples.policy(), git_commit="b")
        assert first.plan_id == second.plan_id
        assert store.sql("select git_commit from runs order by commit_id").fetchall() == [("a",), ("b",)]
        store.export()
    routing = json.loads((tmp_path / "results/METRICS/routing_plan/routing_plan.json").read_text(encoding="utf-8"))
    assert routing["metadata"]["git_commit"] == "b"


@pytest.mark.parametrize("semantics", ["strict", "reference"])
def test_decisions_computed_in_parts_are_recorded_as_decisions_computed_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, semantics: str
) -> None:
    records = samples.records(12, 15)
    candidates = samples.table(random.Random(5).sample(records, len(records)))
    policy = samples.policy(semantics=semantics, enable_experimental_lane=True)
    recorded = []
    with planstore.open(tmp_path) as store:
        store.overrides.set(records[0]["target"], "SYM03", "ROUTE_BOTH", reason="tried")
        for rows in (create.PART_ROWS, 40):
            monkeypatch.setattr(create, "PART_ROWS", rows)
            run = store.route(candidates, policy, ["lightgbm"], include_blocked=True, run_id=f"by_{rows}")
            decisions = store.sql(
                "SELECT * EXCLUDE (commit_id, run_id, position) FROM decisions WHERE commit_id = $commit "
                "ORDER BY position",
                {"commit": run.commit_id},
            )
            recorded.append((run.plan_id, run.routes, decisions.fetchall()))
        assert store.integrity.verify().holds
    assert recorded[0] == recorded[1]
    assert len(recorded[0][2]) == len(records)
