"""What the benchmarks measure is what they say: their market has pairs of every route, and their plans have jobs."""

from __future__ import annotations

import runpy
import warnings
from pathlib import Path

import pytest

from planstore.api.store import Store
from planstore.events.vocabulary import Route
from planstore.routing.policy import DefaultedKeysWarning

BENCHMARKS = Path(__file__).parent / "benchmarks"
MARKET = runpy.run_path(str(BENCHMARKS / "market.py"))


def test_the_market_of_the_benchmarks_has_pairs_of_every_route_and_their_jobs(store: Store) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DefaultedKeysWarning)
        run = store.route(MARKET["market"](4, 50), MARKET["POLICY"], ["lightgbm"])
    assert set(run.routes) == set(Route)
    assert len(run.plan.jobs) > 50


def test_the_plan_of_the_training_benchmarks_trains_each_target_on_each_symbol(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    bench = runpy.run_path(str(BENCHMARKS / "training_bench.py"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DefaultedKeysWarning)
        with bench["_store"](tmp_path / "results", 2, "linear") as store:
            assert len(store.plan().jobs) == 2 * bench["SYMBOLS"]
