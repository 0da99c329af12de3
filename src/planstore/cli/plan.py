"""``planstore plan``: show the current plan or an earlier one."""

from __future__ import annotations

from typing import Annotated

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Results


def command(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Run id, commit number or start of a plan id. Default: newest.")
    ] = None,
    results: Results = RESULTS,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Show the current plan, or the plan of NAME. With --json: the whole document, as in master_training_plan.json."""
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False, as_of=as_of) as store:
        plan = store.plan(name)
        if json:
            output.print_json({"metadata": plan.metadata, "jobs": plan.jobs, "summary": plan.summary})
            return
        metadata, summary = plan.metadata, plan.summary
        output.print_line(f"Plan {metadata['plan_id']}")
        output.print_pairs(
            {
                "run": metadata["run_id"],
                "commit": f"{metadata['commit_id']}, at {metadata['generated_at']}",
                "policy": metadata["policy_id"],
                "families": metadata["model_families"],
                "jobs": metadata["total_jobs"],
                "by route": summary["by_route"],
                "by type": summary["by_type"],
                "by priority": summary["by_priority"],
            }
        )
