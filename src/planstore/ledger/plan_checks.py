"""The checks of a plan: what must hold before it is published, and ever after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from planstore.database.session import Session

CHECKS = ("jobs_against_decisions", "repeated_job_ids")
"""Files of ``sql/verify/`` that return nothing for a plan that holds."""


def failed_plan_checks(session: Session) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the name of each check that the session's ``jobs`` and ``decisions`` do not pass, and what it found."""
    for check in CHECKS:
        found = session.records(f"verify/{check}")
        if found:
            yield check.replace("_", " "), found
