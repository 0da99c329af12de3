"""``planstore report``: one page about a run, for people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Results


def command(
    run: Annotated[
        str | None, typer.Option(help="A run id, a commit's number or a time; the newest run when not given.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="The file to write, in place of one that is there; reports/RUN.html in the results folder when not "
            "given."
        ),
    ] = None,
    results: Results = RESULTS,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Write one page about a run: a map of routes, why, flips and their causes, jobs, evidence against thresholds.

    Exit code 1 when the kept rules do not arrive at what is recorded; the page says where.
    """
    import planstore
    from planstore.cli import output as out
    from planstore.cli.ending import ending
    from planstore.cli.flips import flips_told
    from planstore.ledger.embedded.store_folder import refuse_store
    from planstore.projections.file_names import file_names

    if output is not None:
        refuse_store("--output", output)  # because the report takes long
    with planstore.open(results, create=False, as_of=as_of) as store, out.working("writing the report"):
        report = store.report(run)
        name = file_names([report.run_id], ".html")[report.run_id]
        written = report.write(output or results / "reports" / name)
    with ending(1 if report.findings else 0):
        if json:
            out.print_json(report.as_dict() | {"output": str(written)})
        else:
            flips = flips_told(pairs=report.flipped_pairs, targets=report.flipped_targets)
            before = report.previous_run_id
            told = f"flips against run {before}: {flips}" if before else "it is the first run"
            out.print_line(f"Run {report.run_id}: {report.pairs:,} pairs; {told}")
            for finding in report.findings:
                out.print_line(f"  ! {finding}")
            out.print_line(str(written))
