"""Training one job: what it learns from, what it brings back, and how it says that it cannot."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import r2_score, roc_auc_score

import markets
from estimators import families_file
from planstore.events.hashing import digest_of
from planstore.models import pickles
from planstore.models.description import DESCRIPTION, JobModels
from planstore.models.formats import load_estimator
from planstore.training.evidence.folds import time_folds
from planstore.training.execution.fit import train_job
from planstore.training.execution.inputs import NAME as INPUTS
from planstore.training.execution.predictions import Predictions
from planstore.training.execution.task import Result, Task
from planstore.training.families import load_families
from planstore.training.panel.panel import Panel


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    return markets.panel(tmp_path_factory.mktemp("panel"))


def task(target: str, symbol: str | None = None, *families: str, extra: Path | None = None, **other: object) -> Task:
    known = load_families(extra)
    chosen = tuple(known[name] for name in families or ("lightgbm",))
    return Task("job", 1, target, symbol, chosen, **other)  # type: ignore[arg-type]


def predictions(result: Result) -> pd.DataFrame:
    (file,) = [file for file in result.files if file.name == "predictions"]
    return pd.read_parquet(io.BytesIO(file.content))


def test_a_job_is_scored_on_the_newest_fold_with_the_horizon_left_out_before_it(panel: Panel) -> None:
    result = train_job(panel, task("y_up_1d", evidence_score=0.7))
    assert result.status == "succeeded"
    sample = panel.sample("y_up_1d")
    train, test = time_folds(sample.timestamps, folds=5, horizon=1, symbols=sample.symbols)[-1]
    found = predictions(result)
    assert found["timestamp"].tolist() == pd.Series(sample.timestamps[test]).tolist()
    assert found["symbol"].tolist() == sample.symbols[test].tolist()
    assert found["label"].tolist() == sample.labels[test].tolist()
    assert sample.timestamps[train].max() < sample.timestamps[test].min() - np.timedelta64(1, "D")
    assert result.metrics["score"] == pytest.approx(roc_auc_score(found["label"], found["prediction"]))
    assert result.metrics["score"] > 0.8
    assert result.metrics["evidence_score"] == 0.7
    assert (result.metrics["rows_trained"], result.metrics["rows_scored"]) == (len(train), len(test))


def test_a_model_that_is_kept_predicts_what_was_scored(panel: Panel) -> None:
    result = train_job(panel, task("fwd_ret_1d", "BBB", "lightgbm", features=("f1", "f0")))
    contents = {file.name: file.content for file in result.files}
    described = JobModels.load(contents[DESCRIPTION])
    (model,) = described.models
    assert (described.features, model.family, described.target) == (("f1", "f0"), "lightgbm", "fwd_ret_1d")
    estimator = load_estimator(
        contents["model lightgbm"], model.format, classifies=False, allow_pickle=False, name="it"
    )
    sample = panel.sample("fwd_ret_1d", symbols=["BBB"], features=described.features)
    found = predictions(result)
    rows = np.isin(sample.timestamps, found["timestamp"].to_numpy())
    assert estimator.predict(sample.features[rows]).tolist() == found["prediction"].tolist()
    assert model.newest_data is not None
    assert model.newest_data.replace(tzinfo=None) < found["timestamp"].min()
    assert model.rows == result.metrics["rows_trained"]
    assert result.metrics["score"] == pytest.approx(r2_score(found["label"], found["prediction"]))


def test_a_job_predicts_the_mean_of_its_families(panel: Panel) -> None:
    found = predictions(train_job(panel, task("fwd_ret_1d", None, "linear", "lightgbm")))
    assert found["prediction"].tolist() == pytest.approx(((found["linear"] + found["lightgbm"]) / 2).tolist())


def test_a_refit_keeps_the_scored_models_and_adds_those_of_all_labelled_rows(panel: Panel) -> None:
    asked = task("y_up_1d", "AAA", "lightgbm", "logistic")
    once, again = train_job(panel, asked), train_job(panel, replace(asked, refit=True))
    assert train_job(panel, replace(asked, refit=True)).files == again.files
    contents = {file.name: file.content for file in again.files}
    named = ("model lightgbm", "model logistic", "refitted model lightgbm", "refitted model logistic")
    assert list(contents) == ["predictions", *named, "models", "inputs"]
    differ = {DESCRIPTION, INPUTS}  # because both say whether models are refitted
    assert {file.name: file.content for file in once.files if file.name not in differ}.items() <= contents.items()
    assert again.metrics["score"] == once.metrics["score"]
    described = JobModels.load(contents[DESCRIPTION])
    labelled = panel.sample("y_up_1d", symbols=["AAA"])
    assert again.metrics["rows_refitted"] == len(labelled.labels)
    assert [(one.family, one.fit, one.rows) for one in described.serving] == [
        ("lightgbm", "refitted", len(labelled.labels)),
        ("logistic", "refitted", len(labelled.labels)),
    ]
    assert {digest_of(contents[f"refitted model {one.family}"]) for one in described.serving} == {
        one.digest for one in described.serving
    }
    assert described.newest_data is not None
    assert described.newest_data.replace(tzinfo=None) == pd.Timestamp(labelled.timestamps[-1])
    (scored,) = [file.content for file in once.files if file.name == DESCRIPTION]
    assert {one.fit for one in JobModels.load(scored).serving} == {"scored"}


def test_three_classes_are_probabilities_that_add_up(panel: Panel) -> None:
    result = train_job(panel, task("y_level_2d", "AAA", "xgboost"))
    found = predictions(result)[["prediction_0", "prediction_1", "prediction_2"]]
    assert found.sum(axis=1).to_numpy() == pytest.approx(1)
    assert result.metrics["score"] > 0.7


def test_a_combining_job_predicts_the_mean_of_its_own_and_the_pooled_model(panel: Panel) -> None:
    pooled = train_job(panel, task("y_up_1d"))
    (file,) = [file for file in pooled.files if file.name == "predictions"]
    given = Predictions.load(file.content).of_symbol("CCC").dump()
    own = train_job(panel, task("y_up_1d", "CCC"))
    both = train_job(panel, task("y_up_1d", "CCC", combines=True, pooled=given))
    found = predictions(both)
    assert set(found["symbol"]) == {"CCC"}
    assert found["prediction"].tolist() == pytest.approx(((found["local"] + found["pooled"]) / 2).tolist())
    assert found["local"].tolist() == predictions(own)["prediction"].tolist()
    assert both.metrics["score_local"] == own.metrics["score"]
    assert {"score", "score_pooled"} <= set(both.metrics)
    alone = train_job(panel, task("y_up_1d", "CCC", combines=True))
    said = "the cross-sectional job of y_up_1d, whose predictions this job averages with, has no predictions"
    assert (alone.status, said in str(alone.error)) == ("failed", True)


@pytest.mark.parametrize("symbol", [None, "AAA"])
def test_the_same_task_gives_the_same_bytes_and_another_seed_another_model(panel: Panel, symbol: str | None) -> None:
    asked = task("fwd_ret_1d", symbol, *(name for name in load_families() if name != "logistic"), seed=4)
    first, second = train_job(panel, asked), train_job(panel, asked)
    assert [file.name for file in first.files] == [file.name for file in second.files]
    assert first.files == second.files
    other = train_job(panel, replace(asked, seed=5))
    changed = {a.name for a, b in zip(first.files, other.files, strict=True) if a != b}
    assert {"model lightgbm", "model random_forest", "model mlp"} <= changed


def test_bytes_of_a_model_do_not_depend_on_which_texts_are_one_object() -> None:
    one = "a text"
    other = "".join(["a ", "text"])
    assert one is not other
    assert pickles.dump([one, one]) == pickles.dump([one, other])


def broken(folder: Path, **columns: object) -> Panel:
    """Return a panel of one symbol with some columns replaced."""
    path = markets.write_panel(folder, ["AAA"]) / "AAA.parquet"
    table = pq.read_table(path)
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    pq.write_table(table, path)
    return Panel.read(folder)


@pytest.mark.parametrize(
    ("target", "symbol", "family", "said"),
    [
        ("y_none_1d", None, "lightgbm", "the panel has no target y_none_1d"),
        ("y_up_1d", "ZZZ", "lightgbm", "the panel has no rows of ZZZ"),
        ("y_up_1d", None, "raising", "family raising: ValueError: this one never learns"),
        ("y_up_1d", None, "waiting", None),
    ],
)
def test_what_cannot_be_trained_fails_with_its_reason(
    panel: Panel, tmp_path: Path, target: str, symbol: str | None, family: str, said: str | None
) -> None:
    result = train_job(panel, task(target, symbol, family, extra=families_file(tmp_path)))
    if said is None:
        assert (result.status, result.error) == ("skipped", "family waiting does not train BINARY_CLASSIFICATION")
        return
    assert result.status == "failed"
    assert str(result.error).startswith(said)
    assert result.files == ()


def test_labels_of_one_class_or_none_and_too_few_rows_fail_the_job(tmp_path: Path) -> None:
    ones = broken(tmp_path / "ones", y_up_1d=np.ones(260))
    assert "one class only" in str(train_job(ones, task("y_up_1d")).error)
    none = broken(tmp_path / "none", fwd_ret_1d=np.full(260, np.nan))
    assert "no row has a label" in str(train_job(none, task("fwd_ret_1d")).error)
    few = Panel.read(markets.write_panel(tmp_path / "few", ["AAA"], days=5))
    assert "too few" in str(train_job(few, task("fwd_ret_1d")).error)


def test_a_newest_fold_of_one_class_gives_a_model_without_a_score(tmp_path: Path) -> None:
    labels = np.where(np.arange(260) < 200, np.arange(260) % 2, 1.0)
    result = train_job(broken(tmp_path, y_up_1d=labels), task("y_up_1d"))
    assert result.status == "succeeded"
    assert "score" not in result.metrics
    assert "one class only" in str(result.left_out)


def test_a_family_that_is_absent_is_left_out_and_said(panel: Panel, tmp_path: Path) -> None:
    asked = task("fwd_ret_1d", "AAA", "absent", "linear", extra=families_file(tmp_path))
    result = train_job(panel, asked)
    assert result.status == "succeeded"
    assert "absent needs no_such_library, which is not installed" in str(result.left_out)
    assert [file.name for file in result.files] == ["predictions", "model linear", "models", "inputs"]
    assert train_job(panel, replace(asked, families=asked.families[:1])).status == "skipped"
