"""A commit: one atomic append, and the header its digest is made of."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from planstore.events import fields
from planstore.events.canonical import canonical_json, sha256

GENESIS = "0" * 64
"""What the first commit has for a previous digest."""


@dataclass(frozen=True)
class TableCount:
    """How many rows of one event table a commit holds, and their digest."""

    table: str
    rows: int
    digest: str

    def __post_init__(self) -> None:
        fields.name("table", self.table)
        fields.whole_number("rows", self.rows, least=0, most=2**62)
        fields.digest("digest", self.digest)


@dataclass(frozen=True)
class Commit:
    """One row of ``commits``, before or after it is written.

    Attributes mirror the columns; ``counts`` is in the order in which positions were given out.

    Raises:
        RequestError: a field cannot be what it is.
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

    def __post_init__(self) -> None:
        fields.whole_number("commit_id", self.commit_id, least=1, most=2**62)
        fields.moment("recorded_at", self.recorded_at)
        fields.optional_name("run_id", self.run_id)
        fields.name("kind", self.kind)
        fields.name("the user of this process", self.actor)
        fields.text("message", self.message)
        fields.optional_name("idempotency_key", self.idempotency_key)
        fields.name("planstore_version", self.planstore_version)
        fields.digest("previous_digest", self.previous_digest)

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


def actor() -> str:
    """Return who uses this process: the name of its user, or where that user has none, as in a container, a number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def utc_text(moment: datetime) -> str:
    """Return ``moment`` as ISO 8601 in UTC with microseconds and a trailing ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
