"""A small market made in code: a panel with signal in it, candidates that route it, and a store with the plan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import samples
from planstore.api.store import Store
from planstore.training.panel.panel import Panel

SYMBOLS = ("AAA", "BBB", "CCC")
TARGETS = ("y_up_1d", "y_level_2d", "fwd_ret_1d")


def write_panel(folder: Path, symbols: Sequence[str] = SYMBOLS, days: int = 260) -> Path:
    """Write a panel of daily rows, a file a symbol: five features, and a binary, a three-class and a real target."""
    folder.mkdir(parents=True, exist_ok=True)
    start = np.datetime64("2020-01-01", "us")
    for place, symbol in enumerate(symbols):
        chance = np.random.default_rng(place)
        features = chance.normal(size=(days, 5))
        signal = features[:, 0] - features[:, 1] + chance.normal(size=days)
        features[chance.random((days, 5)) < 0.05] = np.nan
        columns = {"timestamp": start + np.arange(days) * np.timedelta64(1, "D"), "symbol": np.repeat(symbol, days)}
        columns |= {f"f{number}": features[:, number] for number in range(5)}
        columns |= {
            "y_up_1d": (signal > 0).astype(float),
            "y_level_2d": np.digitize(signal, [-1.0, 1.0]).astype(float),
            "fwd_ret_1d": signal / 100,
        }
        pq.write_table(pa.table(columns), folder / f"{symbol}.parquet")
    return folder


def panel(folder: Path, symbols: Sequence[str] = SYMBOLS, days: int = 260) -> Panel:
    """Return such a panel."""
    return Panel.read(write_panel(folder, symbols, days))


def candidates(symbols: Sequence[str] = SYMBOLS, targets: Sequence[str] = TARGETS) -> pa.Table:
    """Return candidates: returns are trained a symbol at a time, the rest pooled, and on the first symbol both ways."""
    rows = []
    for target in targets:
        alone = target.startswith("fwd")
        task = "REGRESSION" if alone else "BINARY_CLASSIFICATION"
        rows.append(samples.record(target, None, 0.1 if alone else 0.7, task_type=task))
        rows += [
            samples.record(target, symbol, 0.65 if alone or place == 0 else 0.1, task_type=task)
            for place, symbol in enumerate(symbols)
        ]
    return samples.table(rows)


def route(
    store: Store,
    families: Sequence[str] = ("lightgbm",),
    *,
    symbols: Sequence[str] = SYMBOLS,
    targets: Sequence[str] = TARGETS,
) -> str:
    """Route those candidates, and return the plan's id."""
    return store.route(candidates(symbols, targets), samples.policy(), list(families)).plan_id
