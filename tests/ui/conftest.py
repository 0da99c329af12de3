"""One store with names of every kind, and one server of it, for all tests of pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import planstore
from planstore.api.store import Store
from ui_servers import Client, fill, served


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Yield the store; tests read it."""
    with planstore.open(tmp_path_factory.mktemp("ui") / "results") as store:
        fill(store)
        yield store


@pytest.fixture(scope="session")
def client(told: Store) -> Iterator[Client]:
    """Yield a client of the server."""
    with served(told) as found:
        yield found
