"""Migration of stores that an older planstore made."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from planstore.database import Database
from planstore.errors import StoreMissingError, StoreVersionError
from planstore.ledger.ledger import FORMAT, MARKER, read_marker, write_marker
from planstore.ledger.lock import WriterLock

STEPS = {1: ("migration/add_null_score",)}
"""What brings a store from each older format to the next. A step that is done already does nothing."""


@dataclass(frozen=True)
class Migrated:
    """From which format to which a store was brought; the same twice when there was nothing to do."""

    before: int
    after: int

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)


def migrate(folder: Path, *, lock_timeout: float = 600.0) -> Migrated:
    """Bring the store in ``folder`` to the format that this planstore writes.

    A migration adds tables and columns, and never rewrites a row; the digests of all commits stay as they are. When it
    is killed, it can be run again.

    Args:
        folder: the store's folder, ``<results>/planstore``.
        lock_timeout: seconds to wait for a writer before giving up.

    Raises:
        StoreMissingError: there is no store.
        StoreVersionError: the store has a format that this planstore does not know.
        StoreBusyError: a writer held the store for longer than the timeout.
    """
    found = read_marker(folder / MARKER)
    if found is None:
        raise StoreMissingError(f"there is no store in {folder.parent}: run `planstore init` or `planstore route`")
    before = found["format"]
    if before != FORMAT and before not in STEPS:
        raise StoreVersionError(
            f"the store in {folder} has format {before}, this planstore knows format {FORMAT}: "
            "use the version of planstore that made it, or a newer one"
        )
    if before != FORMAT:
        with WriterLock(folder / "writer.lock", lock_timeout).held():
            _bring_up(folder, before)
    return Migrated(before, FORMAT)


def _bring_up(folder: Path, before: int) -> None:
    database = Database(folder, read_only=False)
    try:
        session = database.session()
        with session.transaction():
            for number in range(before, FORMAT):
                for step in STEPS[number]:
                    session.run(step)
    finally:
        database.close()
    write_marker(folder / MARKER)
