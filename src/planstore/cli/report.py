"""``planstore report``: write one HTML page on a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Results, Run


def command(
    run: Run = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "--output",
            help="File to write; an existing file is replaced. Default: reports/RUN.html in the results folder.",
        ),
    ] = None,
    results: Results = RESULTS,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Write one HTML page on a run.

    The page has a map of routes, the explanation of each decision, flips with their causes, jobs, evidence against
    thresholds, and the promises of evidence against the scores that came true.
    Exit code 1 when the stored rules do not reproduce a recorded decision; the page lists the differences.
    """
    import planstore
    from planstore.cli import output as out
    from planstore.cli.exit import exit_with
    from planstore.cli.flip_counts import flip_counts
    from planstore.ledger.embedded.store_folder import refuse_store
    from planstore.projections.file_names import file_names

    if output is not None:
        refuse_store("--out", output)  # first, because the report takes long
    with planstore.open(results, create=False, as_of=as_of) as store, out.spinner("writing the report"):
        report = store.report(run)
        name = file_names([report.run_id], ".html")[report.run_id]
        written = report.write(output or results / "reports" / name)
    with exit_with(1 if report.findings else 0):
        if json:
            out.print_json(report.as_dict() | {"output": str(written)})
        else:
            flips = flip_counts(pairs=report.flipped_pairs, targets=report.flipped_targets)
            before = report.previous_run_id
            changes = f"flips against run {before}: {flips}" if before else "the first run"
            out.print_line(f"Run {report.run_id}: {report.pairs:,} pairs; {changes}")
            for finding in report.findings:
                out.print_line(f"  ! {finding}")
            out.print_line(str(written))
