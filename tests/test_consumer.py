from __future__ import annotations

import importlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

import oracles
import planstore
import samples
import strategies
from planstore import TrainingPlan
from planstore.api.store import Store


@pytest.fixture
def plan(store: Store) -> TrainingPlan:
    run = store.route(samples.table(samples.records(4, 5)), samples.policy(), ["lightgbm"], include_blocked=True)
    store.export()
    return run.plan


def document(plan: TrainingPlan) -> dict[str, Any]:
    return {"metadata": plan.metadata, "jobs": plan.jobs, "summary": plan.summary}


def answers(plan: Any, jobs: list[dict[str, Any]]) -> list[Any]:
    targets = [*dict.fromkeys(job["target"] for job in jobs), "unknown"]
    symbols = [*dict.fromkeys(job["symbol"] for job in jobs if job["symbol"]), "unknown"]
    return [
        planstore.get_cs_jobs(plan),
        planstore.get_symbol_jobs(plan),
        [planstore.get_jobs_for_target(plan, target) for target in targets],
        [planstore.get_jobs_for_symbol(plan, symbol) for symbol in symbols],
        [planstore.should_train_target_symbol(plan, t, s) for t in targets for s in (None, *symbols)],
        [planstore.get_model_families_for_job(plan, t, s) for t in targets for s in (None, *symbols)],
        [planstore.get_training_jobs_for_target_symbol(plan, t, s) for t in targets for s in (None, *symbols)],
        planstore.filter_targets_by_training_plan(targets, plan),
        planstore.apply_training_plan_filter(targets, symbols, plan),
        planstore.validate_training_plan(plan),
        planstore.get_training_plan_summary(plan),
    ]


def test_helpers_answer_alike_from_ledger_dict_and_files(plan: TrainingPlan, store: Store, tmp_path: Path) -> None:
    files = tmp_path / "elsewhere" / "globals"
    files.mkdir(parents=True)
    shutil.copytree(store.results / "globals" / "training_plan", files / "training_plan")
    loaded = planstore.load_training_plan(tmp_path / "elsewhere")
    assert loaded is not None
    assert dict(loaded) == document(plan)
    expected = answers(plan, plan.jobs)
    assert answers(document(plan), plan.jobs) == expected
    assert answers(loaded, plan.jobs) == expected
    assert planstore.get_cs_jobs(store.results) == expected[0]
    assert planstore.compare_training_plans(plan, document(plan)) == {
        "plan1_total": len(plan.jobs),
        "plan2_total": len(plan.jobs),
        "added_jobs": [],
        "removed_jobs": [],
        "changed_jobs": [],
        "common_jobs": len(plan.jobs),
    }


def test_helpers_say_what_the_list_of_jobs_says(plan: TrainingPlan) -> None:
    jobs = plan.jobs
    trained = [job for job in jobs if job["training_type"] != "blocked"]
    assert {job["training_type"] for job in jobs} == {"cross_sectional", "symbol_specific", "blocked"}
    assert planstore.get_cs_jobs(plan) == [job for job in jobs if job["training_type"] == "cross_sectional"]
    assert planstore.get_symbol_jobs(plan) == [job for job in jobs if job["training_type"] == "symbol_specific"]
    for job in jobs:
        assert job in planstore.get_jobs_for_target(plan, job["target"])
        assert planstore.should_train_target_symbol(plan, job["target"], job["symbol"]) == (job in trained)
        families = planstore.get_model_families_for_job(plan, job["target"], job["symbol"])
        assert families == (["lightgbm"] if job in trained else None)
    summary = planstore.get_training_plan_summary(plan)
    assert (summary["total_jobs"], summary["by_route"]) == (len(jobs), plan.summary["by_route"])


def test_a_strict_plan_without_jobs_trains_nothing_and_says_why(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    plan = store.route(
        samples.table([samples.record("t", None, 0.1), samples.record("t", "A", 0.1)]), samples.policy()
    ).plan
    assert planstore.filter_targets_by_training_plan(["t"], plan) == []
    assert "has no jobs, so none of 1 targets is trained" in caplog.text
    assert planstore.apply_training_plan_filter(["t"], ["A"], plan) == {"targets": [], "symbols_by_target": {}}
    everything = planstore.apply_training_plan_filter(["t"], ["A"], plan, train_everything=True)
    assert everything == {"targets": ["t"], "symbols_by_target": {"t": ["A"]}}


def test_a_broken_master_is_an_error_and_its_mirror_does_not_stand_in(plan: TrainingPlan, tmp_path: Path) -> None:
    folder = tmp_path / "globals" / "training_plan"
    folder.mkdir(parents=True)
    (folder / "training_plan.json").write_text(json.dumps(document(plan)), encoding="utf-8")
    assert planstore.load_training_plan(folder) is not None
    (folder / "master_training_plan.json").write_text('{"metadata": {', encoding="utf-8")
    with pytest.raises(planstore.PlanFileError, match=r"master_training_plan\.json cannot be read"):
        planstore.load_training_plan(folder)


def test_a_folder_without_a_plan_has_none(tmp_path: Path, store: Store) -> None:
    assert planstore.load_training_plan(tmp_path / "nothing") is None
    store.create()
    assert planstore.load_training_plan(store.results) is None
    assert planstore.compare_training_plans(tmp_path / "nothing", store.results)["error"].startswith("plan1 is missing")
    with pytest.raises(planstore.NotFoundError):
        planstore.get_cs_jobs(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        ({"jobs": 3}, "it needs `jobs`"),
        ({"jobs": [{"job_id": "x"}]}, "lacks target, route, training_type, priority"),
        ({"metadata": {}}, "metadata is missing"),
        ({"summary": None}, "summary is missing"),
        ({"metadata": {"total_jobs": 99}}, "metadata.total_jobs says 99"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said(plan: TrainingPlan, change: dict[str, Any], warning: str) -> None:
    found = planstore.validate_training_plan(document(plan) | change)
    assert not found["ok"]
    assert any(warning in text for text in found["warnings"]), found


def test_the_summary_is_printed(plan: TrainingPlan, capsys: pytest.CaptureFixture[str]) -> None:
    planstore.print_training_plan_summary(plan)
    assert f"jobs             {len(plan.jobs)}" in capsys.readouterr().out


def test_a_plan_outlives_its_store(store: Store) -> None:
    run = store.route(samples.table(samples.records()), samples.policy())
    plan = run.plan
    store.close()
    assert len(plan.jobs) == plan.metadata["total_jobs"]


def test_an_unknown_training_type_is_refused(plan: TrainingPlan) -> None:
    with pytest.raises(planstore.RequestError, match="must be cross_sectional, symbol_specific or None, got 'both'"):
        planstore.filter_targets_by_training_plan(["t"], plan, "both")


@pytest.mark.parametrize("module", ["training_plan_consumer", "training_plan_utils"])
def test_the_older_import_path_works_and_says_that_it_is_older(module: str) -> None:
    with pytest.warns(DeprecationWarning, match="older import path"):
        older = importlib.reload(importlib.import_module(f"TRAINING.orchestration.{module}"))
    for name in older.__all__:
        assert getattr(older, name) is getattr(planstore, name)


# --- reference semantics ----------------------------------------------------------------------------------------

ASKED_TARGETS = (*strategies.TARGETS[:4], "no such target")
ASKED_SYMBOLS = (*strategies.SYMBOLS[:4], "no such symbol")
KINDS = (None, "cross_sectional", "symbol_specific")


@settings(max_examples=int(os.environ.get("PLANSTORE_EXAMPLES", "15")))
@given(
    document=strategies.plan_documents(),
    targets=st.lists(st.sampled_from(ASKED_TARGETS), max_size=4),
    symbols=st.lists(st.sampled_from(ASKED_SYMBOLS), max_size=4),
)
def test_the_helpers_answer_as_the_reference_does(
    document: dict[str, Any], targets: list[str], symbols: list[str]
) -> None:
    plan = TrainingPlan.from_document(document)
    for kind in KINDS:
        try:
            found: Any = planstore.filter_targets_by_training_plan(targets, plan, kind)
        except ValueError as error:
            found = type(error).__name__
        assert found == oracles.filter_targets(document, targets, kind)
        for target in targets[:2]:
            for symbol in (None, *symbols[:2]):
                asked = (target, symbol, kind)
                jobs = oracles.jobs_for_pair(document, *asked)
                assert planstore.get_training_jobs_for_target_symbol(plan, *asked) == jobs
                assert planstore.should_train_target_symbol(plan, *asked) == bool(jobs)
                assert planstore.get_model_families_for_job(plan, *asked) == oracles.families_for_job(document, *asked)
    for target in targets:
        assert planstore.filter_symbols_by_training_plan(target, symbols, plan) == oracles.filter_symbols(
            document, target, symbols
        )
    assert planstore.apply_training_plan_filter(targets, symbols, plan) == oracles.filter_pairs(
        document, targets, symbols
    )


@pytest.mark.parametrize("total", [None, 0, 2], ids=str)
def test_a_plan_that_does_not_say_its_total_is_counted(total: int | None) -> None:
    job = {
        "job_id": "cs_a",
        "target": "a",
        "symbol": None,
        "route": "ROUTE_CROSS_SECTIONAL",
        "training_type": "cross_sectional",
    }
    plan = {"metadata": {} if total is None else {"total_jobs": total}, "jobs": [job], "summary": {}}
    if total == 0:
        with pytest.raises(ValueError, match="has no jobs"):
            planstore.filter_targets_by_training_plan(["a", "b"], plan)
    else:
        assert planstore.filter_targets_by_training_plan(["a", "b"], plan) == ["a"]


def test_no_plan_has_no_jobs_and_filters_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for found in (
        planstore.get_cs_jobs(None),
        planstore.get_symbol_jobs(None),
        planstore.get_jobs_for_target(None, "t"),
        planstore.get_jobs_for_symbol(None, "A"),
        planstore.get_training_jobs_for_target_symbol(None, "t", "A", "symbol_specific"),
    ):
        assert found == []
    assert planstore.get_model_families_for_job(None, "t", "A") is None
    assert planstore.should_train_target_symbol(None, "t") is True
    for kind in KINDS:
        assert planstore.filter_targets_by_training_plan(["t", "u"], None, kind) == ["t", "u"]
    assert planstore.filter_symbols_by_training_plan("t", ["A"], None) == ["A"]
    everything = {"targets": ["t", "u"], "symbols_by_target": {"t": ["A"], "u": ["A"]}}
    assert planstore.apply_training_plan_filter(["t", "u"], ["A"], None) == everything
    assert planstore.validate_training_plan(None) == {"ok": False, "warnings": ["Training plan is None"]}
    assert planstore.get_training_plan_summary(None) == {}
    planstore.print_training_plan_summary(None)
    assert capsys.readouterr().out == "Training plan is None\n"
    assert set(planstore.compare_training_plans(None, None)) == {"error"}
    with pytest.raises(planstore.RequestError, match="must be cross_sectional"):
        planstore.should_train_target_symbol(None, "t", training_type="both")
