"""Checks of a plan, before it is published and during verification."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from planstore.database.session import Session

CHECKS = ("jobs_against_decisions", "repeated_job_ids")
"""Files of ``sql/verify/``; each returns the rows that violate its rule."""


def failed_plan_checks(session: Session) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the name and the rows of each check that the session's ``jobs`` and ``decisions`` fail."""
    for check in CHECKS:
        rows = session.records(f"verify/{check}")
        if rows:
            yield check.replace("_", " "), rows
