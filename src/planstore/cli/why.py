"""``planstore why``: the decision on a pair or a target, and what it rests on."""

from __future__ import annotations

from typing import Annotated

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Results

EVIDENCE = (
    "mode", "symbol", "score", "score_ci_low", "score_ci_high", "metric_name", "stability", "sample_size",
    "leakage_status", "model_status", "evidence_as_of",
)  # fmt: skip


def command(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="A target.")],
    symbol: Annotated[
        str | None, typer.Argument(metavar="SYMBOL", help="A symbol; without it, the target's cross-sectional side.")
    ] = None,
    run: Annotated[str | None, typer.Option(help="The run that is asked about; the newest one when not given.")] = None,
    results: Results = RESULTS,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Say why TARGET (on SYMBOL) was routed as it was: the rule, the reasons, the evidence and the policy."""
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False, as_of=as_of) as store:
        found = store.why(target, symbol, run_id=run)
    if json:
        output.print_json(found.as_dict())
        return
    name = target if symbol is None else f"{target} on {symbol}"
    output.print_line(f"{name}: {found.route}")
    output.print_line(f"\nDecided by rule {found.rule} in run {found.run_id} (commit {found.commit_id}):")
    for reason in found.reasons:
        output.print_line(f"  - {reason}")
    output.print_line()
    output.print_table("Evidence", EVIDENCE, ([row[column] for column in EVIDENCE] for row in found.evidence))
    output.print_line()
    output.print_pairs(
        {
            "policy": f"{found.policy_name} ({found.policy_id})",
            "rules": found.rules_id,
            "evidence": found.evidence_id,
            "plan": found.plan_id,
            "jobs": [job["job_id"] for job in found.jobs] or "none",
        }
    )
