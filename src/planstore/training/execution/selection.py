"""Selection of the jobs of a plan that a training trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planstore.checks.choices import absent
from planstore.checks.quoting import quoted
from planstore.errors import RequestError
from planstore.training.families import plan_names

if TYPE_CHECKING:
    from planstore.api.parts import StoreParts


@dataclass(frozen=True)
class JobSelection:
    """Criteria for the jobs of a plan: a job must meet each of them; an empty one is met by all jobs.

    A selected job of ``ROUTE_BOTH`` selects its target's cross-sectional job too, because it averages with its
    predictions.

    Attributes:
        targets: targets of the jobs.
        symbols: symbols of the jobs; a cross-sectional job has none.
        families: families of which a job must have at least one, in any spelling; the job is trained with all of its
            families.
        priorities: priorities of the jobs.
    """

    targets: Sequence[str] = ()
    symbols: Sequence[str] = ()
    families: Sequence[str] = ()
    priorities: Sequence[int] = ()

    def __post_init__(self) -> None:
        for name, kind in (("targets", str), ("symbols", str), ("families", str), ("priorities", int)):
            values = getattr(self, name)
            if isinstance(values, str) or not all(type(value) is kind for value in values):
                raise RequestError(
                    f"{name} must be a list of {'whole numbers' if kind is int else 'names'}, got {quoted(values)}"
                )

    @property
    def is_everything(self) -> bool:
        """Whether every job is selected."""
        return not (self.targets or self.symbols or self.families or self.priorities)

    def jobs(self, store: StoreParts, plan_id: str) -> list[dict[str, Any]]:
        """Return the selected jobs of a plan, in plan order, each with its status; blocked jobs are never selected.

        Raises:
            RequestError: no job of the plan has a selected value, or none meets all criteria.
        """
        criteria = {} if self.is_everything else self._criteria(store, plan_id)
        jobs = store.access.session.records(
            "training/selected_jobs",
            plan_id=plan_id,
            **{name: criteria.get(name, []) for name in ("targets", "symbols", "families", "priorities")},
        )
        if not jobs and criteria:
            named = " and ".join(f"{name} {', '.join(values)}" for name, values in criteria.items() if values)
            raise RequestError(
                f"a job of plan {plan_id[:12]} must meet all criteria, got none with {named}: "
                "leave a criterion out, or see `planstore jobs`"
            )
        return jobs

    def _criteria(self, store: StoreParts, plan_id: str) -> dict[str, list[str]]:
        """Return the selected values as the jobs of a plan spell them."""
        choices: dict[str, list[str]] = {}
        for criterion, choice in store.access.session.rows("training/choices", plan_id=plan_id):
            choices.setdefault(criterion, []).append(choice)
        spelled = dict(plan_names(self.families)) if self.families else {}
        criteria = {
            "targets": ("target", self.targets),
            "symbols": ("symbol", self.symbols),
            "families": (
                "family",
                [name if name in choices.get("family", ()) else spelled[name] for name in self.families],
            ),
            "priorities": ("priority", self.priorities),
        }
        for criterion, values in criteria.values():
            for value in values:
                possible = choices.get(criterion, [])
                if str(value) not in possible:
                    raise RequestError(absent(criterion, str(value), f"a job of plan {plan_id[:12]}", possible))
        return {name: [str(value) for value in values] for name, (_, values) in criteria.items()}


EVERYTHING = JobSelection()
"""The selection of all jobs."""
