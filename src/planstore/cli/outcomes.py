"""``planstore outcomes``: list, record and measure the scores that came true of what runs promised."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.checks.number_text import chance
from planstore.cli.argument_completion import complete_family, complete_run, complete_run_range
from planstore.cli.options import RESULTS, AllowPickle, AsOf, Families, Json, Limit, PanelPath, Results, Run, is_typed
from planstore.cli.panel_settings import Classes, Embargo, Feature, Horizon, Ignore, PanelFile, Task, panel_settings

app = typer.Typer(invoke_without_command=True, help="List, record and measure outcomes of evidence.")
COLUMNS = ("run", "target", "symbol", "mode", "promised", "realized", "null", "p", "from", "to", "rows", "job_id")
LEAST = ("job_id", "rows", "p")


@app.callback()
def list_(
    context: typer.Context,
    results: Results = RESULTS,
    run: Run = None,
    limit: Limit = None,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """List outcomes, by default of the newest run that has any: promised scores, and those that came true.

    `planstore outcomes measure PANEL` measures them, `planstore outcomes record FILE` records those of other systems.
    """
    if context.invoked_subcommand is not None:
        if any(is_typed(context, name) for name in context.params):
            raise typer.BadParameter(f"options must stand after {context.invoked_subcommand}, got them before it")
        return
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False, as_of=as_of) as store:
        newest = store.access.session.row("outcomes/newest_run") if run is None else None
        found = store.outcomes(run_id=newest[0] if newest else store.run(run).run_id)
    if json:
        output.print_json_array(found)
        return
    shown, more = output.shown_rows(limit, len(found))
    rows = (
        (
            one["run_id"], one["target"], one["symbol"], one["mode"], _rounded(one["promised"]),
            _rounded(one["realized"]), _rounded(one["null_score"]), chance(one["p_value"]),
            f"{one['first_timestamp']:%Y-%m-%d}", f"{one['last_timestamp']:%Y-%m-%d}", one["sample_size"],
            one["job_id"],
        )
        for one in found[:shown]
    )  # fmt: skip
    nothing = "" if found else "`planstore outcomes measure PANEL` measures them."
    output.print_table(found.title, COLUMNS, rows, more=more or nothing, least=LEAST)


@app.command("record")
def record(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Outcomes: parquet, CSV, JSON or JSON lines, a row for each.")
    ],
    results: Results = RESULTS,
    run: Annotated[
        str | None,
        typer.Option(
            "--run",
            help="Run of all rows. Default: the one that the column run_id names.",
            autocompletion=complete_run,
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Record the outcomes in FILE, in one commit; those that are recorded already are left out.

    Columns: run_id, target, score, sample_size, first_timestamp, last_timestamp; optional: symbol, mode, metric_name,
    null_score, null_sd, p_value, effective_samples, learned_until, job_id, model. A stretch must begin after the newest
    data that the evidence and the model have seen.
    """  # fmt: skip
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False) as store:
        found = store.record_outcomes(file, run_id=run)
    if json:
        output.print_json(found.as_dict())
    else:
        output.print_line(str(found))


@app.command("measure")
def measure(
    panel: PanelPath,
    results: Results = RESULTS,
    runs: Annotated[
        list[str] | None,
        typer.Option(
            "--run",
            "--runs",
            help="Run (id, commit number, start of a plan id, or time) or range A..B; repeatable. Default: the newest "
            "run of each plan.",
            autocompletion=complete_run_range,
        ),
    ] = None,
    refit: Annotated[
        bool,
        typer.Option(
            "--refit", help="Fit both sides of every pair as of the end of the evidence, instead of trained models."
        ),
    ] = False,
    length: Annotated[
        int | None, typer.Option(min=1, help="Maximum number of scored timestamps. Default: all.")
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(help="Target or pattern, such as 'y_*'; repeatable. Default: columns with usual target names."),
    ] = None,
    symbol: Annotated[list[str] | None, typer.Option(help="Symbol; repeatable. Default: all.")] = None,
    family: Annotated[
        list[str] | None,
        typer.Option(
            help="Model family of refits; repeatable. Default: those of the evidence.", autocompletion=complete_family
        ),
    ] = None,
    families: Families = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Worker processes of refits. Default: one per CPU core, limited by memory."),
    ] = None,
    allow_pickle: AllowPickle = False,
    horizon: Horizon = None,
    embargo: Embargo = None,
    task: Task = None,
    classes: Classes = None,
    feature: Feature = None,
    ignore: Ignore = None,
    panel_file: PanelFile = None,
    json: Json = False,
) -> None:
    """Score the models of plans on the rows of PANEL that came after, and record the outcomes in one commit.

    Rows count where they lie after the newest data that evidence and model have seen, by more than the target's
    horizon. Each score has the null of the same stretch. Refits have the features, families, seed and rows of the
    evidence; targets whose settings differ from those of the evidence are left out.
    """
    import planstore
    from planstore.cli import output
    from planstore.training.panel.panel import Panel

    settings = panel_settings(
        horizon=horizon, embargo=embargo, task=task, classes=classes, feature=feature, ignore=ignore,
        panel_file=panel_file, target=target,
    )  # fmt: skip
    with output.spinner("reading the panel"):
        read = Panel.read(panel, symbols=symbol, targets=target, settings=settings)
    output.print_note(str(read))
    with planstore.open(results, create=False) as store, output.progress("measuring") as show:
        found = store.measure_outcomes(
            read,
            runs=runs or (),
            refit=refit,
            length=length,
            families=family,
            families_file=families,
            workers=workers,
            allow_pickle=allow_pickle,
            progress=show,
        )
    for trouble in found.troubles:
        output.print_note(f"planstore: {trouble}")
    if json:
        output.print_json(found.as_dict())
    else:
        output.print_line(str(found.recorded))


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 3)
