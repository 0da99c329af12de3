"""The implementations that the contracts hold of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from storages import Storage, embedded


@pytest.fixture(params=[embedded])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    made: Storage = request.param(tmp_path / "planstore")
    return made


@pytest.fixture(params=[embedded])
def storages(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Storage]:
    """Open one store several times, as several processes do."""
    return lambda: request.param(tmp_path / "planstore")
