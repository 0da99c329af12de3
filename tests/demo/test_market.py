"""The demo's panel: real prices, and features that know nothing of later ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from planstore.demo.market import PRICES, market, write_market
from planstore.training.panel.panel import Panel, Sample

TARGETS = {
    "fwd_ret_1d": ("REGRESSION", 1),
    "fwd_ret_5d": ("REGRESSION", 5),
    "fwd_ret_21d": ("REGRESSION", 21),
    "y_will_peak_5d": ("BINARY_CLASSIFICATION", 5),
    "y_will_valley_5d": ("BINARY_CLASSIFICATION", 5),
    "y_will_swing_high_10d_0_03": ("BINARY_CLASSIFICATION", 10),
    "y_will_swing_low_10d_0_03": ("BINARY_CLASSIFICATION", 10),
    "y_vol_up_5d": ("BINARY_CLASSIFICATION", 5),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("market") / "market.parquet"
    write_market(path)
    return path


def test_the_prices_are_those_that_the_readme_names() -> None:
    digest = hashlib.sha256(PRICES.read_bytes()).hexdigest()
    assert digest == "0c1b83ffbe1dffe598b75c795ed4e3d791aa32ef74bb00438816125ce31dabb0"
    assert digest in (PRICES.parent / "README.md").read_text(encoding="utf-8")


def test_the_panel_is_whole_and_has_the_targets_that_are_told_of() -> None:
    panel = market()
    assert (len(panel.symbols), len(panel.features), panel.notes, panel.troubles) == (20, 44, [], [])
    assert {target.name: (target.task_type, target.horizon) for target in panel.targets} == TARGETS
    assert len(panel.sample("fwd_ret_5d").labels) == 20 * (4529 - 5)
    assert market(symbols=["AAPL"]).symbols == ["AAPL"]


def test_it_is_the_same_each_time_to_the_last_bit(written: Path, tmp_path: Path) -> None:
    write_market(tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == written.read_bytes()


@pytest.mark.parametrize("day", ["2015-07-01"])
def test_later_prices_change_no_feature_and_no_target_that_was_known(written: Path, tmp_path: Path, day: str) -> None:
    prices = pd.read_parquet(PRICES)
    later = pd.to_datetime(prices["date"]) > day
    prices.loc[later, "close"] *= np.random.default_rng(1).uniform(0.1, 10, later.sum())
    prices[~later | (prices["symbol"] != "AAPL")].to_parquet(tmp_path / "garbled.parquet", index=False)
    write_market(tmp_path / "market.parquet", tmp_path / "garbled.parquet")
    usual, garbled = (Panel.read(path) for path in (written, tmp_path / "market.parquet"))
    for target, (_, horizon) in TARGETS.items():
        before, after = (
            pd.concat([sample.features.assign(label=sample.labels), _keys(sample)], axis=1)
            for sample in (usual.sample(target), garbled.sample(target))
        )
        moments = np.unique(before["timestamp"])
        known = moments[np.searchsorted(moments, np.datetime64(day), "right") - 1 - horizon]
        before, after = (frame[frame["timestamp"] <= known] for frame in (before, after))
        assert len(before) == 20 * (np.searchsorted(moments, known) + 1)
        pd.testing.assert_frame_equal(before, after, rtol=1e-9, atol=1e-12)


def _keys(sample: Sample) -> pd.DataFrame:
    return pd.DataFrame({"timestamp": sample.timestamps, "symbol": sample.symbols})
