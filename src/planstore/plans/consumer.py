"""The helper functions that ask a training plan things.

Every helper takes a plan in any form: a :class:`TrainingPlan`, a plain dict like ``master_training_plan.json``, or the
folder of one. A dict or folder is read anew for each question, because it may have changed; for many questions, make
the plan once: :meth:`TrainingPlan.from_document`, :func:`load_training_plan`. The answers come from SQL macros
(``sql/macros/``) that a SQL user can call as well.

Plans made under strict semantics are answered strictly: what is not in the plan is not trained. Plans made under
reference semantics, and older files, are answered as the recorded reference answered. So is None, which stands for no
plan: it has no jobs, and filters nothing.
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
"""The words that older readers look for where there is no plan."""


def _training_type(training_type: str | None) -> str | None:
    if training_type is not None and training_type not in TRAINED_TYPES:
        raise RequestError(f"training_type is {quoted(training_type)}; it can be {', '.join(TRAINED_TYPES)} or None")
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
    """Return all jobs of one target, in plan order; none for a target the plan does not know."""
    return _jobs(plan, "jobs_for_target", target=target)


@checked
def get_jobs_for_symbol(plan: PlanSource | None, symbol: str) -> list[dict[str, Any]]:
    """Return all jobs of one symbol, in plan order; none for a symbol the plan does not know."""
    return _jobs(plan, "jobs_for_symbol", symbol=symbol)


@checked
def get_training_jobs_for_target_symbol(
    plan: PlanSource | None, target: str, symbol: str | None = None, training_type: str | None = None
) -> list[dict[str, Any]]:
    """Return the jobs of one pair, or (``symbol`` None) the cross-sectional ones of a target."""
    return _jobs(plan, "jobs_for_pair", target=target, symbol=symbol, training_type=_training_type(training_type))


def _jobs(plan: PlanSource | None, question: str, **values: Any) -> list[dict[str, Any]]:
    return [] if plan is None else plan_in(plan).ask_jobs(question, **values)


@checked
def get_model_families_for_job(
    plan: PlanSource | None, target: str, symbol: str | None = None, training_type: str | None = None
) -> list[str] | None:
    """Return the model families that train a pair, or (``symbol`` None) a target; None where there are none.

    A plan of reference semantics answers with its own families where it has no such job; where it has several, a
    cross-sectional one comes before the others, and then the one whose id is the first.
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
    """Tell whether the plan trains a pair, or (``symbol`` None) a target's cross-sectional model."""
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
    """Return those of ``targets`` that the plan trains, in the order given.

    Args:
        targets: names of targets.
        plan: the plan.
        training_type: count jobs of this type only; None means any type, and under reference semantics
            ``cross_sectional``.
        train_everything: return all targets when the plan has no such job, instead of none.

    Raises:
        ValueError: a plan of reference semantics has no jobs at all, and ``targets`` is not empty.
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
    """Return those of ``symbols`` for which the plan trains ``target`` on its own, in the order given.

    A plan of reference semantics that trains the target for no symbol returns them all.
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
    """Return what of ``targets`` × ``symbols`` the plan trains.

    Returns:
        ``targets``: those the plan trains (reference semantics: by a cross-sectional job, and all of them when it has
        none), in the order given; ``symbols_by_target``: for each of them the symbols trained on their own.
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

    No plan has no summary: None gives an empty one.
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
        ``{"error": text}`` when a plan is missing.
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
