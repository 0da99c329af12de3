"""``planstore whatif``: decide recorded runs again under another policy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.argument_completion import complete_run_range
from planstore.cli.options import RESULTS, AsOf, Json, Limit, Results

COLUMNS = ("run_id", "target", "symbol", "route", "route_then")


def command(
    policy: Annotated[Path, typer.Argument(help="Counterfactual policy (YAML file).")],
    runs: Annotated[
        list[str] | None,
        typer.Option(
            "--run",
            "--runs",
            help="Run (id, commit number, start of a plan id, or time) or range A..B; repeatable. Default: all.",
            autocompletion=complete_run_range,
        ),
    ] = None,
    results: Results = RESULTS,
    limit: Limit = None,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Decide recorded runs again under POLICY.

    Shows flips and added and removed jobs. Nothing is written.
    """
    import planstore
    from planstore.cli import output
    from planstore.cli.flip_counts import flip_counts

    with planstore.open(results, create=False, as_of=as_of) as store, output.step_spinner() as progress:
        found = store.whatif(policy, runs=runs or (), progress=lambda run: progress(f"deciding {run} again"))
    if json:
        output.print_json(found.as_dict())
        return
    output.print_line(f"Under {policy} instead, {found.agreement:.1%} of the decisions on pairs stay as they are.")
    for line in found.budget_lines():
        output.print_line(line)
    has_budget = bool(found.families_left_out or found.jobs_left_out)
    output.print_line()
    columns = ("run", "pairs", "flipped pairs", "agreement (%)", "flipped targets", "jobs more", "jobs fewer")
    output.print_table(
        "By run",
        (*columns, "fits more", "fits fewer", *(["families left out", "jobs left out"] if has_budget else [])),
        (
            (
                row["run_id"],
                row["pairs"],
                row["flipped_pairs"],
                round(100 * row["agreement"], 1),
                row["flipped_targets"],
                row["jobs_added"],
                row["jobs_removed"],
                row["fits_added"],
                row["fits_removed"],
                *([row["families_left_out"], row["jobs_left_out"]] if has_budget else []),
            )
            for row in found.by_run()
        ),
    )
    if not found.flips:
        return
    output.print_line()
    output.print_table(
        "By target",
        ("target", "flipped pairs", "flipped itself", "jobs more", "jobs fewer"),
        (
            (row["target"], row["flipped_pairs"], row["flipped_targets"], row["jobs_added"], row["jobs_removed"])
            for row in found.by_target()
        ),
    )
    output.print_line()
    shown, more = output.shown_rows(limit, found.flips)
    flips = found.flip_table().limit(shown).project(", ".join(COLUMNS)).fetchall()
    title = f"Flips: {flip_counts(pairs=found.flipped_pairs, targets=found.flipped_targets)}"
    output.print_table(title, ("run", "target", "symbol", "route", "route under this policy"), flips, more=more)
