"""Checks of the servers of a team store: database, clock, bucket, rights, lock, orphans, local disk."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from planstore.database import sql
from planstore.errors import StoreError
from planstore.ledger.compaction import missing
from planstore.ledger.embedded.checkup import Check
from planstore.ledger.ledger import Ledger
from planstore.ledger.team.connection import team_errors
from planstore.ledger.team.storage import ENABLED, TeamStorage

MAX_SKEW = timedelta(seconds=5)
"""Largest difference of clocks: commits take their time from the writer's."""
MAX_LATENCY = 0.05
"""Seconds of a round trip to the database, of which a commit takes dozens."""
MANY_ROWS = 100_000
"""Rows in the catalog that a compaction should move into files."""


def check_servers(storage: TeamStorage) -> Iterator[Check]:
    """Yield the checks of the servers of a store; a server that cannot be reached is one line, within seconds."""
    problems = 0
    for name, checks, advice in (
        ("database", _database, "start the database, or correct the address, PG* variables, passfile or service file"),
        ("bucket", _bucket, "start the object storage, or correct AWS_ENDPOINT_URL, the region or AWS's credentials"),
        ("catalog", _files, "correct the schema of the address, or let its owner grant the role of a reader"),
    ):
        if name == "catalog" and problems:
            return  # because the lines before say why it cannot be read
        try:
            yield from checks(storage)
        except StoreError as error:
            problems += 1
            yield Check(name, str(error), advice)


def _database(storage: TeamStorage) -> Iterator[Check]:
    rights = storage.connector.rights
    with team_errors(storage.connector.name), storage.connector.connect() as connection:
        asked, started = datetime.now(UTC), time.monotonic()
        row = connection.execute(sql.load("postgres/checkup"), [storage.address.schema]).fetchone()
        seconds = time.monotonic() - started
    assert row is not None
    version, now, encoding, inlined, lacks_requests = row
    yield Check(
        "database",
        f"PostgreSQL {version}, answers in {seconds * 1000:.1f} ms",
        None if seconds <= MAX_LATENCY else "work nearer to the database: a commit asks it dozens of times",
    )
    skew = max(asked - now, now - asked - timedelta(seconds=seconds), timedelta())
    yield Check(
        "clock",
        f"{skew.total_seconds():.1f} s from the database's",
        None if skew <= MAX_SKEW else "set this machine's clock, or the database's, by a time server",
    )
    yield Check("encoding", encoding, None if encoding == "UTF8" else "make the store in a database of encoding UTF8")
    yield Check(
        "permissions", f"the user {rights.user} can {'read and write' if rights.is_writer else 'read, not write'}"
    )
    holder = storage.lock.holder()
    yield Check(
        "writer lock",
        "free" if holder is None else f"held by {holder}: writers wait, readers do not",
        "the schema lacks the table planstore_requests, which writers need: copy the store to another schema with "
        "`planstore copy`"
        if lacks_requests
        else None,
    )
    yield Check(
        "catalog",
        f"about {inlined:,} rows not yet in files",
        None if inlined <= MANY_ROWS else "run `planstore compact` in the role of maintenance",
    )


def _bucket(storage: TeamStorage) -> Iterator[Check]:
    started = time.monotonic()
    versioning = storage.versioning()
    yield Check("bucket", f"{storage.address.bucket}, answers in {(time.monotonic() - started) * 1000:.1f} ms")
    yield Check(
        "versioning",
        versioning,
        None if versioning == ENABLED else "enable it: a commit whose answer is lost makes DuckLake delete its files",
    )
    if storage.objects.may_delete():
        yield Check("deletion", "this key can delete objects: safest is one that cannot, except for maintenance")
    else:
        yield Check("deletion", "this key cannot delete objects, as is safest; compaction needs one that can")


def _files(storage: TeamStorage) -> Iterator[Check]:
    if storage.marker() is None:
        return
    ledger = Ledger(storage, create=False)
    try:
        session = ledger.reader()
        lost = missing(session, storage.data.files())
        found = storage.strays(session)
    finally:
        ledger.close()
    yield Check(
        "missing files",
        f"{len(lost)} that commits name",
        "run `planstore compact` in the role of maintenance: it brings back what the bucket keeps" if lost else None,
    )
    yield Check("orphans", f"{len(found.orphans)} files of killed writers, or of one that is writing now")
    names = ", ".join(key for _, key in found.strangers[:3])
    yield Check(
        "other files",
        f"{len(found.strangers)} that no writer made{f', such as {names}' if names else ''}",
        "move them out of the store's prefix" if found.strangers else None,
    )
