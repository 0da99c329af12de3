"""Migration of stores of older formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from planstore.database.connection import Database
from planstore.database.session import Session
from planstore.errors import StoreMissingError, StoreVersionError
from planstore.events.candidate_columns import COLUMNS
from planstore.ledger.commit_builder import STRUCT_TABLES
from planstore.ledger.compaction import flush
from planstore.ledger.findings import Finding
from planstore.ledger.ledger import keep_in_files
from planstore.ledger.marker import FORMAT, OUTCOMES, STRUCTS_IN_FILES
from planstore.ledger.opening import storage_in
from planstore.ledger.row_digests import EventRows
from planstore.ledger.storage import DataStorage

STRUCTS = {"runs": "settings", "candidates": "stability_metrics"}
"""Struct columns whose inlined texts format 2 could not read back. Those of jobs contain only plain words."""


@dataclass(frozen=True)
class Restored:
    """A value that format 2 could not read, or misread, and that is readable now.

    Attributes:
        commit_id, position: the event.
        where: its table and column.
        stored: its text in the catalog.
    """

    commit_id: int
    position: int
    where: str
    stored: str


@dataclass(frozen=True)
class Migrated:
    """The result of a migration; both formats are the same if the store was current.

    Attributes:
        restored: values that are readable now and were not before.
        lost: commits whose rows differ from the recorded digests, because the older format lost values.
    """

    before: int
    after: int
    restored: Sequence[Restored] = ()
    lost: Sequence[Finding] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)


def migrate(folder: Path, *, lock_timeout: float = 600.0) -> Migrated:
    """Migrate the store in ``folder``, or the team store that it points to, to the current format.

    No commit's digest changes. A killed migration can be run again.

    Args:
        folder: the store's folder, ``<results>/planstore``.
        lock_timeout: maximum seconds to wait for the writer lock.

    Raises:
        StoreMissingError: there is no store.
        StoreVersionError: the store's format is unknown, or its digests are of another algorithm.
        StoreBusyError: another writer held the lock for longer than the timeout.
    """
    storage = storage_in(folder, lock_timeout)
    marker = storage.marker()
    if marker is None:
        raise StoreMissingError(storage.missing)
    before = marker["format"]
    if before != FORMAT and before not in range(storage.oldest_format, FORMAT):
        raise StoreVersionError(
            f"{storage.name} has format {before}, this planstore knows formats {storage.oldest_format} to "
            f"{FORMAT}: use the version of planstore that made it, or a newer one"
        )
    if before == FORMAT:
        return Migrated(before, FORMAT)
    with storage.lock.held():
        data = storage.data
        database = Database(storage.catalog, read_only=False, threads=1)  # because `flush` needs one
        try:
            session = database.session()
            restored = [value for older in range(before, FORMAT) for value in _to_next_format(older, session, data)]
            commits = session.records("verify/commits")
            events = EventRows(session, commits)
            findings = [finding for table in STRUCT_TABLES for finding in events.findings(table)]
            lost = _with_values(session, findings)
        finally:
            database.close()
        storage.complete_catalog()
        storage.write_marker()
    return Migrated(before, FORMAT, tuple(restored), tuple(lost))


def _with_values(session: Session, lost: Sequence[Finding]) -> list[Finding]:
    """Add to each finding about a run the settings that differ from those in its commit's plan."""
    values: dict[int, str] = {}
    for commit_id, name, read, recorded in session.rows("migration/settings_in_plans"):
        values[commit_id] = values.get(commit_id, "") + f"; settings.{name} is {read!r}, its plan says {recorded!r}"
    return [
        replace(finding, problem=finding.problem + values.get(finding.commit_id or 0, ""))
        if finding.where == "runs"
        else finding
        for finding in lost
    ]


def _to_next_format(before: int, session: Session, data: DataStorage) -> list[Restored]:
    """Migrate a store to the next format; the step is idempotent."""
    for column in COLUMNS:
        if column.since == before + 1:
            session.run(f"migration/add_{column.name}")
    if before + 1 == OUTCOMES:
        session.run("schema/tables/outcomes")
        keep_in_files(session, ["outcomes"])
    return _move_structs_into_files(session, data) if before + 1 == STRUCTS_IN_FILES else []


def _move_structs_into_files(session: Session, data: DataStorage) -> list[Restored]:
    """Make inlined structs readable, then move all rows of their tables from the catalog into files."""
    restored = []
    for table, column in STRUCTS.items():
        session.run(f"migration/readable_{column}")
        for (name,) in session.rows("migration/inlined_tables", table=table):
            inlined = f"__ducklake_metadata_lake.{name}"
            misread = session.rows(f"migration/misread_{table}", inlined=inlined)
            restored += [
                Restored(commit_id, position, f"{table}.{column}", stored)
                for commit_id, position, stored, is_lost in misread
                if not is_lost
            ]
            session.update(inlined, column, f"readable_{column}")
    keep_in_files(session, STRUCT_TABLES)
    for table in STRUCT_TABLES:
        flush(session, data, table)
    return restored
