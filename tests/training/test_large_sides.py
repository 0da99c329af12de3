"""Large pooled sides: features are read in parts, and models are fitted on a sample where memory demands it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given, settings, strategies as st
from typer.testing import CliRunner

import markets
import planstore
from planstore.cli.verbs import app
from planstore.errors import SampleError
from planstore.models import blend
from planstore.training.evidence import side as side_module
from planstore.training.evidence.folds import fit_rows
from planstore.training.evidence.measure import PanelEvidence, measure
from planstore.training.evidence.side import Question, measure_side
from planstore.training.execution import inputs, memory
from planstore.training.execution.fit import train_job
from planstore.training.execution.task import Result, Task
from planstore.training.execution.train import train
from planstore.training.families import load_families
from planstore.training.panel import feature_rows
from planstore.training.panel.layout import Layout
from planstore.training.panel.panel import Panel

FAMILIES = load_families()
SYMBOLS = ("AAA", "BBB", "CCC")
TARGETS = ("y_level_2d", "fwd_ret_1d")
MOST = 300


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Panel:
    return markets.panel(tmp_path_factory.mktemp("panel"), SYMBOLS, days=200)


@pytest.fixture(scope="module")
def whole(panel: Panel) -> PanelEvidence:
    return measure(panel, folds=2, workers=1, reuse=False)


def question(target: str, symbol: str | None = None, most: int | None = None) -> Question:
    return Question(target, symbol, (FAMILIES["lightgbm"],), folds=3, selects=3, fit_rows=most)


def job(panel: Panel, target: str, most: int | None = None, names: Sequence[str] = ("lightgbm",)) -> Result:
    families = tuple(FAMILIES[name] for name in names)
    result = train_job(panel, Task("job", 1, target, None, families, refit=True, fit_rows=most))
    assert result.error is None, result.error
    return result


def contents(result: Result) -> dict[str, bytes]:
    return {file.name: file.content for file in result.files}


def test_features_are_read_in_parts_and_lead_to_the_same_evidence_and_models(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("lightgbm", "xgboost")
    whole = [(measure_side(panel, question(target)), contents(job(panel, target, names=names))) for target in TARGETS]
    for module, name, value in ((feature_rows, "HELD_BYTES", 0), (blend, "CHUNK", 64), (inputs, "_BLOCK", 64)):
        monkeypatch.setattr(module, name, value)
    taken = []
    values = Layout.values

    def recorded(layout: Layout, columns: Sequence[str], rows: np.ndarray) -> np.ndarray:
        taken.append(len(rows))
        return values(layout, columns, rows)

    monkeypatch.setattr(Layout, "values", recorded)
    parts = [(measure_side(panel, question(target)), contents(job(panel, target, names=names))) for target in TARGETS]
    assert parts == whole
    taken.clear()
    monkeypatch.setattr(side_module, "F_ROWS", 64)
    for target in TARGETS:
        measure_side(panel, question(target, most=MOST))
        job(panel, target, MOST)
    assert max(taken) == MOST


def test_a_limit_above_the_train_rows_changes_no_byte(panel: Panel, whole: PanelEvidence) -> None:
    assert measure(panel, folds=2, workers=1, reuse=False, max_fit_rows=600).report == whole.report
    assert contents(job(panel, "y_up_1d", 600)) == contents(job(panel, "y_up_1d"))


def test_a_sample_is_recorded_and_leaves_tests_and_symbols_as_they_are(panel: Panel, whole: PanelEvidence) -> None:
    sampled = measure(panel, folds=2, workers=1, reuse=False, max_fit_rows=MOST)
    assert sampled.settings == {**whole.settings, "max_fit_rows": MOST}
    assert [*sampled.notes] == [*whole.notes, *(
        f"{target} on all symbols: fitted on 300 of {known} rows"
        for target, known in (("y_up_1d", 399), ("y_level_2d", 396), ("fwd_ret_1d", 399))
    )]  # fmt: skip
    assert "\ny_level_2d on all symbols: fitted on 300 of 396 rows" in str(sampled)
    for before, now in zip(whole.sides, sampled.sides, strict=True):
        assert now.sample_size == before.sample_size
        if now.symbol is None:
            assert now.sampled is not None
            assert (now.scores != before.scores, len(now.scores)) == (True, len(before.scores))
            assert now.scores[0] == before.scores[0]  # because the first fold has no more rows than the limit
        else:
            assert now == before
    document = orjson.loads(sampled.report)
    assert [side.get("sampled") for side in document["sides"] if side["symbol"] is None][1] == [300, 396]


def test_a_job_records_the_rows_that_it_is_fitted_on(panel: Panel) -> None:
    whole, sampled = job(panel, "y_up_1d"), job(panel, "y_up_1d", MOST)
    assert sampled.metrics["rows_trained"] == sampled.metrics["rows_refitted"] == MOST
    assert sampled.metrics["rows_sampled_from"] == whole.metrics["rows_trained"]
    assert sampled.metrics["rows_scored"] == whole.metrics["rows_scored"]
    assert "rows_sampled_from" not in whole.metrics
    assert orjson.loads(contents(sampled)["inputs"]) == orjson.loads(contents(whole)["inputs"]) | {"fit_rows": MOST}
    alone = train_job(panel, Task("job", 1, "y_up_1d", "AAA", (FAMILIES["lightgbm"],), fit_rows=50))
    assert alone.metrics["rows_trained"] > 50


def test_the_command_line_says_on_how_many_rows_models_are_fitted(
    panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    markets.write_panel(tmp_path / "panel", SYMBOLS, days=200)
    options = ["--max-fit-rows", str(MOST), "--folds", "3", "--pooled", "--target", "y_up_1d", "--workers", "1"]
    done = CliRunner().invoke(app, ["evidence", "panel", *options])
    assert "y_up_1d on all symbols: fitted on 300 of 447 rows" in done.stdout
    with planstore.open(tmp_path / "trained") as store:
        markets.route(store, ["lightgbm"], symbols=["AAA"], targets=["y_up_1d"])
        (pooled,) = (one for one in train(store, panel, max_fit_rows=MOST).jobs if one["symbol"] is None)
        assert (pooled["metrics"]["rows_trained"], pooled["metrics"]["rows_sampled_from"]) == (300, 498)


@settings(max_examples=60)
@given(
    counts=st.lists(st.integers(1, 5), min_size=1, max_size=40),
    most=st.integers(1, 120),
    seed=st.integers(0, 3),
    first=st.integers(0, 3),
)
def test_a_sample_has_whole_timestamps_and_as_many_as_the_limit_allows(
    counts: list[int], most: int, seed: int, first: int
) -> None:
    places = np.repeat(np.arange(len(counts)) * 2, counts)
    train = np.arange(len(places))[min(first, len(places) - 1) :]
    try:
        chosen = fit_rows(train, places, most, seed)
    except SampleError:
        assert most < 5
        return
    assert len(chosen) <= most or most >= len(train)
    assert set(chosen) <= set(train)
    left = set(train) - set(chosen)
    assert not {places[row] for row in chosen} & {places[row] for row in left}
    assert not left or len(chosen) + 5 > most
    assert (chosen == fit_rows(train, places, most, seed)).all()
    assert (fit_rows(train, places, None, seed) == train).all()


def test_another_seed_samples_other_timestamps() -> None:
    rows = np.arange(1000)
    assert (fit_rows(rows, rows, 500, 0) != fit_rows(rows, rows, 500, 1)).any()
    with pytest.raises(SampleError, match="max_fit_rows must be at least the 10 rows of a timestamp, got 9"):
        fit_rows(rows, rows // 10, 9, 0)


def test_the_limit_follows_from_the_memory_of_the_machine(
    panel: Panel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    families = [FAMILIES["lightgbm"]]
    assert memory.largest_fit(panel, families, None) == memory.LargestFit(None, copies=2)
    assert memory.largest_fit(panel, families, 7) == memory.LargestFit(7, copies=2)
    rest = memory.WORKER_BYTES + memory.ROW_BYTES * 600
    whole = memory.LargestFit().worker_bytes(panel) - rest
    assert whole == 2 * panel.fitted_bytes
    assert memory.LargestFit(300).worker_bytes(panel) == rest + whole // 2
    monkeypatch.setattr(memory, "machine_bytes", lambda: int((rest + whole * 0.6271) / memory.USABLE))
    with caplog.at_level("INFO"):
        assert memory.largest_fit(panel, families, None).rows == 370
    assert "fitted on at most 370 of 600 rows, because 0.5 GiB of memory allow no more" in caplog.text
    assert memory.largest_fit(panel, [*families, FAMILIES["logistic"]], None) == memory.LargestFit(100, copies=7)
    single = {name: FAMILIES[name].copies(4) for name in ("lightgbm", "extra_trees", "linear", "stacking")}
    assert single == {"lightgbm": 2, "extra_trees": 5, "linear": 13, "stacking": 13}


def test_a_limit_of_the_address_space_counts_as_the_memory() -> None:
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)); "
        "from planstore.training.execution.memory import machine_bytes; print(machine_bytes())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 2**30
