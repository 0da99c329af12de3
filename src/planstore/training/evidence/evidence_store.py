"""Evidence in the ledger: measurements are stored as an artifact, and later runs measure stability against them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from planstore.routing.candidates import read_candidates
from planstore.training.evidence.measure import Earlier, PanelEvidence
from planstore.training.evidence.stability import Snapshot

if TYPE_CHECKING:
    from planstore.api.parts import StoreParts

RUNS = 3
"""How many earlier runs stability is measured against, the newest ones."""


def keep_evidence(store: StoreParts, evidence: PanelEvidence) -> str:
    """Keep all measurements of a panel as an artifact, once, and return its digest."""
    evidence_id = read_candidates(evidence.candidates(), strict=True).evidence_id
    return store.evidence.keep(evidence.report, evidence_id)


def earlier_evidence(store: StoreParts, before: datetime) -> Earlier:
    """Return the importances of the newest runs whose data ended before ``before``.

    Only those count, so that measuring the same data again in the same store finds the same.
    """
    found: dict[tuple[str, str | None], list[Snapshot]] = {}
    seen: set[datetime] = set()
    for report in store.evidence.reports():
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


def selected_features(report: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the features that evidence selected, best first, by target; empty for an empty report."""
    return {
        side["target"]: [vote["feature"] for vote in side["selected"]]
        for side in report.get("sides", ())
        if side["selected"]
    }
