"""``planstore models``: list the trained models of the current plan, and write them to a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from planstore.cli.argument_completion import complete_job
from planstore.cli.options import RESULTS, AsOf, Json, Limit, Plan, Results, is_typed

app = typer.Typer(invoke_without_command=True, help="List the trained models of the current plan, or export them.")
COLUMNS = {
    "target": "target", "symbol": "symbol", "family": "family", "fit": "fit", "score": "score",
    "evidence": "evidence_score", "null": "null_score", "age": "age_seconds", "size (bytes)": "size",
    "format": "format", "job_id": "job_id", "reused_from": "reused_from",
}  # fmt: skip
"""The headings, each with the key of its values."""
LEAST = ("reused_from", "format", "size (bytes)", "fit", "symbol", "null", "evidence", "age")


@app.callback()
def list_(
    context: typer.Context,
    results: Results = RESULTS,
    plan: Plan = None,
    limit: Limit = None,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """List the trained models of the current plan: score, evidence and its null, age, size in bytes, and family.

    `planstore models export JOB DIR` writes the models of a job to a folder.
    """
    if context.invoked_subcommand is not None:
        if any(is_typed(context, name) for name in context.params):
            raise typer.BadParameter(f"options must stand after {context.invoked_subcommand}, got them before it")
        return
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False, as_of=as_of) as store:
        found = store.models(plan=plan)
    if json:
        output.print_json_array(found)
        return
    shown, more = output.shown_rows(limit, len(found))
    rows = ([_cell(one, key) for key in COLUMNS.values()] for one in found[:shown])
    output.print_table(found.title, tuple(COLUMNS), rows, more=more, least=LEAST, short=("reused_from",))


@app.command("export")
def export(
    job: Annotated[str, typer.Argument(help="Job id; `planstore jobs` lists them.", autocompletion=complete_job)],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder.")],
    results: Results = RESULTS,
    plan: Plan = None,
    json: Json = False,
) -> None:
    """Write the model files of JOB and manifest.json into DIR. No model is loaded.

    The models that a job of ROUTE_BOTH is averaged with are in the folder pooled.
    """
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False) as store:
        written = store.export_models(job, folder, plan=plan)
    if json:
        output.print_json([str(path) for path in written])
    else:
        for path in written:
            output.print_line(str(path))


def _cell(model: Mapping[str, Any], key: str) -> Any:
    return _age(model[key]) if key == "age_seconds" else model[key]


def _age(seconds: int) -> str:
    """Return a duration in its largest whole unit."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
