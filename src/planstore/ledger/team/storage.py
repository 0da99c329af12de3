"""All storage of a team store: a PostgreSQL catalog and S3-compatible object storage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from planstore.database.session import Session
from planstore.errors import StoreError
from planstore.ledger.layout import StoreLayout
from planstore.ledger.marker import FORMAT, STRUCTS_IN_FILES
from planstore.ledger.object_names import is_artifact, is_written
from planstore.ledger.storage import Stray, Strays
from planstore.ledger.team.address import TeamAddress
from planstore.ledger.team.artifacts import RemoteArtifacts, local_cache
from planstore.ledger.team.catalog import RemoteCatalog
from planstore.ledger.team.connection import Connector, team_errors
from planstore.ledger.team.credentials import ObjectStorageAccess
from planstore.ledger.team.data import DataObjects
from planstore.ledger.team.lock import AdvisoryLock
from planstore.ledger.team.objects import ObjectStorage

MARKER = "store.json"
"""The object that makes a prefix a store."""


ENABLED = "Enabled"
"""The versioning that a bucket must have."""


class TeamStorage:
    """The storage of a team store.

    Args:
        address: the address of the store.
        folder: the local folder that points to it.
        lock_timeout: maximum seconds to wait for the writer lock.

    Attributes:
        address: the address of the store.
        connector: opens connections to its database.
        objects: its objects.
    """

    oldest_format = STRUCTS_IN_FILES
    orphan_age = timedelta(days=1)
    errors: tuple[type[Exception], ...] = (OSError,)

    def __init__(self, address: TeamAddress, folder: Path, lock_timeout: float = 600.0) -> None:
        self.address = address
        self.layout = StoreLayout(folder)
        self.place = address.url
        self.name = f"the store {address.url}"
        self.missing = f"there is no store at {address.url}: run `planstore init` with --catalog, --schema and --data"
        self._access = access = ObjectStorageAccess()
        self.connector = connector = Connector(address)
        self.objects = ObjectStorage(address.bucket, address.prefix, access)
        self.artifacts = RemoteArtifacts(self.objects, local_cache(), connector.require_writer)
        self.data = DataObjects(self.objects)
        self._marker: dict[str, Any] | None = None
        self.lock = AdvisoryLock(connector, address.schema, lock_timeout)
        self.catalog = RemoteCatalog(address, connector, access)

    def marker(self) -> dict[str, Any] | None:
        """Return the marker of the store; None if there is no store. It is read once: only a migration changes it."""
        if self._marker is not None:
            return self._marker
        content = self.objects.get(MARKER)
        if content is None:
            return None
        try:
            marker = orjson.loads(content)
            found = {**marker, "format": marker["format"], "schema": marker["schema"]}
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise StoreError(
                f"{self.objects.name}/{MARKER} does not say what kind of store this is: {error}"
            ) from error
        if found["schema"] != self.address.schema:
            raise StoreError(
                f"the schema of {self.objects.name} must be {found['schema']}, got {self.address.schema}: "
                "name that schema, or another prefix"
            )
        self._marker = found
        return found

    def write_marker(self) -> None:
        """Put the marker of this code's format, also in the place of an older one."""
        self.objects.replace(MARKER, orjson.dumps({"format": FORMAT, "schema": self.address.schema}))
        self._marker = None

    def prepare(self) -> None:
        """Do nothing, because the lock needs nothing but the database."""

    def prepare_catalog(self) -> None:
        """Do nothing, because DuckLake creates a missing schema."""

    def complete_catalog(self) -> None:
        """Create the table of the requests of waiting writers."""
        self.lock.prepare()

    def check_catalog(self, session: Session) -> None:
        """Check that the catalog was made with the files of this address.

        Raises:
            StoreError: it was made with others.
        """
        row = session.row("team/data_path")
        if row is not None and row[0] != self.catalog.directory:
            raise StoreError(
                f"the files of schema {self.address.schema} must be in {row[0]}, got {self.catalog.directory}: "
                "name that prefix, or another schema"
            )

    def check(self) -> None:
        """Do nothing: a schema or a bucket that is gone is an error of the next read."""

    def check_bucket(self) -> None:
        """Check that the bucket keeps deleted objects, because a lost answer to a commit makes DuckLake delete files.

        Raises:
            StoreError: it does not, or cannot be asked.
        """
        versioning = self.versioning()
        if versioning != ENABLED:
            raise StoreError(
                f"the bucket {self.address.bucket} must keep versions of its objects, got {versioning}: enable "
                "versioning, because a commit whose answer is lost makes the database delete files that are recorded"
            )

    def versioning(self) -> str:
        """Return how the bucket keeps versions of its objects: Enabled, Suspended or no versioning.

        Raises:
            StoreError: it cannot be asked.
        """
        with team_errors(self.address.data):
            answer = self._access.client.get_bucket_versioning(Bucket=self.address.bucket)
        return str(answer.get("Status", "no versioning"))

    def hold(self) -> None:
        """Do nothing, because an address is fixed."""

    def close(self) -> None:
        """Close the connections of the lock, and read the marker again on the next use."""
        self._marker = None
        self.lock.close()

    def irregular(self) -> Iterator[Stray]:
        """Yield nothing, because object storage has no links."""
        yield from ()

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Yield the part and bytes of each table of the catalog and of each object."""
        for size in self.connector.table_sizes():
            yield "catalog", size
        for key, size in self.objects.sizes(""):
            part, *inner = key.split("/")
            yield f"table {inner[1]}" if part == "data" else part if part == "artifacts" else "other", size

    def strays(self, session: Session) -> Strays:
        """Return the objects that the catalog does not list and that are not artifacts."""
        found = Strays([], [])
        named = {path for path, _ in session.rows("verify/named_files")}
        for key in sorted(self.objects.keys("")):
            part, _, name = key.partition("/")
            if key == MARKER or (part == "data" and name in named) or (part == "artifacts" and is_artifact(name)):
                continue
            if part == "data" and is_written(name):
                found.orphans.append(key)
            else:
                found.strangers.append((part, f"{key} is there, and nothing names it"))
        return found
