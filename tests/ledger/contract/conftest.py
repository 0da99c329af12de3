"""The implementations that the contracts hold of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from planstore.ledger.team.address import TeamAddress
from storages import Storage, embedded, team
from team_servers import TeamServers


@pytest.fixture(params=["embedded", "team"])
def storages(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Storage]:
    """Open one store several times, as several processes do."""
    if request.param == "embedded":
        return lambda: embedded(tmp_path / "planstore")
    servers: TeamServers = request.getfixturevalue("team_servers")
    address = TeamAddress.of_url(servers.address())
    return lambda: team(address, tmp_path / "planstore")


@pytest.fixture
def storage(storages: Callable[[], Storage]) -> Storage:
    return storages()
