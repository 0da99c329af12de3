"""The demo's panel: real prices of twenty US stocks, with features and targets computed by SQL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from planstore.database.connection import memory
from planstore.training.panel.panel import Panel

PRICES = Path(__file__).parent / "sp500_20_daily.parquet"
"""Daily adjusted closes, 2005 to 2022; README.md has source and licence."""
STEPS = ("demo/demo_days", "demo/demo_features", "demo/demo_targets")
"""The steps of ``sql/demo/`` in order, between ``demo_prices`` and ``write_panel``."""


def market(*, symbols: Sequence[str] | None = None) -> Panel:
    """Return the demo's panel: 20 symbols × 4,529 days, 44 features, 8 targets; or some of its symbols."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "market.parquet"
        write_market(path)
        return Panel.read(path, symbols=symbols)


def write_market(path: Path, prices: Path = PRICES) -> None:
    """Write a panel of ``prices`` (symbol, date, close) as one long parquet file with reproducible bytes."""
    session = memory()
    try:
        session.run("database/one_thread")
        session.run("demo/demo_prices", path=str(prices))
        for step in STEPS:
            session.run(step)
        session.run("demo/write_panel", path=str(path))
    finally:
        session.close()
