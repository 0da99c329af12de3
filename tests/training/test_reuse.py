"""A job with the inputs of an earlier job has its results; one input that differs, and it is trained."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import markets
import planstore
import samples
from ledger_checks import check_ledger
from planstore import NotFoundError
from planstore.api.store import Store
from planstore.cli.verbs import app
from planstore.events.vocabulary import JobState
from planstore.training.execution import inputs as inputs_module
from planstore.training.execution.fit import train_job
from planstore.training.execution.inputs import JobInputs
from planstore.training.execution.task import Task
from planstore.training.execution.train import train
from planstore.training.families import load_families
from planstore.training.panel.panel import Panel

TARGETS = ["y_up_1d", "fwd_ret_1d"]
BOTH = "sym_y_up_1d_AAA"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("reuse")
    markets.write_panel(made / "panel", days=120)
    return made


@pytest.fixture(scope="module")
def store(folder: Path) -> Iterator[Store]:
    """A store with a plan that was trained, and a current one with the same jobs under another policy."""
    with planstore.open(folder / "results") as store:
        markets.route(store, ["linear", "logistic"], targets=TARGETS)
        train(store, Panel.read(folder / "panel"), workers=1)
        again(store, 1)
        yield store


def again(store: Store, number: int) -> str:
    """Route the same evidence under another policy, which leads to another plan with the same jobs."""
    return store.route(
        markets.candidates(targets=TARGETS),
        samples.policy(min_sample_size={"cross_sectional": 1000, "symbol": 400 + number}),
        ["linear", "logistic"],
    ).plan_id


def models(store: Store, plan: int) -> list[tuple[Any, ...]]:
    plan_id = store.run(plan).plan_id
    query = (
        "select job_id, family, digest, score, evidence_score from trained_models where plan_id = $plan order by all"
    )
    return store.sql(query, plan=plan_id).fetchall()


def test_a_new_plan_with_the_same_inputs_trains_nothing_and_says_where_each_result_is_from(
    store: Store, folder: Path
) -> None:
    first = store.run(1).plan_id
    training = train(store, Panel.read(folder / "panel"), workers=1)
    assert training.progress == {"succeeded": len(training.jobs)}
    assert (training.trained, training.reused) == (len(training.jobs), len(training.jobs))
    for job in training.jobs:
        assert job["reused_from"] == f"{first}/{job['job_id']}"
        assert not [name for name in job["metrics"] if name.startswith("seconds")]  # because it took none
        assert {"score", "evidence_score", "rows_trained"} <= set(job["metrics"])
    runs = [row["commit_id"] for row in store.log() if row["kind"] == "run"]
    assert models(store, runs[0]) == models(store, runs[1])
    assert (store.training.progress().reused, store.training.progress(1).reused) == (len(training.jobs), 0)
    why = {job["job_id"]: job["reused_from"] for job in store.why("y_up_1d", "AAA").jobs}
    assert why == {job_id: f"{first}/{job_id}" for job_id in ("cs_y_up_1d", BOTH)}
    cost = store.training.cost()
    assert sum(one.earlier_jobs for one in cost.families) == 2 * len(training.jobs)  # not of those that took no time
    reused = "select count(*) from reused_jobs where reused_from = $first || '/' || job_id"
    assert store.sql(reused, first=first).fetchall() == [(len(training.jobs),)]
    check_ledger(store.results)
    assert store.integrity.verify().findings == []
    assert store.integrity.verify().unreferenced == []


def test_every_verb_that_shows_the_status_of_jobs_shows_what_is_reused(store: Store, folder: Path) -> None:
    first = store.run(1).plan_id

    def call(*words: str, columns: int | None = None) -> str:
        terminal = None if columns is None else {"FORCE_COLOR": "1", "COLUMNS": str(columns)}
        done = CliRunner(env=terminal).invoke(app, [*words, "--results", str(folder / "results")])
        assert done.exit_code == 0, done.output
        return done.stdout

    assert "5 succeeded; 5 reused from earlier jobs" in call("status")
    assert "5 succeeded; 5 reused from earlier jobs; 5 before this call" in call("train", str(folder / "panel"))
    earlier = {row["job_id"]: row["trained_at"] for row in store.models(plan=1)}
    for row in store.models():
        assert row["reused_from"] == f"{first}/{row['job_id']}"
        assert row["trained_at"] == earlier[row["job_id"]]  # because a reused model is as old as its training
    assert {job["reused_from"] for job in json.loads(call("jobs", "--json", "--symbol", "AAA"))} == {
        f"{first}/{BOTH}", f"{first}/sym_fwd_ret_1d_AAA"
    }  # fmt: skip
    assert f"{first}/{BOTH}" in call("jobs")
    for verb in (["jobs"], ["train", str(folder / "panel")], ["models"]):
        assert f" {first[:12]}/{BOTH}" in call(*verb, columns=200)
    heading = re.sub(r"\x1b\[\d+m", "", call("jobs", columns=100).splitlines()[1])
    assert heading.split() == ["job_id", "route", "model_families", "status", "left_out"]
    assert f"succeeded, reused from {first}/{BOTH}" in call("why", "y_up_1d", "AAA")
    assert call("why-train", BOTH).strip() == (
        f"{BOTH} was not trained again: it has the inputs and the results of {first}/{BOTH}"
    )


def test_what_differs_is_trained_and_why_train_names_it(store: Store, folder: Path) -> None:
    panel = Panel.read(folder / "panel")
    assert again(store, 2)
    training = train(store, panel, workers=1, seed=7, features={"fwd_ret_1d": panel.features[:3]})
    assert training.reused == 0
    why = store.training.why_trained("sym_fwd_ret_1d_BBB")
    assert [change.input for change in why.changes] == ["features", "panel.digest", "seed"]
    assert (why.changes[2].before, why.changes[2].after) == (0, 7)
    assert str(why).startswith("sym_fwd_ret_1d_BBB was trained, because it differs from ")
    assert "panel.digest" not in [change.input for change in store.training.why_trained(BOTH).changes]
    assert str(store.training.why_trained(BOTH, plan=1)).endswith("on its target and symbol has recorded its inputs")
    again(store, 3)
    repeated = train(store, panel, workers=1, reuse=False)
    assert repeated.reused == 0
    assert "was trained again from the inputs of" in str(store.training.why_trained("sym_fwd_ret_1d_BBB"))
    assert store.training.why_trained("sym_fwd_ret_1d_BBB").changes == []
    again(store, 4)
    for job, said in (("nosuch", "has no job 'nosuch'"), (BOTH, "has no recorded inputs: train it first")):
        with pytest.raises(NotFoundError, match=said):
            store.training.why_trained(job)
    assert store.integrity.verify().findings == []


def test_each_input_changes_the_digest_and_nothing_else_does(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    panel, families = Panel.read(folder / "panel"), load_families()

    def digest(task: Task, panel: Panel = panel) -> str:
        features = None if task.features is None else list(task.features)
        sample = panel.sample(task.target, symbols=[task.symbol] if task.symbol else None, features=features)
        return JobInputs.of(sample, panel.target(task.target), task).digest

    task = Task("job", 1, "y_up_1d", "AAA", (families["linear"],))
    same = [replace(task, job_id="other"), replace(task, attempt=3), replace(task, evidence_score=0.9)]
    same += [replace(task, earlier=frozenset({"x"})), replace(task, features=tuple(panel.features))]
    assert {digest(one) for one in same} == {digest(task)}
    longer = Panel.read(markets.write_panel(folder / "longer", days=121))
    other_parameters = families["linear"].model_copy(update={"parameters": {"fit_intercept": False}})
    different = {
        "symbol": digest(replace(task, symbol="BBB")),
        "target": digest(replace(task, target="y_level_2d")),
        "rows": digest(task, longer),
        "features": digest(replace(task, features=tuple(panel.features[:2]))),
        "order of features": digest(replace(task, features=tuple(reversed(panel.features)))),
        "family": digest(replace(task, families=(families["mlp"],))),
        "parameters": digest(replace(task, families=(other_parameters,))),
        "left out": digest(replace(task, left_out=("family x is not registered",))),
        "seed": digest(replace(task, seed=1)),
        "pooled predictions": digest(replace(task, combines=True, pooled=b"p")),
        "other pooled predictions": digest(replace(task, combines=True, pooled=b"q")),
    }
    own = digest(task)
    monkeypatch.setattr(inputs_module, "CODE", inputs_module.CODE + 1)
    different["training code"] = digest(task)
    monkeypatch.undo()
    monkeypatch.setattr(inputs_module, "version", lambda package: "9.9")
    different["versions of libraries"] = digest(task)
    assert len({own, *different.values()}) == len(different) + 1


def test_families_of_code_without_a_version_are_always_trained(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "families.yaml"
    file.write_text("families: {own: {estimators: {regression: estimators.Waiting}, prepare: [impute]}}")
    panel, own = Panel.read(folder / "panel"), load_families(file)["own"]
    sample = panel.sample("fwd_ret_1d", symbols=["AAA"])
    task = Task("job", 1, "fwd_ret_1d", "AAA", (own.model_copy(update={"parameters": {"folder": str(tmp_path)}}),))
    found = JobInputs.of(sample, panel.target("fwd_ret_1d"), task)
    assert not found.is_complete
    (tmp_path / "go").touch()
    result = train_job(panel, replace(task, earlier=frozenset({found.digest})))
    assert (result.status, result.reused) == (JobState.SUCCEEDED, None), result.error
