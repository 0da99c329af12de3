"""``planstore predict``: predict the rows of a panel with the models of the current plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.argument_completion import complete_planned_symbol, complete_planned_target
from planstore.cli.options import RESULTS, AllowPickle, Json, Plan, Results
from planstore.cli.panel_settings import PanelFile


def command(
    panel: Annotated[
        Path,
        typer.Argument(
            metavar="PANEL",
            envvar="PLANSTORE_PANEL",
            help="Features: a folder with one file per symbol, hive folders, or one long file; or its s3:// address. "
            "Targets are not needed.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Parquet file to write the predictions to; an existing file is replaced.")],
    results: Results = RESULTS,
    plan: Plan = None,
    target: Annotated[
        list[str] | None,
        typer.Option(help="Predict only this target; repeatable.", autocompletion=complete_planned_target),
    ] = None,
    symbol: Annotated[
        list[str] | None,
        typer.Option(help="Predict only this symbol; repeatable.", autocompletion=complete_planned_symbol),
    ] = None,
    after: Annotated[
        str | None, typer.Option(help="Predict only rows later than this time (ISO 8601; default zone: UTC).")
    ] = None,
    every_job: Annotated[
        bool,
        typer.Option(
            "--every-job", help="Predict with cross-sectional models for every symbol too, whatever its pair's route."
        ),
    ] = False,
    allow_pickle: AllowPickle = False,
    panel_file: PanelFile = None,
    json: Json = False,
) -> None:
    """Predict the rows of PANEL with the models of the current plan.

    Each row is predicted once for each target, by the model that the route of the pair leads to. The file has the
    columns timestamp, symbol, target, class, prediction, job and model (a digest).
    Exit code 1 when a pair has no prediction because its job is not trained.
    """
    import planstore
    from planstore.checks.times import requested_time
    from planstore.cli import output
    from planstore.cli.exit import exit_with
    from planstore.pages.answers import plural

    later = None if after is None else requested_time("--after", after)
    with planstore.open(results, create=False) as store, output.step_spinner() as show:
        found = store.predict(
            panel,
            out,
            plan=plan,
            targets=target,
            symbols=symbol,
            after=later,
            every_job=every_job,
            allow_pickle=allow_pickle,
            settings=panel_file,
            progress=lambda rows: show(f"predicting: {rows} rows read"),
        )
    with exit_with(1 if found.untrained else 0):
        for note in found.notes:
            output.print_note(f"planstore: {note}")
        if json:
            output.print_json(found.as_dict())
        else:
            output.print_table("Predictions", ("target", "predictions"), found.targets.items())
            output.print_line(f"\n{plural(found.predictions, 'prediction')} by {plural(found.jobs, 'job')} in {out}")
