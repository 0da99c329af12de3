"""The plan as its readers use it: a mapping like the JSON document, and the helper functions that ask it things.

Every helper takes a plan in any form: a :class:`TrainingPlan`, a plain dict like ``master_training_plan.json``, or the
folder of one. A dict or folder is read anew for each question, because it may have changed; for many questions, make
the plan once: :meth:`TrainingPlan.from_document`, :func:`load_training_plan`. The answers come from SQL macros
(``sql/macros/``) that a SQL user can call as well.

Plans made under strict semantics are answered strictly: what is not in the plan is not trained. Plans made under
reference semantics, and older files, are answered as the recorded reference answered.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from planstore.database import Session, memory
from planstore.errors import NotFoundError, PlanFileError, RequestError
from planstore.events.canonical import canonical_json
from planstore.ledger.ledger import Ledger
from planstore.macros import make_macros

if TYPE_CHECKING:
    import pyarrow as pa

_log = logging.getLogger("planstore.consumer")

TRAINING_TYPES = ("cross_sectional", "symbol_specific")


class TrainingPlan(Mapping[str, Any]):
    """A training plan: a mapping with ``metadata``, ``jobs`` and ``summary``, like the JSON document.

    Metadata and summary are at hand; jobs are fetched when they are first asked for, by SQL.
    Made by :meth:`from_ledger` and :meth:`from_document`.
    """

    def __init__(self, shelf: _Shelf, metadata: dict[str, Any], summary: dict[str, Any]) -> None:
        self._shelf = shelf
        self.metadata = metadata
        self.summary = summary

    @classmethod
    def from_ledger(cls, ledger: Ledger, plan_id: str) -> TrainingPlan:
        """Return the plan that the ledger keeps under ``plan_id``.

        Raises:
            NotFoundError: there is none.
        """
        row = ledger.confined().row("consumer/read_plan", plan_id=plan_id)
        if row is None:
            raise NotFoundError(f"the ledger holds no plan {plan_id}")
        metadata, summary = orjson.loads(row[0]), orjson.loads(row[1])
        return cls(_Shelf(lambda: _ledger_rows(ledger, plan_id), metadata), metadata, summary)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> TrainingPlan:
        """Return the plan in a dict like ``master_training_plan.json``.

        Raises:
            PlanFileError: it is not a plan.
        """
        jobs = document.get("jobs")
        if not isinstance(jobs, list) or not all(isinstance(job, Mapping) for job in jobs):
            raise PlanFileError("this is no training plan: it needs `jobs`, a list of objects")
        metadata, summary = document.get("metadata") or {}, document.get("summary") or {}
        return cls(_Shelf(lambda: _document_rows(jobs), metadata, jobs), metadata, summary)

    @cached_property
    def jobs(self) -> list[dict[str, Any]]:
        """All jobs, in plan order."""
        return self._shelf.jobs("jobs")

    @property
    def plan_id(self) -> str | None:
        """The plan's id; None for a file that planstore did not make."""
        return self.metadata.get("plan_id")

    @property
    def is_strict(self) -> bool:
        """Whether the plan was made under strict semantics."""
        return self.metadata.get("semantics") == "strict"

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
        """Return the rows of one statement of ``sql/consumer/``, asked of this plan."""
        return self._shelf.session.rows(f"consumer/{question}", **values)

    def ask_jobs(self, question: str, **values: Any) -> list[dict[str, Any]]:
        """Return the jobs that one statement of ``sql/consumer/`` finds in this plan."""
        return self._shelf.jobs(question, **values)

    def rows(self, plan_id: str) -> pa.Table:
        """Return the jobs as rows, under another plan id."""
        table = self._shelf.session.batches("consumer/read_rows").read_all()
        import pyarrow as pa

        return table.set_column(0, "plan_id", pa.array([plan_id] * table.num_rows, pa.string()))


PlanSource: TypeAlias = TrainingPlan | Mapping[str, Any] | str | Path


class _Shelf:
    """A plan's jobs in a table of their own, in memory and indexed, with the macros over it.

    Args:
        rows: fetches the jobs, when they are first asked for.
        metadata: the plan's metadata.
        documents: the jobs as they came, for a plan that came as a document.
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
        """The session, once the jobs are on the shelf."""
        session = memory()
        with session.given("incoming_jobs", self._rows()):
            session.run("consumer/shelf_jobs")
        session.run("consumer/shelf_plans", metadata=_json(self._metadata))
        session.run("consumer/shelf_targets")
        session.run("consumer/shelf_symbols")
        make_macros(session, of_one_plan=True)
        return session

    def jobs(self, question: str, **values: Any) -> list[dict[str, Any]]:
        """Return the jobs that a statement of ``sql/consumer/`` finds."""
        found = self.session.rows(f"consumer/{question}", **values)
        if self._documents is not None:
            return [self._documents[ordinal - 1] for ordinal, _ in found]
        return [orjson.loads(document) for _, document in found]


def _ledger_rows(ledger: Ledger, plan_id: str) -> pa.Table:
    session = ledger.confined()
    session.run("macros/job_metadata")
    return session.batches("consumer/plan_rows", plan_id=plan_id).read_all()


def _document_rows(jobs: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return jobs of a document as rows; what a job lacks is null."""
    import pyarrow as pa

    def column(name: str, kind: Any) -> Any:
        return pa.array([job.get(name) for job in jobs], kind)

    try:
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
    except (pa.ArrowException, TypeError) as error:
        raise PlanFileError(f"this is no training plan: a job has a field of another type: {error}") from error


def _json(value: Any) -> str:
    try:
        return canonical_json(value).decode()
    except TypeError:
        return json.dumps(value, sort_keys=True, default=str)


def load_training_plan(folder: str | Path) -> TrainingPlan | None:
    """Return the current training plan of a results folder, or None where there is none.

    Args:
        folder: the results folder, or its ``globals/training_plan`` or ``METRICS/training_plan``. The ledger behind it
            answers where there is one; else ``master_training_plan.json``; else its mirror ``training_plan.json``.

    Raises:
        PlanFileError: the file is there and broken. The mirror does not stand in for a broken master.
    """
    folder = Path(folder)
    results = folder.parent.parent if folder.name == "training_plan" else folder
    if (results / "planstore" / "store.json").exists():
        ledger = Ledger(results / "planstore", create=False)
        row = ledger.confined().row("consumer/newest_plan", as_of=None)
        return TrainingPlan.from_ledger(ledger, row[0]) if row else None
    places = [folder] if folder.name == "training_plan" else []
    places += [results / "globals" / "training_plan", results / "METRICS" / "training_plan", folder]
    for place in places:
        for name in ("master_training_plan.json", "training_plan.json"):
            if (place / name).exists():
                return _read_plan_file(place / name)
    return None


def _read_plan_file(path: Path) -> TrainingPlan:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PlanFileError(f"{path} cannot be read as a training plan: {error}") from error
    if not isinstance(document, dict):
        raise PlanFileError(f"{path} is no training plan: it should be an object")
    try:
        return TrainingPlan.from_document(document)
    except PlanFileError as error:
        raise PlanFileError(f"{path}: {error}") from error


def _plan(source: PlanSource) -> TrainingPlan:
    """Return the plan in any of its forms.

    Raises:
        NotFoundError: a folder was given, and there is no plan in it.
    """
    if isinstance(source, TrainingPlan):
        return source
    if isinstance(source, Mapping):
        return TrainingPlan.from_document(source)
    plan = load_training_plan(source)
    if plan is None:
        raise NotFoundError(f"there is no training plan in {source}")
    return plan


def _training_type(training_type: str | None) -> str | None:
    if training_type is not None and training_type not in TRAINING_TYPES:
        raise RequestError(f"training_type is {training_type!r}; it can be {', '.join(TRAINING_TYPES)} or None")
    return training_type


def get_cs_jobs(plan: PlanSource) -> list[dict[str, Any]]:
    """Return the cross-sectional jobs, in plan order."""
    return _plan(plan).ask_jobs("cs_jobs")


def get_symbol_jobs(plan: PlanSource) -> list[dict[str, Any]]:
    """Return the symbol-specific jobs, in plan order."""
    return _plan(plan).ask_jobs("symbol_jobs")


def get_jobs_for_target(plan: PlanSource, target: str) -> list[dict[str, Any]]:
    """Return all jobs of one target, in plan order; none for a target the plan does not know."""
    return _plan(plan).ask_jobs("jobs_for_target", target=target)


def get_jobs_for_symbol(plan: PlanSource, symbol: str) -> list[dict[str, Any]]:
    """Return all jobs of one symbol, in plan order; none for a symbol the plan does not know."""
    return _plan(plan).ask_jobs("jobs_for_symbol", symbol=symbol)


def get_training_jobs_for_target_symbol(
    plan: PlanSource, target: str, symbol: str | None = None, training_type: str | None = None
) -> list[dict[str, Any]]:
    """Return the jobs of one pair, or (``symbol`` None) the cross-sectional ones of a target."""
    kind = _training_type(training_type)
    return _plan(plan).ask_jobs("jobs_for_pair", target=target, symbol=symbol, training_type=kind)


def get_model_families_for_job(
    plan: PlanSource, target: str, symbol: str | None = None, training_type: str | None = None
) -> list[str] | None:
    """Return the model families that train a pair, or (``symbol`` None) a target; None where there are none.

    A plan of reference semantics answers with its own families where it has no such job.
    """
    kind = _training_type(training_type)
    ((families,),) = _plan(plan).ask("model_families_for_job", target=target, symbol=symbol, training_type=kind)
    return None if families is None else list(families)


def should_train_target_symbol(
    plan: PlanSource, target: str, symbol: str | None = None, training_type: str | None = None
) -> bool:
    """Tell whether the plan trains a pair, or (``symbol`` None) a target's cross-sectional model."""
    kind = _training_type(training_type)
    ((answer,),) = _plan(plan).ask("should_train", target=target, symbol=symbol, training_type=kind)
    return bool(answer)


def filter_targets_by_training_plan(
    targets: Sequence[str], plan: PlanSource, training_type: str | None = None, *, train_everything: bool = False
) -> list[str]:
    """Return those of ``targets`` that the plan trains, in the order given.

    Args:
        targets: names of targets.
        plan: the plan.
        training_type: count jobs of this type only.
        train_everything: return all targets when the plan has no such job, instead of none.

    Raises:
        ValueError: a plan of reference semantics has no jobs at all.
    """
    plan, kind = _plan(plan), _training_type(training_type)
    planned = {target for (target,) in plan.ask("plan_targets", training_type=kind)}
    if not plan.is_strict:
        if kind is not None and not plan.metadata.get("total_jobs", len(plan.jobs)):
            raise ValueError("the training plan has no jobs")
        train_everything = True
    if not planned:
        return _unfiltered(targets, "targets", kind, train_everything)
    return [target for target in targets if target in planned]


def filter_symbols_by_training_plan(target: str, symbols: Sequence[str], plan: PlanSource) -> list[str]:
    """Return those of ``symbols`` for which the plan trains ``target`` on its own, in the order given.

    A plan of reference semantics that trains the target for no symbol returns them all.
    """
    plan = _plan(plan)
    planned = {symbol for (symbol,) in plan.ask("plan_symbols", target=target)}
    if not planned and not plan.is_strict:
        return list(symbols)
    return [symbol for symbol in symbols if symbol in planned]


def apply_training_plan_filter(
    targets: Sequence[str], symbols: Sequence[str], plan: PlanSource, *, train_everything: bool = False
) -> dict[str, Any]:
    """Return what of ``targets`` × ``symbols`` the plan trains.

    Returns:
        ``targets``: those the plan trains (reference semantics: by a cross-sectional job), in the order given;
        ``symbols_by_target``: for each of them the symbols trained on their own.
    """
    plan = _plan(plan)
    if plan.is_strict:
        chosen = filter_targets_by_training_plan(targets, plan, train_everything=train_everything)
    else:
        planned = {target for (target,) in plan.ask("plan_targets", training_type="cross_sectional")}
        chosen = [target for target in targets if target in planned] or list(targets)
    everything = train_everything and not plan.metadata.get("total_jobs")
    return {
        "targets": chosen,
        "symbols_by_target": {
            target: list(symbols) if everything else filter_symbols_by_training_plan(target, symbols, plan)
            for target in chosen
        },
    }


def _unfiltered(names: Sequence[str], what: str, kind: str | None, train_everything: bool) -> list[str]:
    jobs = f"{kind} jobs" if kind else "jobs"
    if train_everything:
        _log.warning("the training plan has no %s; all %d %s pass unfiltered", jobs, len(names), what)
        return list(names)
    _log.warning("the training plan has no %s, so none of %d %s is trained", jobs, len(names), what)
    return []


def validate_training_plan(plan: PlanSource) -> dict[str, Any]:
    """Check a plan's structure: ``{"ok": bool, "warnings": [text, …]}``."""
    try:
        loaded = _plan(plan)
    except PlanFileError as error:
        return {"ok": False, "warnings": [str(error)]}
    warnings = [f"{part} is missing" for part in ("metadata", "summary") if not getattr(loaded, part)]
    required = ("job_id", "target", "route", "training_type", "priority")
    for place, job in enumerate(loaded.jobs if isinstance(plan, Mapping) else (), 1):
        missing = [name for name in required if job.get(name) is None]
        if missing:
            warnings.append(f"job {place} ({job.get('job_id')}) lacks {', '.join(missing)}")
    warnings += [problem for (problem,) in loaded.ask("plan_problems")]
    return {"ok": not warnings, "warnings": warnings}


def get_training_plan_summary(plan: PlanSource) -> dict[str, Any]:
    """Return ``generated_at``, ``run_id``, ``total_jobs``, ``cs_jobs``, ``symbol_jobs``, ``by_route``, ``by_type``."""
    plan = _plan(plan)
    by_route: dict[str, int] = {}
    by_type: dict[str, int] = {}
    for training_type, route, jobs in plan.ask("plan_counts"):
        by_type[training_type] = by_type.get(training_type, 0) + jobs
        by_route[route] = by_route.get(route, 0) + jobs
    return {
        "generated_at": plan.metadata.get("generated_at"),
        "run_id": plan.metadata.get("run_id"),
        "total_jobs": sum(by_type.values()),
        "cs_jobs": by_type.get("cross_sectional", 0),
        "symbol_jobs": by_type.get("symbol_specific", 0),
        "by_route": by_route,
        "by_type": by_type,
    }


def print_training_plan_summary(plan: PlanSource) -> None:
    """Print a plan's summary on standard output."""
    summary = get_training_plan_summary(plan)
    lines = [
        f"Training plan of run {summary['run_id']} ({summary['generated_at']})",
        f"  jobs             {summary['total_jobs']}",
        f"  cross-sectional  {summary['cs_jobs']}",
        f"  symbol-specific  {summary['symbol_jobs']}",
        *(f"  {route:<24} {count}" for route, count in sorted(summary["by_route"].items())),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def compare_training_plans(plan1: PlanSource | None, plan2: PlanSource | None) -> dict[str, Any]:
    """Compare two plans: totals, and sorted ids of the jobs that ``plan2`` adds, removes and changes.

    Returns:
        ``{"error": text}`` when a plan is missing.
    """
    plans: list[TrainingPlan] = []
    for name, source in (("plan1", plan1), ("plan2", plan2)):
        try:
            if source is None:
                return {"error": f"{name} is missing"}
            plans.append(_plan(source))
        except NotFoundError as error:
            return {"error": f"{name} is missing: {error}"}
    import pyarrow as pa

    rows = [plan.rows(name) for plan, name in zip(plans, ("plan1", "plan2"), strict=True)]
    session = memory()
    with session.given("incoming_jobs", pa.concat_tables(rows)):
        session.run("consumer/shelf_jobs")
    session.run("macros/plan_diff")
    found: dict[str, list[str]] = {"added": [], "removed": [], "changed": []}
    for job_id, change in session.rows("consumer/plan_diff", a="plan1", b="plan2"):
        found[change].append(job_id)
    return {
        "plan1_total": rows[0].num_rows,
        "plan2_total": rows[1].num_rows,
        "added_jobs": found["added"],
        "removed_jobs": found["removed"],
        "changed_jobs": found["changed"],
        "common_jobs": rows[0].num_rows - len(found["removed"]),
    }
