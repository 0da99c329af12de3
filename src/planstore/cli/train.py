"""``planstore train``: train the jobs of the current plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results

COLUMNS = ("job_id", "route", "status", "attempt", "score", "evidence", "families", "error")


def command(
    panel: Annotated[
        Path,
        typer.Argument(
            metavar="PANEL",
            help="Features and targets: a folder with one file per symbol, hive folders, or one long file.",
        ),
    ],
    results: Results = RESULTS,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Concurrent jobs. Default: one per CPU core, limited by memory.")
    ] = None,
    executor: Annotated[str, typer.Option(help="Executor: local (processes on this machine) or ray.")] = "local",
    ray_address: Annotated[
        str | None, typer.Option(help="Address of a Ray cluster. Default: a cluster is started on this machine.")
    ] = None,
    plan: Annotated[
        str | None,
        typer.Option(help="Run id, commit number, start of a plan id, or time. Default: newest."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Train a stale plan: one with newer evidence, policy, rules or overrides.")
    ] = False,
    families: Annotated[Path | None, typer.Option(help="Families file (YAML) with further families.")] = None,
    max_attempts: Annotated[int, typer.Option(min=1, help="Maximum attempts of a job after deaths of its worker.")] = 3,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="Maximum rows in the table; --json prints all.")] = 50,
    json: Json = False,
) -> None:
    """Train the untrained jobs of the current plan. Exit code 1 when a job failed or no model is trained.

    A later call resumes a killed training. Several trainings can share one plan.
    """
    import planstore
    from planstore.cli import output
    from planstore.cli.exit import exit_with
    from planstore.training.execution.executor_settings import ExecutorSettings
    from planstore.training.execution.train import TrainingRequest
    from planstore.training.panel.panel import Panel

    with planstore.open(results, create=False) as store, output.log("planstore.training"):
        request = TrainingRequest(
            store,
            ExecutorSettings(executor, workers, ray_address),
            plan=plan,
            force=force,
            families=families,
            max_attempts=max_attempts,
            seed=seed,
        )
        with output.spinner("reading the panel"):
            read = Panel.read(panel)
        for note in (*read.notes, *read.troubles):
            output.print_note(f"panel: {note}")
        with output.progress("training") as show:
            training = request.train(read, progress=show)
    with exit_with(1 if training.failed or training.emptiness else 0):
        if json:
            output.print_json(training.as_dict())
        else:
            more = (
                f"{len(training.jobs) - limit} more; --limit or --json shows them" if len(training.jobs) > limit else ""
            )
            output.print_table(
                f"{len(training.jobs)} jobs: {output.counts(training.progress)}",
                COLUMNS,
                ([_cell(job, column) for column in COLUMNS] for job in training.jobs[:limit]),
                more=more,
            )


def _cell(job: dict[str, object], column: str) -> object:
    metrics = job["metrics"] if isinstance(job["metrics"], dict) else {}
    special = {
        "score": metrics.get("score"),
        "evidence": metrics.get("evidence_score"),
        "families": job["model_families"],
    }
    return special[column] if column in special else job[column]
