"""Files of models: each shipped family is kept without a pickle, and no file runs code unless that is allowed."""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import FunctionTransformer
from threadpoolctl import threadpool_limits

from estimators import Waiting
from planstore import RequestError, StoreError
from planstore.models import skops_files
from planstore.models.formats import ModelFile, ModelFormat, dump_model, load_estimator
from planstore.models.libraries import ModelVersionWarning, used_libraries, warn_of_versions
from planstore.training.families import load_families

NATIVE = {"lightgbm": "lightgbm", "quantile_lightgbm": "lightgbm", "xgboost": "xgboost"}


def sample(task_type: str) -> tuple[pd.DataFrame, np.ndarray]:
    chance = np.random.default_rng(3)
    values = chance.normal(size=(150, 4))
    signal = values[:, 0] + 0.3 * chance.normal(size=150)
    values[chance.random((150, 4)) < 0.1] = np.nan
    labels = {
        "MULTICLASS_CLASSIFICATION": np.digitize(signal, [-0.5, 0.5]),
        "REGRESSION": signal,
    }[task_type]
    return pd.DataFrame(values, columns=["a b", "ä", "c", "d"]), labels


def opened(file: ModelFile, *, classifies: bool = False, allow_pickle: bool = False) -> Any:
    return load_estimator(
        file.content, file.format, classifies=classifies, allow_pickle=allow_pickle, name="model x of job y"
    )


@pytest.mark.parametrize("task_type", ["MULTICLASS_CLASSIFICATION", "REGRESSION"])
def test_each_shipped_family_is_kept_without_a_pickle_with_the_same_bytes_and_predicts_the_same(task_type: str) -> None:
    features, labels = sample(task_type)
    classifies = task_type != "REGRESSION"
    with threadpool_limits(1):
        for name, family in load_families().items():
            if family.trains(task_type):
                fitted, again = (
                    family.build(task_type, seed=3, one_symbol=True).fit(features, labels) for _ in range(2)
                )
                file = dump_model(fitted, features, classifies=classifies)
                assert (file.format, file.reason) == (NATIVE.get(name, "skops"), None), name
                assert file == dump_model(again, features, classifies=classifies), name
                assert NATIVE.get(name, "skops") in used_libraries(fitted, file.format), name
                loaded = opened(file, classifies=classifies)
                method = "predict_proba" if classifies else "predict"
                predicted, expected = (
                    np.asarray(getattr(one, method)(features), dtype=float) for one in (loaded, fitted)
                )
                assert predicted.tobytes() == expected.tobytes(), name
                assert loaded.n_features_in_ == 4


class Running:
    """Runs code when it is unpickled: it makes a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.trace,))


def test_a_pickle_is_loaded_only_where_that_is_allowed(tmp_path: Path) -> None:
    file = ModelFile(ModelFormat.PICKLE, pickle.dumps(Running(tmp_path / "ran")))
    with pytest.raises(
        RequestError, match=r"model x of job y must be in a format that runs no code, got a pickle: .*--allow-pickle"
    ):
        opened(file)
    assert list(tmp_path.iterdir()) == []
    opened(file, allow_pickle=True)
    (tmp_path / "ran").unlink()
    for kind in (ModelFormat.LIGHTGBM, ModelFormat.XGBOOST, ModelFormat.SKOPS):
        with pytest.raises(StoreError, match=f"model x of job y cannot be loaded from its {kind} file"):
            opened(ModelFile(kind, file.content))
    assert list(tmp_path.iterdir()) == []


def test_a_family_that_no_safe_format_holds_is_pickled_with_the_reason(tmp_path: Path) -> None:
    features, labels = sample("REGRESSION")
    features = features.fillna(0.0)
    (tmp_path / "go").touch()
    for estimator, reason in (
        (Waiting(folder=str(tmp_path)), "estimators.Waiting"),
        (KNeighborsRegressor(), "sklearn.neighbors._kd_tree.KDTree"),
    ):
        file = dump_model(estimator.fit(features, labels), features, classifies=False)
        assert file.format is ModelFormat.PICKLE
        assert reason in str(file.reason)
        assert "python" in used_libraries(estimator, file.format)
        assert opened(file, allow_pickle=True).predict(features).tolist() == estimator.predict(features).tolist()


class Odd(Ridge):  # type: ignore[misc]
    """Predicts something else after skops has copied it."""

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "intercept_": 7.0}


def test_a_file_that_predicts_otherwise_than_its_model_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = sample("REGRESSION")
    features = features.fillna(0.0)
    monkeypatch.setattr(skops_files, "TRUSTED", (*skops_files.TRUSTED, f"{__name__}.Odd"))
    file = dump_model(Odd().fit(features, labels), features, classifies=False)
    assert (file.format, file.reason) == ("pickle", "its skops file predicts otherwise than the model")


def test_the_trusted_types_are_planstores_own_and_never_the_files(tmp_path: Path) -> None:
    import skops.io

    estimator = FunctionTransformer(func=os.getcwd)
    content = skops.io.dumps(estimator)
    with pytest.raises(StoreError, match=r"Untrusted types found in the file: .*posix\.getcwd"):
        opened(ModelFile(ModelFormat.SKOPS, content))
    schema = zipfile.ZipFile(io.BytesIO(skops_files.dump(Ridge().fit([[1.0]], [1.0]))))
    tree = json.loads(schema.read("schema.json"))
    tree["trusted"] = tree["content"]["trusted"] = ["os.system"]
    tree["content"]["content"]["run"] = {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"}
    with zipfile.ZipFile(tmp_path / "file", "w") as archive:
        archive.writestr("schema.json", json.dumps(tree))
        for name in schema.namelist()[1:]:
            archive.writestr(name, schema.read(name))
    with pytest.raises(StoreError, match=r"os\.system"):
        opened(ModelFile(ModelFormat.SKOPS, (tmp_path / "file").read_bytes()))


def test_another_version_of_a_library_is_a_warning_with_both() -> None:
    import lightgbm

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        warn_of_versions("model x", {"lightgbm": lightgbm.__version__})
        assert heard == []
        warn_of_versions("model x", {"lightgbm": "0.1", "no_such_library": "2", "python": "2.7"})
    (warning,) = heard
    assert warning.category is ModelVersionWarning
    said = (
        rf"model x was trained with lightgbm 0.1, and {re.escape(lightgbm.__version__)} is installed; no_such_library "
        r"2, and none is installed; python 2.7, and 3\..* is installed: its predictions may differ"
    )
    assert re.fullmatch(said, str(warning.message))
