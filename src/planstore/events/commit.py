"""A commit: one atomic append, and the header that its digest covers."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from planstore.events import fields
from planstore.events.canonical import canonical_json
from planstore.events.hashing import DIGITS, digest_of

GENESIS = "0" * DIGITS
"""The previous digest of the first commit."""


@dataclass(frozen=True)
class TableCount:
    """The number and digest of a commit's rows in one event table."""

    table: str
    rows: int
    digest: str

    def __post_init__(self) -> None:
        fields.name("table", self.table)
        fields.whole_number("rows", self.rows, least=0, most=2**62)
        fields.digest("digest", self.digest)


@dataclass(frozen=True)
class Commit:
    """One row of ``commits``.

    Attributes mirror the columns; ``counts`` is in the order of the rows' positions.

    Raises:
        RequestError: a field is invalid.
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
        """The digest of the header's canonical JSON, which includes each table's digest and the previous digest."""
        return digest_of(canonical_json(self.header()))

    def header(self) -> dict[str, Any]:
        """Return the header, the input of the digest."""
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
    """Return the user name of this process, or its numeric id if it has no name, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def utc_text(moment: datetime) -> str:
    """Return ``moment`` in ISO 8601, in UTC with microseconds and a trailing ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
