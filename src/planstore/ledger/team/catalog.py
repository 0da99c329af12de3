"""The catalog of a team store, in a schema of a PostgreSQL database."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planstore.database.extensions import DUCKLAKE
from planstore.database.lake import Opening
from planstore.database.session import Session
from planstore.ledger.team.address import TeamAddress
from planstore.ledger.team.connection import Connector
from planstore.ledger.team.credentials import Keys, ObjectStorageAccess
from planstore.ledger.team.session_access import HTTPFS, allow_objects, hurried_objects


@dataclass(frozen=True, eq=False, kw_only=True)
class RemoteOpening(Opening):
    """One opening of a team store.

    Attributes:
        keys: the credentials of object storage that its database was given.
    """

    keys: Keys

    @contextmanager
    def hurried(self, session: Session) -> Iterator[None]:
        """Let a database of this opening hardly wait for the object storage, while the block runs."""
        with hurried_objects(session):
            yield


class RemoteCatalog:
    """The catalog of a team store.

    Args:
        address: the address of the store.
        connector: opens connections to its database.
        access: the endpoint and credentials of object storage.
    """

    extensions = (DUCKLAKE, "duckdb_extension_postgres_scanner", HTTPFS)
    row_group_rows = 61_440
    """More than in a folder, because a query asks for the Bloom filter of each row group in a request of its own, and
    few enough for DuckDB to join the ranges of a pair's row into one request, because they lie near one another."""
    stored_rows = "team/stored_rows"
    recent_rows = "team/recent_rows"

    def __init__(self, address: TeamAddress, connector: Connector, access: ObjectStorageAccess) -> None:
        self._address = address
        self._connector = connector
        self._access = access
        self.name = f"the store {address.url}"
        self.catalog_name = connector.name
        self.is_quiet = False
        self.parameters = {"schema": address.schema}

    @property
    def directory(self) -> str:
        """The prefix of the parquet files."""
        return f"{self._address.data}/data/"

    def check(self) -> None:
        """Do nothing, because object storage has no pipes or links."""

    @property
    def is_writable(self) -> bool:
        """Whether the database lets this user write the catalog; it is asked once."""
        return self._connector.rights.is_writer

    def open(self) -> Opening:
        """Return how to open the catalog.

        Raises:
            StoreError: the database cannot be reached.
        """
        is_reader = not self.is_writable  # asked first, because libpq says in few words why a connection failed
        application = f"planstore-lake {os.getpid()} {socket.gethostname()}"
        temp_directory = Path(tempfile.gettempdir()) / f"planstore-{os.getpid()}"
        keys = self._access.keys()
        return RemoteOpening(self._connector.conninfo(application), temp_directory, read_only=is_reader, keys=keys)

    def attach(self, session: Session, opening: Opening, *, read_only: bool) -> None:
        """Attach the lake to a session of a new database, without leaving a credential in a variable."""
        allow_objects(session, self._access, self._address.data)
        session.run("database/set_catalog", catalog=opening.catalog)
        session.run("database/set_data", data=self.directory)
        session.run("team/set_schema", schema=self._address.schema)
        session.run("team/secret")
        session.run("database/attach_read_only" if read_only else "database/attach")

    def is_outdated(self, opening: Opening) -> bool:
        """Return whether the credentials were renewed, because a database keeps those that it was given."""
        assert isinstance(opening, RemoteOpening)
        return opening.keys != self._access.keys()

    def foreign_objects(self, session: Session) -> list[tuple[Any, ...]]:
        """Return kind and name of the objects in the store's schema which DuckLake does not make."""
        return session.rows("team/foreign_objects", schema=self._address.schema)

    def close(self) -> None:
        """Do nothing, because there are no copies."""
