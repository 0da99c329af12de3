"""Outcomes measured on a panel: the rows that came after, trained models, and refits."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner

import forks
import markets
import planstore
import samples
from planstore import PanelError, RequestError
from planstore.api.store import Store
from planstore.cli.verbs import app
from planstore.training.families import families_of, load_families
from planstore.training.outcomes.refit import Refit, measure_refit
from planstore.training.outcomes.stretch import in_classes, known_rows, later_rows
from planstore.training.panel.feature_rows import FeatureRows
from planstore.training.panel.panel import Panel, Sample
from planstore.training.panel.target import Target

DAYS = 200
START = datetime(2020, 1, 1, tzinfo=UTC)


def sample_of(calendars: list[list[int]]) -> Sample:
    """Return labelled rows of symbols on the given days."""
    keys = sorted((day, f"S{number}") for number, days in enumerate(calendars) for day in days)
    days = np.array([day for day, _ in keys])
    symbols = np.array([symbol for _, symbol in keys], dtype=object)
    timestamps = np.datetime64("2020-01-01", "us") + days * np.timedelta64(1, "D")
    return Sample(timestamps, symbols, cast(FeatureRows, None), days % 2.0, np.empty(0), days)


@settings(max_examples=60)
@given(
    calendars=st.lists(st.lists(st.integers(0, 30), unique=True, min_size=1, max_size=25), min_size=1, max_size=3),
    until=st.integers(-1, 31),
    horizon=st.integers(1, 4),
    embargo=st.integers(0, 2),
    length=st.integers(1, 8) | st.none(),
)
def test_no_scored_label_begins_before_the_last_learned_one_ends(
    calendars: list[list[int]], until: int, horizon: int, embargo: int, length: int | None
) -> None:
    sample, target = sample_of(calendars), Target("y", "REGRESSION", horizon, embargo)
    moment = START + timedelta(days=until)
    days = (sample.timestamps - np.datetime64("2020-01-01", "us")) // np.timedelta64(1, "D")
    moments = sorted({*days.tolist()})
    first = sum(day <= until for day in moments) + horizon + embargo
    allowed = moments[first:] if length is None else moments[first : first + length]
    expected = []
    for number, (day, symbol) in enumerate(zip(days.tolist(), sample.symbols, strict=True)):
        own = [other for other in calendars[int(symbol[1:])] if until < other < day]
        if day in allowed and len(own) >= horizon + embargo:
            expected.append(number)
    later = later_rows(sample, target, moment, length).tolist()
    assert later == expected
    for row in known_rows(sample, target, moment).tolist():
        own = sorted(day for day in calendars[int(sample.symbols[row][1:])] if day > days[row])
        assert own[horizon + embargo - 1] <= until
        assert all(own[horizon - 1] < days[other] for other in later)


def test_classes_of_a_panel_are_numbered_as_the_model_has_learned_them() -> None:
    sample = sample_of([[0, 1, 2]])
    found = in_classes(replace(sample, classes=np.array([0.0, 7.0])), (7.0, 3.0, 0.0))
    assert found.labels.tolist() == [2.0, 0.0, 2.0]
    with pytest.raises(planstore.SampleError, match="the panel has the class 1, which the model does not know"):
        in_classes(replace(sample, classes=np.array([0.0, 1.0])), (0.0, 7.0))


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> tuple[Panel, Path]:
    """The first days of a market, and the folder of all of it."""
    folder = tmp_path_factory.mktemp("market")
    whole = markets.write_panel(folder / "whole", days=DAYS + 120)
    early = folder / "early"
    early.mkdir()
    for path in whole.glob("*.parquet"):
        pd.read_parquet(path).head(DAYS).to_parquet(early / path.name)
    return Panel.read(early, targets=["y_up_1d"]), whole


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, market: tuple[Panel, Path]) -> Iterator[Store]:
    """A store with a plan whose models have seen the first days; its evidence ends ten days later."""
    with planstore.open(tmp_path_factory.mktemp("trained") / "results") as store:
        until = START + timedelta(days=DAYS + 9)
        rows = [row | {"timestamp": until} for row in markets.candidates(targets=["y_up_1d"]).to_pylist()]
        ended = pa.Table.from_pylist(rows).rename_columns({"timestamp": "evidence_as_of"})
        store.route(ended, samples.policy(), ["lightgbm"], run_id="first")
        store.train(market[0], workers=1, refit=True)
        yield store


def test_trained_models_are_scored_on_the_rows_that_came_after(trained: Store, market: tuple[Panel, Path]) -> None:
    whole = Panel.read(market[1], targets=["y_up_1d"])
    with pytest.raises(PanelError, match="must have rows that came after the evidence of a run, got none"):
        trained.measure_outcomes(market[0])
    with pytest.raises(RequestError, match="length must be at least 1, got 0"):
        trained.measure_outcomes(whole, length=0)
    found = trained.measure_outcomes(whole)
    again = trained.measure_outcomes(whole)
    assert (again.recorded.commit_id, again.recorded.known) == (None, found.recorded.recorded)
    rows = {(one["target"], one["symbol"], one["mode"]): one for one in trained.outcomes()}
    assert {mode for _, _, mode in rows} == {"CROSS_SECTIONAL", "SYMBOL_SPECIFIC", "BOTH"}
    one = rows["y_up_1d", "BBB", "CROSS_SECTIONAL"]
    assert (one["learned_until"], one["first_timestamp"]) == (
        START + timedelta(days=DAYS + 9), START + timedelta(days=DAYS + 11),
    )  # fmt: skip
    frame = pd.read_parquet(market[1] / "BBB.parquet").iloc[DAYS + 11 :]
    model = trained.model("y_up_1d")
    assert one["sample_size"] == len(frame) == 109
    assert one["realized"] == pytest.approx(roc_auc_score(frame["y_up_1d"], model.predict(frame)), rel=1e-5)
    assert (one["job_id"], one["model"]) == (model.job_id, model.digest)
    assert one["realized"] > one["null_score"] + 3 * one["null_sd"]
    assert one["p_value"] < 0.01
    both = rows["y_up_1d", "AAA", "BOTH"]
    first = pd.read_parquet(market[1] / "AAA.parquet").iloc[DAYS + 11 :]
    blended = trained.model("y_up_1d", "AAA").predict(first)
    assert both["realized"] == pytest.approx(roc_auc_score(first["y_up_1d"], blended), rel=1e-5)
    states = trained.sql("select side, state, outcomes from calibration where target = 'y_up_1d' order by all")
    assert ("cross_sectional", "STRONG", 1) in states.fetchall()


def test_the_command_line_measures_a_stretch(trained: Store, market: tuple[Panel, Path]) -> None:
    words = ["outcomes", "measure", str(market[1]), "--results", str(trained.results), "--length", "60", "--json"]
    # in a process of its own, because those of verbs that only ask have no pandas
    done = subprocess.run(
        [forks.planstore(), *words, "--target", "y_up_1d"], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["runs"] == ["first"]
    ends = trained.sql(
        "select max(last_timestamp) from outcomes where commit_id = (select max(commit_id) from outcomes)"
    )
    assert ends.fetchall() == [(START + timedelta(days=DAYS + 70),)]
    failed = CliRunner().invoke(app, ["outcomes", "measure", str(market[1]), "--results", str(trained.results),
                                      "--family", "lightgbm"])  # fmt: skip
    assert str(failed.exception).startswith("--family must be given with refit only")


def test_refits_know_nothing_of_what_came_after(market: tuple[Panel, Path], tmp_path: Path) -> None:
    until = START + timedelta(days=DAYS)
    families = tuple(families_of(["logistic"], load_families(None)))
    changed = tmp_path / "changed"
    changed.mkdir()
    for path in market[1].glob("*.parquet"):
        frame = pd.read_parquet(path)
        frame.loc[DAYS:, "y_up_1d"] = 1 - frame.loc[DAYS:, "y_up_1d"]
        frame.to_parquet(changed / path.name)
    plain, flipped = (
        measure_refit(Panel.read(folder), Refit("r", "y_up_1d", markets.SYMBOLS, until, families, 0, 80))
        for folder in (market[1], changed)
    )
    assert (plain[1], flipped[1]) == ([], [])
    assert len(plain[0]) == 1 + 3 * len(markets.SYMBOLS)
    for one, other in zip(plain[0], flipped[0], strict=True):
        assert one["score"] == pytest.approx(1 - other["score"], abs=1e-5)  # because only the labels after it changed
        assert one["score"] > 0.6
        assert one["first_timestamp"] == until + timedelta(days=2)
        assert one["sample_size"] == 80 * (3 if one["symbol"] is None else 1)


def test_refits_measure_sides_that_no_job_trained(trained: Store, market: tuple[Panel, Path]) -> None:
    before = trained.access.ledger.last_commit()
    found = trained.measure_outcomes(Panel.read(market[1], targets=["y_up_1d"]), refit=True, families=["logistic"],
                                     length=40, workers=1)  # fmt: skip
    assert found.recorded.commit_id == before + 1
    assert found.recorded.recorded == 1 + 3 * len(markets.SYMBOLS)
    last = trained.sql("select symbol, state from promised_outcomes where commit_id = $last and symbol is not null",
                       last=before + 1).fetchall()  # fmt: skip
    assert sorted(last) == [("AAA", "STRONG"), ("BBB", "DISALLOWED"), ("CCC", "DISALLOWED")]


def test_refits_learn_from_what_the_evidence_was_measured_with(market: tuple[Panel, Path], tmp_path: Path) -> None:
    """A panel that has got a feature since, here one that leaks, refits a run without it."""
    leaking = tmp_path / "leaking"
    leaking.mkdir()
    for path in market[1].glob("*.parquet"):
        frame = pd.read_parquet(path)
        frame.assign(leak=frame["y_up_1d"]).to_parquet(leaking / path.name)
    plain, other = (Panel.read(folder, targets=["y_up_1d"]) for folder in (market[1], leaking))
    until = START + timedelta(days=DAYS)
    rows = [row | {"timestamp": until} for row in markets.candidates(targets=["y_up_1d"]).to_pylist()]
    found = []
    for number, panel in enumerate((plain, other)):
        with planstore.open(tmp_path / f"{number}") as store:
            run = store.route(pa.Table.from_pylist(rows), samples.policy(), run_id="first")
            settings = {"families": ["logistic"], "seed": 0}
            report = {"as_of": until.isoformat(), "features": plain.features, "settings": settings, "sides": []}
            store.evidence.keep(json.dumps(report).encode(), run.evidence_id)
            store.measure_outcomes(panel, refit=True, length=40, workers=1)
            found.append([(one["symbol"], one["mode"], one["realized"]) for one in store.outcomes()])
            if panel is other:
                late = Panel.read(leaking, targets=["y_up_1d"], settings={"targets": {"y_up_1d": {"horizon": 3}}})
                differs = "be those of its evidence, got horizon 3 of y_up_1d, measured with no stated horizon"
                with pytest.raises(PanelError, match=differs):
                    store.measure_outcomes(late, refit=True, workers=1)
                lacking = Panel.read(leaking, targets=["y_up_1d"], settings={"ignore": plain.features[:1]})
                with pytest.raises(PanelError, match=f"lacks the features {plain.features[0]}, which its evidence"):
                    store.measure_outcomes(lacking, refit=True, workers=1)
    assert len(found[0]) == 1 + 3 * len(markets.SYMBOLS)
    assert found[0] == found[1]
    few = Refit("r", "y_up_1d", markets.SYMBOLS, until, tuple(families_of(["logistic"], load_families(None))), 0, 40,
                fit_rows=1)  # fmt: skip
    assert "max_fit_rows must be at least the 3 rows of a timestamp, got 1" in measure_refit(plain, few)[1][0]


def test_arguments_that_would_change_nothing_are_refused(trained: Store, market: tuple[Panel, Path]) -> None:
    for arguments, message in (
        ({"families": ["lightgbm"]}, "families must be given with refit only"),
        ({"workers": 1}, "workers must be given with refit only"),
        ({"refit": True, "allow_pickle": True}, "allow_pickle must be given without refit"),
    ):
        with pytest.raises(RequestError, match=message):
            trained.measure_outcomes(market[0], **arguments)


def test_a_symbol_whose_evidence_ended_later_moves_the_stretch_of_the_cross_sectional_model(
    trained: Store, market: tuple[Panel, Path]
) -> None:
    later = START + timedelta(days=DAYS + 30)
    rows = [
        row | {"timestamp": START + timedelta(days=DAYS)} for row in markets.candidates(targets=["y_up_1d"]).to_pylist()
    ]
    rows[-1]["timestamp"] = later
    run = trained.route(pa.Table.from_pylist(rows), samples.policy(), ["lightgbm"], run_id="ragged")
    trained.train(market[0], workers=1, refit=True)
    trained.measure_outcomes(Panel.read(market[1], targets=["y_up_1d"]), runs=["ragged"])
    found = [one for one in trained.outcomes(run_id=run.run_id) if one["job_id"] == "cs_y_up_1d"]
    assert len(found) == 1 + len(markets.SYMBOLS)
    assert {one["learned_until"] for one in found} == {later}
