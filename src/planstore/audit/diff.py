"""Diff: what changed from one run to another, and what caused each flip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from planstore.audit.causes import factors
from planstore.audit.flip_answer import FlipAnswer
from planstore.audit.left_out import left_out_jobs
from planstore.audit.scenario import Record, RunInputs
from planstore.audit.swaps import swap_causes
from planstore.database.query_rows import QueryRows
from planstore.database.session import Session
from planstore.ledger.storage import ArtifactStorage
from planstore.pages.answers import counted, plural
from planstore.plans.budget import left_out_table

if TYPE_CHECKING:
    import pyarrow as pa

CHANGES = ("added", "removed", "changed")


@dataclass(frozen=True, repr=False)
class Difference(FlipAnswer):
    """The changes from run ``a`` to run ``b``. True when there are any.

    Attributes:
        a, b: the run ids.
        plan_a, plan_b: their plans.
        routes: pairs by route, in ``a`` and in ``b``.
        counts: how many jobs were ``added``, ``removed`` and ``changed``.
        flipped_pairs: how many pairs have another route; a pair that only one run has counts.
        flipped_targets: how many targets' cross-sectional sides went from enabled to disabled or back.
    """

    a: str
    b: str
    plan_a: str
    plan_b: str
    routes: dict[str, tuple[int, int]]
    counts: dict[str, int]
    flipped_pairs: int
    flipped_targets: int
    _session: Session

    def __bool__(self) -> bool:
        return bool(self.flips) or any(self.counts.values())

    @property
    def flips(self) -> int:
        """How many pairs and targets have another route."""
        return self.flipped_pairs + self.flipped_targets

    def count(self, change: str) -> int:
        """Return how many jobs were ``added``, ``removed`` or ``changed``."""
        return self.counts[change]

    def flip_table(self) -> QueryRows:
        """Return a row for each flip: target, symbol (null for a target itself), route_a, route_b, causes."""
        return QueryRows(self._session.relation("audit/diff/read_flips"))

    def job_table(self) -> QueryRows:
        """Return a row for each job that differs.

        The columns are job_id, change, target, symbol, route_a, route_b, values, fields, cause. ``fields`` names what
        differs of a changed job, and ``values`` says it: field, in ``a``, in ``b``. ``cause`` is ``budget`` where the
        job, or its families, would be the same in both plans without their budgets.
        """
        return QueryRows(self._listing.relation("audit/diff/read_changed_jobs"))

    @property
    def jobs(self) -> list[Record]:
        """The rows of :meth:`job_table`."""
        return self._listing.records("audit/diff/read_changed_jobs")

    @cached_property
    def fits(self) -> dict[str, int]:
        """How many fits, families of jobs, were ``fits_added`` and ``fits_removed``."""
        return self._listing.records("audit/diff/count_changed_fits", a=self.plan_a, b=self.plan_b)[0]

    @cached_property
    def _listing(self) -> Session:
        """The changed jobs, read on first access because that takes longer than counting them."""
        self._session.run("audit/diff/changed_jobs", a=self.plan_a, b=self.plan_b)
        return self._session

    def as_dict(self) -> dict[str, Any]:
        """Return the difference for JSON."""
        return {
            **{name: getattr(self, name) for name in ("a", "b", "plan_a", "plan_b", "routes")},
            **self.counts,
            **self.fits,
            "flipped_pairs": self.flipped_pairs,
            "flipped_targets": self.flipped_targets,
            "flips": self._session.records("audit/diff/read_flips"),
            "jobs": self.jobs,
        }

    def __str__(self) -> str:
        jobs = counted(self.counts)
        routes = "".join(f"\n  {route}: {before:,} → {after:,}" for route, (before, after) in self.routes.items())
        return (
            f"{self.a} → {self.b}: {plural(self.flipped_pairs, 'pair')} and {plural(self.flipped_targets, 'target')} "
            f"flipped; jobs: {jobs}.{routes}"
        )


def compare(session: Session, artifacts: ArtifactStorage, a: Record, b: Record) -> Difference:
    """Return what run ``b`` changes against run ``a``.

    Args:
        session: a reading session of its own: it keeps the answer.
        artifacts: storage of policies and rules.
        a: a row of ``runs``.
        b: a row of ``runs``.

    Raises:
        StoreError: an artifact is missing or altered, or rules that are needed cannot be run by this version.
    """
    runs = (a, b)
    return compare_inputs(
        session,
        a,
        b,
        lambda: [RunInputs.of(session, artifacts, run) for run in runs],
        lambda: [left_out_jobs(session, artifacts, run) for run in runs],
    )


def compare_inputs(
    session: Session,
    a: Record,
    b: Record,
    read_inputs: Callable[[], Sequence[RunInputs]],
    read_left_out: Callable[[], Sequence[pa.Table]],
) -> Difference:
    """Return what run ``b`` changes against run ``a``, as :func:`compare`; ``read_inputs`` returns the inputs of both.

    Inputs are read only where routes flip. ``read_left_out`` returns the jobs that the budgets of both plans leave out;
    they are read only where jobs differ.
    """
    session.run("audit/diff/flips", a=a["commit_id"], b=b["commit_id"])
    flipped = session.records("audit/diff/count_flips")[0]
    with closing(session.cursor()) as cursor, ThreadPoolExecutor(max_workers=1) as thread:
        counting = thread.submit(_counts, cursor, a, b)
        try:
            session.register("flip_causes", _causes(session, read_inputs()) if any(flipped.values()) else no_causes())
            routes, counts = counting.result()
        except BaseException:
            cursor.interrupt()  # because an interrupted caller would wait for a result that is not used
            raise
    left_out = read_left_out() if any(counts.values()) else [left_out_table(None)] * 2
    for name, jobs in zip(("left_out_a", "left_out_b"), left_out, strict=True):
        session.register(name, jobs)
    return Difference(
        a=a["run_id"],
        b=b["run_id"],
        plan_a=a["plan_id"],
        plan_b=b["plan_id"],
        routes=routes,
        counts=counts,
        **flipped,
        _session=session,
    )


def _counts(session: Session, a: Record, b: Record) -> tuple[dict[str, tuple[int, int]], dict[str, int]]:
    """Return how many pairs took each route in either run, and how many jobs differ in which way.

    The session is a cursor, which shows every commit: both questions are about the two runs alone.
    """
    changed = dict(session.rows("audit/diff/count_changed_jobs", a=a["plan_id"], b=b["plan_id"]))
    routes = session.rows("audit/diff/both_routes", a=a["commit_id"], b=b["commit_id"])
    return {route: (x, y) for route, x, y in routes}, {change: changed.get(change, 0) for change in CHANGES}


def _causes(session: Session, inputs: Sequence[RunInputs]) -> pa.Table:
    """Return target, symbol and causes of every flip."""
    runs = dict(zip(("a", "b"), inputs, strict=True))
    differing = list(factors(runs["a"], runs["b"]))
    if len(differing) == 1:
        return session.batches("audit/diff/one_cause", cause=differing[0].cause["cause"]).read_all()
    return swap_causes(session, runs, differing)


def no_causes() -> pa.Table:
    """Return the causes of no flip."""
    import pyarrow as pa

    text = pa.string()
    return pa.schema([("target", text), ("symbol", text), ("causes", pa.list_(text))]).empty_table()
