"""``planstore log``: list the commits of the ledger."""

from __future__ import annotations

from typing import Annotated

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Results

COLUMNS = ("commit_id", "recorded_at", "kind", "run_id", "events", "plan_id", "trained_jobs", "message", "digest")


def command(
    results: Results = RESULTS,
    limit: Annotated[int, typer.Option(min=1, help="Maximum rows in the table; --json prints all.")] = 50,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """List the commits of the ledger, newest first."""
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False, as_of=as_of) as store:
        commits = store.log()
    if json:
        output.print_json_array(commits)
        return
    more = f"{len(commits) - limit} older; --limit or --json shows them" if len(commits) > limit else ""
    rows = ([_short(column, commit[column]) for column in COLUMNS] for commit in commits[:limit])
    output.print_table(f"{len(commits)} commits", COLUMNS, rows, more=more)


def _short(column: str, value: object) -> object:
    return value[:12] if isinstance(value, str) and column in ("plan_id", "digest") else value
