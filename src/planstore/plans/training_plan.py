"""A training plan as a mapping in the form of its JSON document, with jobs that SQL macros query."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from planstore.checks.arguments import checked
from planstore.checks.quoting import quoted
from planstore.checks.regular_files import read_regular
from planstore.database.connection import memory
from planstore.database.macros import make_macros
from planstore.database.session import Session
from planstore.errors import NotFoundError, PlanFileError
from planstore.events.canonical import canonical_json
from planstore.events.vocabulary import Semantics
from planstore.ledger.layout import StoreLayout
from planstore.ledger.ledger import Ledger

if TYPE_CHECKING:
    import pyarrow as pa


class TrainingPlan(Mapping[str, Any]):
    """A training plan: a mapping with ``metadata``, ``jobs`` and ``summary``, like the JSON document.

    Metadata and summary are loaded at once; jobs are fetched by SQL on first use.
    Made by :meth:`from_ledger` and :meth:`from_document`.
    """

    def __init__(self, index: _PlanIndex, metadata: dict[str, Any], summary: dict[str, Any]) -> None:
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
        return cls(_PlanIndex(lambda: _ledger_rows(ledger, plan_id), metadata), metadata, summary)

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
        return cls(_PlanIndex(lambda: _document_rows(jobs), metadata, jobs), metadata, summary)

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

    def __repr__(self) -> str:
        return f"<TrainingPlan {(self.plan_id or 'from a file')[:12]}: {self.metadata.get('total_jobs')} jobs>"

    def _repr_html_(self) -> str:
        from html import escape

        routes = "".join(
            f"<tr><td>{escape(str(route))}</td><td>{count}</td></tr>"
            for route, count in self.summary.get("by_route", {}).items()
        )
        return f"<b>{escape(repr(self)[1:-1])}</b><table><tr><th>route</th><th>jobs</th></tr>{routes}</table>"

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

_FIELDS = (
    *("job_id", "target", "symbol", "route", "training_type", "model_families", "priority"),
    *("estimated_samples", "reason", "metadata"),
)
"""The keys of a job, in their order."""


class _PlanIndex:
    """A plan's jobs in an indexed in-memory table, with the macros over it.

    Args:
        rows: fetches the jobs on first use.
        metadata: the plan's metadata.
        documents: the original jobs of a plan from a document.
    """

    def __init__(
        self,
        rows: Callable[[], pa.Table],
        metadata: Mapping[str, Any],
        documents: Sequence[dict[str, Any]] | None = None,
    ) -> None:
        self._rows = rows
        self._metadata = metadata
        self._documents = documents

    @cached_property
    def session(self) -> Session:
        """The session, with the jobs in the index."""
        session = memory()
        with session.registered("incoming_jobs", self._rows()):
            session.run("consumer/plan_index/jobs")
        session.run("consumer/plan_index/plans", metadata=_json(self._metadata))
        session.run("consumer/plan_index/jobs_by_target")
        session.run("consumer/plan_index/jobs_by_symbol")
        make_macros(session, of_one_plan=True)
        return session

    def jobs(self, question: str, **values: Any) -> list[dict[str, Any]]:
        """Return the jobs that a statement of ``sql/consumer/`` selects."""
        rows = self.session.records(f"consumer/{question}", **values)
        if self._documents is not None:
            return [self._documents[row["ordinal"] - 1] for row in rows]
        return [{field: row[field] for field in _FIELDS} | {"metadata": orjson.loads(row["metadata"])} for row in rows]


def _ledger_rows(ledger: Ledger, plan_id: str) -> pa.Table:
    return ledger.query_session().batches("consumer/plan_rows", plan_id=plan_id).read_all()


def _document_rows(jobs: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return a document's jobs as rows; missing values are null."""
    import pyarrow as pa

    def column(name: str, kind: Any) -> Any:
        try:
            return pa.array([job.get(name) for job in jobs], kind)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            raise PlanFileError(
                f"this is no training plan: `{name}` of a job must be of type {kind} or null"
            ) from error

    return pa.table(
        {
            "plan_id": pa.array(["document"] * len(jobs), pa.string()),
            "ordinal": pa.array(range(1, len(jobs) + 1), pa.int32()),
            "job_id": column("job_id", pa.string()),
            "target": column("target", pa.string()),
            "symbol": column("symbol", pa.string()),
            "route": column("route", pa.string()),
            "training_type": column("training_type", pa.string()),
            "model_families": column("model_families", pa.list_(pa.string())),
            "priority": column("priority", pa.int32()),
            "reason": column("reason", pa.string()),
            "metadata": pa.array([_json(job.get("metadata") or {}) for job in jobs], pa.string()),
            "estimated_samples": column("estimated_samples", pa.int64()),
        }
    )


def _json(value: Any) -> str:
    try:
        return canonical_json(value).decode()
    except TypeError:
        pass  # because a value that is no JSON may still have a JSON text
    try:
        return json.dumps(value, sort_keys=True, default=str)
    except (TypeError, ValueError, RecursionError) as error:
        raise PlanFileError(f"this is no training plan: metadata cannot be {quoted(value)}") from error


@checked
def load_training_plan(folder: str | Path) -> TrainingPlan | None:
    """Return the current training plan of a results folder, or None if there is none.

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
        ledger = Ledger(layout.folder, create=False)
        row = ledger.reader().row("consumer/newest_plan", as_of=None)
        return TrainingPlan.from_ledger(ledger, row[0]) if row else None
    folders = [folder] if folder.name == "training_plan" else []
    folders += [results / "globals" / "training_plan", results / "METRICS" / "training_plan", folder]
    for plan_folder in folders:
        for name in ("master_training_plan.json", "training_plan.json"):
            if _is_there(plan_folder / name):
                return _read_plan_file(plan_folder / name)
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
