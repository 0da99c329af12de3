"""``planstore export``: files for readers that know only files."""

from __future__ import annotations

from typing import Annotated

import typer

from planstore.cli.options import RESULTS, Json, Results


def command(
    results: Results = RESULTS,
    format: Annotated[
        list[str] | None,
        typer.Option(help="json, yaml or markdown; give one for each. Default: what the policy's dump_plan_as says."),
    ] = None,
    metrics_copy: Annotated[bool, typer.Option("--metrics-copy", help="Write METRICS/training_plan as well.")] = False,
    json: Json = False,
) -> None:
    """Write the files of the newest run and its plan.

    Files that are right already stay as they are; an export that was interrupted is completed.
    """
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False) as store, output.working("writing files"):
        done = store.export(formats=format, metrics_copy=metrics_copy)
    if json:
        output.print_json(done.as_dict())
        return
    output.print_line(
        f"{done.files} files in {results} show run {done.run_id}: {done.written} written, {done.removed} removed."
    )
