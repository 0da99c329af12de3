"""What all tests share: how hypothesis runs here, and a store in a folder of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import forks
import planstore
from planstore.api.store import Store
from planstore.database.connection import memory
from planstore.database.session import Session
from team_servers import TeamServers, shared, started, why_not

# The same examples in every run, so that a red build is red again on the next machine.
# `pytest --hypothesis-profile=explore` looks for new ones; PLANSTORE_EXAMPLES=10 takes ten times as many.
settings.register_profile(
    "steady", deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", settings.get_profile("steady"), derandomize=False)
settings.load_profile("steady")

# because the stores of tests are small, and their processes share the cores
os.environ.setdefault("PLANSTORE_THREADS", "1")


def pytest_xdist_auto_num_workers() -> int:
    """Return one process more than there are CPU cores, because tests wait for disks, servers and other processes."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests that take longest first: other processes would wait at the end for the one that runs them.

    Each process starts with its share of the tests in their order. Tests of a module stay together, because they share
    what takes long to set up.
    """
    processes: int = getattr(config, "workerinput", {}).get("workercount", 1)
    longest = [item for item in items if item.get_closest_marker("longest")]
    others = iter([item for item in items if not item.get_closest_marker("longest")])
    modules = list(dict.fromkeys(item.path for item in longest))
    ordered: list[pytest.Item] = []
    for process in range(processes):
        ordered += [item for item in longest if modules.index(item.path) % processes == process]
        ordered += islice(others, max(0, len(items) * (process + 1) // processes - len(ordered)))
    items[:] = ordered


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what tests cache out of the user's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def many_threads() -> Iterator[None]:
    """Let each database of a module compute with several threads, however many cores there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLANSTORE_THREADS", "4")
        yield


@pytest.fixture(scope="session", autouse=True)
def _forks(_own_cache: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Start workers as forks, which need not load what others have loaded."""
    with forks.serving(tmp_path_factory.mktemp("forks")):
        yield


@pytest.fixture(scope="session")
def _can_start_servers() -> None:
    if reason := why_not():
        pytest.skip(f"the servers of team stores cannot be started: {reason}")


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of the suite share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def running_servers(_can_start_servers: None, shared_folder: Path) -> Iterator[TeamServers]:
    """Yield a PostgreSQL and an S3 server, which all processes of the suite share, and a bucket of this process."""
    with shared(shared_folder, f"lake-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}") as servers:
        yield servers


@pytest.fixture(scope="module")
def servers(_can_start_servers: None) -> Iterator[TeamServers]:
    """Yield servers for one module, which may kill them, with the variables of their owner set."""
    with started() as made, pytest.MonkeyPatch.context() as patch:
        made.set_variables(patch)
        yield made


@pytest.fixture
def team_servers(running_servers: TeamServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TeamServers:
    """The servers, with the variables of their owner set, and a cache of its own."""
    running_servers.set_variables(monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return running_servers


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
