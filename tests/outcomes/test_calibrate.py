"""Calibration: promises with a known relation to what came true."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

import planstore
import samples
from planstore import NotFoundError, RequestError
from planstore.api.store import Store
from planstore.cli.verbs import app
from planstore.outcomes.bootstrap import by_run, mean, sums_by_run

YEARS, TARGETS, SYMBOLS = 4, 4, 6
SVG = "{http://www.w3.org/2000/svg}"


def world(seed: int) -> list[tuple[int, dict[str, Any], dict[str, Any]]]:
    """Return candidates with their outcomes, by year: targets differ in skill, and their symbols only in luck."""
    chance = np.random.default_rng(seed)
    found = []
    for year in range(YEARS):
        for target in range(TARGETS):
            skill = 0.52 + 0.04 * target
            for symbol in (None, *(f"S{number}" for number in range(SYMBOLS))):
                luck = 0.0 if symbol is None else 0.04
                promised, realized = skill + luck * chance.normal(size=2)
                side = {"target": f"y_{target}_5d", "symbol": symbol}
                interval = {"score_ci_low": promised - luck, "score_ci_high": promised + luck}
                ends = {"evidence_as_of": f"{2010 + year}-12-31T00:00:00Z"}
                candidate = samples.record(score=promised, **side) | interval | ends
                stretch = {"first_timestamp": f"{2011 + year}-01-08", "last_timestamp": f"{2011 + year}-12-30"}
                outcome = side | stretch | {"score": realized, "null_score": 0.5, "sample_size": 250}
                found.append((year, candidate, outcome | {"run_id": f"year-{year}"}))
    return found


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, list[dict[str, Any]]]]:
    """A store of yearly runs with outcomes, and the rows of symbols: year, target, promised, realized."""
    rows = world(1)
    with planstore.open(tmp_path_factory.mktemp("calibrate") / "results") as store:
        for year in range(YEARS):
            of_year = [candidate | {"timestamp": None} for number, candidate, _ in rows if number == year]
            table = pa.Table.from_pylist([{k: v for k, v in row.items() if k != "timestamp"} for row in of_year])
            store.route(table, samples.policy(), run_id=f"year-{year}")
        store.record_outcomes(pa.Table.from_pylist([outcome for _, _, outcome in rows]))
        yield (
            store,
            [
                {"year": year, "target": one["target"], "x": one["score"], "y": other["score"]}
                for year, one, other in rows
                if one["symbol"] is not None
            ],
        )


def test_slopes_tell_targets_from_symbols(kept: tuple[Store, list[dict[str, Any]]]) -> None:
    store, rows = kept
    found = store.calibrate()
    pooled, symbol = found.sides
    x, y = (np.array([row[name] for row in rows]) for name in "xy")
    assert (symbol.outcomes, symbol.runs) == (YEARS * TARGETS * SYMBOLS, YEARS)
    assert symbol.slope.value == pytest.approx(np.polyfit(x, y, 1)[0], rel=1e-5)
    keys = [(row["year"], row["target"]) for row in rows]
    means = {key: [np.mean(one[[other == key for other in keys]]) for one in (x, y)] for key in set(keys)}
    within = [(one - means[key][0], other - means[key][1]) for key, one, other in zip(keys, x, y, strict=True)]
    deviations, others = map(np.array, zip(*within, strict=True))
    assert symbol.slope_within.value == pytest.approx((deviations @ others) / (deviations @ deviations), rel=1e-4)
    assert symbol.slope_within.low is not None
    assert symbol.slope_within.high is not None
    assert symbol.slope_within.low < 0 < symbol.slope_within.high  # because symbols differ only in luck
    assert symbol.slope.low is not None
    assert symbol.slope.low > 0.3
    assert symbol.rmse == pytest.approx(np.sqrt(np.mean((y - x) ** 2)), rel=1e-5)
    assert symbol.rmse_of_means is not None
    assert symbol.rmse_of_means < symbol.rmse
    assert symbol.coverage.value == pytest.approx(np.mean(np.abs(y - x) <= 0.04))
    assert (pooled.slope_within.value, pooled.rmse_of_means) == (None, None)
    assert pooled.slope.value == pytest.approx(1.0)


def test_the_best_of_several_symbols_is_promised_too_much(kept: tuple[Store, list[dict[str, Any]]]) -> None:
    ranks = kept[0].calibrate().ranks
    assert [(one.rank, one.of, one.groups) for one in ranks] == [
        (n + 1, SYMBOLS, YEARS * TARGETS) for n in range(SYMBOLS)
    ]
    assert [one.promised for one in ranks] == sorted((one.promised for one in ranks), reverse=True)
    assert ranks[0].promised - ranks[0].realized > 0.03
    assert ranks[-1].realized - ranks[-1].promised > 0.03
    assert np.mean([one.realized for one in ranks]) == pytest.approx(ranks[0].realized_of_all, abs=1e-5)


def test_states_are_summed_up_with_their_uncertainty(kept: tuple[Store, list[dict[str, Any]]]) -> None:
    states = kept[0].calibrate(targets=["y_3_5d"]).states
    assert {one.state for one in states if one.side == "cross_sectional"} >= {None}
    whole = states[-1]
    rows = [row for row in kept[1] if row["target"] == "y_3_5d"]
    assert (whole.side, whole.state, whole.outcomes) == ("symbol", None, len(rows))
    assert whole.gap.value == pytest.approx(np.mean([row["y"] - row["x"] for row in rows]), abs=1e-6)
    assert whole.above_null.value == whole.above_chance == pytest.approx(np.mean([row["y"] > 0.5 for row in rows]))
    assert kept[0].calibrate(targets=["y_3_5d"]).as_dict() == kept[0].calibrate(targets=["y_3_5d"]).as_dict()


def test_without_outcomes_the_error_says_how_to_record_them(kept: tuple[Store, list[dict[str, Any]]]) -> None:
    with pytest.raises(
        NotFoundError, match=r"must be an outcome by r2 .*, got none: record them with `planstore outcomes"
    ):
        kept[0].calibrate(metric="r2")
    with pytest.raises(NotFoundError, match=r"must be an outcome of zz"):
        kept[0].calibrate(targets=["zz"])


def test_the_command_line_shows_the_same_numbers(kept: tuple[Store, list[dict[str, Any]]]) -> None:
    words = ["calibrate", "--results", str(kept[0].results)]
    assert json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout) == kept[0].calibrate().as_dict()
    shown = CliRunner().invoke(app, words, env={"COLUMNS": "200"}).stdout
    assert f"{kept[0].calibrate().sides[1].slope.value:.2f}" in shown
    assert "Symbols by the rank of their promise" in shown


def test_the_plot_is_an_svg_file_with_a_point_for_each_outcome(
    kept: tuple[Store, list[dict[str, Any]]], tmp_path: Path
) -> None:
    file = tmp_path / "calibration.svg"
    words = ["calibrate", "--results", str(kept[0].results), "--json", "--plot", str(file)]
    assert CliRunner().invoke(app, words).exit_code == 0
    points = list(ElementTree.parse(file).iter(f"{SVG}circle"))
    compared = kept[0].calibrate().compared
    assert len(points) == len(compared) == YEARS * TARGETS * (SYMBOLS + 1)
    symbols = sorted((one for one in compared if one["symbol"] is not None), key=lambda one: one["promised"])
    drawn = {(point.findtext(f"{SVG}title") or "").partition(":")[0]: point for point in points}
    low, high = (drawn[f"{one['target']} on {one['symbol']} in {one['run_id']}"] for one in (symbols[0], symbols[-1]))
    assert float(low.attrib["cx"]) < float(high.attrib["cx"])
    assert (float(low.attrib["cy"]) > float(high.attrib["cy"])) is (symbols[0]["realized"] < symbols[-1]["realized"])


@pytest.mark.parametrize("name", ["plot.png", "no folder/plot.svg"])
def test_a_plot_that_cannot_be_written_is_refused_before_anything_is_compared(name: str, tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["calibrate", "--plot", str(tmp_path / name), "--results", str(tmp_path)])
    assert isinstance(refused.exception, RequestError)
    assert "--plot must be a .svg file in an existing folder" in str(refused.exception)


def test_a_bootstrap_over_runs_covers_a_mean_whose_rows_move_together() -> None:
    covered = 0
    for seed in range(100):
        chance = np.random.default_rng(seed)
        runs = np.repeat(np.arange(20), 30)
        values = np.repeat(chance.normal(size=20), 30) + 0.1 * chance.normal(size=600)
        found = mean(runs, values, seed=0)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0 <= found.high
    assert 85 <= covered <= 99
    one = by_run(sums_by_run(np.zeros(3), np.ones(3), np.arange(3.0)), lambda total: total[:, 1] / total[:, 0], seed=0)
    assert (one.value, one.low, one.high) == (1.0, None, None)
    nothing = mean(np.zeros(2), np.array([np.nan, np.nan]), seed=0)
    assert (nothing.value, nothing.low) == (None, None)
