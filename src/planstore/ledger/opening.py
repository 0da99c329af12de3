"""The storage of a store, found by its local folder or its address."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

from planstore.errors import RequestError, StoreError
from planstore.events.hashing import digest_of
from planstore.ledger.embedded.storage import EmbeddedStorage
from planstore.ledger.layout import StoreLayout
from planstore.ledger.storage import StoreStorage
from planstore.ledger.team.address import TeamAddress, is_address
from planstore.ledger.team.pointer import pointed_to

TEAM_MODULES = ("botocore", "duckdb_extension_httpfs", "duckdb_extension_postgres_scanner", "obstore", "psycopg")
"""Packages that only team stores need."""

StorePlace: TypeAlias = Path | TeamAddress
"""Where a store is: a results folder, which may point to a team store, or the address of a team store."""


def store_place(text: str) -> StorePlace:
    """Return the place that a path or an address names.

    Raises:
        RequestError: the address is malformed, or has a password.
    """
    return TeamAddress.of_url(text) if is_address(text) else Path(text)


def storage_at(place: StorePlace) -> StoreStorage:
    """Return the storage of the store at a place; it need not exist.

    Raises:
        StoreError: a marker is unreadable, or packages of team stores are missing.
        RequestError: the folder points to a malformed address.
    """
    if isinstance(place, Path):
        return storage_in(StoreLayout.in_results(place).folder)
    return team_storage(place, local_folder(place))


def local_folder(address: TeamAddress) -> Path:
    """Return the folder of the local files of a team store that no results folder points to."""
    from platformdirs import user_cache_path

    return user_cache_path("planstore") / "stores" / digest_of(address.url.encode())[:16]


def storage_in(folder: Path, lock_timeout: float = 600.0) -> StoreStorage:
    """Return the storage of the store in ``folder``, which need not exist, or of the team store that it points to.

    Args:
        folder: the store's folder, ``<results>/planstore``.
        lock_timeout: maximum seconds to wait for the writer lock.

    Raises:
        StoreError: the marker is unreadable, or packages of team stores are missing.
        RequestError: the folder points to a malformed address.
    """
    embedded = EmbeddedStorage(folder, lock_timeout)
    address = pointed_to(embedded.layout.marker)
    return embedded if address is None else team_storage(address, embedded.layout.folder, lock_timeout)


def team_storage(address: TeamAddress, folder: Path, lock_timeout: float = 600.0) -> StoreStorage:
    """Return the storage of a team store; ``folder`` holds its local files.

    Raises:
        StoreError: packages of team stores are missing.
    """
    require_team_packages("a team store")
    from planstore.ledger.team.storage import TeamStorage

    return TeamStorage(address, StoreLayout(folder).folder, lock_timeout)


def require_in_folder(storage: StoreStorage, what: str, remedy: str) -> None:
    """Refuse a team store where only files of a folder can be copied or changed.

    Raises:
        RequestError: it is one.
    """
    if not isinstance(storage, EmbeddedStorage):
        raise RequestError(f"{what} must be of a store in a folder, got {storage.name}: {remedy}")


def join(address: TeamAddress, folder: Path) -> bool:
    """Make ``folder`` point to a team store, which is created if it does not exist; return whether it was created.

    Raises:
        StoreError: as :func:`planstore.ledger.team.join.join`, or packages of team stores are missing.
    """
    require_team_packages("a team store")
    from planstore.ledger.team.join import join

    return join(address, folder)


def require_team_packages(what: str) -> None:
    """Refuse what needs the packages of team stores, named by ``what``, where they are not installed.

    Raises:
        StoreError: packages are missing.
    """
    missing = [module.replace("_", "-") for module in TEAM_MODULES if find_spec(module) is None]
    if missing:
        raise StoreError(f"{what} needs {', '.join(missing)}: run `pip install 'planstore[team]'`")
