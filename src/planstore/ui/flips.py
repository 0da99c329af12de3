"""Flips between two runs with their causes, computed once for each two runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planstore import pages
from planstore.audit.diff import compare
from planstore.ui.asked import Asked

if TYPE_CHECKING:
    import pyarrow as pa

Record = dict[str, Any]
MOST_SHOWN = 200
"""Maximum number of flips on a page; the JSON has all."""
MOST_JOBS = 200
"""Maximum number of changed jobs on a page; the JSON has all."""


def previous_run(asked: Asked, run: Record) -> Record | None:
    """Return the run before a run; None for the first."""
    return next(iter(asked.store.access.session.records("report/previous_run", commit_id=run["commit_id"])), None)


def other_run(asked: Asked, run: Record) -> Record | None:
    """Return the run that a page compares a run with: the requested one, or the run before it."""
    name = asked.text("other")
    return previous_run(asked, run) if name is None else asked.store.access.find_run(name)


def difference(asked: Asked, a: Record, b: Record) -> Record:
    """Return the difference from run ``a`` to run ``b``: counts, the first changed jobs, and all flips with causes."""

    def compute() -> Record:
        access = asked.store.access
        session = access.new_session()
        try:
            access.ledger.add_user_definitions(session)
            found = compare(session, access.ledger.artifacts, a, b)
            has_jobs = any(found.counts.values())
            return {
                **{name: getattr(found, name) for name in ("routes", "counts", "flipped_pairs", "flipped_targets")},
                "jobs": found.job_table().limit(MOST_JOBS).to_arrow_table().to_pylist() if has_jobs else [],
                "flips": found.flip_table().arrow(),
            }
        finally:
            session.close()

    return asked.memo.get(("difference", a["commit_id"], b["commit_id"]), compute)


def caused_flips(asked: Asked, a: Record, b: Record) -> pa.Table:
    """Return target, symbol, route_a, route_b and causes of each flip from run ``a`` to run ``b``."""
    return difference(asked, a, b)["flips"]


def route_counts(asked: Asked, run: Record) -> dict[str, int]:
    """Return the number of pairs of a run by route, of all known routes."""

    def compute() -> dict[str, int]:
        counts = dict(asked.store.access.session.rows("store/run_route_counts", commit_id=run["commit_id"]))
        return {route: counts.get(route, 0) for route in pages.in_order(counts)}

    return asked.memo.get(("routes", run["commit_id"]), compute)


def flipped_pairs(asked: Asked, a: int, b: int) -> int:
    """Return the number of pairs with another route in the run of commit ``b`` than in that of ``a``."""
    rows = asked.store.access.session.rows
    return asked.memo.get(
        ("flipped pairs", a, b), lambda: int(sum(row[3] for row in rows("audit/diff/route_changes", a=a, b=b)))
    )
