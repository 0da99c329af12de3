"""Storage of stores, one factory an implementation: what ``tests/ledger/contract/`` runs over."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from planstore.ledger.embedded.artifacts import Artifacts
from planstore.ledger.embedded.catalog import Catalog
from planstore.ledger.embedded.data import DataFolder
from planstore.ledger.embedded.lock import WriterLock
from planstore.ledger.layout import StoreLayout
from planstore.ledger.storage import ArtifactStorage, CatalogStorage, CommitLock, DataStorage
from planstore.ledger.team.address import TeamAddress
from planstore.ledger.team.storage import TeamStorage


@dataclass(frozen=True)
class Storage:
    """The storage of one store, as one process opens it.

    Attributes:
        artifacts, data, catalog: as the ledger asks for them.
        lock: makes the lock with a timeout in seconds.
        alter: puts another content in the place of an artifact.
        write: makes a data file of a table, as DuckLake does, and returns its name.
        commit: changes the catalog.
    """

    artifacts: ArtifactStorage
    data: DataStorage
    catalog: CatalogStorage
    lock: Callable[[float], CommitLock]
    alter: Callable[[str, bytes], None]
    write: Callable[[str, str], str]
    commit: Callable[[], None]


def embedded(folder: Path) -> Storage:
    layout = StoreLayout(folder)
    layout.data.mkdir(parents=True, exist_ok=True)
    artifacts, lock = Artifacts(layout.artifacts), WriterLock(layout.writer_lock, 60)

    def alter(digest: str, content: bytes) -> None:
        path = artifacts.path(digest)
        path.chmod(0o644)
        path.write_bytes(content)

    def write(table: str, name: str) -> str:
        path = layout.data / "main" / table / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"rows")
        return path.relative_to(layout.data).as_posix()

    def commit() -> None:
        with closing(sqlite3.connect(layout.catalog)) as catalog:
            catalog.execute("create table if not exists commits (commit_id integer)")
            catalog.execute("insert into commits values (1)")
            catalog.commit()

    commit()
    return Storage(
        artifacts,
        DataFolder(layout.data),
        Catalog(layout, lock),
        lambda timeout: WriterLock(layout.writer_lock, timeout),
        alter,
        write,
        commit,
    )


def team(address: TeamAddress, folder: Path) -> Storage:
    """The storage of a team store on the servers of the suite, whose variables are set."""
    import obstore
    import psycopg

    storage = TeamStorage(address, folder)
    objects = storage.objects

    def alter(digest: str, content: bytes) -> None:
        obstore.put(objects.store, f"artifacts/sha256/{digest[:2]}/{digest}", content)

    def write(table: str, name: str) -> str:
        obstore.put(objects.store, f"data/main/{table}/{name}.parquet", b"rows")
        return f"main/{table}/{name}.parquet"

    def commit() -> None:
        with psycopg.connect(storage.connector.conninfo("a test"), autocommit=True) as connection:
            connection.execute("create table if not exists commits (commit_id integer)")
            connection.execute("insert into commits values (1)")

    return Storage(
        storage.artifacts,
        storage.data,
        storage.catalog,
        lambda timeout: TeamStorage(address, folder, timeout).lock,
        alter,
        write,
        commit,
    )
