"""``planstore route``: route candidates, plan the jobs and record the run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planstore.cli.argument_completion import complete_family
from planstore.cli.options import RESULTS, Families, Json, Results

if TYPE_CHECKING:
    from planstore.runs.dry_run import DryRun
    from planstore.runs.run import Run


def command(
    candidates: Annotated[
        Path, typer.Argument(metavar="CANDIDATES", help="Candidates: .parquet, .csv, .json or .jsonl.")
    ],
    policy: Annotated[
        Path,
        typer.Option(
            envvar="PLANSTORE_POLICY", help="Policy (YAML file). `planstore init --policy FILE` writes the default one."
        ),
    ],
    results: Results = RESULTS,
    family: Annotated[
        list[str] | None,
        typer.Option(
            help="Model family to train with; repeatable. Default: lightgbm, xgboost.", autocompletion=complete_family
        ),
    ] = None,
    families: Families = None,
    no_families: Annotated[bool, typer.Option("--no-families", help="Plan jobs without model families.")] = False,
    include_blocked: Annotated[
        bool, typer.Option("--include-blocked", help="List blocked pairs in the plan, as jobs of priority 0.")
    ] = False,
    run_id: Annotated[str | None, typer.Option(help="Run id. Default: generated.")] = None,
    git_commit: Annotated[
        str | None,
        typer.Option(
            help="Git commit, recorded with the run and in its plan. Default: that of the working directory, with "
            "-dirty where tracked files differ from it."
        ),
    ] = None,
    config_hash: Annotated[
        str | None, typer.Option(help="Hash of the caller's configuration, recorded with the run and in its plan.")
    ] = None,
    metrics_snapshot: Annotated[
        str | None, typer.Option(help="Name of the metrics' source, recorded with the run and in its plan.")
    ] = None,
    idempotency_key: Annotated[
        str | None, typer.Option(help="Unique name of this call: a repeated call with the same key records nothing.")
    ] = None,
    expected_commit: Annotated[
        int | None,
        typer.Option(min=0, help="Expected newest commit; the call is refused when another commit is the newest."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the run that would be recorded, and its changes; write nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Route CANDIDATES, plan the jobs and record the run.

    The run is one commit. The exported files are written after it. --dry-run decides and plans in the same way, shows
    the changes against the newest run with their causes, and writes nothing.
    """
    import planstore
    from planstore.cli import output
    from planstore.cli.git import working_commit
    from planstore.cli.override_notes import note_ending
    from planstore.cli.requested_families import check_families
    from planstore.errors import RequestError
    from planstore.events.candidate_columns import REQUIRED
    from planstore.events.vocabulary import Route
    from planstore.routing.candidates import ways_out
    from planstore.routing.policy_reader import read_policy
    from planstore.runs.dry_run import DryRun

    if family and no_families:
        raise RequestError("--family must be without --no-families, got both: leave one of them out")
    read = read_policy(policy)
    check_families(family or (), read.policy, families)
    with planstore.open(results) as store:
        with output.spinner("routing"):
            run = (store.dry_run if dry_run else store.route)(
                candidates,
                read,
                [] if no_families else family,
                include_blocked=include_blocked,
                run_id=run_id,
                git_commit=git_commit or working_commit(),
                config_hash=config_hash,
                metrics_snapshot=metrics_snapshot,
                idempotency_key=idempotency_key,
                expected_commit=expected_commit,
            )
        if isinstance(run, DryRun):
            _print_dry_run(run, json=json)
            return
        note_ending(store)
        with output.spinner("writing files"):
            exported = store.export()
        if json:
            output.print_json(run.as_dict() | {"files": exported.files, "files_written": exported.written})
            return
        objections = store.objections(run.run_id) if set(run.routes) == {Route.BLOCKED} else {}
        because = ", ".join(f"{pairs} {objection}" for objection, pairs in objections.items())
        output.print_table(
            f"Run {run.run_id}, commit {run.commit_id}{'' if run.is_new else ': already recorded; nothing new'}",
            ("route", "pairs", *(["because"] if because else [])),
            ((route, pairs, *([because] if because else [])) for route, pairs in run.routes.items()),
        )
        columns = [column for column in REQUIRED if f"no {column}" in objections]
        if columns:
            output.print_line(f"\nThe policy requires {' and '.join(columns)}: {ways_out(columns)}.")
        output.print_line()
        summary = run.plan.summary
        output.print_pairs(
            {
                "plan": f"{run.plan_id}, {_published(run)}",
                "jobs": f"{summary['total_cs_jobs']} cross-sectional, {summary['total_symbol_jobs']} symbol-specific",
                **_budget(run.plan.metadata.get("budget")),
                "files": f"{exported.files} in {results}, {exported.written} of them written now",
            }
        )
        output.print_line()
        output.print_next("why TARGET [SYMBOL]", "--results", results)


def _published(run: Run) -> str:
    """Return the run that published the plan, relative to this one."""
    if not run.is_new_plan:
        return "published by an earlier run"
    return "new" if run.is_new else "published by this run"


def _budget(budget: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the line of a plan's budget, if it has one."""
    from planstore.plans.budget import budget_text

    return {} if budget is None else {"budget": budget_text(budget).removeprefix("budget ")}


def _print_dry_run(run: DryRun, *, json: bool) -> None:
    from planstore.cli import output
    from planstore.cli.difference import print_difference

    if json:
        output.print_json(run.as_dict())
        return
    output.print_table("Dry run: nothing was written", ("route", "pairs"), run.routes.items())
    output.print_line()
    summary = run.summary
    output.print_pairs(
        {
            "plan": f"{run.plan_id}, {'new' if run.is_new_plan else 'published by an earlier run'}",
            "jobs": f"{summary['total_cs_jobs']} cross-sectional, {summary['total_symbol_jobs']} symbol-specific",
            "cost": str(run.cost),
            **_budget(run.budget),
        }
    )
    output.print_line()
    if run.recorded_in is not None:
        output.print_line(f"This run is recorded already, in commit {run.recorded_in}: the call would record nothing.")
    elif run.difference is None:
        output.print_line("The store has no run to compare with.")
    else:
        print_difference(run.difference, None)
