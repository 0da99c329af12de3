"""Every recorded case is reproduced under reference semantics."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import golden_cases
import planstore
from golden_cases import COMPARISONS, NAMES, OWN, VOLATILE, Case, comparable, report, unpacked
from planstore import Run
from planstore.events.vocabulary import TRAINED_TYPES
from planstore.plans import consumer
from planstore.plans.training_plan import PlanSource, load_training_plan

PLAN = Path("globals/training_plan")
ROUTING = Path("METRICS/routing_plan")
SOURCES = ("ledger", "files")
OTHER_SOURCES = ("folder with ledger", "dict", "mirror alone")
"""Forms of a plan that are read as one of ``SOURCES`` is, once it is found; asked about every fourth case."""


@dataclass(frozen=True)
class Routed:
    """A case, and what planstore made of it."""

    case: Case
    results: Path
    run: Run
    files_only: Path

    def json(self, path: Path) -> Any:
        return json.loads((self.results / path).read_text(encoding="utf-8"))

    def plan(self, source: str) -> PlanSource:
        """Return the plan in one of the forms in which a reader may have it."""
        if source == "ledger":
            return self.run.plan
        if source == "dict":
            document: dict[str, Any] = self.json(PLAN / "master_training_plan.json")
            return document
        folder = {
            "folder with ledger": self.results,
            "files": self.files_only / "files" / PLAN,
            "mirror alone": self.files_only / "mirror" / PLAN,
        }[source]
        loaded = load_training_plan(folder)
        assert loaded is not None
        return loaded


@pytest.fixture(scope="module", params=NAMES)
def routed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Routed]:
    scratch = tmp_path_factory.mktemp(request.param)
    case = unpacked(request.param, scratch)
    results = scratch / "results"
    with planstore.open(results) as store:
        run = case.route(store)
        store.export()
        for kind in ("files", "mirror"):
            shutil.copytree(results / PLAN, scratch / kind / PLAN)
        (scratch / "mirror" / PLAN / "master_training_plan.json").unlink()
        yield Routed(case, results, run, scratch)


def test_the_copy_holds_every_case_that_is_listed() -> None:
    kept = {path.name.removesuffix(".tar.xz") for path in golden_cases.GOLDEN.iterdir()} - {
        "README.md", "cases.json", "compare.json"
    }  # fmt: skip
    assert kept == set(NAMES)


def test_counts_of_decisions_are_as_recorded(routed: Routed) -> None:
    inputs = routed.case.inputs
    assert dict(routed.run.routes) == inputs["symbol_routes"]
    assert routed.run.plan.metadata["total_jobs"] == inputs["total_jobs"]


def test_routing_plan_is_as_recorded(routed: Routed) -> None:
    found = routed.json(ROUTING / "routing_plan.json")
    assert comparable(found) == comparable(routed.case.read("routing_plan.json"))


@pytest.mark.parametrize("name", ["master_training_plan.json", "training_plan.json"])
def test_training_plan_is_as_recorded(routed: Routed, name: str) -> None:
    assert comparable(routed.json(PLAN / name)) == comparable(routed.case.read(f"training_plan/{name}"))


def test_metadata_holds_what_differs_and_what_planstore_adds(routed: Routed) -> None:
    metadata = routed.json(PLAN / "master_training_plan.json")["metadata"]
    recorded = routed.case.read("training_plan/master_training_plan.json")["metadata"]
    assert set(metadata) == set(recorded) | set(OWN)
    assert metadata["generated_at"].endswith("Z")
    assert len(metadata["generated_at"]) == len(recorded["generated_at"])
    assert metadata["run_id"] == routed.run.run_id
    assert metadata["plan_id"] == routed.run.plan_id
    assert metadata["commit_id"] == routed.run.commit_id
    assert metadata["policy_id"] == routed.run.policy_id


def test_mirror_is_the_master_byte_for_byte(routed: Routed) -> None:
    plan = routed.results / PLAN
    assert (plan / "training_plan.json").read_bytes() == (plan / "master_training_plan.json").read_bytes()


@pytest.mark.parametrize("path", [PLAN / "master_training_plan.json", ROUTING / "routing_plan.json"])
def test_json_looks_as_older_files_look(routed: Routed, path: Path) -> None:
    text = (routed.results / path).read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2)


def test_view_files_are_those_recorded(routed: Routed) -> None:
    assert _files(routed.results / PLAN, "*.json") == _files(routed.case.training_plan, "*.json")


def test_view_files_hold_what_was_recorded_byte_for_byte(routed: Routed) -> None:
    different = [
        name
        for name in sorted(_files(routed.case.training_plan, "*/*.json"))
        if (routed.results / PLAN / name).read_bytes() != (routed.case.training_plan / name).read_bytes()
    ]
    assert different == []


@pytest.mark.parametrize(
    ("made", "recorded"),
    [(ROUTING / "routing_plan.md", "routing_plan.md"), (PLAN / "training_plan.md", "training_plan/training_plan.md")],
)
def test_reports_are_written_where_the_policy_asks_and_are_as_recorded(
    routed: Routed, made: Path, recorded: str
) -> None:
    asked = "MARKDOWN" in routed.case.recorded_policy["routing"].get("dump_plan_as", ())
    assert (routed.results / made).exists() == asked
    if asked and (routed.case.folder / recorded).exists():
        assert report(routed.results / made) == report(routed.case.folder / recorded)


def test_yaml_is_written_where_the_policy_asks(routed: Routed) -> None:
    asked = "YAML" in routed.case.recorded_policy["routing"].get("dump_plan_as", ())
    assert (routed.results / PLAN / "training_plan.yaml").exists() == asked


@pytest.mark.parametrize("source", SOURCES)
def test_helpers_answer_as_recorded(routed: Routed, source: str) -> None:
    recorded = routed.case.consumer
    assert _answers(routed.plan(source), recorded) == recorded


@pytest.mark.parametrize("source", OTHER_SOURCES)
@pytest.mark.parametrize("routed", NAMES[::4], indirect=True)
def test_helpers_answer_alike_from_other_forms_of_the_plan(routed: Routed, source: str) -> None:
    recorded = _thinned(routed.case.consumer)
    assert _answers(routed.plan(source), recorded) == recorded


def test_rebuild_derives_the_same_documents_and_files(routed: Routed) -> None:
    with planstore.open(routed.results, create=False) as store:
        before = _bytes(routed.results / PLAN)
        assert store.maintenance.rebuild().same
        shutil.rmtree(routed.results / PLAN)
        store.export()
    assert _bytes(routed.results / PLAN) == before


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda c: f"{c['plan1']}-{c['plan2']}")
def test_comparisons_are_as_recorded(comparison: dict[str, Any], tmp_path: Path) -> None:
    recorded = [
        unpacked(comparison[key], tmp_path).read("training_plan/master_training_plan.json")
        for key in ("plan1", "plan2")
    ]
    assert consumer.compare_training_plans(*recorded) == comparison["result"]


@pytest.mark.parametrize("comparison", COMPARISONS[:2], ids=lambda c: f"{c['plan1']}-{c['plan2']}")
def test_plans_in_ledgers_compare_as_recorded(comparison: dict[str, Any], tmp_path: Path) -> None:
    plans = []
    for key in ("plan1", "plan2"):
        with planstore.open(tmp_path / key) as store:
            plans.append(unpacked(comparison[key], tmp_path).route(store).plan)
            plans[-1].jobs  # noqa: B018  (fetched while the store is open)
            assert (
                consumer.compare_training_plans(plans[0], plans[-1])["plan1_total"]
                == comparison["result"]["plan1_total"]
            )
    assert consumer.compare_training_plans(tmp_path / "plan1", tmp_path / "plan2") == comparison["result"]


def test_a_plan_that_is_missing_compares_as_an_error(tmp_path: Path) -> None:
    plan = unpacked("routes_all", tmp_path).read("training_plan/master_training_plan.json")
    assert set(consumer.compare_training_plans(None, plan)) == {"error"}
    assert set(consumer.compare_training_plans(plan, tmp_path / "nowhere")) == {"error"}


def _files(folder: Path, pattern: str) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob(pattern)}


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _thinned(recorded: dict[str, Any], most: int = 3) -> dict[str, Any]:
    """Return what was recorded with a few questions of each kind: a plain dict is read anew for every answer."""
    found = dict(recorded)
    for name in ("jobs_for_target", "jobs_for_symbol"):
        if name in found:
            keys = list(found[name])
            found[name] = {key: found[name][key] for key in _spread(keys, most)}
    for name in ("model_families_for_job", "should_train"):
        if name in found:
            found[name] = _spread(found[name], most)
    return found


def _spread(items: list[Any], most: int) -> list[Any]:
    if len(items) <= most:
        return items
    return [items[place * (len(items) - 1) // (most - 1)] for place in range(most)]


def _ids(jobs: list[dict[str, Any]]) -> list[str]:
    return [job["job_id"] for job in jobs]


def _answers(plan: PlanSource, recorded: dict[str, Any]) -> dict[str, Any]:
    """Return what the helpers answer to every question that was recorded, in the recorded shape."""
    symbol_jobs = _ids(consumer.get_symbol_jobs(plan))
    asked = recorded["filter"]
    chosen = consumer.apply_training_plan_filter(asked["targets_in"], asked["symbols_in"], plan)
    counted = any(isinstance(found, int) for found in asked["symbols_by_target"].values())
    summary = consumer.get_training_plan_summary(plan)
    answers: dict[str, Any] = {
        "cs_jobs": _ids(consumer.get_cs_jobs(plan)),
        "symbol_jobs": symbol_jobs if isinstance(recorded["symbol_jobs"], list) else len(symbol_jobs),
        "filter": {
            "targets_in": asked["targets_in"],
            "symbols_in": asked["symbols_in"],
            "targets": chosen["targets"],
            "symbols_by_target": {
                target: len(symbols) if counted else symbols for target, symbols in chosen["symbols_by_target"].items()
            },
        },
        "validate": consumer.validate_training_plan(plan),
        "summary": {key: value for key, value in summary.items() if key not in VOLATILE},
    }
    for kind in TRAINED_TYPES:
        answers[f"filter_targets_{kind}"] = _result(plan, asked["targets_in"], kind)
    if "jobs_for_target" in recorded:
        answers |= {
            "jobs_for_target": {
                target: _ids(consumer.get_jobs_for_target(plan, target)) for target in recorded["jobs_for_target"]
            },
            "jobs_for_symbol": {
                symbol: _ids(consumer.get_jobs_for_symbol(plan, symbol)) for symbol in recorded["jobs_for_symbol"]
            },
            "model_families_for_job": [
                [target, symbol, kind, consumer.get_model_families_for_job(plan, target, symbol, kind)]
                for target, symbol, kind, _ in recorded["model_families_for_job"]
            ],
            "should_train": [
                [target, symbol, kind, consumer.should_train_target_symbol(plan, target, symbol, kind)]
                for target, symbol, kind, _ in recorded["should_train"]
            ],
        }
    return answers


def _result(plan: PlanSource, targets: list[str], kind: str) -> dict[str, Any]:
    try:
        return {"result": consumer.filter_targets_by_training_plan(targets, plan, kind)}
    except ValueError as error:
        return {"error": type(error).__name__}
