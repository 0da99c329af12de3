"""The index of a plan: its jobs in a table in memory, with the macros over them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from planstore.checks.quoting import quoted
from planstore.database.connection import memory
from planstore.database.macros import make_macros
from planstore.database.session import Session
from planstore.errors import PlanFileError
from planstore.events.canonical import canonical_json

if TYPE_CHECKING:
    import pyarrow as pa


_FIELDS = (
    *("job_id", "target", "symbol", "route", "training_type", "model_families", "priority"),
    *("estimated_samples", "reason", "metadata"),
)
"""The keys of a job, in their order."""


class PlanIndex:
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


def document_rows(jobs: Sequence[Mapping[str, Any]]) -> pa.Table:
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
