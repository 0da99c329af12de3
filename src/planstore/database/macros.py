"""Creation of the macros for users and helper functions in a session."""

from __future__ import annotations

from typing import Any, Protocol

MACROS = (
    "job_metadata",
    "jobs_of",
    "plan_of",
    "is_strict",
    "list_distinct_in_order",
    "plan_jobs",
    "cs_jobs",
    "symbol_jobs",
    "jobs_for_target",
    "jobs_for_symbol",
    "jobs_for_pair",
    "should_train",
    "model_families_for_job",
    "plan_targets",
    "plan_symbols",
    "plan_counts",
    "plan_problems",
    "plan_diff",
)
"""The files of ``sql/macros/``; each one depends only on earlier ones."""

_OF_ONE_PLAN = ("jobs_of", "plan_of", "jobs_for_target", "jobs_for_symbol", "jobs_for_pair")
"""Macros with another definition, in `sql/consumer/plan_index/`, for the index of a single plan."""


class _Session(Protocol):
    """Runs statements of ``sql/``."""

    def run(self, statement: str, /, **values: Any) -> int:
        """Run one statement."""


def make_macros(session: _Session, *, of_one_plan: bool = False) -> None:
    """Create all macros in ``session``, over the ledger's views or over the index of one plan."""
    for macro in MACROS:
        session.run(f"consumer/plan_index/{macro}" if of_one_plan and macro in _OF_ONE_PLAN else f"macros/{macro}")
