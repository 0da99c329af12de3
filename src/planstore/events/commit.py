"""A commit: one atomic append, and the header its digest is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from planstore.events.canonical import canonical_json, sha256

GENESIS = "0" * 64
"""What the first commit has for a previous digest."""


@dataclass(frozen=True)
class TableCount:
    """How many rows of one event table a commit holds, and their digest."""

    table: str
    rows: int
    digest: str


@dataclass(frozen=True)
class Commit:
    """One row of ``commits``, before or after it is written.

    Attributes mirror the columns; ``counts`` is in the order in which positions were given out.
    """

    commit_id: int
    recorded_at: datetime
    run_id: str | None
    kind: str
    actor: str
    message: str
    idempotency_key: str | None
    planstore_version: str
    counts: tuple[TableCount, ...]
    previous_digest: str

    @property
    def digest(self) -> str:
        """The SHA-256 over the canonical JSON of the header, which names each table's digest and the previous one."""
        return sha256(canonical_json(self.header()))

    def header(self) -> dict[str, Any]:
        """Return what the digest is computed over."""
        return {
            "commit_id": self.commit_id,
            "recorded_at": utc_text(self.recorded_at),
            "run_id": self.run_id,
            "kind": self.kind,
            "actor": self.actor,
            "message": self.message,
            "idempotency_key": self.idempotency_key,
            "planstore_version": self.planstore_version,
            "counts": [{"table": c.table, "rows": c.rows, "digest": c.digest} for c in self.counts],
            "previous_digest": self.previous_digest,
        }


def utc_text(moment: datetime) -> str:
    """Return ``moment`` as ISO 8601 in UTC with microseconds and a trailing ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
