"""``planstore plan``: show the current plan or an earlier one."""

from __future__ import annotations

from typing import Annotated

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Limit, PlanName, Results


def command(
    name: PlanName = None,
    results: Results = RESULTS,
    cost: Annotated[
        bool, typer.Option("--cost", help="Estimate the training time from earlier jobs of the ledger.")
    ] = False,
    left_out: Annotated[
        bool, typer.Option("--left-out", help="List the families and jobs that the policy's budget leaves out.")
    ] = False,
    limit: Limit = None,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Show the current plan, or the plan of NAME. With --json: the whole document, as in master_training_plan.json.

    With --cost, the document has `cost` too: rows and seconds of one CPU core by family, and the number of earlier jobs
    that they rest on. With --left-out, it has `left_out`: the jobs that the policy's budget leaves out of the plan, or
    some of whose families it leaves out.
    """
    import planstore
    from planstore.cli import output
    from planstore.plans.budget import budget_text

    with planstore.open(results, create=False, as_of=as_of) as store:
        plan = store.plan(name)
        estimate = store.training.cost(name) if cost else None
        without = store.training.left_out(name) if left_out else None
        if json:
            document = {"metadata": plan.metadata, "jobs": plan.jobs, "summary": plan.summary}
            if estimate is not None:
                document["cost"] = estimate.as_dict()
            if without is not None:
                document["left_out"] = without
            output.print_json(document)
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
        if "budget" in metadata:
            output.print_line(budget_text(metadata["budget"]))
        if without is not None:
            output.print_line()
            shown, more = output.shown_rows(limit, len(without))
            output.print_table(
                without.title,
                ("job_id", "priority", "kept families", "left-out families"),
                (
                    (job["job_id"], job["priority"], job["kept_families"], job["left_out_families"])
                    for job in without[:shown]
                ),
                more=more,
                least=("kept families",),
            )
        if estimate is not None:
            output.print_line()
            output.print_table(
                f"Cost: {estimate}",
                ("family", "training_type", "jobs", "rows", "seconds", "earlier jobs"),
                (
                    (
                        one.family,
                        one.training_type,
                        one.jobs,
                        one.rows,
                        "no estimate" if one.seconds is None else one.seconds,
                        one.earlier_jobs,
                    )
                    for one in estimate.families
                ),
            )
