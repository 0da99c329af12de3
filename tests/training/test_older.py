"""The older entry points, word for word."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import markets
import planstore
import samples
from planstore import PanelError, RequestError
from planstore.cli.verbs import app
from planstore.training.older import IntelligentTrainer, train_models_for_interval_comprehensive
from planstore.training.panel.panel import Panel
from planstore.training.trainer import train_panel

ANY = ["STABLE", "DRIFTING", "UNKNOWN", "DIVERGED"]
POLICY = samples.policy(
    min_sample_size={"cross_sectional": 100, "symbol": 50},
    stability_allowlist={"cross_sectional": ANY, "symbol": ANY},
)
SNIPPET = """\
from TRAINING.orchestration.intelligent_trainer import IntelligentTrainer
from dataclasses import replace
from pathlib import Path
from typing import Any
trainer = IntelligentTrainer(data_dir=Path("data"), symbols=["AAPL", "MSFT", "GOOGL"], output_dir=Path("results"))
results = trainer.train_with_intelligence(auto_targets=True, top_n_targets=5, auto_features=True, top_m_features=100)
"""


def write_market(folder: Path) -> None:
    """Write four symbols, long enough and good enough for the default policy, as parquet and CSV."""
    folder.mkdir()
    days = 2000
    for place, symbol in enumerate(("AAPL", "MSFT", "GOOGL", "OTHER")):
        chance = np.random.default_rng(place)
        features = chance.normal(size=(days, 2))
        signal = features[:, 0] - features[:, 1] + chance.normal(size=days) * 1.7
        table = pa.table(
            {
                "timestamp": np.datetime64("2015-01-01", "s") + np.arange(days) * np.timedelta64(1, "D"),
                **{f"f{number}": features[:, number] for number in range(2)},
                "y_up_1d": (signal > 0).astype(int),
            }
        )
        if symbol == "GOOGL":
            table.to_pandas().to_csv(folder / f"{symbol}.csv", index=False)
        else:
            pq.write_table(table, folder / f"{symbol}.parquet")


def test_the_older_snippet_trains_as_a_plain_script(tmp_path: Path) -> None:
    write_market(tmp_path / "data")
    (tmp_path / "snippet.py").write_text(SNIPPET, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "snippet.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    warned, line, made = done.stderr.splitlines()
    assert "DeprecationWarning" in warned
    assert "import IntelligentTrainer" in line
    assert made == "there is no store in results yet: a new one is made on first use"
    with planstore.open(tmp_path / "results", create=False) as store:
        assert {(job["status"], job["attempt"]) for job in store.training.jobs()} == {("succeeded", 1)}
        assert store.integrity.verify().holds
        symbols = store.sql("select distinct symbol from candidates where symbol is not null order by all").fetchall()
    assert symbols == [("AAPL",), ("GOOGL",), ("MSFT",)]


def test_a_panel_becomes_trained_models_in_one_call_and_the_same_call_again_trains_nothing(tmp_path: Path) -> None:
    panel = Panel.read(markets.write_panel(tmp_path / "data", ["AAA", "BBB"]))
    steps: list[str] = []
    policy = tmp_path / "own.yaml"
    policy.write_text(json.dumps(POLICY), encoding="utf-8")

    def step(name: str) -> None:
        steps.append(name)
        policy.unlink(missing_ok=True)  # because a policy that is read once cannot change while a panel is measured

    with planstore.open(tmp_path / "results") as store:
        trained = train_panel(
            store,
            panel,
            policy=policy,
            model_families=["lightgbm"],
            top_targets=2,
            top_features=2,
            workers=1,
            step=step,
        )
        assert store.sql("select name from policies").fetchall() == [("own",)]
        assert steps == ["measuring", "routing", "writing files", "training"]
        assert len(trained.targets) == 2
        assert {target: len(names) for target, names in trained.features.items()} == dict.fromkeys(trained.targets, 2)
        assert set(trained.statuses.values()) == {"succeeded"}
        assert set(trained["models"]) == set(trained.statuses)
        job = trained.plan.jobs[0]["job_id"]
        assert trained.models[job]["lightgbm"].n_features_in_ == 2
        again = train_panel(
            store, panel, policy=POLICY, model_families=["lightgbm"], top_targets=2, top_features=2, workers=1
        )
        assert again.run.plan_id == trained.run.plan_id
        assert again.statuses == trained.statuses
        (succeeded,) = store.sql("select count(*) from job_status where status = 'succeeded'").fetchone() or (0,)
        assert succeeded == len(trained.statuses)
        assert store.integrity.verify().holds


def test_names_are_checked_before_anything_is_read(tmp_path: Path) -> None:
    trainer = IntelligentTrainer(tmp_path / "nowhere", output_dir=tmp_path / "results")
    rule = {"routing": POLICY["routing"] | {"families": [{"use": ["XGBosst"]}]}}
    wrong: list[tuple[IntelligentTrainer, dict[str, Any], str]] = [
        (trainer, {"families": ["lihgtgbm"]}, "got 'lihgtgbm': did you mean lightgbm?"),
        (trainer, {"evidence_families": ["lihgtgbm"]}, "got 'lihgtgbm': did you mean lightgbm?"),
        (replace(trainer, policy=rule), {}, "got 'XGBosst': did you mean xgboost?"),
        (trainer, {"executor": "dask"}, "executor must be local or ray, got 'dask'"),
        (trainer, {"workers": 0}, "workers must be at least 1, got 0"),
        (trainer, {"auto_features": True, "features": ["f0"]}, "auto_features must be without features"),
    ]
    for asked, options, said in wrong:
        with pytest.raises(RequestError, match=re.escape(said)):
            asked.train_with_intelligence(**options)
    done = CliRunner().invoke(app, ["evidence", "nowhere", "--results", str(tmp_path / "results"), "--family", "mpl"])
    assert isinstance(done.exception, RequestError)
    assert "got 'mpl': did you mean mlp?" in str(done.exception)
    with pytest.raises(PanelError, match="there is no such file or folder"):
        trainer.train_with_intelligence(families=["LightGBM"])
    assert list(tmp_path.iterdir()) == []


def test_targets_have_families_of_their_own_or_the_global_ones(tmp_path: Path) -> None:
    markets.write_panel(tmp_path / "data", ["AAA", "BBB"])
    frames = {
        name: pd.read_parquet(tmp_path / "data" / f"{name}.parquet").drop(columns="symbol") for name in ("AAA", "BBB")
    }
    frames = {name: frame.rename(columns={"timestamp": "ts"}) for name, frame in frames.items()}
    found = train_models_for_interval_comprehensive(
        "1d", ["y_up_1d", "fwd_ret_1d"], frames, ["lightgbm", "extra_trees"], output_dir=tmp_path / "out",
        target_families={"fwd_ret_1d": ["linear"]}, target_features={"fwd_ret_1d": ["f0", "f1"]},
    )  # fmt: skip
    assert {target: sorted(models) for target, models in found["models"].items()} == {
        "y_up_1d": ["extra_trees", "lightgbm"],
        "fwd_ret_1d": ["linear"],
    }
    assert found["families"]["y_up_1d"] == ["lightgbm", "extra_trees"]
    assert all(metrics["score"] > 0.3 for metrics in found["metrics"].values())
    assert found["models"]["fwd_ret_1d"]["linear"].n_features_in_ == 2
    assert sorted(path.name for path in (tmp_path / "out" / "1d" / "fwd_ret_1d").iterdir()) == [
        "model linear.skops",
        "models.json",
        "predictions.parquet",
    ]
    with pytest.raises(RequestError, match="got 'nonsense': there are"):
        train_models_for_interval_comprehensive("1d", ["y_up_1d"], frames, ["nonsense"], output_dir=tmp_path)
    with pytest.raises(RequestError, match="single_task"):
        train_models_for_interval_comprehensive("1d", ["y_up_1d"], frames, ["linear"], "cascade")
