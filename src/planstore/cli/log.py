"""``planstore log``: list the commits of the ledger."""

from __future__ import annotations

from typing import Annotated

import typer

from planstore.cli.argument_completion import complete_word
from planstore.cli.options import RESULTS, AsOf, Json, Limit, Results
from planstore.events.vocabulary import CommitKind

COLUMNS = (
    "commit_id",
    "recorded_at",
    "kind",
    "run_id",
    "actor",
    "events",
    "plan_id",
    "trained_jobs",
    "message",
    "digest",
)
LEAST = ("digest", "plan_id", "trained_jobs", "message", "events")


def command(
    results: Results = RESULTS,
    actor: Annotated[str | None, typer.Option(help="Show only commits of this user.")] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            help="Show only commits of this kind: run, status, override, rebuild, evidence or outcomes.",
            autocompletion=complete_word(CommitKind),
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Show only commits recorded then or later (ISO 8601; default zone: UTC).")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Show only commits recorded before then (ISO 8601; default zone: UTC).")
    ] = None,
    limit: Limit = None,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """List the commits of the ledger, newest first."""
    import planstore
    from planstore.cli import output
    from planstore.pages.answers import plural

    with planstore.open(results, create=False, as_of=as_of) as store:
        commits = store.log(actor=actor, kind=kind, since=since, until=until)
    if json:
        output.print_json_array(commits)
        return
    shown, more = output.shown_rows(limit, len(commits))
    rows = ([commit[column] for column in COLUMNS] for commit in commits[:shown])
    output.print_table(plural(len(commits), "commit"), COLUMNS, rows, more=more, least=LEAST)
