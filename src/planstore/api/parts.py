"""The parts of a store that measuring and training use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from planstore.api.access import StoreAccess
    from planstore.api.evidence import EvidenceReports
    from planstore.api.training import PlanTraining
    from planstore.runs.lookup import RunName
    from planstore.runs.run import Run


class StoreParts(Protocol):
    """A store with its parts, as :class:`planstore.Store` has them."""

    access: StoreAccess

    @property
    def evidence(self) -> EvidenceReports:
        """Evidence reports."""

    @property
    def training(self) -> PlanTraining:
        """Jobs of plans."""

    def run(self, name: RunName | None = None) -> Run:
        """Return a run."""
