"""The budget of a plan: the families and jobs that it leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from planstore.database.session import Session
from planstore.events.digest import StagedRows
from planstore.pages.answers import plural
from planstore.plans.fit_times import NO_FIT_TIMES, FitTimes, Timing

if TYPE_CHECKING:
    import pyarrow as pa


ORDER = ("place_by_priority", "decision_position", "family_position")
"""The columns of the view ``ordered_jobs`` by which jobs are ordered when they are materialized."""


@dataclass(frozen=True)
class BudgetEffect:
    """The effect of a policy's budget on a plan.

    Attributes:
        fits: the most fits; None in a budget of hours.
        hours: the most hours of one CPU core; None in a budget of fits.
        fit_times: the times by which a budget of hours is applied; None in a budget of fits.
        left_out: the jobs that are left out, or some of whose families are, in plan order: job_id, target, symbol,
            route, training_type, priority, kept_families (none: the job is left out), left_out_families.
    """

    fits: int | None
    hours: float | None
    fit_times: FitTimes | None
    left_out: StagedRows

    @property
    def is_applied(self) -> bool:
        """Whether the budget was applied; one of hours is not while the ledger has timed no job."""
        return self.fit_times is None or bool(self.fit_times)

    @cached_property
    def jobs_left_out(self) -> int:
        """Number of jobs that are left out."""
        return int(self.left_out.rows - len(self._kept))

    @cached_property
    def _kept(self) -> list[int]:
        """Numbers of left-out families of the jobs that stay."""
        import pyarrow.compute as pc

        table = self.left_out.table
        stays = table.filter(pc.greater(pc.list_value_length(table["kept_families"]), 0))
        found: list[int] = pc.list_value_length(stays["left_out_families"]).to_pylist()
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return the budget and the counts, for the plan's metadata."""
        return {
            "fits": self.fits,
            "hours": self.hours,
            "is_applied": self.is_applied,
            "families_left_out": sum(self._kept),
            "jobs_with_fewer_families": len(self._kept),
            "jobs_left_out": self.jobs_left_out,
        }

    def document(self) -> dict[str, Any]:
        """Return the part of the plan's canonical document: the counts, and the left-out rows by digest."""
        return self.as_dict() | {"left_out": {"rows": self.left_out.rows, "digest": self.left_out.hexdigest()}}


def within_budget(session: Session, timing: Timing) -> tuple[str, Sequence[str], BudgetEffect | None]:
    """Return the view of the jobs within the policy's budget, the columns of their order, and the effect, if any.

    Args:
        session: a session with the view ``ordered_jobs``.
        timing: returns the times by which a budget of hours is applied.
    """
    row = session.row("planning/budget")
    if row is None:
        return "ordered_jobs", ORDER, None
    fits, hours = row
    session.materialize("planned_jobs", "ordered_jobs", place="ordinal", order=ORDER)
    fit_times = None if hours is None else timing()
    session.register("fit_times", (fit_times or NO_FIT_TIMES).table())
    session.run("planning/ranked_fits")
    session.run("planning/kept_families", fits=fits, hours=hours if fit_times else None)
    session.run("planning/budgeted_jobs")
    left_out = session.batches("planning/left_out_jobs").read_all()
    return "budgeted_jobs", ["ordinal"], BudgetEffect(fits, hours, fit_times, StagedRows(left_out))


def left_out_table(budget: BudgetEffect | None) -> pa.Table:
    """Return the rows that the budget of a plan leaves out; no row without one."""
    if budget is not None:
        return budget.left_out.table

    import pyarrow as pa

    text, texts = pa.string(), pa.list_(pa.string())
    names = ("job_id", "target", "symbol", "route", "training_type")
    lists = [("kept_families", texts), ("left_out_families", texts)]
    return pa.schema([*((name, text) for name in names), ("priority", pa.int32()), *lists]).empty_table()


def budget_text(budget: Mapping[str, Any]) -> str:
    """Return a sentence about the effect of a budget, from a plan's metadata: ``budget 40 fits: 3 jobs left out``."""
    hours = f"{budget['hours']:g} {'hour' if budget['hours'] == 1 else 'hours'}" if budget["fits"] is None else ""
    if not budget["is_applied"]:
        return f"budget of {hours} was not applied: the ledger has timed no job yet"
    families = budget["families_left_out"]
    left_out = [
        f"{families:,} {'family' if families == 1 else 'families'} of "
        f"{plural(budget['jobs_with_fewer_families'], 'job')}"
    ] * bool(families)
    left_out += [plural(budget["jobs_left_out"], "job")] * bool(budget["jobs_left_out"])
    return f"budget {hours or plural(budget['fits'], 'fit')}: {' and '.join(left_out) or 'nothing'} left out"
