"""The null of a score is that of its predictions on labels that are shifted in time; its p-values hold their size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

from planstore.training.evidence.nulls import Predicted, ShiftNull, shift_null, shifted_scores
from planstore.training.evidence.score import score

TASKS = {"BINARY_CLASSIFICATION": 2, "MULTICLASS_CLASSIFICATION": 3, "REGRESSION": 0}
TRIALS = 300


def rows(length: int, symbols: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the timestamps and symbols of a panel without gaps, in order of time."""
    return np.repeat(np.arange(length), symbols), np.tile(np.arange(symbols), length)


def drawn(task: str, size: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and predictions that have nothing to do with each other."""
    classes = TASKS[task]
    labels = chance.integers(classes, size=size).astype(float) if classes else 3 + chance.normal(size=size)
    predicted = np.round(chance.random((size, 3 if classes == 3 else 1)), 1)
    return labels, predicted


def folded(timestamps: np.ndarray, values: list[np.ndarray], folds: int) -> list[Predicted]:
    moments = np.array_split(np.unique(timestamps), folds)
    tests = [np.flatnonzero(np.isin(timestamps, inside)) for inside in moments]
    return [Predicted(test, [one[test] for one in values]) for test in tests]


@settings(max_examples=25)
@given(
    task=st.sampled_from(sorted(TASKS)),
    length=st.integers(8, 25),
    symbols=st.integers(1, 4),
    folds=st.integers(1, 3),
    families=st.integers(1, 2),
    seed=st.integers(0, 10_000),
)
def test_the_score_of_each_shift_is_that_of_shifted_labels(
    task: str, length: int, symbols: int, folds: int, families: int, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    timestamps, names = rows(length, symbols)
    labels, _ = drawn(task, len(names), chance)
    found = folded(timestamps, [drawn(task, len(names), chance)[1] for _ in range(families)], folds)
    scores = shifted_scores(task, timestamps, names, labels, found)
    assert len(scores) == length
    for shift in range(length):
        moved = np.roll(labels.reshape(length, symbols), -shift, axis=0).ravel()
        each = [score(task, moved[fold.rows], values) for fold in found for values in fold.values]
        known = [one for one in each if one is not None]
        assert scores[shift] == pytest.approx(np.mean(known) if known else np.nan, rel=1e-7, abs=1e-9, nan_ok=True)


def test_a_rare_class_counts_neither_in_the_score_nor_in_its_null() -> None:
    chance = np.random.default_rng(0)
    timestamps, names = rows(100, 1)
    labels = np.repeat([0.0, 1.0], 50)
    chance.shuffle(labels)
    predicted = np.eye(3)[labels.astype(int)]
    labels[:9] = 2  # one row less than counts, and its predictions are wrong
    task = "MULTICLASS_CLASSIFICATION"
    expected = np.mean([roc_auc_score(labels == one, predicted[:, one]) for one in (0, 1)])
    assert score(task, labels, predicted) == expected
    shifted = shifted_scores(task, timestamps, names, labels, folded(timestamps, [predicted], 1))
    assert shifted[0] == pytest.approx(expected)
    assert np.isfinite(shifted).all()
    few = np.where(np.arange(100) < 91, 0.0, 1.0 + (np.arange(100) > 95))
    assert score(task, few, predicted) is None
    assert np.isnan(shifted_scores(task, timestamps, names, few, folded(timestamps, [predicted], 1))).all()


def test_a_row_counts_where_its_symbol_has_a_label_at_the_shifted_time() -> None:
    chance = np.random.default_rng(3)
    timestamps, names = rows(60, 3)
    kept = chance.random(len(names)) < 0.6
    timestamps, names = timestamps[kept], names[kept]
    labels, predicted = drawn("REGRESSION", len(names), chance)
    found = folded(timestamps, [predicted], 2)
    scores = shifted_scores("REGRESSION", timestamps, names, labels, found)
    places = np.unique(timestamps, return_inverse=True)[1]
    label_at = dict(zip(zip(places, names, strict=True), labels, strict=True))
    for shift in (0, 1, 17):
        each = []
        for fold in found:
            cells = [((places[row] + shift) % len(scores), names[row]) for row in fold.rows]
            there = [place for place, cell in enumerate(cells) if cell in label_at]
            truth = np.array([label_at[cells[place]] for place in there])
            each.append(score("REGRESSION", truth, fold.values[0][there]))
        assert scores[shift] == pytest.approx(np.mean([one for one in each if one is not None]), abs=1e-9)


def overlapping(length: int, symbols: int, horizon: int, chance: np.random.Generator) -> np.ndarray:
    """Return sums of the next ``horizon`` steps of random walks that move together, by time and symbol."""
    market = chance.normal(size=(length + horizon, 1))
    steps = market + chance.normal(size=(length + horizon, symbols))
    ahead = np.lib.stride_tricks.sliding_window_view(steps, horizon, axis=0).sum(axis=-1)[1 : length + 1]
    return np.asarray(ahead)


def persistent(length: int, symbols: int, chance: np.random.Generator) -> np.ndarray:
    """Return predictions that follow one another, and move together, by time and symbol."""
    found = chance.normal(size=(length, symbols)) + chance.normal(size=(length, 1))
    for place in range(1, length):
        found[place] += 0.95 * found[place - 1]
    return found


@pytest.mark.parametrize("task", ["BINARY_CLASSIFICATION", "REGRESSION"])
@pytest.mark.parametrize(("symbols", "horizon"), [(1, 1), (1, 20), (6, 10)])
def test_noise_is_called_significant_as_seldom_as_is_asked(task: str, symbols: int, horizon: int) -> None:
    chance = np.random.default_rng(horizon)
    timestamps, names = rows(600, symbols)
    found = []
    for _ in range(TRIALS):
        ahead = overlapping(600, symbols, horizon, chance).ravel()
        labels = (ahead > 0).astype(float) if task != "REGRESSION" else ahead
        predicted = 0.1 * persistent(600, symbols, chance).reshape(-1, 1)
        null = shift_null(task, timestamps, names, labels, folded(timestamps, [predicted], 4), horizon)
        assert null is not None
        found.append(null.p_value)
    for level in (0.01, 0.05):
        rejected = sum(p is not None and p <= level for p in found)
        assert binomtest(rejected, TRIALS, level, alternative="greater").pvalue > 1e-3, (level, rejected)
    assert binomtest(sum(p is not None and p <= 0.5 for p in found), TRIALS, 0.5).pvalue > 1e-6


def judged(labels: np.ndarray, predicted: np.ndarray, horizon: int = 1) -> ShiftNull | None:
    timestamps, names = rows(len(labels), 1)
    found = folded(timestamps, [predicted.reshape(-1, 1)], 3)
    return shift_null("BINARY_CLASSIFICATION", timestamps, names, labels, found, horizon)


def test_a_signal_is_found_and_fewer_effective_samples_know_less() -> None:
    chance = np.random.default_rng(1)
    drift = overlapping(800, 1, 1, chance)[:, 0]
    signal = judged((drift > 0).astype(float), drift + 2 * chance.normal(size=800))
    slow = overlapping(800, 1, 40, chance)[:, 0]
    overlap = judged((slow > 0).astype(float), slow + 20 * chance.normal(size=800), horizon=40)
    assert signal is not None
    assert overlap is not None
    assert signal.p_value is not None
    assert signal.p_value < 1e-6
    assert signal.effective_samples > 3 * overlap.effective_samples


def test_predictions_that_say_nothing_are_not_significant() -> None:
    labels = np.random.default_rng(1).integers(2, size=100).astype(float)
    assert judged(labels, np.zeros(100)) == ShiftNull(0.5, 0.0, 1.0, 99.0)


def test_too_few_shifts_have_no_null() -> None:
    labels = np.tile([0.0, 1.0], 20)
    assert judged(labels, labels, horizon=11) is None
    assert judged(labels, labels, horizon=10) is not None
