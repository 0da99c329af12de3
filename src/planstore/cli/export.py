"""``planstore export``: write JSON, YAML and Markdown files."""

from __future__ import annotations

from typing import Annotated

import typer

from planstore.cli.argument_completion import complete_format
from planstore.cli.options import RESULTS, Json, Results


def command(
    results: Results = RESULTS,
    format: Annotated[
        list[str] | None,
        typer.Option(
            help="Format: json, yaml or markdown; repeatable. Default: the policy's dump_plan_as.",
            autocompletion=complete_format,
        ),
    ] = None,
    metrics_copy: Annotated[bool, typer.Option("--metrics-copy", help="Also write METRICS/training_plan.")] = False,
    json: Json = False,
) -> None:
    """Write the files of the newest run and its plan.

    Correct files are left unchanged; an interrupted export is completed.
    """
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False) as store, output.spinner("writing files"):
        done = store.export(formats=format, metrics_copy=metrics_copy)
    if json:
        output.print_json(done.as_dict())
        return
    output.print_line(
        f"{done.files} files in {results} show run {done.run_id}: {done.written} written, {done.removed} removed."
    )
