"""MeasuredStability, selection and ranking, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from planstore.training.evidence.nulls import ShiftNull
from planstore.training.evidence.ranking import rank
from planstore.training.evidence.selection import select, univariate
from planstore.training.evidence.side import MeasuredSide
from planstore.training.evidence.stability import MeasuredStability, mean_snapshot, stability

NAMES = [f"f{number:02d}" for number in range(20)]
FALLING = {name: float(20 - place) for place, name in enumerate(NAMES)}


def test_the_same_importances_are_perfectly_stable() -> None:
    assert stability([FALLING, dict(FALLING), FALLING]) == MeasuredStability(1.0, 0.0, 1.0, 0.0)


def test_overlap_counts_the_top_features_and_tau_the_order_of_all() -> None:
    turned = {name: -value for name, value in FALLING.items()}
    assert stability([FALLING, turned]) == MeasuredStability(0.0, 0.0, -1.0, 0.0)
    swapped = FALLING | {"f00": FALLING["f01"], "f01": FALLING["f00"]}
    found = stability([FALLING, swapped])
    assert found is not None
    assert (found.mean_overlap, found.mean_tau) == (1.0, round(1 - 2 / 190, 6))
    three = stability([FALLING, FALLING, turned])
    assert three is not None
    assert (three.mean_overlap, three.std_overlap) == (0.333333, 0.471405)


def test_few_features_have_half_of_them_at_the_top() -> None:
    found = stability([{"a": 3.0, "b": 2.0, "c": 1.0, "d": 0.0}, {"a": 3.0, "b": 1.0, "c": 2.0, "d": 0.0}])
    assert found is not None
    assert found.mean_overlap == 0.5


@pytest.mark.parametrize("folds", [[], [FALLING], [FALLING, dict.fromkeys(NAMES, 0.0)], [{"a": 1.0}, {"a": 2.0}]])
def test_what_cannot_be_compared_has_no_stability(folds: list[dict[str, float]]) -> None:
    assert stability(folds) is None


def test_an_earlier_run_counts_as_far_as_it_has_the_same_features() -> None:
    earlier = {name: value / 210 for name, value in FALLING.items() if name != "f00"} | {"gone": 1.0}
    assert stability([FALLING, FALLING], [earlier]) == MeasuredStability(1.0, 0.0, 1.0, 0.0)
    assert stability([FALLING], [earlier]) == MeasuredStability(1.0, 0.0, 1.0, 0.0)
    turned = {name: -value for name, value in FALLING.items()}
    found = stability([FALLING, FALLING], [turned])
    assert found is not None
    assert (found.mean_overlap, found.mean_tau) == (0.5, 0.0)


def test_the_mean_snapshot_is_of_shares() -> None:
    assert mean_snapshot([{"a": 1.0, "b": 3.0}, {"a": 30.0, "b": 10.0}]) == {"a": 0.5, "b": 0.5}
    assert mean_snapshot([{"a": 0.0, "b": 0.0}]) == {"a": 0.0, "b": 0.0}


def test_features_are_selected_by_votes_and_then_by_their_places() -> None:
    sources = {
        "gain": np.array([9.0, 8.0, 1.0, 0.0]),
        "f": np.array([0.0, 5.0, 4.0, 3.0]),
        "splits": np.array([0.0, 2.0, 0.0, 3.0]),
    }
    votes = select(["a", "b", "c", "d"], sources, 2)
    assert [(vote.feature, vote.votes) for vote in votes] == [("b", 3), ("a", 1)]
    assert votes[0].ranks == {"gain": 2, "f": 1, "splits": 2}
    assert select(["a"], {}, 2) == []


@pytest.mark.parametrize("classes", [True, False])
def test_single_features_that_tell_the_label_stand_out_and_dead_ones_do_not(classes: bool) -> None:
    chance = np.random.default_rng(0)
    features = np.column_stack([chance.normal(size=(800, 3)), np.ones(800), np.full(800, np.nan)])
    features[::7, 1] = np.nan
    labels = (features[:, 0] + 0.3 * chance.normal(size=800) > 0).astype(float) if classes else features[:, 0] ** 3
    found = univariate(features, labels, classes=classes, seed=0)
    for values in found.values():
        assert np.argmax(values) == 0
        assert values[3:].tolist() == [0.0, 0.0]
    again = univariate(features, labels, classes=classes, seed=0)
    assert all((found[source] == again[source]).all() for source in found)


@pytest.mark.parametrize("classes", [True, False])
def test_a_feature_that_is_the_label_has_most_votes_and_no_warning(classes: bool) -> None:
    labels = np.random.default_rng(0).integers(0, 2, 200).astype(float)
    features = np.column_stack([np.random.default_rng(1).normal(size=200), labels])
    sources = univariate(features, labels, classes=classes, seed=0)
    assert [vote.feature for vote in select(["noise", "label"], sources, 1)] == ["label"]


def null(score: float) -> ShiftNull:
    return ShiftNull(score, sd=0.01, p_value=0.5, effective_samples=50.0)


def test_targets_are_ranked_by_what_they_have_over_chance_and_over_their_null() -> None:
    binary, real = "BINARY_CLASSIFICATION", "REGRESSION"
    sides = [
        MeasuredSide("returns", None, real, 9, scores=(0.05, 0.07), null=null(-0.1)),
        MeasuredSide("swing", None, binary, 9, scores=(0.64, 0.66), null=null(0.61)),
        MeasuredSide("volatility", None, binary, 9, scores=(0.6, 0.62), null=null(0.49)),
        MeasuredSide("worse than the mean", None, real, 9, scores=(-0.2, -0.2), null=null(-0.5)),
        MeasuredSide("broken", None, real, 0, reason="no row has a label"),
        MeasuredSide("volatility", "A", binary, 9, scores=(0.7, 0.7)),
        MeasuredSide("volatility", "B", binary, 9, scores=(0.6, 0.6)),
    ]
    ranking = rank(sides)
    assert [(one.target, one.skill) for one in ranking] == [
        ("volatility", 0.22),
        ("swing", 0.08),
        ("returns", 0.06),
        ("worse than the mean", -0.2),
        ("broken", None),
    ]
    assert (ranking[0].symbol_scores, ranking[0].symbols) == ((0.6, 0.65, 0.7), 2)
    assert (ranking[-1].reason, ranking[-1].leakage) == ("no row has a label", "UNKNOWN")


def test_the_interval_is_students_of_the_folds() -> None:
    assert MeasuredSide("t", None, "REGRESSION", scores=(0.1, 0.2, 0.3)).interval == (-0.048414, 0.448414)
    assert MeasuredSide("t", None, "REGRESSION", scores=(0.1,)).interval is None
