"""Outcome of the predictions on a panel."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from planstore.checks.quoting import shown_names
from planstore.pages.answers import Answer, plural
from planstore.training.panel.lacking import lacking_notes


@dataclass(repr=False)
class PanelPredictions(Answer):
    """Outcome of :meth:`Store.predict <planstore.Store.predict>`.

    Attributes:
        plan_id: id of the plan.
        path: the written file.
        rows: rows of the panel that were read.
        predictions: predictions in the file.
        targets: predictions by target.
        jobs: number of jobs whose models predicted.
        in_sample: rows predicted by a model that has learned from data of their time or later.
        blocked: pairs of the panel that no job predicts, because of their route.
        untrained: jobs of pairs of the panel that have no model, because they have not succeeded.
        unknown_symbols: symbols of the panel on which the plan's run did not decide.
        lacking: predicted symbols without any value of a feature, by feature.
    """

    plan_id: str
    path: str
    rows: int = 0
    predictions: int = 0
    targets: Counter[str] = field(default_factory=Counter)
    jobs: int = 0
    in_sample: int = 0
    blocked: int = 0
    untrained: list[str] = field(default_factory=list)
    unknown_symbols: list[str] = field(default_factory=list)
    lacking: dict[str, list[str]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return dict(vars(self)) | {"targets": dict(self.targets)}

    @property
    def notes(self) -> list[str]:
        """Remarks for readers of the file, one sentence each."""
        found = []
        if self.untrained:
            found.append(f"not trained, so that their pairs have no prediction: {shown_names(self.untrained)}")
        if self.unknown_symbols:
            found.append(f"symbols that the plan does not know are left out: {shown_names(self.unknown_symbols)}")
        if self.blocked:
            found.append(f"without a prediction, because their route leads to no model: {plural(self.blocked, 'pair')}")
        found += lacking_notes(self.lacking)
        if self.in_sample:
            found.append(
                f"{self.in_sample:,} of {self.predictions:,} predictions are of times that their model has learned "
                "from: only later ones are out of sample; --after TIME leaves the others out"
            )
        return found

    def __str__(self) -> str:
        jobs = plural(self.jobs, "job")
        return "\n".join([f"{plural(self.predictions, 'prediction')} by {jobs} in {self.path}", *self.notes])
