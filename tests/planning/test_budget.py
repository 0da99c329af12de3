"""A budget keeps a plan small: families go first, then the jobs of the lowest priority, and nothing is kept secret."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings, strategies as st
from typer.testing import CliRunner

import oracles
import planstore
import samples
from planstore import JobStatus
from planstore.cli.verbs import app
from planstore.database.session import Session
from planstore.ledger.plan_checks import failed_checks_of_recorded_plans
from planstore.plans.budget import ORDER, BudgetEffect, within_budget
from planstore.plans.fit_times import NO_FIT_TIMES, FitTimes

Record = dict[str, Any]
FAMILIES = ["lightgbm", "xgboost", "mlp"]
TIMES = {"cross_sectional": {"lightgbm": 4000, "xgboost": 1500}, "symbol_specific": {"lightgbm": 300, "mlp": 0}}
HOUR = 3_600_000
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("job_id", "target", "symbol", "route", "training_type")),
        ("model_families", pa.list_(pa.string())),
        ("priority", pa.int32()),
        ("reason", pa.string()),
        ("metadata", pa.struct([("needs_cs_ensemble", pa.bool_())])),
    ]
)


@st.composite
def plans(draw: st.DrawFn) -> list[Record]:
    """Draw the jobs of a plan in plan order: cross-sectional ones, some of which others combine with, and symbols'."""
    jobs = []
    for target in draw(st.sets(st.sampled_from("abc"), min_size=1)):
        kinds = draw(st.lists(st.sampled_from(["cross_sectional", "both", "symbol", "blocked"]), max_size=4))
        for number, kind in enumerate(kinds):
            if kind == "cross_sectional" and "cross_sectional" in kinds[:number]:
                continue
            families = [] if kind == "blocked" else draw(st.permutations(FAMILIES))[: draw(st.integers(0, 3))]
            jobs.append(
                {
                    "job_id": f"{target}{number}",
                    "target": target,
                    "symbol": None if kind == "cross_sectional" else f"S{number}",
                    "route": kind,
                    "training_type": {"both": "symbol_specific", "symbol": "symbol_specific"}.get(kind, kind),
                    "model_families": families,
                    "priority": {"both": 3, "blocked": 0}.get(kind) or draw(st.sampled_from([1, 2])),
                    "reason": "r",
                    "metadata": {"needs_cs_ensemble": kind == "both"},
                }
            )
    return sorted(jobs, key=lambda job: -job["priority"])


def keep(session: Session, jobs: list[Record], budget: Record, times: Any) -> tuple[list[Record], BudgetEffect]:
    """Return the jobs that a budget keeps, and its effect."""
    document = json.dumps({"budget": budget})
    session.run("scenario/run/scenarios", document=document, model_families=None, include_blocked=True)
    table = pa.Table.from_pylist(jobs, SCHEMA)
    for column in ORDER:
        table = table.append_column(column, pa.array(range(len(jobs)), pa.int32()))
    session.register("ordered_jobs", table)
    view, order, effect = within_budget(session, lambda: times)
    assert effect is not None
    return session.materialize("jobs", view, place="ordinal", order=order).drop_columns("ordinal").to_pylist(), effect


def milliseconds(kind: str, family: str) -> float:
    """Return the time of a fit; one of a family that was not timed takes the mean of its kind of job, else of all."""
    known = TIMES.get(kind, {})
    return known.get(family, round(sum(known.values()) / len(known)))


@settings(max_examples=30 * int(os.environ.get("PLANSTORE_EXAMPLES", "1")))
@given(jobs=plans(), limits=st.tuples(st.integers(1, 25), st.integers(1, 25)), timed=st.booleans())
def test_a_budget_keeps_what_the_design_keeps_and_a_larger_one_keeps_that_too(
    session: Session, jobs: list[Record], limits: tuple[int, int], *, timed: bool
) -> None:
    cost = milliseconds if timed else lambda *_: 1
    times = FitTimes(TIMES) if timed else NO_FIT_TIMES
    fits: list[set[tuple[str, str]]] = []
    for limit in sorted(limits):
        budget = {"fits": None, "hours": limit * 500 / HOUR} if timed else {"fits": limit, "hours": None}
        kept, effect = keep(session, jobs, budget, times)
        expected, taken = oracles.within_budget(jobs, limit * 500 if timed else limit, cost)
        assert kept == expected
        left_out = effect.left_out.table.to_pylist()
        assert [(job["job_id"], job["left_out_families"]) for job in left_out] == taken
        counted = effect.as_dict()
        assert counted["jobs_left_out"] == len(jobs) - len(kept)
        assert counted["families_left_out"] == sum(
            len(job["left_out_families"]) for job in left_out if job["kept_families"]
        )
        costs = [cost(job["training_type"], family) for job in kept for family in job["model_families"]]
        assert sum(costs) <= (limit * 500 if timed else limit)
        fits.append({(job["job_id"], family) for job in kept for family in job["model_families"]})
        combining = {job["target"] for job in kept if job["metadata"]["needs_cs_ensemble"] and job["model_families"]}
        pooled = {job["target"] for job in jobs if job["training_type"] == "cross_sectional" and job["model_families"]}
        assert combining & pooled <= {job["target"] for job in kept if job["training_type"] == "cross_sectional"}
    assert fits[0] <= fits[1]
    whole, effect = keep(session, jobs, {"fits": 10**9, "hours": None}, NO_FIT_TIMES)
    assert (whole, effect.left_out.rows) == (jobs, 0)


def with_budget(tmp_path: Path, **budget: Any) -> Path:
    """Return a policy file with a budget."""
    path = tmp_path / f"{next(iter(budget.values()), 'none')}.yaml"
    path.write_text(yaml.safe_dump({"routing": samples.policy(budget=budget or None)["routing"]}))
    return path


def invoke(*arguments: object) -> str:
    """Return what a verb prints."""
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_budget_of_fits_is_said_wherever_the_plan_is(tmp_path: Path) -> None:
    results, rows = tmp_path / "results", samples.table(samples.records(2, 4))
    whole, small = with_budget(tmp_path), with_budget(tmp_path, fits=4)
    with planstore.open(results) as store:
        free = store.route(rows, whole, FAMILIES)
        jobs, decisions = free.plan.jobs, store.sql("select target, symbol, route from current_decisions").fetchall()
        dry = store.dry_run(rows, small, FAMILIES)
        tried = store.whatif(small)
        run = store.route(rows, small, FAMILIES)
        assert store.sql("select target, symbol, route from current_decisions").fetchall() == decisions
        kept, taken = oracles.within_budget(jobs, 4, lambda *_: 1)
        assert [job["job_id"] for job in run.plan.jobs] == [job["job_id"] for job in kept]
        counts = run.plan.metadata["budget"]
        assert counts == dry.budget
        assert counts["jobs_left_out"] == len(jobs) - len(kept) == tried.jobs_left_out == tried.jobs_removed
        assert sum(len(job["model_families"]) for job in kept) == 4
        assert (tried.fits_added, tried.fits_removed) == (0, 3 * len(jobs) - 4)
        assert (dry.plan_id, dry.left_out) == (run.plan_id, list(store.training.left_out()))
        assert [(job["job_id"], job["left_out_families"]) for job in dry.left_out] == taken
        difference = store.diff(free.run_id, run.run_id)
        assert not difference.flips
        assert {job["cause"] for job in difference.jobs} == {"budget"}
        assert difference.fits == {"fits_added": 0, "fits_removed": 3 * len(jobs) - 4}
        assert [job["job_id"] for job in difference.jobs if job["change"] == "changed"] == sorted(
            job["job_id"] for job in kept if len(job["model_families"]) < 3
        )
        assert not store.diff(run.run_id, run.run_id)
        families = store.route(rows, small, ["xgboost", "mlp"], run_id="others")
        causes = {job["job_id"]: job["cause"] for job in store.diff(run.run_id, families.run_id).jobs}
        assert causes == {job["job_id"]: None for job in kept}, "another first family has another cause than the budget"
        absent = next(job for job in dry.left_out if job["symbol"] and not job["kept_families"])
        why = store.why(absent["target"], absent["symbol"], run_id=run.run_id)
        text = planstore_text(counts)
        assert why.left_out[0] == f"Its job is left out of the plan: {text}"
        assert not store.why(kept[0]["target"], kept[0]["symbol"], run_id=run.run_id).left_out
        assert not store.why(absent["target"], absent["symbol"], run_id=free.run_id).left_out
        assert not store.integrity.verify().findings
        session = store.access.ledger.reader()
        assert not list(failed_checks_of_recorded_plans(session, [(1, 9)]))
        session.run_text(
            "create or replace temp view checked_plans as "
            f"select {run.commit_id} as commit_id, {counts['jobs_left_out'] - 1} as jobs_left_out"
        )
        hidden = session.records("verify/jobs_against_decisions")
        assert len(hidden) == counts["jobs_left_out"], "a plan that hides a job that it leaves out is found"
    listed = invoke("plan", run.run_id, "--left-out", "--results", results)
    assert text in listed.splitlines()
    assert all(job["job_id"] in listed for job in dry.left_out)
    document = json.loads(invoke("plan", run.run_id, "--left-out", "--json", "--results", results))
    assert (document["left_out"], document["metadata"]["budget"]) == (dry.left_out, counts)
    assert why.left_out[0] in invoke(
        "why", absent["target"], absent["symbol"], "--run", run.run_id, "--results", results
    )
    assert f"and {counts['jobs_left_out']} jobs." in str(tried)


def planstore_text(counts: Record) -> str:
    """Return the sentence of a plan with a budget of four fits."""
    families = f"{counts['families_left_out']} families of {counts['jobs_with_fewer_families']} jobs and "
    return f"budget 4 fits: {families}{counts['jobs_left_out']} jobs left out"


def test_a_budget_of_hours_is_applied_by_the_times_that_the_run_records(tmp_path: Path) -> None:
    results, rows = tmp_path / "results", samples.table(samples.records(2, 4))
    hours = with_budget(tmp_path, hours=10 / 3600)
    with planstore.open(results) as store:
        untimed = store.route(rows, hours, ["lightgbm"])
        assert untimed.plan.metadata["budget"]["is_applied"] is False
        assert not store.training.left_out()
        first = store.plan().jobs[0]

        def time(seconds: float, attempt: int) -> None:
            metrics = {"rows_trained": 100, "seconds": seconds, "seconds_lightgbm": seconds}
            with store.training.status_writer() as writer:
                writer.record(
                    JobStatus(untimed.plan_id, first["job_id"], "succeeded", attempt=attempt, metrics=metrics)
                )

        time(2.5, 1)
        dry = store.dry_run(rows, hours, ["lightgbm"])
        timed = store.route(rows, hours, ["lightgbm"], run_id="timed")
        assert dry.plan_id == timed.plan_id != untimed.plan_id
        assert len(timed.plan.jobs) == 4
        assert store.route(rows, hours, ["lightgbm"], run_id="again").plan_id == timed.plan_id
        left_out = store.training.left_out("timed")
        time(9.5, 2)
        slower = store.route(rows, hours, ["lightgbm"], run_id="slower")
        assert len(slower.plan.jobs) == 1
        assert store.training.left_out("timed") == left_out, "the times of the run are those that it recorded"
        tried = store.whatif(hours, runs=[untimed.run_id, "timed"])
        assert (tried.flips, tried.jobs_added, tried.jobs_removed) == (0, 0, 0)
        assert tried.untimed == [untimed.run_id]
        assert "not applied to 1 run" in str(tried)
        longer = store.whatif(with_budget(tmp_path, hours=20 / 3600), runs=["timed", "slower"])
        assert [run["jobs_added"] for run in longer.by_run()] == [len(untimed.plan.jobs) - 4, 2]
        assert not store.integrity.verify().findings
    said = "budget of 0.00277778 hours was not applied: the ledger has timed no job yet"
    assert said in invoke("plan", untimed.run_id, "--results", results)


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ({"fits": 3, "hours": 1}, "must be either fits or hours, got fits and hours"),
        ({}, "must be either fits or hours, got neither"),
        ({"fits": 0}, "budget.fits"),
        ({"fits": 2.5}, "budget.fits"),
        ({"hours": 0}, "budget.hours"),
        ({"hours": float("inf")}, "budget.hours"),
        ({"days": 1}, "days"),
    ],
)
def test_a_budget_that_cannot_be_kept_is_refused(tmp_path: Path, budget: Record, message: str) -> None:
    rows = samples.table(samples.records(1, 1))
    with planstore.open(tmp_path / "results") as store, pytest.raises(planstore.PolicyError, match=message):
        store.route(rows, {"routing": samples.policy()["routing"] | {"budget": budget}})
