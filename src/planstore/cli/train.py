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
            metavar="PANEL", help="Features and targets: a folder with a file a symbol, hive folders, or one long file."
        ),
    ],
    results: Results = RESULTS,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Jobs that run at once; default: one a core, as far as memory allows.")
    ] = None,
    executor: Annotated[str, typer.Option(help="local, processes of this machine; or ray.")] = "local",
    ray_address: Annotated[
        str | None, typer.Option(help="Of a Ray cluster; without it, one is started on this machine.")
    ] = None,
    plan: Annotated[
        str | None,
        typer.Option(help="A run id, a commit's number, the start of a plan id or a time; default: the newest."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Train a plan whose evidence, policy, rules or overrides have moved on.")
    ] = False,
    families: Annotated[Path | None, typer.Option(help="A families file of your own.")] = None,
    max_attempts: Annotated[int, typer.Option(min=1, help="How often a job is tried whose worker dies.")] = 3,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn by chance.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show in the table; --json gives all.")] = 50,
    json: Json = False,
) -> None:
    """Train the jobs of a plan that are not trained yet, the current one. Exit code 1: one failed, or none is trained.

    A training that was killed goes on where it stopped, and several can share one plan.
    """
    import planstore
    from planstore.cli import output
    from planstore.cli.ending import ending
    from planstore.training.execution.train import TrainingRequest
    from planstore.training.execution.workplace import Workplace
    from planstore.training.panel.panel import Panel

    with planstore.open(results, create=False) as store, output.log("planstore.training"):
        request = TrainingRequest(
            store,
            Workplace(executor, workers, ray_address),
            plan=plan,
            force=force,
            families=families,
            max_attempts=max_attempts,
            seed=seed,
        )
        with output.working("reading the panel"):
            read = Panel.read(panel)
        for note in (*read.notes, *read.troubles):
            output.print_note(f"panel: {note}")
        with output.progress("training") as show:
            training = request.train(read, progress=show)
    with ending(1 if training.failed or training.emptiness else 0):
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
