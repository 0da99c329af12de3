"""A trained plan that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

import markets
import planstore
from planstore.api.store import Store
from planstore.training.execution.train import train
from planstore.training.panel.panel import Panel


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, pd.DataFrame]]:
    folder = markets.write_panel(tmp_path_factory.mktemp("trained") / "panel", days=130)
    with planstore.open(folder.parent / "results") as store:
        markets.route(store, ["lightgbm", "linear", "logistic"])
        train(store, Panel.read(folder), workers=1)
        yield store, pd.concat([pd.read_parquet(path) for path in sorted(folder.iterdir())], ignore_index=True)
