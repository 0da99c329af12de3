"""What the columns of a panel do not tell is said per target, and a column that may know the future is asked about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from planstore.cli.panel_settings import panel_settings
from planstore.errors import PanelError, RequestError
from planstore.training.evidence.folds import time_folds
from planstore.training.evidence.leakage import LeakageLimits
from planstore.training.evidence.side import Question, _Measuring
from planstore.training.execution.fit import FOLDS, _Split
from planstore.training.execution.task import Task
from planstore.training.panel.match import refuse_other_settings
from planstore.training.panel.panel import Panel
from planstore.training.panel.places import LocalPanel
from planstore.training.panel.settings import read_settings

BARS = 240


def frame(**columns: Any) -> pd.DataFrame:
    """Return hourly rows of one symbol, 24 a day, with a feature and a target whose name says no horizon."""
    made = {
        "timestamp": pd.date_range("2024-01-01", periods=BARS, freq="h"),
        "symbol": "A",
        "f": np.arange(float(BARS)),
        "y_regime": np.arange(BARS) % 2,
    }
    return pd.DataFrame(made | columns)


def read(settings: Any = None, **columns: Any) -> Panel:
    return Panel.read(frame(**columns), settings=settings)


@pytest.mark.parametrize(("horizon", "expected"), [(3, 3), ("3h", 3), ("90m", 2), ("2d", 48), ("30min", 1), ("1m", 1)])
def test_a_horizon_is_counted_in_timestamps(horizon: Any, expected: int) -> None:
    panel = read({"targets": {"y_regime": {"horizon": horizon, "embargo": "1d"}}})
    target = panel.target("y_regime")
    assert (target.horizon, target.embargo, target.gap) == (expected, 24, expected + 24)
    assert panel.notes == []
    assert read().target("y_regime").gap == 1
    assert "1 timestamp assumed; set it with --horizon y_regime=DURATION" in read().notes[0]


def test_horizon_and_embargo_lie_between_training_and_test_rows_of_evidence_and_models() -> None:
    panel = read({"targets": {"y_regime": {"horizon": 3, "embargo": 5}}})
    sample = panel.sample("y_regime")
    expected = time_folds(sample.timestamps, folds=FOLDS, horizon=8, symbols=sample.symbols)
    question = Question("y_regime", None, (), FOLDS, 0, LeakageLimits())
    measured = _Measuring(panel.target("y_regime"), question, sample).folds
    split = _Split.of(panel, Task("job", 1, "y_regime", None, ()))
    for (train, test), (other_train, other_test) in zip(expected, measured, strict=True):
        assert (train == other_train).all()
        assert (test == other_test).all()
    assert (split.train == expected[-1][0]).all()
    assert split.test[0] - split.train[-1] == 9


def test_classes_are_numbered_in_the_stated_order_and_others_are_refused() -> None:
    sign = np.where(np.arange(BARS) % 3 == 0, 1.0, -1.0)
    by_value = read(y_regime=sign).sample("y_regime")
    stated = read({"targets": {"y_regime": {"classes": [1, -1]}}}, y_regime=sign)
    sample = stated.sample("y_regime")
    assert by_value.classes.tolist() == [-1, 1]
    assert sample.classes.tolist() == [1, -1]
    assert sample.labels.tolist() == (1 - by_value.labels).tolist()
    assert stated.target("y_regime").task_type == "BINARY_CLASSIFICATION"
    three = read({"targets": {"y_regime": {"classes": [1, 0, -1]}}}, y_regime=sign)
    assert three.target("y_regime").task_type == "MULTICLASS_CLASSIFICATION"
    assert set(three.sample("y_regime").labels.tolist()) == {0, 2}
    with pytest.raises(PanelError, match=r"each value of target y_regime must be one of its classes 1, 2, got -1"):
        read({"targets": {"y_regime": {"classes": [1, 2]}}}, y_regime=sign)


def test_a_task_is_as_stated() -> None:
    many = np.arange(float(BARS))
    assert read({"targets": {"y_regime": {"task": "regression"}}}).target("y_regime").task_type == "REGRESSION"
    halves = read({"targets": {"y_regime": {"task": "classification"}}}, y_regime=np.arange(BARS) % 3 / 2)
    assert halves.target("y_regime").task_type == "MULTICLASS_CLASSIFICATION"
    with pytest.raises(PanelError, match="a classification must have at most 10 values, got 240"):
        read({"targets": {"y_regime": {"task": "classification"}}}, y_regime=many)
    with pytest.raises(PanelError, match="must be a classification to have classes"):
        read({"targets": {"y_regime": {"task": "regression", "classes": [0, 1]}}})


DOUBTFUL = ("my_label_up", "Fwd_5", "up_target", "future_vol", "outcome")


def test_a_column_that_may_know_the_future_is_asked_about_and_not_learned_from() -> None:
    columns = {name: np.arange(BARS) % 2 for name in DOUBTFUL}
    panel = read(**columns, labelled_by=1.0, outcomes_seen=1.0)
    assert panel.features == ["f", "labelled_by", "outcomes_seen"]
    for name in DOUBTFUL:
        (asked,) = [trouble for trouble in panel.troubles if f"column {name} " in trouble]
        assert all(f"--{option} {name}" in asked for option in ("target", "feature", "ignore"))
        assert name in str(panel)
    answered = read(
        {
            "targets": {"Fwd_5": {"horizon": "5h"}},
            "features": ["my_label_up", "up_target"],
            "ignore": ["future_vol", "outcome"],
        },
        **columns,
    )
    assert answered.troubles == []
    assert answered.features == ["f", "my_label_up", "up_target"]
    assert [target.name for target in answered.targets] == ["y_regime", "Fwd_5"]


def test_a_usual_target_can_be_a_feature_and_an_ignored_column_is_neither() -> None:
    panel = read({"features": ["target_price"], "ignore": ["label_old"]}, target_price=1.0, label_old=1.0)
    assert panel.features == ["f", "target_price"]
    assert [target.name for target in (*panel.targets, *panel.witnesses)] == ["y_regime"]


def test_settings_come_from_the_file_of_the_panel_and_what_is_given_comes_first(tmp_path: Path) -> None:
    folder = tmp_path / "panel"
    folder.mkdir()
    frame().drop(columns="symbol").to_parquet(folder / "A.parquet", index=False)
    (folder / "panel.yaml").write_text("panel:\n  targets: {y_regime: {horizon: 2h, embargo: 3}}\n", encoding="utf-8")
    found = Panel.read(folder).target("y_regime")
    assert (found.horizon, found.embargo) == (2, 3)
    given = Panel.read(folder, settings={"targets": {"y_regime": {"horizon": 7}}})
    assert (given.target("y_regime").horizon, given.target("y_regime").embargo) == (7, 3)
    assert given.settings == {"targets": {"y_regime": {"horizon": 7, "embargo": 3}}}
    (tmp_path / "long.yaml").write_text("panel: {ignore: [f]}\n", encoding="utf-8")
    frame(g=1.0).to_parquet(tmp_path / "long.parquet", index=False)
    assert Panel.read(tmp_path / "long.parquet").features == ["g"]
    other = tmp_path / "other.yaml"
    other.write_text("panel: {features: []}\n", encoding="utf-8")
    assert Panel.read(tmp_path / "long.parquet", settings=other).features == ["f", "g"]
    saved = tmp_path / "saved.parquet"
    stated = read({"targets": {"y_regime": {"classes": [1, 0]}}})
    stated.save(saved)
    assert Panel.open(saved).targets == stated.targets


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"targets": {"y_regime": {"horizon": "1x"}}}, "targets.y_regime.horizon: must be a number of timestamps"),
        ({"targets": {"y_regime": {"horizon": 0}}}, "must be at least 1 timestamp"),
        ({"targets": {"y_regime": {"horizon": -1}}}, "must be a number of timestamps"),
        ({"targets": {"y_regime": {"horizon": True}}}, "targets.y_regime.horizon"),
        ({"targets": {"y_regime": {"embargo": 1.5}}}, "targets.y_regime.embargo"),
        ({"targets": {"y_regime": {"task": "ranking"}}}, "targets.y_regime.task"),
        ({"targets": {"y_regime": {"classes": [1]}}}, "targets.y_regime.classes"),
        ({"targets": {"y_regime": {"classes": [1, 1]}}}, "must name each class once"),
        ({"targets": {"y_regime": {"classes": list(range(11))}}}, "targets.y_regime.classes"),
        ({"targets": {"y_regime": {"horizons": 1}}}, "targets.y_regime.horizons: is not a key of a panel"),
        ({"target": {}}, "target: is not a key of a panel"),
        ({"targets": {"y_none": {"horizon": 1}}}, "lacks targets.y_none"),
        ({"features": ["none"]}, "lacks features.none"),
        ({"ignore": ["none"]}, "lacks ignore.none"),
        (5, "must be a mapping or the path of a YAML file, got 5"),
    ],
)
def test_settings_that_cannot_be_name_their_key(settings: Any, said: str) -> None:
    with pytest.raises(PanelError) as refused:
        read(settings)
    assert said in str(refused.value)


def test_a_settings_file_that_is_wrong_names_its_line(tmp_path: Path) -> None:
    frame().to_parquet(tmp_path / "long.parquet", index=False)
    (tmp_path / "long.yaml").write_text("panel:\n  targets:\n    y_regime: {horizon: soon}\n", encoding="utf-8")
    with pytest.raises(PanelError, match=r"long.yaml, line 3: targets.y_regime.horizon"):
        Panel.read(tmp_path / "long.parquet")


def test_a_frame_of_any_library_is_a_panel_and_anything_else_is_refused() -> None:
    made = frame()
    panels = [Panel.read(one) for one in (made, pl.from_pandas(made), pa.Table.from_pandas(made))]
    for panel in panels:
        assert (panel.features, panel.symbols) == (["f"], ["A"])
        assert panel.sample("y_regime").labels.tolist() == panels[0].sample("y_regime").labels.tolist()
    with pytest.raises(RequestError, match="source must be a path, a pandas or Polars frame, or an Arrow table, got 5"):
        Panel.read(5)
    with pytest.raises(PanelError, match="the frame must have a numeric column named"):
        Panel.read(made.drop(columns="y_regime"))


def options(**given: Any) -> Any:
    names = ("horizon", "embargo", "task", "classes", "feature", "ignore", "panel_file", "target")
    return panel_settings(**(dict.fromkeys(names) | given))


def test_options_come_before_a_named_file(tmp_path: Path) -> None:
    file = tmp_path / "named.yaml"
    file.write_text("panel: {targets: {y: {horizon: 2h, embargo: 30m}, z: {horizon: 1d}}, ignore: [a]}")
    (tmp_path / "panel.yaml").write_text("panel: {ignore: [b]}")
    settings = read_settings(LocalPanel(tmp_path), options(panel_file=file, horizon=["y=1h"], feature=["f"]))
    assert settings.stated() == {
        "targets": {"y": {"horizon": "1h", "embargo": "30m"}, "z": {"horizon": "1d"}},
        "features": ["f"],
        "ignore": ["a"],
    }
    file.write_text("panel: {ignored: [a]}")
    with pytest.raises(PanelError, match=r"named\.yaml"):
        options(panel_file=file, horizon=["y=1h"])


ROLES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "target": ({"targets": {"my_label_up": {"horizon": "2h"}}}, {"horizon": ["my_label_up=1h"]}),
    "feature": ({"features": ["my_label_up"]}, {"feature": ["my_label_up"]}),
    "ignored": ({"ignore": ["my_label_up"]}, {"ignore": ["my_label_up"]}),
}
"""A role as a file and as options state it."""


def role_of(name: str, panel: Panel) -> str:
    if name in [target.name for target in panel.targets]:
        return "target"
    assert name not in str(panel), "the column is not asked about"
    return "feature" if name in panel.features else "ignored"


@pytest.mark.parametrize("is_named", [True, False])
@pytest.mark.parametrize("stated", ROLES)
@pytest.mark.parametrize("wanted", [*ROLES, "requested"])
def test_an_option_that_names_a_column_comes_before_all_that_a_file_says_of_it(
    tmp_path: Path, stated: str, wanted: str, is_named: bool
) -> None:
    path, file = tmp_path / "long.parquet", tmp_path / ("named.yaml" if is_named else "long.yaml")
    frame(my_label_up=np.arange(BARS) % 2, g=1.0, target_b=1.0, h=1.0).to_parquet(path, index=False)
    found: dict[str, Any] = {"targets": {"y_regime": {"horizon": 3}}, "features": ["target_b"], "ignore": ["g"]}
    for key, value in ROLES[stated][0].items():
        found[key] = found[key] | value if isinstance(value, dict) else [*found[key], *value]
    file.write_text(json.dumps({"panel": found}), encoding="utf-8")
    targets = ["my_label_up", "y_*"] if wanted == "requested" else None
    given = {"ignore": ["h"]}
    for key, value in ROLES[wanted][1].items() if targets is None else ():
        given[key] = [*given.get(key, []), *value]
    panel = Panel.read(
        path, targets=targets, settings=options(**given, target=targets, panel_file=file if is_named else None)
    )
    assert role_of("my_label_up", panel) == ("target" if targets else wanted)
    assert panel.target("y_regime").horizon == 3
    assert [name for name in panel.features if name != "my_label_up"] == ["f", "target_b"]
    if targets:
        assert panel.target("my_label_up").horizon == (2 if stated == "target" else 1)


def test_an_option_of_a_target_comes_before_what_the_file_says_against_it(tmp_path: Path) -> None:
    path = tmp_path / "long.parquet"
    frame().to_parquet(path, index=False)
    file = tmp_path / "long.yaml"
    file.write_text("panel: {targets: {y_regime: {classes: [1, 0], horizon: 4}}}", encoding="utf-8")
    target = Panel.read(path, settings=options(task=["y_regime=regression"])).target("y_regime")
    assert (target.task_type, target.classes, target.horizon) == ("REGRESSION", (), 4)
    file.write_text("panel: {targets: {y_regime: {task: regression, embargo: 4}}}", encoding="utf-8")
    target = Panel.read(path, settings=options(classes=["y_regime=1,0"])).target("y_regime")
    assert (target.task_type, target.classes, target.embargo) == ("BINARY_CLASSIFICATION", (1, 0), 4)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"target": ["f"], "feature": ["f"]}, "got target and feature in the options: leave out"),
        ({"target": ["f"], "ignore": ["f"]}, "got target and ignored in the options"),
        ({"feature": ["f"], "ignore": ["f"]}, "got feature and ignored in the options"),
        ({"horizon": ["f=1h"], "feature": ["f"]}, "got target and feature in the options"),
        ({"embargo": ["f=1h"], "ignore": ["f"]}, "got target and ignored in the options"),
        ({"task": ["f=regression"], "feature": ["f"]}, "got target and feature in the options"),
        ({"classes": ["f=1,0"], "ignore": ["f"]}, "got target and ignored in the options"),
    ],
)
@pytest.mark.parametrize("is_named", [True, False])
def test_options_that_contradict_each_other_are_refused(
    tmp_path: Path, given: dict[str, Any], said: str, is_named: bool
) -> None:
    path, file = tmp_path / "long.parquet", tmp_path / "named.yaml"
    frame().to_parquet(path, index=False)
    file.write_text("panel: {features: []}", encoding="utf-8")
    with pytest.raises(PanelError) as refused:
        Panel.read(path, targets=given.get("target"), settings=options(**given, panel_file=file if is_named else None))
    assert str(refused.value).startswith("column f must be one of target, feature and ignored, ")
    assert said in str(refused.value)


def test_a_file_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.parquet"
    frame().to_parquet(path, index=False)
    for file, settings in ((tmp_path / "long.yaml", None), (tmp_path / "named.yaml", tmp_path / "named.yaml")):
        file.write_text("panel: {targets: {y_regime: {}}, ignore: [y_regime]}", encoding="utf-8")
        with pytest.raises(PanelError, match=f"got target and ignored in {file}: leave out the others"):
            Panel.read(path, settings=settings)


def test_a_pattern_of_targets_leaves_ignored_columns_out_and_says_so() -> None:
    panel = Panel.read(frame(my_up=1.0), targets=["my_*", "y_*"], settings={"ignore": ["my_up"]})
    assert [target.name for target in panel.targets] == ["y_regime"]
    assert panel.troubles == ["target my_* is asked for, and only ignored ones are called so: my_up"]


def test_one_timespan_has_several_spellings() -> None:
    measured = {"targets": {"y": {"horizon": "1h", "embargo": "120min"}}}
    refuse_other_settings({"targets": {"y": {"horizon": "60m", "embargo": "2h"}}}, measured, ["y"])
    for other in ({"horizon": 60}, {"horizon": "1d"}, {"horizon": "61m"}, {}):
        with pytest.raises(PanelError, match="measured with horizon 1h"):
            refuse_other_settings({"targets": {"y": other | {"embargo": "2h"}}}, measured, ["y"])


def test_options_say_the_same_as_a_file() -> None:
    assert options() is None
    assert options(horizon=["y=1h", "z=3"], classes=["y=1,-1"], task=["z=regression"], ignore=["a"]) == {
        "targets": {"y": {"horizon": "1h", "classes": [1.0, -1.0]}, "z": {"horizon": 3, "task": "regression"}},
        "ignore": ["a"],
    }
    assert options(horizon=["a=b=2"]) == {"targets": {"a=b": {"horizon": 2}}}
    assert options(panel_file=Path("p.yaml")) == Path("p.yaml")
    for wrong in (
        {"horizon": ["y"]},
        {"embargo": ["=1"]},
        {"classes": ["y=a"]},
    ):
        with pytest.raises(RequestError):
            options(**wrong)
