"""A training plan as a mapping in the form of its JSON document, with jobs that SQL macros query."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from planstore.checks.arguments import checked
from planstore.checks.quoting import quoted
from planstore.checks.regular_files import read_regular
from planstore.errors import NotFoundError, PlanFileError
from planstore.events.vocabulary import Semantics
from planstore.ledger.layout import StoreLayout
from planstore.ledger.ledger import Ledger
from planstore.ledger.opening import storage_in
from planstore.pages.answers import TableAnswer, counted
from planstore.plans.plan_index import PlanIndex, document_rows

if TYPE_CHECKING:
    import pyarrow as pa

_log = logging.getLogger("planstore.plans")


class TrainingPlan(Mapping[str, Any], TableAnswer):
    """A training plan: a mapping with ``metadata``, ``jobs`` and ``summary``, like the JSON document.

    Metadata and summary are loaded at once; jobs are fetched by SQL on first use.
    Made by :meth:`from_ledger` and :meth:`from_document`.
    """

    def __init__(self, index: PlanIndex, metadata: dict[str, Any], summary: dict[str, Any]) -> None:
        self._index = index
        self.metadata = metadata
        self.summary = summary

    @classmethod
    def from_ledger(cls, ledger: Ledger, plan_id: str) -> TrainingPlan:
        """Return the ledger's plan ``plan_id``.

        Raises:
            NotFoundError: there is none.
        """
        row = ledger.reader().row("consumer/read_plan", plan_id=plan_id)
        if row is None:
            raise NotFoundError(f"the ledger holds no plan {plan_id}")
        metadata, summary = orjson.loads(row[0]), orjson.loads(row[1])
        return cls(PlanIndex(lambda: _ledger_rows(ledger, plan_id), metadata), metadata, summary)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> TrainingPlan:
        """Return the plan in a dict in the form of ``master_training_plan.json``.

        Raises:
            PlanFileError: the dict is not a plan.
        """
        jobs = document.get("jobs")
        if not isinstance(jobs, list) or not all(isinstance(job, Mapping) for job in jobs):
            raise PlanFileError("this is no training plan: it needs `jobs`, a list of objects")
        metadata, summary = document.get("metadata") or {}, document.get("summary") or {}
        for name, part in (("metadata", metadata), ("summary", summary)):
            if not isinstance(part, Mapping):
                raise PlanFileError(f"this is no training plan: `{name}` must be an object, got {quoted(part)}")
        return cls(PlanIndex(lambda: document_rows(jobs), metadata, jobs), metadata, summary)

    @cached_property
    def jobs(self) -> list[dict[str, Any]]:
        """All jobs, in plan order."""
        return self._index.jobs("jobs")

    @property
    def plan_id(self) -> str | None:
        """The plan's id; None for a file from another program."""
        return self.metadata.get("plan_id")

    @property
    def is_strict(self) -> bool:
        """Whether the plan has strict semantics."""
        return self.metadata.get("semantics") == Semantics.STRICT

    def __getitem__(self, key: str) -> Any:
        if key not in ("metadata", "jobs", "summary"):
            raise KeyError(key)
        return getattr(self, key)

    def __iter__(self) -> Iterator[str]:
        return iter(("metadata", "jobs", "summary"))

    def __len__(self) -> int:
        return 3

    def records(self) -> list[dict[str, Any]]:
        """Return the jobs, in plan order."""
        return self.jobs

    def __str__(self) -> str:
        name = "The plan of a file" if self.plan_id is None else f"Plan {self.plan_id[:12]}"
        return (
            f"{name}: {self.metadata.get('total_jobs')} jobs; {counted(self.summary.get('by_route', {}), 'no route')}."
        )

    def ask(self, question: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement of ``sql/consumer/`` on this plan."""
        return self._index.session.rows(f"consumer/{question}", **values)

    def ask_jobs(self, question: str, **values: Any) -> list[dict[str, Any]]:
        """Return the jobs that a statement of ``sql/consumer/`` selects from this plan."""
        return self._index.jobs(question, **values)

    def rows(self, plan_id: str) -> pa.Table:
        """Return the jobs as rows, with another plan id."""
        table = self._index.session.batches("consumer/read_rows").read_all()
        import pyarrow as pa

        return table.set_column(0, "plan_id", pa.array([plan_id] * table.num_rows, pa.string()))


PlanSource: TypeAlias = TrainingPlan | Mapping[str, Any] | str | Path
"""A plan, its document as a mapping, or a folder as in ``load_training_plan``."""


def _ledger_rows(ledger: Ledger, plan_id: str) -> pa.Table:
    return ledger.query_session().batches("consumer/plan_rows", plan_id=plan_id).read_all()


@checked
def load_training_plan(folder: str | Path) -> TrainingPlan | None:
    """Return the current training plan of a results folder, or None if there is none.

    Without one, a warning in the logger ``planstore.plans`` names the folders that were looked in.

    Args:
        folder: the results folder, or its ``globals/training_plan`` or ``METRICS/training_plan``. The plan comes from
            the ledger if there is one, else from ``master_training_plan.json``, else from its mirror
            ``training_plan.json``.

    Raises:
        PlanFileError: the file is corrupt. The mirror does not replace a corrupt master.
    """
    folder = Path(folder)
    results = folder.parent.parent if folder.name == "training_plan" else folder
    layout = StoreLayout.in_results(results)
    if _is_there(layout.marker):
        ledger = Ledger(storage_in(layout.folder), create=False)
        row = ledger.reader().row("consumer/newest_plan", as_of=None)
        return TrainingPlan.from_ledger(ledger, row[0]) if row else None
    folders = [folder] if folder.name == "training_plan" else []
    folders += [results / "globals" / "training_plan", results / "METRICS" / "training_plan", folder]
    for plan_folder in folders:
        for name in ("master_training_plan.json", "training_plan.json"):
            if _is_there(plan_folder / name):
                return _read_plan_file(plan_folder / name)
    looked = ", ".join(dict.fromkeys(str(one) for one in (layout.folder, *folders)))
    _log.warning("no training plan in %s: looked for a store or a plan's files in %s", folder, looked)
    return None


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise PlanFileError(f"{path} cannot be read: {error.strerror}") from error


def _read_plan_file(path: Path) -> TrainingPlan:
    try:
        document = json.loads(read_regular(path))
    except (OSError, ValueError, RecursionError) as error:
        raise PlanFileError(f"{path} cannot be read as a training plan: {error}") from error
    if not isinstance(document, dict):
        raise PlanFileError(f"{path} is no training plan: it should be an object")
    try:
        return TrainingPlan.from_document(document)
    except PlanFileError as error:
        raise PlanFileError(f"{path}: {error}") from error


def plan_in(source: PlanSource) -> TrainingPlan:
    """Return the plan in any of its forms: a plan, a dict like the JSON document, a folder.

    Raises:
        NotFoundError: the folder has no plan.
    """
    if isinstance(source, TrainingPlan):
        return source
    if isinstance(source, Mapping):
        return TrainingPlan.from_document(source)
    plan = load_training_plan(source)
    if plan is None:
        raise NotFoundError(f"there is no training plan in {source}")
    return plan
