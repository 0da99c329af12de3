"""What the benchmarks measure is what they say: their market has pairs of every route, and jobs."""

from __future__ import annotations

import runpy
import warnings
from pathlib import Path

from planstore.api.store import Store
from planstore.events.vocabulary import Route
from planstore.routing.policy import DefaultedKeysWarning

MARKET = runpy.run_path(str(Path(__file__).parent / "benchmarks/market.py"))


def test_the_market_of_the_benchmarks_has_pairs_of_every_route_and_their_jobs(store: Store) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DefaultedKeysWarning)
        run = store.route(MARKET["market"](4, 50), MARKET["POLICY"], ["lightgbm"])
    assert set(run.routes) == set(Route)
    assert len(run.plan.jobs) > 50
