"""Estimates of training time: from earlier jobs of the ledger alone, and open about where there are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import markets
import planstore
import samples
from planstore import JobStatus
from planstore.api.store import Store
from planstore.cli.verbs import app
from planstore.plans.cost import duration


def succeed(store: Store, job_id: str, **metrics: float) -> None:
    plan_id = store.plan().metadata["plan_id"]
    with store.training.status_writer() as writer:
        writer.record(JobStatus(plan_id, job_id, "succeeded", metrics=metrics))


def verb(*arguments: str, results: Path) -> Any:
    done = CliRunner().invoke(app, [*arguments, "--results", str(results)])
    assert done.exit_code == 0, done.output
    return done


def test_a_plan_costs_what_earlier_jobs_cost_by_family_and_rows(tmp_path: Path) -> None:
    results = tmp_path / "results"
    with planstore.open(results) as store:
        markets.route(store, ["linear", "mlp"], targets=["fwd_ret_1d"])
        assert (
            str(store.training.cost()) == "no estimate for 3 jobs: the ledger has no earlier jobs with their families"
        )
        assert "no estimate" in verb("plan", "--cost", results=results).stdout
        succeed(store, "sym_fwd_ret_1d_AAA", rows_trained=100, seconds=3.5, seconds_linear=1.0, seconds_mlp=2.0)
        succeed(store, "sym_fwd_ret_1d_BBB", rows_trained=300, seconds=9.0, seconds_linear=1.0, seconds_mlp=6.0)
        run = store.route(markets.candidates(targets=["fwd_ret_1d"]), samples.policy(), ["linear", "xgboost"])
        cost = store.training.cost()
        # AAA has 100 rows, BBB 300, CCC the median of both; linear took 2 s for 400 rows, mlp 8 s
        assert [(one.family, one.jobs, one.rows, one.seconds, one.earlier_jobs) for one in cost.families] == [
            ("linear", 3, 600, pytest.approx(3.0), 2),
            ("xgboost", 3, 600, None, 0),
        ]
        assert (cost.jobs, cost.estimated_jobs, cost.seconds) == (3, 0, None)
        assert store.training.cost(plan=1).seconds == pytest.approx(3.0 + 600 * 8 / 400)
        dry = store.dry_run(markets.candidates(targets=["fwd_ret_1d"]), samples.policy(), ["linear"])
        assert str(dry.cost) == "3.0 s of one CPU core for 3 jobs, by 2 earlier fits"
        assert store.training.cost() == cost
    told = json.loads(verb("plan", "--cost", "--json", results=results).stdout)
    assert told["metadata"]["plan_id"] == run.plan_id
    assert told["cost"]["families"][0] == {
        "family": "linear", "training_type": "symbol_specific", "jobs": 3, "rows": 600, "seconds": 3.0,
        "earlier_jobs": 2,
    }  # fmt: skip
    assert "cost" not in json.loads(verb("plan", "--json", results=results).stdout)


@pytest.mark.longest
def test_a_training_says_how_long_it_may_take_and_leaves_its_own_seconds(tmp_path: Path) -> None:
    results, panel = tmp_path / "results", str(markets.write_panel(tmp_path / "panel", days=120))
    with planstore.open(results) as store:
        markets.route(store, ["linear"], targets=["fwd_ret_1d"])
        first = verb("train", panel, "--workers", "1", "--symbol", "AAA", results=results)
        assert "estimated time: no estimate for 1 job" in first.stderr
        (job,) = store.training.jobs(status="succeeded")
        assert 0 < job["metrics"]["seconds_linear"] <= job["metrics"]["seconds"]
        told = json.loads(verb("train", panel, "--dry-run", "--json", results=results).stdout)
        assert (told["cost"]["jobs"], told["cost"]["estimated_jobs"], told["cost"]["earlier_jobs"]) == (2, 2, 1)
    shown, alone = (verb("train", panel, "--dry-run", *more, results=results).stdout for more in ((), ("--no-reuse",)))
    assert " of one CPU core for 2 jobs, by 1 earlier fit; less where earlier results are reused\n" in shown
    assert " of one CPU core for 2 jobs, by 1 earlier fit\n" in alone
    then = verb("train", panel, "--workers", "2", results=results)
    assert " earlier fit; about " in then.stderr
    assert " with 2 workers; less where earlier results are reused\n" in then.stderr


def test_durations_have_their_two_largest_units() -> None:
    assert [duration(seconds) for seconds in (0.04, 59.5, 60, 3599.6, 7325)] == [
        "0.0 s", "59.5 s", "1 min 0 s", "1 h 0 min", "2 h 2 min"
    ]  # fmt: skip
