"""``planstore diff``: what one plan changes against another."""

from __future__ import annotations

from typing import Annotated

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Results

COLUMNS = ("change", "job_id", "route_a", "route_b", "fields")


def command(
    a: Annotated[str, typer.Argument(metavar="A", help="A run id, a commit's number or the start of a plan id.")],
    b: Annotated[str, typer.Argument(metavar="B", help="As A.")],
    results: Results = RESULTS,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show in the table; --json gives all.")] = 50,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Show what the plan of B changes against the plan of A. Exit code 0 when they are the same, 1 when not."""
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False, as_of=as_of) as store:
        found = store.diff(a, b)
    if json:
        output.print_json(found.as_dict())
    elif not found:
        output.print_line(f"{a} and {b} have the same jobs.")
    else:
        counts = ", ".join(f"{found.count(change)} {change}" for change in ("added", "removed", "changed"))
        more = f"{len(found.jobs) - limit} more; --limit or --json shows them" if len(found.jobs) > limit else ""
        rows = ([job[column] for column in COLUMNS] for job in found.jobs[:limit])
        output.print_table(f"Jobs from {a} to {b}: {counts}", COLUMNS, rows, more=more)
    raise typer.Exit(1 if found else 0)
