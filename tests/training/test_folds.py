"""Folds are in order of time, and no label of the training rows looks into the test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from planstore import SampleError
from planstore.training.evidence.folds import time_folds

DAY = np.timedelta64(1, "D")
START = np.datetime64("2020-01-01", "us")


def calendars(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows, in any order, of three symbols that trade on days of their own."""
    chance = np.random.default_rng(seed)
    days = [chance.choice(60, size=chance.integers(12, 50), replace=False) for _ in "ABC"]
    names = np.repeat(np.array(["A", "B", "C"], dtype=object), [len(of_one) for of_one in days])
    order = chance.permutation(len(names))
    return (START + np.concatenate(days) * DAY)[order], names[order]


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), folds=st.integers(2, 4), horizon=st.integers(1, 6))
def test_every_label_that_is_learned_ends_before_the_test_begins(seed: int, folds: int, horizon: int) -> None:
    timestamps, symbols = calendars(seed)
    moments = np.unique(timestamps)
    found = time_folds(timestamps, folds=folds, horizon=horizon, symbols=symbols)
    assert len(found) == folds
    tested = np.concatenate([test for _, test in found])
    assert len(tested) == len(set(tested))
    for train, test in found:
        begins = timestamps[test].min()
        assert (np.searchsorted(moments, begins) - np.searchsorted(moments, timestamps[train]) > horizon).all()
        for symbol in "ABC":
            own = np.sort(timestamps[symbols == symbol])
            learned = timestamps[train][symbols[train] == symbol]
            assert (own[np.searchsorted(own, learned) + horizon] < begins).all()


def test_a_panel_sorted_by_symbol_is_split_by_time() -> None:
    timestamps = np.tile(START + np.arange(50) * DAY, 3)
    symbols = np.repeat(["A", "B", "C"], 50)
    for train, test in time_folds(timestamps, folds=4, horizon=2, symbols=symbols):
        assert timestamps[train].max() + 2 * DAY < timestamps[test].min()
        assert set(symbols[train]) == set(symbols[test]) == {"A", "B", "C"}
        assert len(test) == 30


@pytest.mark.parametrize(("days", "horizon"), [(0, 1), (4, 1), (10, 8), (6, 21)])
def test_too_few_timestamps_are_said(days: int, horizon: int) -> None:
    with pytest.raises(SampleError, match=f"{days} timestamps are too few for 5 folds"):
        time_folds(START + np.arange(days) * DAY, folds=5, horizon=horizon)
