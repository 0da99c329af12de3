"""The model of a job or pair: it predicts what its training predicted, and says where it comes from."""

from __future__ import annotations

import io
import json
import re
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.linear_model import Ridge
from typer.testing import CliRunner

import markets
import planstore
import samples
from planstore import ModelVersionWarning, NotFoundError, PanelError, RequestError
from planstore.api.store import Store
from planstore.cli.verbs import app
from planstore.events.hashing import digest_of
from planstore.events.vocabulary import JobState
from planstore.models import libraries, pickles
from planstore.models.formats import ModelFormat
from planstore.models.loading import JobFiles, LoadedModels
from planstore.training.execution.claims import Claims
from planstore.training.execution.task import File, Result
from planstore.training.execution.train import train
from planstore.training.panel.panel import Panel
from planstore.training.trainer import Models


def scored(store: Store, job_id: str, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the predictions that a job's training recorded, and the rows of the panel that they are of."""
    (digest,) = store.sql(
        "select a.digest from artifacts a join current_plan p on a.belongs_to = p.plan_id || '/' || $job "
        "where a.name = 'predictions'",
        job=job_id,
    ).fetchone() or ("",)
    found = pd.read_parquet(io.BytesIO(store.access.ledger.artifacts.get(digest)))
    return found, found[["timestamp", "symbol"]].merge(frame, on=["timestamp", "symbol"])


def test_each_job_predicts_what_its_training_predicted_blends_included(trained: tuple[Store, pd.DataFrame]) -> None:
    store, frame = trained
    jobs = store.training.jobs()
    assert {job["route"] for job in jobs} >= {"ROUTE_BOTH", "ROUTE_CROSS_SECTIONAL", "ROUTE_SYMBOL_SPECIFIC"}
    for job in jobs:
        model = store.model(job["job_id"])
        expected, rows = scored(store, job["job_id"], frame)
        columns = [name for name in expected if name == "prediction" or name.startswith("prediction_")]
        wanted = expected[columns].to_numpy().squeeze(axis=1) if len(columns) == 1 else expected[columns].to_numpy()
        assert model.predict(rows) == pytest.approx(wanted, abs=1e-12), job["job_id"]
        assert (model.job_id, model.target, model.symbol) == (job["job_id"], job["target"], job["symbol"])
        assert model.features == ("f0", "f1", "f2", "f3", "f4")
        assert model.newest_data is not None
        assert model.newest_data < expected["timestamp"].min().tz_localize(UTC)
    assert store.model("y_level_2d").labels == (0.0, 1.0, 2.0)
    assert store.model("cs_y_up_1d").families == ("lightgbm", "logistic")


def test_a_pair_is_predicted_by_its_own_job_or_by_the_cross_sectional_one(trained: tuple[Store, pd.DataFrame]) -> None:
    store, _ = trained
    assert store.model("y_up_1d", "AAA").job_id == "sym_y_up_1d_AAA"
    assert store.model("y_up_1d", "BBB").job_id == "cs_y_up_1d"
    assert store.model("y_up_1d").job_id == "cs_y_up_1d"
    assert store.at(len(store.log())).model("fwd_ret_1d", "CCC").job_id == "sym_fwd_ret_1d_CCC"
    wrong: list[tuple[tuple[Any, ...], str]] = [
        (("y_nope",), "must have the job or target 'y_nope', got fwd_ret_1d, y_level_2d, y_up_1d: name one of them"),
        (("y_up_1d", "ZZZ"), "must have y_up_1d on 'ZZZ', got AAA, BBB, CCC: name one of them"),
        (("fwd_ret_1d",), "fwd_ret_1d must have a job in plan [0-9a-f]{12}, got route DISABLED: `planstore why fwd_"),
    ]
    for arguments, said in wrong:
        with pytest.raises(NotFoundError, match=said):
            store.model(*arguments)


def test_the_columns_of_a_frame_are_checked_by_name_and_type(trained: tuple[Store, pd.DataFrame]) -> None:
    store, whole = trained
    model = store.model("y_up_1d", "AAA")
    frame = whole[whole["symbol"] == "AAA"].head(20)
    expected = model.predict(frame).tolist()
    shuffled = frame[["symbol", "f4", "f2", "f0", "f1", "f3"]].assign(more="text", f0=frame["f0"].astype("Float64"))
    ways: list[Any] = [
        shuffled,
        pl.from_pandas(frame),
        pa.Table.from_pandas(frame),
        pa.Table.from_pandas(frame).combine_chunks().to_batches()[0],
        frame.astype({"symbol": "category"}),
    ]
    for way in ways:
        assert model.predict(way).tolist() == expected
    assert model.predict(frame.assign(f0=np.inf)).tolist() == model.predict(frame.assign(f0=np.nan)).tolist()
    assert model.predict(frame.assign(f0=None)).tolist() == model.predict(frame.assign(f0=np.nan)).tolist()
    empty = pa.Table.from_pandas(frame.assign(f0=None).astype({"f0": "string"}))
    assert model.predict(empty).tolist() == model.predict(frame.assign(f0=np.nan)).tolist()
    assert model.predict(frame.assign(f0=1)).tolist() == model.predict(frame.assign(f0=True)).tolist()
    assert model.predict(frame.head(0)).shape == (0,)
    assert store.model("cs_y_level_2d").predict(whole.head(0)).shape == (0, 3)
    renamed = frame.rename(columns={"f3": "F3"}).assign(f1="high", f2=frame["timestamp"])
    said = (
        "the frame must have the 5 features of the model as columns of numbers, got no column f3; text in f1, times in "
        "f2; unknown to the model: F3, y_up_1d, y_level_2d, fwd_ret_1d: add, convert or rename columns"
    )
    mixed = frame.assign(f1=pd.Series([1, "x"] * 10, index=frame.index, dtype=object))
    wrong: list[tuple[Any, str]] = [
        (renamed, said),
        (mixed, "got mixed values in f1; unknown to the model"),
        (frame.rename(columns={"f3": "f0"}), "the frame must have each column once, got two of f0: rename or drop one"),
        (whole, "the frame must have rows of AAA alone, because the model is of that symbol, got symbol BBB, CCC"),
        ([1, 2], "the frame must be a pandas or Polars frame or an Arrow table, got list: convert it"),
    ]
    for given, text in wrong:
        with pytest.raises(PanelError, match=re.escape(text)):
            model.predict(given)


def test_the_lineage_leads_to_the_decision_and_every_file(trained: tuple[Store, pd.DataFrame]) -> None:
    store, _ = trained
    model = store.model("y_up_1d", "AAA")
    lineage = json.loads(json.dumps(model.lineage()))
    why = store.why("y_up_1d", "AAA")
    assert (lineage["plan_id"], lineage["policy_id"], lineage["reasons"]) == (why.plan_id, why.policy_id, why.reasons)
    assert (lineage["route"], lineage["status"]) == ("ROUTE_BOTH", "succeeded")
    assert lineage["pooled"]["job_id"] == "cs_y_up_1d"
    assert datetime.fromisoformat(lineage["newest_data"]) == model.newest_data
    kept = set(store.sql("select digest from trained_models").df()["digest"])
    files = lineage["models"] + lineage["pooled"]["models"]
    assert {one["digest"] for one in files} <= kept
    assert [(one["family"], one["fit"], one["predicts"]) for one in lineage["models"]] == [
        ("lightgbm", "scored", True),
        ("logistic", "scored", True),
    ]
    assert {"lightgbm"} == set(lineage["models"][0]["libraries"])
    pooled = store.model("cs_y_up_1d")
    described = json.loads(store.access.ledger.artifacts.get(model.digest))
    assert described["pooled"] == pooled.digest
    assert str(model).startswith(
        "y_up_1d on AAA: lightgbm, logistic of job sym_y_up_1d_AAA, averaged with cs_y_up_1d, "
    )


def test_loading_under_another_version_warns_with_both(
    trained: tuple[Store, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = trained
    monkeypatch.setattr(libraries, "_installed", lambda library: "99.0" if library == "scikit-learn" else None)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        store.model("fwd_ret_1d", "AAA")
    texts = [str(one.message) for one in heard if one.category is ModelVersionWarning]
    assert any(
        re.search(r"family linear was trained with .*scikit-learn 1\..*, and 99\.0 is installed", one) for one in texts
    )


def test_models_are_listed_and_exported_with_a_manifest(trained: tuple[Store, pd.DataFrame], tmp_path: Path) -> None:
    store, whole = trained
    listed = store.models()
    assert {one["digest"] for one in listed} == set(store.sql("select digest from trained_models").df()["digest"])
    first = listed[0]
    assert (first["target"], first["symbol"], first["family"], first["fit"]) == (
        "fwd_ret_1d",
        "AAA",
        "lightgbm",
        "scored",
    )
    assert (first["evidence_score"], first["format"]) == (0.65, "lightgbm")
    assert 0 <= first["age_seconds"] < 3600
    assert "sym_fwd_ret_1d_AAA" in str(listed)
    results = ["--results", str(store.results)]
    done = CliRunner().invoke(app, ["models", *results])
    assert (done.exit_code, len(done.stdout.splitlines())) == (0, len(listed) + 2)
    for words in (["models", "--json", "export", "a", "b"], ["models", "--results", "x", "export", "a", "b"]):
        assert CliRunner().invoke(app, words).exit_code == 2
    folder = tmp_path / "out"
    done = CliRunner().invoke(app, ["models", "export", "sym_y_up_1d_AAA", str(folder), *results, "--json"])
    manifest = json.loads((folder / "manifest.json").read_bytes())
    files = manifest["files"] + manifest["pooled"]["files"]
    assert sorted(json.loads(done.stdout)) == sorted(
        str(folder / one["path"]) for one in [*files, {"path": "manifest.json"}]
    )
    assert {digest_of((folder / one["path"]).read_bytes()) for one in files} == {one["digest"] for one in files}
    assert manifest["digest"] == store.model("sym_y_up_1d_AAA").digest
    booster = lightgbm.Booster(model_file=str(folder / "pooled" / "model_lightgbm.txt"))
    rows = whole[list(manifest["models"]["features"])].head(5)
    estimator = LoadedModels.load(
        store.access.ledger.artifacts,
        JobFiles.find(store.access.session, manifest["plan_id"], "cs_y_up_1d"),
        allow_pickle=False,
    ).estimators["lightgbm"]
    assert np.asarray(booster.predict(rows)).tolist() == estimator.predict_proba(rows)[:, 1].tolist()
    wrong: list[tuple[str, Path, type[Exception], str]] = [
        ("sym_y_up_1d_AAA", folder, RequestError, "the folder of models must be new or empty, got"),
        ("sym_y_up_1d_AAA", folder / "manifest.json", RequestError, "the folder of models must be new or empty, got"),
        ("sym_y_up_1d_AAA", store.results / "planstore" / "x", RequestError, "must be outside of every store"),
        (
            "sym_nothing",
            tmp_path / "no",
            NotFoundError,
            "has no job sym_nothing: `planstore models` lists those with models",
        ),
    ]
    for job, place, kind, said in wrong:
        with pytest.raises(kind, match=said):
            store.export_models(job, place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_a_policy_or_a_flag_refits_and_the_refitted_model_predicts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = markets.write_panel(tmp_path / "panel", ["AAA"], days=80)
    panel, results = Panel.read(folder), str(tmp_path / "results")
    found = markets.candidates(["AAA"], ["fwd_ret_1d"])
    with planstore.open(results) as store:
        store.route(found, samples.policy(), ["linear"], run_id="without")
        store.route(found, samples.policy(refit=True), ["linear"], run_id="with")
        train(store, panel, workers=1)
        fits = [(one["fit"], one["family"]) for one in store.models()]
        assert fits == [("scored", "linear"), ("refitted", "linear")]
        model = store.model("fwd_ret_1d", "AAA")
        assert model.newest_data == panel.last_timestamp
        assert [(one["fit"], one["predicts"]) for one in model.lineage()["models"]] == [
            ("scored", False),
            ("refitted", True),
        ]
        assert list(Models(store, store.run().plan_id)["sym_fwd_ret_1d_AAA"]) == ["linear"]
        exported = [path.relative_to(tmp_path) for path in store.export_models("sym_fwd_ret_1d_AAA", tmp_path / "out")]
        assert [str(path.with_suffix("")) for path in exported] == [
            "out/manifest", "out/model_linear", "out/refitted/model_linear"
        ]  # fmt: skip
        train(store, panel, workers=1, plan="without", force=True)
        assert {one["fit"] for one in store.models(plan="without")} == {"scored"}
        assert "without a refit" not in caplog.text
        words = [
            "train",
            str(folder),
            "--plan",
            "without",
            "--force",
            "--refit",
            "--workers",
            "1",
            "--results",
            results,
        ]
        done = CliRunner().invoke(app, words)
        assert (done.exit_code, "without a refit, and are not trained again: 1. Their" in caplog.text) == (0, True)
        assert {one["fit"] for one in store.models(plan="without")} == {"scored"}
        scored = store.model("fwd_ret_1d", "AAA", plan="without")
        assert scored.newest_data is not None
        assert scored.newest_data < panel.last_timestamp
        assert store.integrity.verify().holds


def older_job(store: Store, panel: Panel) -> np.ndarray:
    """Record a job as an older planstore did, with pickles and no description, and return what it predicts."""
    sample = panel.sample("fwd_ret_1d", symbols=["AAA"])
    features = sample.features.fillna(0.0)
    estimator = Ridge().fit(features, sample.labels)
    model = {
        "family": "linear", "target": "fwd_ret_1d", "task_type": "REGRESSION", "features": list(features.columns),
        "classes": [], "estimator": estimator,
    }  # fmt: skip
    claims = Claims(
        store.access.ledger, store.run().plan_id, "older", gpu_families=[], lease=timedelta(hours=1), max_attempts=1
    )
    (claim,) = claims.settle({}, wanted=1).claims
    files = (File("predictions", "application/vnd.apache.parquet", b"x"),
             File("model linear", ModelFormat.PICKLE.media_type, pickles.dump(model)))  # fmt: skip
    claims.settle({claim: Result(JobState.SUCCEEDED, {"score": 0.5}, files)})
    claims.close()
    return np.asarray(estimator.predict(features))


def test_models_of_an_older_store_are_loaded_only_where_pickles_are_allowed(tmp_path: Path) -> None:
    panel = markets.panel(tmp_path / "panel", ["AAA"], days=60)
    with planstore.open(tmp_path / "results") as store:
        markets.route(store, ["linear"], symbols=["AAA"], targets=["fwd_ret_1d"])
        with pytest.raises(
            NotFoundError, match=r"job sym_fwd_ret_1d_AAA of plan .* must have succeeded, and has no model"
        ):
            store.model("fwd_ret_1d", "AAA")
        expected = older_job(store, panel)
        with pytest.raises(
            RequestError, match="model linear of job sym_fwd_ret_1d_AAA must be in a format that runs no"
        ):
            store.model("fwd_ret_1d", "AAA")
        model = store.model("fwd_ret_1d", "AAA", allow_pickle=True)
        rows = panel.sample("fwd_ret_1d", symbols=["AAA"]).features.fillna(0.0)
        assert model.predict(rows).tolist() == expected.tolist()
        assert (model.newest_data, model.families) == (None, ("linear",))
        (digest,) = store.sql("select digest from trained_models").fetchone() or ("",)
        assert model.digest == digest
        assert model.lineage()["models"][0]["format"] == "pickle"
