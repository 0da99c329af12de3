"""Predictions on a panel: each row by the model of its pair's route, whole or not at all, in bounded memory."""

from __future__ import annotations

import json
import re
from datetime import datetime
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
from planstore import NotFoundError, PanelError, RequestError
from planstore.api.store import Store
from planstore.cli.verbs import app
from planstore.training.execution.train import train
from planstore.training.panel.panel import Panel
from planstore.training.prediction import predict
from planstore.training.prediction.outcome import PanelPredictions
from planstore.training.prediction.predicted_keys import PredictedKeys
from planstore.training.prediction.serving import ServingModels

NEW = pd.Timestamp("2020-04-20")


def new_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows as of next week: without targets, since nobody knows them yet."""
    return frame[frame["timestamp"] > NEW].drop(columns=list(markets.TARGETS))


def test_each_row_is_predicted_once_for_each_target_by_the_model_of_its_route(
    trained: tuple[Store, pd.DataFrame], tmp_path: Path
) -> None:
    store, whole = trained
    rows = new_rows(whole)
    (tmp_path / "panel").mkdir()
    for symbol, part in rows.groupby("symbol"):
        part.drop(columns="symbol").to_parquet(tmp_path / "panel" / f"{symbol}.parquet")
    found = store.predict(tmp_path / "panel", tmp_path / "out.parquet")
    assert (found.rows, found.in_sample, found.untrained, found.notes) == (len(rows), 0, [], [])
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column_names == ["timestamp", "symbol", "target", "class", "prediction", "job", "model"]
    assert str(table.schema.field("timestamp").type) == "timestamp[us, tz=UTC]"
    frame = table.to_pandas()
    assert len(frame) == found.predictions == sum(found.targets.values())
    for (target, symbol), part in frame.groupby(["target", "symbol"]):
        model = store.model(target, symbol)
        wanted = rows[rows["symbol"] == symbol]
        expected = model.predict(wanted)
        labels = {0: [""], 2: ["1.0"], 3: ["0.0", "1.0", "2.0"]}[len(model.labels)]
        assert part["prediction"].to_numpy().reshape(len(wanted), -1).squeeze() == pytest.approx(expected, abs=1e-12)
        assert [str(one) if one == one else "" for one in part["class"]] == labels * len(wanted)
        assert part["timestamp"].dt.tz_localize(None).tolist() == [one for one in wanted["timestamp"] for _ in labels]
        assert (set(part["job"]), set(part["model"])) == ({model.job_id}, {model.digest})
    assert frame.groupby(["target", "symbol"]).ngroups == 9


def test_chunks_and_row_groups_change_nothing_and_models_make_room_for_others(
    trained: tuple[Store, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, whole = trained
    rows = new_rows(
        pd.concat([whole.assign(timestamp=whole["timestamp"] + pd.Timedelta(days=130 * n)) for n in range(9)])
    )
    panel = tmp_path / "panel.csv"
    rows.sort_values(["timestamp", "symbol"]).to_csv(panel, index=False)
    first = store.predict(panel, tmp_path / "first.parquet")
    monkeypatch.setattr(predict, "CHUNK_CELLS", 1)
    monkeypatch.setattr(predict, "GROUP_ROWS", 1000)
    monkeypatch.setattr("planstore.training.prediction.serving.MODEL_BYTES", 1)
    monkeypatch.setattr("planstore.database.session.RESULT_BATCH_ROWS", 1024)
    seen: list[int] = []
    most = 0
    blend = ServingModels.blend

    def counted(self: ServingModels, job_id: str) -> Any:
        nonlocal most
        most = max(most, len(self._loaded))
        return blend(self, job_id)

    monkeypatch.setattr(ServingModels, "blend", counted)
    second = store.predict(panel, tmp_path / "second.parquet", progress=seen.append)
    assert len(seen) > 1
    assert seen[-1] == len(rows) == first.rows
    assert most == 1
    assert (
        pq.ParquetFile(tmp_path / "second.parquet").num_row_groups
        > pq.ParquetFile(tmp_path / "first.parquet").num_row_groups
    )
    assert first.targets == second.targets
    order = ["target", "class", "symbol", "timestamp"]
    a, b = (pd.read_parquet(tmp_path / f"{name}.parquet").sort_values(order) for name in ("first", "second"))
    assert np.allclose(a["prediction"], b["prediction"], rtol=0, atol=1e-12)
    for name in ("timestamp", "symbol", "target", "class", "job", "model"):
        assert a[name].astype(str).tolist() == b[name].astype(str).tolist()


def test_targets_symbols_and_a_time_select_and_in_sample_rows_are_said(
    trained: tuple[Store, pd.DataFrame], tmp_path: Path
) -> None:
    store, whole = trained
    panel, out = tmp_path / "panel.parquet", tmp_path / "out.parquet"
    extra = whole[whole["symbol"] == "AAA"].assign(symbol="NEW")
    pd.concat([whole, extra]).to_parquet(panel)
    found = store.predict(panel, out, targets=["y_up_1d"], symbols=["AAA", "BBB"])
    assert (found.predictions, found.jobs, found.unknown_symbols) == (260, 2, [])
    assert f"{found.in_sample} of 260 predictions are of times that their model has learned from" in found.notes[0]
    newest = store.model("y_up_1d").newest_data
    assert newest is not None
    assert found.in_sample == 2 * int(
        (whole[whole["symbol"] == "AAA"]["timestamp"] <= newest.replace(tzinfo=None)).sum()
    )
    every = store.predict(panel, out, targets=["y_up_1d"], every_job=True)
    counts = pd.read_parquet(out).groupby(["symbol", "job"]).size().to_dict()
    own = ("AAA", "sym_y_up_1d_AAA")
    assert counts == {own: 130, **{(symbol, "cs_y_up_1d"): 130 for symbol in ("AAA", "BBB", "CCC", "NEW")}}
    assert every.unknown_symbols == []
    later = store.predict(panel, out, after=datetime(2020, 5, 1))
    assert set(pd.read_parquet(out)["timestamp"].dt.month) == {5}
    assert (later.in_sample, later.unknown_symbols) == (0, ["NEW"])
    assert later.notes == ["symbols that the plan does not know are left out: NEW"]


def test_what_cannot_be_predicted_is_refused_and_no_file_is_left(
    trained: tuple[Store, pd.DataFrame], tmp_path: Path
) -> None:
    store, whole = trained
    rows = new_rows(whole)
    panel, out = tmp_path / "panel.parquet", tmp_path / "out.parquet"
    rows.to_parquet(panel)
    out.write_bytes(b"before")

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.predict(panel, out, progress=interrupt)
    made: dict[str, pd.DataFrame] = {
        "empty": rows.head(0),
        "other": rows.assign(symbol="ZZZ"),
        "lacking": rows.drop(columns="f2").rename(columns={"f3": "g3"}),
        "text": rows.assign(f1="high"),
        "timeless": rows.drop(columns="timestamp"),
    }
    for name, frame in made.items():
        frame.to_parquet(tmp_path / f"{name}.parquet", index=False)
    rows.to_parquet(tmp_path / "beside.parquet")
    (tmp_path / "beside.yaml").write_text("panel: {ignore: [f3]}\n", encoding="utf-8")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    inside = tmp_path / "folder"
    inside.mkdir()
    wrong: list[tuple[str, Path, dict[str, Any], type[Exception], str]] = [
        ("nowhere.parquet", out, {}, PanelError, "there is no such file or folder"),
        ("empty.parquet", out, {}, PanelError, "must have rows, got none: name a panel with new rows"),
        ("other.parquet", out, {}, PanelError, "must have a symbol that is predicted, such as AAA, BBB, CCC, got ZZZ"),
        ("lacking.parquet", out, {}, PanelError, "got no column f2, f3; unknown to the model: g3"),
        ("text.parquet", out, {}, PanelError, "got text in f1"),
        ("panel.parquet", out, {"settings": {"ignore": ["f2"]}}, PanelError, "got no column f2"),
        ("beside.parquet", out, {}, PanelError, "got no column f3"),
        ("timeless.parquet", out, {}, PanelError, "timeless.parquet has no column of timestamps"),
        ("broken.parquet", out, {}, PanelError, "each file of the panel must be readable, got"),
        ("panel.parquet", out, {"targets": ["y_no"]}, NotFoundError, "the target must be one of a pair of plan"),
        ("panel.parquet", out, {"symbols": ["NO"]}, NotFoundError, "got 'NO': use one of AAA, BBB, CCC"),
        ("panel.parquet", out, {"after": datetime(2030, 1, 1)}, PanelError, "rows later than 2030-01-01 00:00:00 UTC"),
        (
            "panel.parquet",
            out.with_suffix(".csv"),
            {},
            RequestError,
            "out must be a .parquet file in an existing folder",
        ),
        ("panel.parquet", tmp_path / "no" / "out.parquet", {}, RequestError, "in an existing folder"),
        ("folder", inside / "out.parquet", {}, RequestError, "out must be outside of the panel"),
        ("panel.parquet", panel, {}, RequestError, "out must be outside of the panel"),
        ("panel.parquet", store.results / "planstore" / "out.parquet", {}, RequestError, "outside of every store"),
    ]
    before = sorted(tmp_path.iterdir())
    for name, place, options, kind, said in wrong:
        with pytest.raises(kind, match=re.escape(said)):
            store.predict(tmp_path / name, place, **options)
    assert sorted(tmp_path.iterdir()) == before
    assert out.read_bytes() == b"before"


def test_the_exit_code_says_whether_every_pair_has_a_prediction(tmp_path: Path) -> None:
    results, panel, out = (
        str(tmp_path / "results"),
        markets.write_panel(tmp_path / "panel", days=90),
        tmp_path / "out.parquet",
    )
    words = ["predict", str(panel), "--out", str(out), "--results", results]
    with planstore.open(results) as store:
        store.route(markets.candidates(targets=["fwd_ret_1d"]), samples.policy(), ["waiting", "linear"], run_id="none")
        done = CliRunner().invoke(app, words)
        assert isinstance(done.exception, NotFoundError)
        assert "must have a trained model, got 3 jobs without one: train it with" in str(done.exception)
        rules = [{"use": ["absent"], "symbol": "BBB"}]
        store.route(markets.candidates(targets=["fwd_ret_1d"]), samples.policy(families=rules), ["linear"])
        train(store, Panel.read(panel), workers=1)
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 1
    assert "not trained, so that their pairs have no prediction: sym_fwd_ret_1d_BBB" in done.stderr
    answer = json.loads(done.stdout)
    assert (answer["untrained"], answer["targets"], answer["jobs"]) == (["sym_fwd_ret_1d_BBB"], {"fwd_ret_1d": 180}, 2)
    done = CliRunner().invoke(app, [*words, "--symbol", "AAA", "--after", "2020-03-20"])
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"10 predictions by 1 job in {out}" in done.stdout


def test_what_an_outcome_leaves_out_is_said_in_words() -> None:
    outcome = PanelPredictions("p", "panel", predictions=9360, in_sample=7764, blocked=1)
    assert outcome.notes[0] == "without a prediction, because their route leads to no model: 1 pair"
    assert outcome.notes[1].startswith("7,764 of 9,360 predictions are of times")


def test_a_row_that_is_there_twice_is_refused_with_its_files_and_no_file_is_left(
    trained: tuple[Store, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, whole = trained
    rows, out = new_rows(whole), tmp_path / "out.parquet"
    (tmp_path / "panel").mkdir()
    for symbol, part in rows.groupby("symbol"):
        part.to_parquet(tmp_path / "panel" / f"{symbol}.parquet")
    first, third = (rows[rows["symbol"] == "AAA"].iloc[[place]] for place in (0, 3))
    third.to_parquet(tmp_path / "panel" / "Z.parquet")
    day = third["timestamp"].iloc[0]
    said = f"got 2 of AAA at {day} UTC in {tmp_path}/panel/AAA.parquet and {tmp_path}/panel/Z.parquet: drop the others"
    with pytest.raises(PanelError, match=re.escape(said)):
        store.predict(tmp_path / "panel", out)
    assert not out.exists()
    assert store.predict(tmp_path / "panel", out, after=day).rows == len(rows) + 1
    assert store.predict(tmp_path / "panel", out, symbols=["BBB"]).jobs
    pd.concat([rows, third, first, third]).to_csv(tmp_path / "long.csv", index=False)
    monkeypatch.setattr(predict, "CHUNK_CELLS", 1)
    monkeypatch.setattr("planstore.database.session.RESULT_BATCH_ROWS", 16)
    with pytest.raises(
        PanelError, match=re.escape(f"got 2 of AAA at {first['timestamp'].iloc[0]} UTC in {tmp_path}/l")
    ):
        store.predict(tmp_path / "long.csv", out)


def _symbols(rows: int) -> pa.ChunkedArray:
    return pa.chunked_array([pa.repeat("AAA", rows)])


def test_keys_that_exceed_their_memory_are_on_the_disk_and_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("planstore.training.prediction.predicted_keys.KEY_BYTES", 32 * 2**20)
    rows = 500_000
    with PredictedKeys() as keys:
        for number in range(5):
            times = pa.chunked_array([pa.array(np.arange(number * rows, (number + 1) * rows)).cast(pa.timestamp("us"))])
            keys.add(times, _symbols(rows), f"{number}.parquet")
        assert [file for file in tmp_path.rglob("*") if file.is_file()]
        keys.refuse_repeated()
        keys.add(pa.chunked_array([pa.array([7]).cast(pa.timestamp("us"))]), _symbols(1), "last.parquet")
        with pytest.raises(PanelError, match=r"got 2 of AAA at 1970-01-01 00:00:00.000007 UTC in 0.parquet and last"):
            keys.refuse_repeated()
    assert not [*tmp_path.iterdir()]


def test_a_feature_without_a_value_is_noted_and_a_fault_of_one_file_names_it(
    trained: tuple[Store, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, whole = trained
    rows, out, panel = new_rows(whole), tmp_path / "out.parquet", tmp_path / "panel"
    panel.mkdir()
    parts = {str(symbol): part.copy() for symbol, part in rows.groupby("symbol")}
    parts["AAA"]["f1"] = np.nan
    parts["BBB"][["f1", "f2"]] = np.nan
    parts["CCC"].loc[parts["CCC"].index[:-1], "f2"] = np.nan
    for symbol, part in parts.items():
        part.to_csv(panel / f"{symbol}.csv", index=False)
    monkeypatch.setattr(predict, "CHUNK_CELLS", 1)
    monkeypatch.setattr("planstore.database.session.RESULT_BATCH_ROWS", 4)
    found = store.predict(panel, out)
    assert found.lacking == {"f1": ["AAA", "BBB"], "f2": ["BBB"]}
    assert found.notes == [
        "no value of f1 on AAA, BBB: missing there, as a null is",
        "no value of f2 on BBB: missing there, as a null is",
    ]
    aware = parts["CCC"].assign(timestamp=parts["CCC"]["timestamp"].dt.tz_localize("UTC"))
    for wrong, said in (
        (parts["CCC"].drop(columns="f3"), f"{panel}/CCC.csv must have the 5 features of the model as columns"),
        (parts["CCC"].assign(f3="high"), f"{panel}/CCC.csv must have the 5 features of the model as columns"),
        (aware, f"got none in {panel}/AAA.csv and one in {panel}/CCC.csv"),
    ):
        wrong.to_csv(panel / "CCC.csv", index=False)
        with pytest.raises(PanelError, match=re.escape(said)):
            store.predict(panel, out)
