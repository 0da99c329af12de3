"""Evidence: what it costs beside the bare fits it makes, what a second worker brings, and what it makes of noise.

The panel is the demo's, 8 targets × 20 symbols.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from figures import Figure, seconds

import planstore
from planstore.demo.market import market
from planstore.routing.policy_defaults import DEFAULT_POLICY
from planstore.training.evidence.folds import time_folds
from planstore.training.evidence.measure import measure
from planstore.training.evidence.side import Question, measure_side
from planstore.training.families import load_families
from planstore.training.panel.panel import Panel

LIGHTGBM = load_families()["lightgbm"]
FOLDS = 5
NOISE = 200


def cost() -> Iterator[Figure]:
    """Every side of the panel, against fitting and predicting the same folds and nothing else.

    By processor time in one process, because that is what neighbours on the machine disturb least.
    """
    panel = market()
    names = [(target.name, symbol) for target in panel.targets for symbol in (None, *panel.symbols)]
    bare = ours = 0.0
    for target, symbol in names:
        bare += _spent(lambda target=target, symbol=symbol: _fit(panel, target, symbol))
        question = Question(target, symbol, (LIGHTGBM,), FOLDS, selects=0 if symbol else 30)
        ours += _spent(lambda question=question: measure_side(panel, question))
    yield Figure(
        f"evidence of {len(names)} sides, processor time", f"{ours:.1f} s",
        f"the same fits and predictions alone: {bare:.1f} s", ours / bare, "at most 1.3",
    )  # fmt: skip


def workers() -> Iterator[Figure]:
    """Two worker processes against one."""
    panel = market()
    one, two = (seconds(lambda count=count: measure(panel, workers=count, reuse=False)) for count in (1, 2))
    yield Figure("evidence on two workers", f"{two:.1f} s", f"on one: {one:.1f} s", one / two, "at least 1.7")


def noise(folder: Path) -> Iterator[Figure]:
    """Targets that nothing tells, half of them classes, routed under the shipped policy."""
    chance = np.random.default_rng(0)
    days = 1300
    columns: dict[str, object] = {"date": pd.bdate_range("2010-01-01", periods=days)}
    for number in range(5):
        columns[f"f{number}"] = chance.normal(size=days)
        columns[f"slow{number}"] = np.cumsum(chance.normal(size=days))
    for number in range(NOISE):
        ahead = pd.Series(chance.normal(size=days)).rolling(5).sum().shift(-5)
        up = (ahead > 0).astype(float).where(ahead.notna())
        columns |= {f"y_noise_{number}_5d": up} if number % 2 else {f"fwd_ret_{number}_5d": ahead}
    pd.DataFrame(columns).to_parquet(folder / "NOISE.parquet", index=False)
    found = measure(Panel.read(folder / "NOISE.parquet"))
    with planstore.open(folder / "results") as store:
        store.route(found.candidates(), DEFAULT_POLICY)
        counted = store.sql("select local_state, count(*) from decisions where symbol is not null group by all")
        states = dict(counted.fetchall())
    good = states.get("STRONG", 0)
    told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    yield Figure(f"{NOISE} targets of noise", told, "STRONG", good / NOISE, "at most 0.01")


def _fit(panel: Panel, name: str, symbol: str | None) -> None:
    target = panel.target(name)
    sample = panel.sample(name, symbols=None if symbol is None else [symbol])
    features = sample.features.to_numpy()
    folds = time_folds(sample.timestamps, folds=FOLDS, horizon=target.horizon, symbols=sample.symbols)
    for train, test in folds:
        estimator = LIGHTGBM.build(target.task_type, seed=0, one_symbol=symbol is not None)
        estimator.fit(features[train], sample.labels[train])
        (estimator.predict_proba if target.is_classification else estimator.predict)(features[test])


def _spent(work: object) -> float:
    started = time.process_time()
    assert callable(work)
    work()
    return time.process_time() - started
