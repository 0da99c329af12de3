"""What all tests share: how hypothesis runs here, and a store in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import planstore
from planstore.api.store import Store
from planstore.database.connection import memory
from planstore.database.session import Session

# The same examples in every run, so that a red build is red again on the next machine.
# `pytest --hypothesis-profile=explore` looks for new ones; PLANSTORE_EXAMPLES=10 takes ten times as many.
settings.register_profile(
    "steady", deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", settings.get_profile("steady"), derandomize=False)
settings.load_profile("steady")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Yield a new store, closed when the test is over."""
    with planstore.open(tmp_path / "results") as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Yield one store for a whole module: each example of a property adds a run to it, as users do."""
    with planstore.open(tmp_path_factory.mktemp("shared") / "results") as opened:
        yield opened


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """Yield a database in memory, for running the steps of routing and planning without a ledger."""
    opened = memory()
    yield opened
    opened.close()
