"""Diff: what one plan changes against another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from planstore.database import Session


@dataclass(frozen=True)
class Difference:
    """What plan ``b`` changes against plan ``a``.

    Attributes:
        jobs: one dict a job that differs: ``job_id``, ``change`` (added, removed, changed), ``target``, ``symbol``,
            ``route_a``, ``route_b`` and, for changed jobs, the ``fields`` that differ.
    """

    a: str
    b: str
    jobs: list[dict[str, Any]]

    def __bool__(self) -> bool:
        return bool(self.jobs)

    def count(self, change: str) -> int:
        """Return how many jobs were ``added``, ``removed`` or ``changed``."""
        return sum(job["change"] == change for job in self.jobs)

    def as_dict(self) -> dict[str, Any]:
        """Return the difference for JSON."""
        counts = {change: self.count(change) for change in ("added", "removed", "changed")}
        return {"a": self.a, "b": self.b, **counts, "jobs": self.jobs}


def compare(session: Session, a: str, b: str) -> Difference:
    """Return what plan ``b`` changes against plan ``a``, both by their whole id."""
    return Difference(a, b, session.records("audit/plan_diff", a=a, b=b))
