"""Checks of a plan, before it is published and during verification."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from planstore.database.session import Session


def failed_plan_checks(session: Session, jobs_left_out: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the name and the rows of each check that the session's ``jobs`` and ``decisions`` fail.

    ``jobs_left_out`` is the number of jobs that the plan's budget leaves out.
    """
    checks = {"jobs_against_decisions": {"jobs_left_out": jobs_left_out}, "repeated_job_ids": {}}
    for check, values in checks.items():
        rows = session.records(f"verify/{check}", **values)
        if rows:
            yield check.replace("_", " "), rows
