"""Migration of stores that an older planstore made."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from planstore.errors import StoreMissingError, StoreVersionError
from planstore.ledger.ledger import FORMAT, MARKER, read_marker


@dataclass(frozen=True)
class Migrated:
    """From which format to which a store was brought; the same twice when there was nothing to do."""

    before: int
    after: int

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)


def migrate(folder: Path) -> Migrated:
    """Bring the store in ``folder`` to the format that this planstore writes.

    Format 1 is the first, so there is nothing yet to come from. A migration appends and never rewrites.

    Raises:
        StoreMissingError: there is no store.
        StoreVersionError: the store has a format that this planstore does not know.
    """
    found = read_marker(folder / MARKER)
    if found is None:
        raise StoreMissingError(f"there is no store in {folder.parent}: run `planstore init` or `planstore route`")
    if found["format"] != FORMAT:
        raise StoreVersionError(
            f"the store in {folder} has format {found['format']}, this planstore knows format {FORMAT}: "
            "use the version of planstore that made it, or a newer one"
        )
    return Migrated(FORMAT, FORMAT)
