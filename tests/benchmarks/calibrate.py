"""How often p is small on noise: panels that nothing tells, measured as real ones are. Run by ``make calibrate``.

Labels are sums of the next steps of random walks. These are independent of one another, so that each symbol is a trial,
or move together. Features are noise, and random walks.
"""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from planstore.cli import output
from planstore.training.evidence.measure import measure
from planstore.training.panel.panel import Panel

PANELS = int(os.environ.get("PLANSTORE_PANELS", "6"))
"""Panels of each kind and horizon."""
SYMBOLS, DAYS = 20, 1250
HORIZONS = (1, 5, 21)
TOGETHER = "classes that move together"
THIRD = "two classes and a rare third"
KINDS = ("classes", "rare classes", "values", "classes, ragged calendars", TOGETHER, THIRD)
LEVELS = (0.01, 0.05)


def noise(kind: str, horizon: int, seed: int) -> pd.DataFrame:
    """Return a panel whose target has nothing to do with its features."""
    chance = np.random.default_rng([KINDS.index(kind), horizon, seed])
    market, frames = (kind == TOGETHER) * chance.normal(size=DAYS), []
    name = f"{'fwd_ret' if kind == 'values' else 'y_up'}_{horizon}d"
    for number in range(SYMBOLS):
        steps = pd.Series(market + chance.normal(size=DAYS))
        ahead = steps.rolling(horizon).sum().shift(-horizon)
        ranks = ahead.rank(pct=True)
        labels = {"values": ahead, "rare classes": 1.0 * (ranks > 0.96) - 1.0 * (ranks < 0.04)}
        labels[THIRD] = 1.0 * (ahead > 0) + 1.0 * (ranks > 0.99)
        columns = {"timestamp": pd.bdate_range("2010-01-01", periods=DAYS), "symbol": f"S{number:02d}"}
        columns |= {f"noise{place}": chance.normal(size=DAYS) for place in range(4)}
        columns |= {
            f"slow{place}": np.cumsum(chance.normal(size=DAYS) + chance.normal() * market) for place in range(4)
        }
        columns[name] = labels.get(kind, 1.0 * (ahead > 0)).where(ahead.notna())
        frame = pd.DataFrame(columns)
        frames.append(frame[chance.random(DAYS) < 0.7] if "ragged" in kind else frame)
    return pd.concat(frames)


def main() -> None:
    """Measure the panels, and print the share of p-values up to each level."""
    found = defaultdict[tuple[str, str, int], list[float | None]](list)
    trials = list(product(KINDS, HORIZONS, range(PANELS)))
    with tempfile.TemporaryDirectory() as folder, output.progress("measuring") as show:
        for number, (kind, horizon, seed) in enumerate(trials, 1):
            path = Path(folder) / "noise.parquet"
            noise(kind, horizon, seed).to_parquet(path, index=False)
            for side in measure(Panel.read(path), select=0, symbols=kind != TOGETHER).sides:
                found["pooled" if side.symbol is None else "symbol", kind, horizon].append(side.p_value)
            show({"measured": number, "planned": len(trials) - number})
    columns = [column for level in LEVELS for column in (f"p ≤ {level:g}", "95 % from", "to")]
    rows = [(*key, len(values), *_shares(values)) for key, values in sorted(found.items())]
    output.print_table("Noise: share of sides", ("side", "label", "days", "sides", *columns), rows)


def _shares(values: list[float | None]) -> list[float]:
    shares = []
    for level in LEVELS:
        test = binomtest(sum(p is not None and p <= level for p in values), len(values))
        low, high = test.proportion_ci(method="wilson")
        shares += [round(float(one), 3) for one in (test.statistic, low, high)]
    return shares


if __name__ == "__main__":
    main()
