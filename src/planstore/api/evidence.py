"""Evidence reports, stored in the ledger as artifacts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from planstore.api.access import StoreAccess
from planstore.checks.arguments import checked
from planstore.events.hashing import digest_of
from planstore.events.vocabulary import CommitKind
from planstore.ledger.artifact_events import ArtifactEvent, append_artifacts, known_artifacts

NAME = "evidence"
"""Name of the artifact; it belongs to the evidence id of the runs that use it."""


class EvidenceReports:
    """The evidence reports of a store, as ``store.evidence``."""

    def __init__(self, access: StoreAccess) -> None:
        self._access = access

    @checked
    def keep(self, report: bytes, evidence_id: str) -> str:
        """Store a report as an artifact, if it is new, and return its digest.

        Args:
            report: the report, canonical JSON.
            evidence_id: the digest of its candidates.
        """
        self._access.require_now("evidence.keep")
        digest = digest_of(report)
        ledger = self._access.ledger
        session = ledger.writer()
        try:
            ledger.artifacts.put(report)
            with ledger.commit(
                session, CommitKind.EVIDENCE, run_id=None, message=f"evidence {evidence_id[:12]}"
            ) as builder:
                if digest not in known_artifacts(session, [digest]):
                    event = ArtifactEvent(digest, "application/json", len(report), NAME, evidence_id)
                    append_artifacts(builder, [event])
        finally:
            session.close()
        return digest

    def reports(self) -> Iterator[dict[str, Any]]:
        """Yield the reports, newest first."""
        for (digest,) in self._access.ledger.reader().rows("training/evidence_kept", as_of=self._access.as_of):
            yield orjson.loads(self._access.ledger.artifacts.get(digest))

    @checked
    def report(self, evidence_id: str) -> dict[str, Any] | None:
        """Return the report with the given evidence id, or None."""
        reader, as_of = self._access.ledger.reader(), self._access.as_of
        row = reader.row("training/evidence_of", evidence_id=evidence_id, as_of=as_of)
        report: dict[str, Any] | None = None if row is None else orjson.loads(self._access.ledger.artifacts.get(row[0]))
        return report
