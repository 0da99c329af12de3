"""``planstore jobs``: list the jobs of the current plan with their status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from planstore.checks.number_text import number_text
from planstore.cli.argument_completion import complete_planned_symbol, complete_planned_target, complete_word
from planstore.cli.options import RESULTS, AsOf, Json, Limit, Plan, Results
from planstore.cli.printable import printable
from planstore.events.vocabulary import JobState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planstore.api.store import Store
    from planstore.plans.progress import Progress

COLUMNS = (
    "job_id",
    "target",
    "symbol",
    "route",
    "priority",
    "model_families",
    "status",
    "reused_from",
    "left_out",
    "error",
)
LEAST = ("priority", "symbol", "target", "reused_from", "model_families", "route", "left_out", "error")


def command(
    results: Results = RESULTS,
    plan: Plan = None,
    target: Annotated[
        list[str] | None,
        typer.Option(help="Show only jobs of this target; repeatable.", autocompletion=complete_planned_target),
    ] = None,
    symbol: Annotated[
        list[str] | None,
        typer.Option(help="Show only jobs of this symbol; repeatable.", autocompletion=complete_planned_symbol),
    ] = None,
    status: Annotated[
        str | None, typer.Option(help="Show only jobs with this status.", autocompletion=complete_word(JobState))
    ] = None,
    limit: Limit = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Follow the plan until every job has ended: a line per change of a job, with --json the job counts.",
        ),
    ] = False,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """List the jobs of the current plan, or of another one, with their status.

    The order is that of the plan.
    """
    import planstore
    from planstore.cli import output
    from planstore.errors import RequestError
    from planstore.pages.answers import plural

    if watch and (as_of or status):
        raise RequestError("--watch must be without --as-of and --status: leave them out")
    with planstore.open(results, create=False, as_of=as_of) as store:
        missing = _absent(store, plan, {"target": target or (), "symbol": symbol or ()})
        if watch and missing:  # because it would wait for the whole plan, and print nothing
            raise RequestError(missing[0])
        for text in missing:
            output.print_warning(f"planstore: {text}")
        if watch:
            _follow(store, plan, target, symbol, json=json)
            return
        jobs = store.training.jobs(plan=plan, target=target, symbol=symbol, status=status)
        if json:
            output.print_json_array(jobs)
            return
        shown, more = output.shown_rows(limit, len(jobs))
        rows = ([job[column] for column in COLUMNS] for job in jobs[:shown])
        output.print_table(plural(len(jobs), "job"), COLUMNS, rows, more=more, least=LEAST, short=("reused_from",))


def _absent(store: Store, plan: str | None, names: dict[str, Sequence[str]]) -> list[str]:
    """Return a text for each name that no job of the plan has, because a misspelled one looks like a finished plan."""
    from planstore.checks.choices import absent

    if not any(names.values()):
        return []
    jobs = store.training.jobs(plan=plan)
    owner = f"a job of plan {store.run(plan).plan_id[:12]}"
    possible = {kind: sorted({job[kind] for job in jobs} - {None}) for kind in names}
    return [
        absent(kind, name, owner, possible[kind])
        for kind, requested in names.items()
        for name in dict.fromkeys(requested)
        if name not in possible[kind]
    ]


def _follow(store: Store, plan: str | None, target: list[str] | None, symbol: list[str] | None, *, json: bool) -> None:
    """Print a line per change of a job's status; with ``json``, the job counts by status after each change."""
    import time

    from planstore.cli import output

    after = store.access.ledger.last_commit()
    status = store.training.progress(plan)
    _print_status(status, json=json)
    while not status.is_over:
        time.sleep(0.5)
        status = store.training.progress(status.plan_id)  # first, so that its changes are among those read next
        changes = store.training.status_changes(plan=status.plan_id, after=after, target=target, symbol=symbol)
        after = max([after, *(change["commit_id"] for change in changes)])
        if not json:
            for change in changes:
                output.print_line(printable(_line(change)))
        if status.is_over or (json and changes):
            _print_status(status, json=json)


def _line(change: dict[str, Any]) -> str:
    """Return a change of a job's status as text."""
    worker = "" if change["worker"] is None else f", {change['worker']}"
    score = "" if change["score"] is None else f", score {number_text(change['score'])}"
    error = "" if change["error"] is None else f": {change['error']}"
    left_out = "" if change["left_out"] is None else f", left out: {change['left_out']}"
    return f"{change['occurred_at']:%H:%M:%S} {change['job_id']} {change['status']}{worker}{score}{left_out}{error}"


def _print_status(status: Progress, *, json: bool) -> None:
    from planstore.cli import output

    if json:
        output.print_json_line(status.as_dict())
    else:
        output.print_line(output.counts(status.counts))
