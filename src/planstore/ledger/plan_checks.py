"""Checks of plans, before one is published and of all recorded ones during verification."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from planstore.database.session import Session

_CHECKS = ("jobs_against_decisions", "repeated_job_ids")


def failed_checks_of_staged_plan(session: Session, jobs_left_out: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the name and the rows of each check that the session's ``jobs`` and ``decisions`` fail.

    ``jobs_left_out`` is the number of jobs that the plan's budget leaves out.
    """
    session.run("verify/staged/checked_decisions")
    session.run("verify/staged/checked_jobs")
    session.run("verify/staged/checked_plans", jobs_left_out=jobs_left_out)
    for _, check, rows in _failed_checks(session):
        yield check, rows


def failed_checks_of_recorded_plans(
    session: Session, commits: Iterable[tuple[int, int]]
) -> Iterator[tuple[int, str, list[dict[str, Any]]]]:
    """Yield the commit of each recorded plan that fails a check, with the name and the rows of the check.

    ``commits`` are ranges of commits, the last one included, whose plans are checked at once.
    """
    for first, last in commits:
        session.run("verify/recorded/checked_commits", first=first, last=last)
        for name in ("checked_decisions", "checked_jobs", "checked_plans"):
            session.run(f"verify/recorded/{name}")
        yield from _failed_checks(session)


def _failed_checks(session: Session) -> Iterator[tuple[int, str, list[dict[str, Any]]]]:
    for check in _CHECKS:
        for commit_id, rows in groupby(session.records(f"verify/{check}"), itemgetter("commit_id")):
            shown = [{name: value for name, value in row.items() if name != "commit_id"} for row in rows]
            yield commit_id, check.replace("_", " "), shown
