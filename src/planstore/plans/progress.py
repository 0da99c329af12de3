"""Progress of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from planstore.events.vocabulary import open_jobs


@dataclass(frozen=True)
class Progress:
    """Progress of a plan.

    Attributes:
        plan_id: the plan.
        counts: job counts by status.
        running: running jobs, with worker and lease.
        failed: failed jobs, with error.
    """

    plan_id: str
    counts: Mapping[str, int]
    running: list[dict[str, Any]]
    failed: list[dict[str, Any]]

    @property
    def is_over(self) -> bool:
        """Whether every job is in a final state."""
        return not open_jobs(self.counts)

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return dict(vars(self))
