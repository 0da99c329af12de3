"""The registry of model families: what ships builds and fits, and what is wrong in a file is named."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from planstore import FamiliesError, FamilyMissingError
from planstore.training.families import load_families

SHIPPED = (
    "linear", "logistic", "random_forest", "extra_trees", "hist_gradient_boosting", "lightgbm", "quantile_lightgbm",
    "xgboost", "mlp", "stacking",
)  # fmt: skip
TASKS = ("BINARY_CLASSIFICATION", "MULTICLASS_CLASSIFICATION", "REGRESSION")


def panel(task_type: str, rows: int = 400) -> tuple[pd.DataFrame, np.ndarray]:
    """Return features, some missing and one wholly, and labels that depend on one of them."""
    chance = np.random.default_rng(3)
    values = chance.normal(size=(rows, 5))
    signal = values[:, 0] + 0.1 * chance.normal(size=rows)
    values[chance.random((rows, 5)) < 0.1] = np.nan
    values[:, 4] = np.nan
    labels = {
        "BINARY_CLASSIFICATION": (signal > 0).astype(float),
        "MULTICLASS_CLASSIFICATION": np.digitize(signal, [-0.5, 0.5]).astype(float),
        "REGRESSION": signal,
    }[task_type]
    return pd.DataFrame(values, columns=list("abcde")), labels


def test_these_families_are_shipped() -> None:
    assert sorted(load_families()) == sorted(SHIPPED)


@pytest.mark.parametrize("task_type", TASKS)
@pytest.mark.parametrize("name", SHIPPED)
def test_a_family_learns_from_features_with_gaps_and_the_seed_fixes_what(name: str, task_type: str) -> None:
    family = load_families()[name]
    if not family.trains(task_type):
        with pytest.raises(FamilyMissingError, match=f"{name} does not train {task_type}"):
            family.build(task_type, seed=1)
        return
    features, labels = panel(task_type)
    predicted = [
        family.build(task_type, seed=7, one_symbol=True).fit(features, labels).predict(features) for _ in range(2)
    ]
    assert predicted[0].tolist() == predicted[1].tolist()
    if task_type == "REGRESSION":
        assert np.corrcoef(predicted[0], labels)[0, 1] > 0.5
    else:
        assert (predicted[0] == labels).mean() > 0.6


def test_seed_and_threads_reach_every_part_of_an_estimator() -> None:
    parts = load_families()["stacking"].build("BINARY_CLASSIFICATION", seed=5, threads=1).get_params(deep=True)
    seeds = {name: value for name, value in parts.items() if name.rpartition("__")[2] == "random_state"}
    assert {"lightgbm__random_state", "logistic__logisticregression__random_state"} <= set(seeds)
    assert set(seeds.values()) == {5}
    assert parts["lightgbm__n_jobs"] == 1
    parts = load_families()["stacking"].build("BINARY_CLASSIFICATION", seed=5, threads=3).get_params(deep=True)
    assert (parts["lightgbm__n_jobs"], parts["extra_trees__n_jobs"]) == (3, 3)


def file(folder: Path, text: str) -> Path:
    path = folder / "families.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_adds_families_and_replaces_shipped_ones(tmp_path: Path) -> None:
    families = load_families(
        file(
            tmp_path,
            "families:\n"
            "  lightgbm: {stage: gpu, estimators: {regression: sklearn.linear_model.Ridge}, parameters: {alpha: 2}}\n"
            "  blend: {estimators: {regression: sklearn.ensemble.VotingRegressor}, members: [linear, lightgbm]}\n",
        )
    )
    assert set(families) == {*SHIPPED, "blend"}
    assert families["lightgbm"].stage == "gpu"
    assert [name for name, _ in families["blend"].build("REGRESSION", seed=1).get_params()["estimators"]] == [
        "linear",
        "lightgbm",
    ]


def test_a_family_of_an_absent_library_is_missing_only_when_it_is_needed(tmp_path: Path) -> None:
    families = load_families(file(tmp_path, "families:\n  absent: {estimators: {regression: no_such_library.Model}}\n"))
    with pytest.raises(FamilyMissingError, match="absent needs no_such_library, which is not installed"):
        families["absent"].build("REGRESSION", seed=1)


GOOD = "estimators: {regression: sklearn.linear_model.Ridge}"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("families: [", ("is not YAML",)),
        ("family: {}", ("top key `families`",)),
        (f"families:\n  x:\n    {GOOD}\n    stagee: cpu\n", ("line 4", "x.stagee", "is not a key of a family")),
        (f"families:\n  x:\n    {GOOD}\n    stage: tpu\n", ("line 4", "x.stage", "'tpu'")),
        (f"families:\n  x:\n    {GOOD}\n  x:\n    {GOOD}\n", ("line 4", "x is given twice")),
        ("families:\n  x:\n    estimators: {}\n", ("line 3", "x.estimators", "needs `classification`")),
        ("families:\n  x:\n    estimators: {regression: Ridge}\n", ("line 3", "x.estimators.regression", "'Ridge'")),
        (
            "families:\n  x: {estimators: {regression: __main__.Own}}\n",
            ("line 2", "x.estimators.regression", "never import the main module"),
        ),
        ("families:\n  x: {}\n", ("line 2", "x.estimators", "is missing")),
        (f"families:\n  MyModel: {{{GOOD}}}\n", ("'MyModel'", "rename it to 'my_model'")),
        (f"families:\n  x: {{{GOOD}, members: [y]}}\n", ("family x", "a member must be a family, got 'y'")),
        (f"families:\n  x: {{{GOOD}, members: [x]}}\n", ("x is a member of itself",)),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_key_and_line(tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(FamiliesError) as refused:
        load_families(file(tmp_path, text))
    for part in parts:
        assert part in str(refused.value)


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        ("estimators: {regression: sklearn.linear_model.Rigde}", "there is no Rigde in sklearn.linear_model"),
        (f"{GOOD}, parameters: {{alfa: 1}}", "does not take its parameters"),
    ],
)
def test_an_estimator_that_cannot_be_built_says_why(tmp_path: Path, definition: str, said: str) -> None:
    families = load_families(file(tmp_path, f"families:\n  x: {{{definition}}}\n"))
    with pytest.raises(FamiliesError, match=said):
        families["x"].build("REGRESSION", seed=1)


def test_packages_offer_families_by_entry_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "offering-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: offering\nVersion: 1\n", encoding="utf-8")
    (package / "entry_points.txt").write_text("[planstore.families]\nmine = offering:FAMILIES\n", encoding="utf-8")
    document = {"families": {"offered": {"estimators": {"regression": "sklearn.linear_model.Ridge"}}}}
    (tmp_path / "offering.py").write_text(f"FAMILIES = {document!r}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert set(load_families()) == {*SHIPPED, "offered"}


def test_the_families_file_in_the_documentation_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "howto" / "training.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(families:.*?)```", page, re.DOTALL)
    family = load_families(file(tmp_path, text))["catboost"]
    assert family.trains("REGRESSION")
    assert [name for name in SHIPPED if f"`{name}`" not in page] == []
