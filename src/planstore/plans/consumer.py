"""Helper functions that query a training plan.

Every function accepts a plan as a :class:`TrainingPlan`, as a dict in the form of ``master_training_plan.json``, or as
a folder. A dict or folder is read again for each call, because it may have changed. For many calls, create the plan
once with :meth:`TrainingPlan.from_document` or :func:`planstore.load_training_plan`. The answers come from SQL macros
(``sql/macros/``), which SQL users can call too.

Plans with strict semantics are answered strictly: a job that is not in the plan is not trained. Plans with reference
semantics and older files are answered like the recorded reference. So is None, which means no plan: it has no jobs, and
filters nothing.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from planstore.checks.arguments import checked
from planstore.checks.quoting import quoted
from planstore.database.connection import memory
from planstore.errors import NotFoundError, PlanFileError, RequestError
from planstore.events.vocabulary import TRAINED_TYPES, TrainingType
from planstore.plans.training_plan import PlanSource, TrainingPlan, plan_in

_log = logging.getLogger("planstore.consumer")

NO_PLAN = "Training plan is None"
"""The message for a missing plan that older readers search for."""


def _training_type(training_type: str | None) -> str | None:
    if training_type is not None and training_type not in TRAINED_TYPES:
        raise RequestError(f"training_type must be {', '.join(TRAINED_TYPES)} or None, got {quoted(training_type)}")
    return training_type


@checked
def get_cs_jobs(plan: PlanSource | None) -> list[dict[str, Any]]:
    """Return the cross-sectional jobs, in plan order."""
    return _jobs(plan, "cs_jobs")


@checked
def get_symbol_jobs(plan: PlanSource | None) -> list[dict[str, Any]]:
    """Return the symbol-specific jobs, in plan order."""
    return _jobs(plan, "symbol_jobs")


@checked
def get_jobs_for_target(plan: PlanSource | None, target: str) -> list[dict[str, Any]]:
    """Return all jobs of one target, in plan order; an unknown target has none."""
    return _jobs(plan, "jobs_for_target", target=target)


@checked
def get_jobs_for_symbol(plan: PlanSource | None, symbol: str) -> list[dict[str, Any]]:
    """Return all jobs of one symbol, in plan order; an unknown symbol has none."""
    return _jobs(plan, "jobs_for_symbol", symbol=symbol)


@checked
def get_training_jobs_for_target_symbol(
    plan: PlanSource | None, target: str, symbol: str | None = None, training_type: str | None = None
) -> list[dict[str, Any]]:
    """Return the jobs of one pair or, if ``symbol`` is None, the cross-sectional jobs of a target."""
    return _jobs(plan, "jobs_for_pair", target=target, symbol=symbol, training_type=_training_type(training_type))


def _jobs(plan: PlanSource | None, question: str, **values: Any) -> list[dict[str, Any]]:
    return [] if plan is None else plan_in(plan).ask_jobs(question, **values)


@checked
def get_model_families_for_job(
    plan: PlanSource | None, target: str, symbol: str | None = None, training_type: str | None = None
) -> list[str] | None:
    """Return the model families of a pair or, if ``symbol`` is None, of a target; None if there are none.

    A plan with reference semantics returns its own families if it has no such job. If it has several, a cross-sectional
    job comes first, then the job with the first id.
    """
    kind = _training_type(training_type)
    if plan is None:
        return None
    ((families,),) = plan_in(plan).ask("model_families_for_job", target=target, symbol=symbol, training_type=kind)
    return None if families is None else list(families)


@checked
def should_train_target_symbol(
    plan: PlanSource | None, target: str, symbol: str | None = None, training_type: str | None = None
) -> bool:
    """Return whether the plan trains a pair or, if ``symbol`` is None, a target's cross-sectional model."""
    kind = _training_type(training_type)
    if plan is None:
        return True
    ((answer,),) = plan_in(plan).ask("should_train", target=target, symbol=symbol, training_type=kind)
    return bool(answer)


@checked
def filter_targets_by_training_plan(
    targets: Sequence[str],
    plan: PlanSource | None,
    training_type: str | None = None,
    *,
    train_everything: bool = False,
) -> list[str]:
    """Return those of ``targets`` that the plan trains, in the given order.

    Args:
        targets: names of targets.
        plan: the plan.
        training_type: count only jobs of this type; None means any type, or ``cross_sectional`` with reference
            semantics.
        train_everything: return all targets instead of none if the plan has no such job.

    Raises:
        ValueError: a plan with reference semantics has no jobs at all, and ``targets`` is not empty.
    """
    kind = _training_type(training_type)
    if plan is None or not targets:
        return list(targets)
    plan = plan_in(plan)
    if not plan.is_strict:
        if not _total_jobs(plan):
            raise ValueError("the training plan has no jobs")
        kind, train_everything = kind or TrainingType.CROSS_SECTIONAL, True
    planned = {target for (target,) in plan.ask("plan_targets", training_type=kind)}
    if not planned:
        return _unfiltered(targets, "targets", kind, train_everything)
    return [target for target in targets if target in planned]


@checked
def filter_symbols_by_training_plan(target: str, symbols: Sequence[str], plan: PlanSource | None) -> list[str]:
    """Return those of ``symbols`` that have a symbol-specific job of ``target``, in the given order.

    A plan with reference semantics and no such job of the target returns all symbols.
    """
    if plan is None:
        return list(symbols)
    plan = plan_in(plan)
    planned = {symbol for (symbol,) in plan.ask("plan_symbols", target=target)}
    if not planned and not plan.is_strict:
        return list(symbols)
    return [symbol for symbol in symbols if symbol in planned]


@checked
def apply_training_plan_filter(
    targets: Sequence[str], symbols: Sequence[str], plan: PlanSource | None, *, train_everything: bool = False
) -> dict[str, Any]:
    """Return the part of ``targets`` × ``symbols`` that the plan trains.

    Returns:
        ``targets``: the trained targets in the given order (with reference semantics: those with a cross-sectional job,
        or all of them if the plan has none); ``symbols_by_target``: the symbols of each target's symbol-specific jobs.
    """
    if plan is None:
        return {"targets": list(targets), "symbols_by_target": {target: list(symbols) for target in targets}}
    plan = plan_in(plan)
    total = _total_jobs(plan)
    chosen = list(targets)
    if plan.is_strict or total:
        chosen = filter_targets_by_training_plan(targets, plan, train_everything=train_everything)
    everything = train_everything and not total
    return {
        "targets": chosen,
        "symbols_by_target": {
            target: list(symbols) if everything else filter_symbols_by_training_plan(target, symbols, plan)
            for target in chosen
        },
    }


def _total_jobs(plan: TrainingPlan) -> int:
    total = plan.metadata.get("total_jobs")
    return len(plan.jobs) if total is None else int(total)


def _unfiltered(names: Sequence[str], what: str, kind: str | None, train_everything: bool) -> list[str]:
    jobs = f"{kind} jobs" if kind else "jobs"
    if train_everything:
        _log.warning("the training plan has no %s; all %d %s pass unfiltered", jobs, len(names), what)
        return list(names)
    _log.warning("the training plan has no %s, so none of %d %s is trained", jobs, len(names), what)
    return []


@checked
def validate_training_plan(plan: PlanSource | None) -> dict[str, Any]:
    """Check a plan's structure: ``{"ok": bool, "warnings": [text, …]}``."""
    if plan is None:
        return {"ok": False, "warnings": [NO_PLAN]}
    try:
        loaded = plan_in(plan)
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


@checked
def get_training_plan_summary(plan: PlanSource | None) -> dict[str, Any]:
    """Return ``generated_at``, ``run_id``, ``total_jobs``, ``cs_jobs``, ``symbol_jobs``, ``by_route``, ``by_type``.

    The summary of None is an empty dict.
    """
    if plan is None:
        return {}
    plan = plan_in(plan)
    by_route: dict[str, int] = {}
    by_type: dict[str, int] = {}
    for training_type, route, jobs in plan.ask("plan_counts"):
        by_type[training_type] = by_type.get(training_type, 0) + jobs
        by_route[route] = by_route.get(route, 0) + jobs
    return {
        "generated_at": plan.metadata.get("generated_at"),
        "run_id": plan.metadata.get("run_id"),
        "total_jobs": sum(by_type.values()),
        "cs_jobs": by_type.get(TrainingType.CROSS_SECTIONAL, 0),
        "symbol_jobs": by_type.get(TrainingType.SYMBOL_SPECIFIC, 0),
        "by_route": by_route,
        "by_type": by_type,
    }


@checked
def print_training_plan_summary(plan: PlanSource | None) -> None:
    """Print a plan's summary on standard output."""
    if plan is None:
        sys.stdout.write(f"{NO_PLAN}\n")
        return
    summary = get_training_plan_summary(plan)
    lines = [
        f"Training plan of run {summary['run_id']} ({summary['generated_at']})",
        f"  jobs             {summary['total_jobs']}",
        f"  cross-sectional  {summary['cs_jobs']}",
        f"  symbol-specific  {summary['symbol_jobs']}",
        *(f"  {route:<24} {count}" for route, count in sorted(summary["by_route"].items())),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


@checked
def compare_training_plans(plan1: PlanSource | None, plan2: PlanSource | None) -> dict[str, Any]:
    """Compare two plans: totals, and sorted ids of the jobs that ``plan2`` adds, removes and changes.

    Returns:
        ``{"error": text}`` if a plan is missing.
    """
    plans: list[TrainingPlan] = []
    for name, source in (("plan1", plan1), ("plan2", plan2)):
        try:
            if source is None:
                return {"error": f"{name} is missing"}
            plans.append(plan_in(source))
        except NotFoundError as error:
            return {"error": f"{name} is missing: {error}"}
    import pyarrow as pa

    rows = [plan.rows(name) for plan, name in zip(plans, ("plan1", "plan2"), strict=True)]
    session = memory()
    with session.registered("incoming_jobs", pa.concat_tables(rows)):
        session.run("consumer/plan_index/jobs")
    session.run("macros/plan_diff")
    job_ids: dict[str, list[str]] = {"added": [], "removed": [], "changed": []}
    for job_id, change in session.rows("consumer/plan_diff", a="plan1", b="plan2"):
        job_ids[change].append(job_id)
    return {
        "plan1_total": rows[0].num_rows,
        "plan2_total": rows[1].num_rows,
        "added_jobs": job_ids["added"],
        "removed_jobs": job_ids["removed"],
        "changed_jobs": job_ids["changed"],
        "common_jobs": rows[0].num_rows - len(job_ids["removed"]),
    }
