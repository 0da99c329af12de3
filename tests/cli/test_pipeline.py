"""A pipeline whose exit codes tell the truth: what cannot be trained is refused, and nothing trained is a failure."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

import forks
import markets
import planstore
import samples


def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([forks.planstore(), *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with candidates, a policy, and a panel of other targets."""
    made = tmp_path_factory.mktemp("pipeline")
    samples.parquet(made / "candidates.parquet", samples.records())
    (made / "policy.yaml").write_text(samples.POLICY_YAML)
    markets.panel(made / "panel")
    return made


def route(folder: Path, results: str, *more: str) -> subprocess.CompletedProcess[str]:
    policy = folder / "policy.yaml"
    return call("route", folder / "candidates.parquet", "--policy", policy, "--results", folder / results, *more)


@pytest.mark.parametrize(
    ("name", "near"), [("lihgtgbm", "lightgbm"), ("XGBosst", "xgboost"), ("a,b", None), ("../x", None)]
)
def test_a_family_that_cannot_be_trained_is_refused_with_the_nearest_ones(
    folder: Path, name: str, near: str | None
) -> None:
    done = route(folder, "misspelled", "--family", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"a model family must be one that can be trained, got {name!r}: " in done.stderr
    assert (f"did you mean {near}?" in done.stderr) == (near is not None)
    assert "there are extra_trees, hist_gradient_boosting, lightgbm" in done.stderr
    assert not (folder / "misspelled").exists()


def test_a_family_rule_of_the_policy_is_checked_as_well(folder: Path) -> None:
    policy = yaml.safe_load(samples.POLICY_YAML)
    policy["routing"]["families"] = [{"use": ["lightgbm", "lihgtgbm"]}]
    (folder / "rules.yaml").write_text(yaml.safe_dump(policy))
    done = call(
        "route", folder / "candidates.parquet", "--policy", folder / "rules.yaml", "--results", folder / "rules"
    )
    assert done.returncode == 2
    assert "got 'lihgtgbm': did you mean lightgbm?" in done.stderr


def test_spellings_and_families_of_one_s_own_are_taken(folder: Path) -> None:
    (folder / "families.yaml").write_text(
        "families:\n  my_ridge:\n    estimators: {regression: sklearn.linear_model.Ridge}\n"
    )
    done = route(
        folder, "own", "--family", "LightGBM", "--family", "my_ridge", "--families", str(folder / "families.yaml")
    )
    assert done.returncode == 0, done.stderr
    with planstore.open(folder / "own", create=False) as store:
        assert store.plan().metadata["model_families"] == ["lightgbm", "my_ridge"]


def test_training_is_refused_before_the_panel_is_read(folder: Path) -> None:
    assert route(folder, "routed").returncode == 0
    with planstore.open(folder / "routed", create=False) as store:
        store.route(samples.table(samples.records(seed=1)), samples.policy(), ["lihgtgbm"], run_id="misspelled")
    nowhere = folder / "no such panel"
    for arguments, said in (
        (["--executor", "dask"], "executor must be local or ray, got 'dask'"),
        (["--plan", "nosuch"], "nosuch"),
        (["--workers", "0"], "workers"),
        (["--families", str(folder / "nosuch.yaml")], "nosuch.yaml"),
        (["--plan", "misspelled", "--force"], "got 'lihgtgbm': did you mean lightgbm?"),
    ):
        done = call("train", nowhere, "--results", folder / "routed", *arguments)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert said in done.stderr
        assert "no such panel" not in done.stderr


def test_the_panel_of_another_plan_is_refused_whole(folder: Path) -> None:
    assert route(folder, "other").returncode == 0
    done = call("train", folder / "panel", "--results", folder / "other")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the panel must have a target of plan" in done.stderr
    with planstore.open(folder / "other", create=False) as store:
        assert store.sql("select count(*) from job_status").fetchall() == [(0,)]


def test_a_plan_without_jobs_trains_nothing_and_fails(folder: Path) -> None:
    rows = [samples.record("y_up", None, score=0.1), samples.record("y_up", "AAPL", score=0.1)]
    samples.parquet(folder / "bad.parquet", rows)
    policy = folder / "policy.yaml"
    assert call("route", folder / "bad.parquet", "--policy", policy, "--results", folder / "empty").returncode == 0
    done = call("train", folder / "panel", "--results", folder / "empty")
    assert done.returncode == 1
    assert "nothing is trained: plan " in done.stderr


@pytest.mark.parametrize("end", ["| head -1", "| head -c 1"])
def test_a_reader_that_stops_early_hides_no_failure(folder: Path, end: str) -> None:
    assert route(folder, "piped").returncode == 0
    results = folder / "piped"
    failing = f"'{forks.planstore()}' train '{folder / 'panel'}' --results '{results}'"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", f"{failing} {end}"], capture_output=True, check=False)
    assert done.returncode == 2
