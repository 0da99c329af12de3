"""``planstore train``: train the jobs of the current plan."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planstore.cli.argument_completion import (
    complete_planned_family,
    complete_planned_symbol,
    complete_planned_target,
)
from planstore.cli.hooks import BEFORE_TRAIN
from planstore.cli.options import (
    RESULTS,
    Executor,
    Families,
    Json,
    Limit,
    MaxFitRows,
    PanelPath,
    Plan,
    RayAddress,
    Results,
)
from planstore.cli.panel_settings import Classes, Embargo, Feature, Horizon, Ignore, PanelFile, Task, panel_settings

if TYPE_CHECKING:
    from planstore.cli.hooks import Hooks
    from planstore.plans.cost import CostEstimate
    from planstore.training.execution.outcome import Training
    from planstore.training.execution.train import TrainingRequest
    from planstore.training.panel.places import PanelPlace

COLUMNS = ("job_id", "route", "status", "attempt", "score", "evidence", "families", "reused_from", "error")
LEAST = ("attempt", "reused_from", "evidence", "families", "route", "error")
PENDING_COLUMNS = ("job_id", "target", "symbol", "route", "priority", "model_families", "status")
PENDING_LEAST = ("symbol", "target", "priority")


def command(
    ctx: typer.Context,
    panel: PanelPath,
    results: Results = RESULTS,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Concurrent jobs. Default: one per CPU core, limited by memory.")
    ] = None,
    executor: Executor = "local",
    ray_address: RayAddress = None,
    plan: Plan = None,
    force: Annotated[
        bool, typer.Option("--force", help="Train a stale plan: one with newer evidence, policy, rules or overrides.")
    ] = False,
    target: Annotated[
        list[str] | None,
        typer.Option(help="Train only jobs of this target; repeatable.", autocompletion=complete_planned_target),
    ] = None,
    symbol: Annotated[
        list[str] | None,
        typer.Option(help="Train only jobs of this symbol; repeatable.", autocompletion=complete_planned_symbol),
    ] = None,
    family: Annotated[
        list[str] | None,
        typer.Option(
            help="Train only jobs with this family, with all of their families; repeatable.",
            autocompletion=complete_planned_family,
        ),
    ] = None,
    priority: Annotated[list[int] | None, typer.Option(help="Train only jobs of this priority; repeatable.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything and list the jobs to train; train and write nothing.")
    ] = False,
    no_reuse: Annotated[
        bool, typer.Option("--no-reuse", help="Train jobs again that have the same inputs as an earlier job.")
    ] = False,
    families: Families = None,
    max_fit_rows: MaxFitRows = None,
    max_attempts: Annotated[int, typer.Option(min=1, help="Maximum attempts of a job after deaths of its worker.")] = 3,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    refit: Annotated[
        bool | None,
        typer.Option(
            "--refit/--no-refit",
            help="After scoring, fit each model once more on all labelled rows; those predict new rows. "
            "Default: the policy's refit.",
        ),
    ] = None,
    horizon: Horizon = None,
    embargo: Embargo = None,
    task: Task = None,
    classes: Classes = None,
    feature: Feature = None,
    ignore: Ignore = None,
    panel_file: PanelFile = None,
    other_settings: Annotated[
        bool,
        typer.Option(
            "--other-settings",
            help="Train with other horizons, embargoes, tasks or classes than the plan's evidence was measured with.",
        ),
    ] = False,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Train the untrained jobs of the current plan, or a selection of them.

    Exit code 1 when a job failed or none was trained, unless all had succeeded before. A later call resumes a killed
    training. Several trainings can share one plan. A selected job that blends its model with the cross-sectional one
    selects that job too.
    """
    import planstore
    from planstore.cli import output
    from planstore.cli.exit import exit_with
    from planstore.training.execution.executor_settings import ExecutorSettings
    from planstore.training.execution.selection import JobSelection
    from planstore.training.execution.train import TrainingRequest
    from planstore.training.panel.panel import Panel
    from planstore.training.panel.places import panel_place

    settings = panel_settings(
        horizon=horizon, embargo=embargo, task=task, classes=classes, feature=feature, ignore=ignore,
        panel_file=panel_file,
    )  # fmt: skip
    with planstore.open(results, create=False) as store:
        request = TrainingRequest(
            store,
            ExecutorSettings(executor, workers, ray_address),
            plan=plan,
            force=force,
            families=families,
            max_attempts=max_attempts,
            seed=seed,
            refit=refit,
            reuse=not no_reuse,
            max_fit_rows=max_fit_rows,
            other_settings=other_settings,
            selection=JobSelection(target or (), symbol or (), family or (), priority or ()),
        )
        planned = request.check_panel(panel, settings)
        cost = request.cost()
        saving = "" if no_reuse or not cost.earlier_jobs else "; less where earlier results are reused"
        if dry_run:
            _print_pending(request, f"{cost}{saving}", limit, _plan(request, cost) if json else None)
            return
        if request.pending:
            output.print_note(f"estimated time: {cost}{_eta(cost, executor, workers)}{saving}")
            _run_hook(
                ctx.obj,
                {"results": str(store.access.results), "panel": _absolute(panel_place(panel)), **_plan(request, cost)},
            )
        with output.spinner("reading the panel"):
            read = Panel.read(panel, settings=planned)
        for note in read.notes:
            output.print_note(f"panel: {note}")
        for trouble in read.troubles:
            output.print_warning(f"panel: {trouble}")
        with output.progress("training") as show:
            training = request.train(read, progress=show)
    with exit_with(1 if training.failed or training.emptiness else 0):
        if json:
            output.print_json(training.as_dict())
        else:
            shown, more = output.shown_rows(limit, len(training.jobs))
            output.print_table(
                _title(training),
                COLUMNS,
                ([_cell(job, column) for column in COLUMNS] for job in training.jobs[:shown]),
                more=more,
                least=LEAST,
                short=("reused_from",),
            )


def _title(training: Training) -> str:
    """Return the number of jobs, and of those in each status."""
    from planstore.cli import output
    from planstore.pages.answers import plural

    jobs = plural(len(training.jobs), "job")
    return f"{jobs}: {output.counts(training.progress, training.reused)}{_earlier(training)}" if training.jobs else jobs


def _earlier(training: Training) -> str:
    """Return the number of jobs that had succeeded before the call, as the end of a sentence."""
    from planstore.events.vocabulary import JobState

    earlier = training.progress.get(JobState.SUCCEEDED, 0) - training.trained
    return f"; {earlier:,} before this call" if earlier else ""


def _eta(cost: CostEstimate, executor: str, workers: int | None) -> str:
    """Return the time that a training on this machine takes, as the end of a sentence."""
    from planstore.plans.cost import duration
    from planstore.training.execution.memory import requested_workers

    if cost.seconds is None or (executor != "local" and workers is None):
        return ""
    cores = requested_workers(workers)
    return f"; about {duration(cost.seconds / cores)} with {cores} workers"


def _absolute(panel: PanelPlace) -> str:
    """Return a panel's path or address as it is valid in every folder, because a hook runs in that of its file."""
    from planstore.training.panel.places import LocalPanel

    return str(Path(str(panel)).absolute()) if isinstance(panel, LocalPanel) else str(panel)


def _run_hook(hooks: Hooks, plan: dict[str, Any]) -> None:
    """Run the hook before the training.

    Raises:
        RequestError: it failed, and its failure refuses the training.
    """
    from planstore.cli import output
    from planstore.errors import RequestError

    failure = hooks.run(BEFORE_TRAIN, plan)
    if failure is None:
        return
    if hooks.hooks[BEFORE_TRAIN].on_failure == "fail":
        raise RequestError(f"{failure}: nothing was trained; correct the hook, or call planstore with --no-hooks")
    output.print_warning(f"planstore: {failure}; the training goes on")


def _plan(request: TrainingRequest, cost: CostEstimate) -> dict[str, Any]:
    """Return the jobs to train, for JSON."""
    return {"plan_id": request.plan_id, "jobs": request.pending, "cost": cost.as_dict()}


def _print_pending(request: TrainingRequest, estimate: str, limit: int | None, json: Mapping[str, Any] | None) -> None:
    """Print the jobs to train, as a table with the estimated time, or as the given JSON."""
    from planstore.cli import output

    if json is not None:
        output.print_json(json)
        return
    pending = request.pending
    shown, more = output.shown_rows(limit, len(pending))
    output.print_table(
        f"{len(pending)} of {len(request.jobs)} jobs of plan {request.plan_id} to train",
        PENDING_COLUMNS,
        ([job[column] for column in PENDING_COLUMNS] for job in pending[:shown]),
        more=more,
        least=PENDING_LEAST,
    )
    if pending:
        output.print_line(f"\nEstimated time: {estimate}")


def _cell(job: dict[str, Any], column: str) -> object:
    metrics = job["metrics"] if isinstance(job["metrics"], dict) else {}
    special = {
        "score": metrics.get("score"),
        "evidence": metrics.get("evidence_score"),
        "families": job["model_families"],
    }
    return special[column] if column in special else job[column]
