"""The last verification of a store by ``planstore verify``, noted beside it on the machine that did it.

The note is no event: who can alter the store can alter it. An anchor that is kept elsewhere proves more.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from planstore.checks.regular_files import read_regular
from planstore.checks.whole_files import whole_file
from planstore.errors import StoreError


@dataclass(frozen=True)
class LastVerification:
    """The last verification.

    Attributes:
        verified_at: its time.
        commit_id, digest: the newest commit then, and its digest.
        findings: number of findings.
        anchor: the anchor that the store extended; None without one.
    """

    verified_at: datetime
    commit_id: int
    digest: str
    findings: int
    anchor: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)

    def note(self, path: Path) -> None:
        """Store it; a reader of the file sees the earlier or the new one.

        Raises:
            ExportError: the file cannot be written.
        """
        with whole_file(path) as unfinished:
            unfinished.write_bytes(orjson.dumps(asdict(self)))


def last_verification(path: Path) -> LastVerification | None:
    """Return the last verification, or None if there was none.

    Raises:
        StoreError: the file is unreadable.
    """
    try:
        found = orjson.loads(read_regular(path))
        found["verified_at"] = datetime.fromisoformat(found["verified_at"])
        return LastVerification(**found)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"the last verification in {path} cannot be read: {error}; remove the file") from error
