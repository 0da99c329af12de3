"""A feature that knows the future is caught, and one that only knows the past is not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planstore.errors import RequestError
from planstore.events.vocabulary import LeakageStatus
from planstore.training.evidence.leakage import (
    FEATURE_LIMITS,
    LeakageLimits,
    Sign,
    feature_signs,
    leakage_status,
    other_side_signs,
    ranked,
    score_signs,
    step_correlations,
)

DAYS, HORIZON = 900, 5
LIMITS = LeakageLimits()


def walk(seed: int) -> np.ndarray:
    """Return the returns of a market day by day; its volatility comes and goes, as real ones do."""
    chance = np.random.default_rng(seed)
    wild = np.exp(np.convolve(chance.normal(size=DAYS + 40), np.full(40, 0.05), "same")[:DAYS])
    return chance.normal(size=DAYS) * 0.01 * wild


def windows(returns: np.ndarray, first: int, last: int) -> np.ndarray:
    """Return the sum of returns from ``first`` to ``last`` days after each day; NaN where they are not all there."""
    sums = sum(pd.Series(returns).shift(-step) for step in range(first, last + 1))
    return np.asarray(sums, dtype=float)


def found(feature: np.ndarray, labels: np.ndarray, *, classes: bool) -> list[Sign]:
    """Return the signs in one feature beside an innocent one, of two symbols that follow each other."""
    features = pd.DataFrame({"feature": feature, "noise": np.random.default_rng(9).normal(size=len(feature))})
    known = ~np.isnan(labels)
    days = len(feature) // 2
    symbols = np.tile(["A", "B"], days)
    return list(
        feature_signs(
            list(features),
            ranked([features[known][name].to_numpy for name in features]),
            labels[known],
            symbols[known],
            np.repeat(np.arange(days), 2)[known],
            classes=classes,
            horizon=HORIZON,
            limits=LIMITS,
        )
    )


def both(make: Sequence[np.ndarray]) -> np.ndarray:
    """Return rows of two symbols in order of time."""
    return np.column_stack(make).ravel()


RETURNS = (walk(0), walk(1))
NEXT = both([windows(one, 1, HORIZON) for one in RETURNS])
UP = np.where(np.isnan(NEXT), np.nan, NEXT > 0)
NOISE = np.random.default_rng(2).normal(size=2 * DAYS) * np.nanstd(NEXT)
LEAKING = {
    "the target": NEXT,
    "the target and a little noise": NEXT + 0.2 * NOISE,
    "the target of the day before": both([windows(one, 0, HORIZON - 1) for one in RETURNS]),
    "the target of the day after": both([windows(one, 2, HORIZON + 1) for one in RETURNS]),
    "its exponential": np.exp(NEXT * 50),
    "the target turned round": -NEXT,
}
SUSPECT = {
    "a mean that looks ahead": both([windows(one, -2, 4) for one in RETURNS]),
    "the target and some noise": NEXT + NOISE,
    "the target and much noise": NEXT + 2 * NOISE,
    "the target of three days after, and noise": both([windows(one, 4, HORIZON + 3) for one in RETURNS]) + NOISE,
}
INNOCENT = {
    "the past": both([windows(one, -4, 0) for one in RETURNS]),
    "yesterday": both([windows(one, -1, -1) for one in RETURNS]),
    "the trend": both([np.cumsum(one) for one in RETURNS]),
    "noise": NOISE,
    "nothing": np.full(2 * DAYS, np.nan),
    "a constant": np.ones(2 * DAYS),
}


@pytest.mark.parametrize("name", LEAKING)
def test_a_feature_that_is_the_future_is_blocked(name: str) -> None:
    signs = found(LEAKING[name], NEXT, classes=False)
    assert leakage_status(signs) == "BLOCKED", signs
    assert {sign.feature for sign in signs} == {"feature"}


@pytest.mark.parametrize(
    "name", ["the target", "the target and a little noise", "its exponential", "the target turned round"]
)
def test_a_feature_that_tells_a_class_is_blocked(name: str) -> None:
    assert leakage_status(found(LEAKING[name], UP, classes=True)) == "BLOCKED"


@pytest.mark.parametrize("name", SUSPECT)
def test_a_feature_that_goes_along_with_the_future_is_suspect(name: str) -> None:
    assert leakage_status(found(SUSPECT[name], NEXT, classes=False)) != "SAFE"


@pytest.mark.parametrize("name", INNOCENT)
@pytest.mark.parametrize("classes", [False, True])
def test_what_is_known_by_then_is_safe(name: str, classes: bool) -> None:
    assert found(INNOCENT[name], UP if classes else NEXT, classes=classes) == []


def test_a_target_moved_by_its_horizon_is_known_and_safe_and_by_less_is_not() -> None:
    labels = both([(walk(seed) > 0).astype(float) for seed in (3, 4)])
    for steps, status in ((HORIZON, "SAFE"), (HORIZON - 1, "BLOCKED"), (1, "BLOCKED")):
        moved = np.concatenate([np.full(2 * steps, np.nan), labels[: -2 * steps]])
        assert leakage_status(found(moved, labels, classes=True)) == status


def test_steps_are_timestamps_also_where_labels_are_missing_in_between() -> None:
    labels = both([walk(seed) for seed in (3, 4)])
    chance = np.random.default_rng(0)
    for steps, status in ((HORIZON, "SAFE"), (HORIZON - 1, "BLOCKED")):
        moved = np.concatenate([np.full(2 * steps, np.nan), labels[: -2 * steps]])
        kept = np.where(chance.random(len(labels)) < 0.4, np.nan, labels)
        assert leakage_status(found(moved, kept, classes=False)) == status


def test_correlations_of_all_steps_are_those_of_pairs_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("planstore.training.evidence.leakage.CELLS", 300)  # so that there are several blocks
    chance = np.random.default_rng(5)
    rows = pd.DataFrame({"code": np.repeat([0, 1, 2], 60), "place": np.tile(np.arange(60), 3)})
    rows = rows[chance.random(180) < 0.8].sample(frac=1, random_state=1).reset_index(drop=True)
    values = chance.normal(size=(len(rows), 3)).astype(np.float32)
    values[:, 2] = 7
    labels, steps = chance.normal(size=len(rows)) + 100, [-3, -1, 0, 1, 2, 50, 80]
    computed = step_correlations(values, labels, rows["code"].to_numpy(), rows["place"].to_numpy(), steps)
    for step, answer in zip(steps, computed, strict=True):
        later = rows.assign(place=rows["place"] - step, label=labels)
        pairs = rows.assign(row=rows.index).merge(later, on=["code", "place"])
        for column in (0, 1):
            wanted = np.corrcoef(values[pairs["row"], column], pairs["label"])[0, 1] if len(pairs) > 2 else 0.0
            assert answer[column] == pytest.approx(wanted, abs=1e-9)
        assert answer[2] == 0


@pytest.mark.parametrize(("score", "classes", "status"), [
    (0.89, True, "SAFE"), (0.91, True, "SUSPECT"), (0.98, True, "BLOCKED"), (0.4, False, "SAFE"),
    (0.6, False, "SUSPECT"), (0.9, False, "BLOCKED"), (-3.0, False, "SAFE"), (None, True, "SAFE"),
])  # fmt: skip
def test_a_score_that_is_too_good_is_a_sign(score: float | None, classes: bool, status: str) -> None:
    assert leakage_status(list(score_signs(score, classes=classes, limits=LIMITS))) == status


def test_a_feature_that_is_blocked_on_one_side_is_a_suspicion_of_every_other_by_its_worst_sign() -> None:
    blocked = Sign("SINGLE_FEATURE", "f", 0.96, 0.95, LeakageStatus.BLOCKED)
    worse = Sign("FUTURE_CORRELATION", "f", 0.99, 0.8, LeakageStatus.BLOCKED)
    suspect = Sign("FUTURE_CORRELATION", "g", 0.7, 0.6, LeakageStatus.SUSPECT)
    score = Sign("IMPLAUSIBLE_SCORE", None, 0.99, 0.97, LeakageStatus.BLOCKED)
    found = other_side_signs([("a", [blocked, suspect, score]), ("b", []), ("c", [worse])])
    assert found == {"f": Sign("OTHER_SIDE", "f", 0.99, 0.8, LeakageStatus.SUSPECT, "FUTURE_CORRELATION", "c")}
    assert str(found["f"]) == "SUSPECT by OTHER_SIDE f: FUTURE_CORRELATION 0.990 for c, the limit is 0.8"


@pytest.mark.parametrize(("limits", "said"), [
    ({"returns": (0.4, 0.2)}, "returns must be two numbers from 0, SUSPECT and BLOCKED, the second at least the"),
    ({"auc": 0.9}, "auc must be two numbers"),
    ({"auc": (0.9, 0.95, 1.0)}, "auc must be two numbers"),
    ({"single": (float("nan"), 1.0)}, "single must be two numbers"),
    ({"future": (0.5, float("inf"))}, "future must be two numbers"),
    ({"known": 1.5}, "known must be a number from 0 to 1, got 1.5"),
    ({"known": (0.1, 0.2)}, "known must be a number from 0 to 1"),
    ({"return": (0.1, 0.2)}, "a leakage limit must be one of auc, r2, .*, got 'return'"),
])  # fmt: skip
def test_limits_that_cannot_be_used_are_refused(limits: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        LeakageLimits.of(limits)


def test_a_sign_says_what_was_measured() -> None:
    (sign,) = score_signs(0.98, classes=True, limits=LIMITS)
    assert str(sign) == "BLOCKED by IMPLAUSIBLE_SCORE: 0.980, the limit is 0.97"


def test_a_feature_that_goes_along_with_returns_is_suspect_for_every_target() -> None:
    leak = NEXT + 2 * NOISE
    assert found(leak, UP, classes=True) == []
    signs = found(leak, NEXT, classes=False)
    assert [(sign.sign, sign.feature, sign.status) for sign in signs] == [("RETURN_CORRELATION", "feature", "SUSPECT")]
    elsewhere = other_side_signs([("y_up", ()), ("fwd_ret_5d", signs)])
    assert (elsewhere["feature"].sign, elsewhere["feature"].status) == ("OTHER_SIDE", "SUSPECT")
    assert "OTHER_SIDE feature: RETURN_CORRELATION 0." in str(elsewhere["feature"])
    assert "for fwd_ret_5d, the limit is 0.2" in str(elsewhere["feature"])


def test_the_reference_has_every_sign_and_its_limits() -> None:
    reference = (Path(__file__).parents[2] / "docs/reference/evidence.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", reference, re.MULTILINE))
    signs = {"IMPLAUSIBLE_SCORE": "`auc`, `r2`", **{sign: f"`{limit}`" for sign, limit in FEATURE_LIMITS.items()}}
    assert signs.items() <= rows.items()
    assert "OTHER_SIDE" in rows


@pytest.mark.parametrize("labels", [np.abs(NEXT), NEXT[: 2 * HORIZON * 50]], ids=["no returns", "too few days"])
def test_correlations_with_returns_are_limited_where_chance_keeps_them_low(labels: np.ndarray) -> None:
    noise = NOISE[: len(labels)] * (2 if len(labels) < len(NEXT) else 1)
    assert not [sign for sign in found(labels + noise, labels, classes=False) if sign.sign == "RETURN_CORRELATION"]
