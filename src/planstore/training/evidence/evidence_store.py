"""Evidence in the ledger: what was measured is kept as an artifact, and later runs measure stability against it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import orjson

from planstore.events.canonical import canonical_json, sha256
from planstore.ledger.artifact_events import ArtifactEvent, append_artifacts, known_artifacts
from planstore.routing.candidates import read_candidates
from planstore.training.evidence.measure import Earlier, PanelEvidence
from planstore.training.evidence.stability import Snapshot

if TYPE_CHECKING:
    from planstore.store import Store

NAME = "evidence"
"""What the artifact is called; it belongs to the evidence id that runs have which route it."""
RUNS = 3
"""How many earlier runs stability is measured against, the newest ones."""


def keep_evidence(store: Store, evidence: PanelEvidence) -> str:
    """Keep everything that was measured as an artifact, once, and return its digest."""
    content = canonical_json(evidence.as_dict())
    digest = sha256(content)
    evidence_id = read_candidates(evidence.candidates(), strict=True).digest.hexdigest()
    ledger = store._ledger
    session = ledger.writer()
    try:
        ledger.artifacts.put(content)
        with ledger.commit(session, NAME, run_id=None, message=f"evidence {evidence_id[:12]}") as builder:
            if digest not in known_artifacts(session, [digest]):
                append_artifacts(builder, [ArtifactEvent(digest, "application/json", len(content), NAME, evidence_id)])
    finally:
        session.close()
    return digest


def earlier_evidence(store: Store, before: datetime) -> Earlier:
    """Return the importances of the newest runs whose data ended before ``before``.

    Only those count, so that measuring the same data again in the same store finds the same.
    """
    ledger = store._ledger
    session = ledger.reader()
    found: dict[tuple[str, str | None], list[Snapshot]] = {}
    seen: set[datetime] = set()
    for (digest,) in session.rows("training/evidence_kept"):
        report = orjson.loads(ledger.artifacts.get(digest))
        as_of = datetime.fromisoformat(report["as_of"])
        if as_of >= before or as_of in seen:
            continue
        seen.add(as_of)
        for side in report["sides"]:
            if side["snapshot"]:
                found.setdefault((side["target"], side["symbol"]), []).append(side["snapshot"])
        if len(seen) == RUNS:
            break
    return found


def selected_features(store: Store, evidence_id: str) -> dict[str, list[str]]:
    """Return the features that the evidence of a run selected, best first, by target; nothing where none was kept."""
    row = store._ledger.reader().row("training/evidence_of", evidence_id=evidence_id)
    if row is None:
        return {}
    report = orjson.loads(store._ledger.artifacts.get(row[0]))
    return {
        side["target"]: [vote["feature"] for vote in side["selected"]] for side in report["sides"] if side["selected"]
    }
