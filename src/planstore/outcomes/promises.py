"""What runs promised, which outcomes are checked against: sides, metrics, jobs, and the newest data seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from planstore.checks.quoting import quoted
from planstore.database.session import Session
from planstore.errors import RequestError
from planstore.events.outcome import Outcome, metric_word
from planstore.events.vocabulary import OutcomeMode
from planstore.ledger.storage import ArtifactStorage
from planstore.models.description import JobModels
from planstore.models.loading import JobFiles

SideKey = tuple[str | None, str | None, str | None]
"""Run, target and symbol."""


class Promises:
    """The sides of runs that outcomes belong to.

    Args:
        session: a session of the store, with views.
        artifacts: storage of descriptions of models.
        rows: rows of outcomes, whose sides are looked up.
    """

    def __init__(self, session: Session, artifacts: ArtifactStorage, rows: Sequence[Mapping[str, Any]]) -> None:
        import pyarrow as pa

        self._session = session
        self._artifacts = artifacts
        names = ("run_id", "target", "symbol")
        asked = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in names})
        with session.registered("asked_outcomes", asked):
            found = session.records("outcomes/promised_sides")
        self._sides: dict[SideKey, dict[str, Any]] = {
            (one["run_id"], one["target"], one["symbol"]): one for one in found
        }
        self._jobs: dict[str, dict[str, tuple[str, str | None]]] = {}
        self._files: dict[str, dict[str, JobFiles]] = {}
        self._seen: dict[str, datetime | None] = {}

    def checked(self, row: Mapping[str, Any]) -> Outcome:
        """Return the outcome of a row, with the metric, the model and the newest data seen filled in.

        Raises:
            RequestError: the row contradicts its run, overlaps what was seen, or has an invalid value.
        """
        side = self._side(row)
        mode = row["mode"] or (OutcomeMode.CROSS_SECTIONAL if row["symbol"] is None else OutcomeMode.SYMBOL_SPECIFIC)
        values = {name: value for name, value in row.items() if name != "run_id"}
        values |= {"mode": mode, "metric_name": _metric(row["metric_name"], side)}
        model_until = None
        if row["job_id"] is not None:
            files = self._trained(side["plan_id"], row["job_id"], values)
            if files is not None:
                values["model"] = row["model"] or files.digest
                model_until = self._newest_data(files)
        seen = [one for one in (side["evidence_as_of"], row["learned_until"], model_until) if one is not None]
        if not seen:
            raise RequestError(
                f"learned_until must be given, because no candidate of this side of run {row['run_id']} has "
                "evidence_as_of, and no trained job is named: give the time of the newest data that evidence and model "
                "had seen"
            )
        return Outcome(**values | {"learned_until": max(seen)})

    def _side(self, row: Mapping[str, Any]) -> dict[str, Any]:
        side = self._sides.get((row["run_id"], row["target"], row["symbol"]))
        if side is None or side["plan_id"] is None:
            raise RequestError(
                f"run_id must be a run of this store, got {quoted(row['run_id'])}: `planstore log --kind run` shows all"
            )
        if not side["is_decided"]:
            name = quoted(row["target"]) + ("" if row["symbol"] is None else f" on {quoted(row['symbol'])}")
            raise RequestError(
                f"target and symbol must be a side on which run {row['run_id']} decided, got {name}: leave the row out"
            )
        return side

    def _trained(self, plan_id: str, job_id: str, values: Mapping[str, Any]) -> JobFiles | None:
        """Return the files of a job, None if it has not succeeded.

        Raises:
            RequestError: the plan has no such job, or it trains another side.
        """
        if plan_id not in self._jobs:
            rows = self._session.rows("outcomes/jobs", plan_id=plan_id)
            self._jobs[plan_id] = {name: (target, symbol) for name, target, symbol, _ in rows}
            self._files[plan_id] = JobFiles.all_of(self._session, plan_id)
        job = self._jobs[plan_id].get(job_id)
        is_pooled = values["mode"] == OutcomeMode.CROSS_SECTIONAL
        if job != (values["target"], None if is_pooled else values["symbol"]):
            got = "none of this name" if job is None else " on ".join(map(str, filter(None, job)))
            raise RequestError(
                f"job_id must be the job of the scored model in plan {plan_id[:12]}, got {quoted(job_id)}, {got}: "
                "correct it, or leave it empty"
            )
        return self._files[plan_id].get(job_id)

    def _newest_data(self, files: JobFiles) -> datetime | None:
        """Return the time of the newest row that a job's models have learned from; None of models of older stores."""
        if files.description is None:
            return None
        if files.description not in self._seen:
            described = JobModels.load(self._artifacts.get(files.description))
            pooled = None if described.pooled is None else JobModels.load(self._artifacts.get(described.pooled))
            known = [one.newest_data for one in (described, pooled) if one is not None and one.newest_data is not None]
            self._seen[files.description] = max(known, default=None)
        return self._seen[files.description]


def _metric(given: str | None, side: Mapping[str, Any]) -> str:
    """Return the metric of an outcome, which is that of its evidence.

    Raises:
        RequestError: they differ, or none is known.
    """
    task = (side["task_type"] or "").upper()
    by_task = "auc" if "CLASS" in task else "r2" if "REGR" in task else None
    promised = side["metric_name"] or by_task
    metric = given or promised
    if metric is None:
        raise RequestError("metric_name must be given, because the evidence of the side names no metric: name it")
    if promised is not None and metric_word(metric) != metric_word(promised):
        raise RequestError(
            f"metric_name must be {quoted(promised)}, the metric of the evidence, got {quoted(metric)}: score the "
            "outcome by that one"
        )
    return metric
