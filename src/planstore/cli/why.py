"""``planstore why``: why a target or a pair was routed as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Results

MARKS = {True: "passed", False: "failed"}


def command(
    target: Annotated[str, typer.Argument(help="A target, as the candidates name it.")],
    symbol: Annotated[str | None, typer.Argument(help="A symbol; left out, the target's cross-sectional side.")] = None,
    run: Annotated[
        str | None, typer.Option(help="A run id, a commit's number or a time; the newest run when not given.")
    ] = None,
    results: Results = RESULTS,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Say why TARGET (on SYMBOL) was routed as it was: the rule, each check, the nearest change that would flip it.

    Exit code 1 when the run decided nothing on it, or when the kept rules do not arrive at what is recorded.
    """
    import planstore
    from planstore.cli import output
    from planstore.cli.ending import ending
    from planstore.cli.visible import visible
    from planstore.events.vocabulary import Side

    with planstore.open(results, create=False, as_of=as_of) as store:
        found = store.why(target, symbol, run_id=run)
    with ending(1 if found.route is None or found.findings else 0):
        if json:
            output.print_json(found.as_dict())
        else:
            for line in _told(found):
                output.print_line(visible(line))  # because a name with a line end could pass for a line of ours
            if found.checks:
                output.print_line()
                output.print_table(
                    "Checks, in the order in which the rules ran",
                    ("side", "check", "observed", "threshold", "", "source"),
                    (
                        (
                            Side(c["side"]).label,
                            c["check"],
                            c["observed"],
                            _threshold(c),
                            MARKS[c["passed"]],
                            c["source"],
                        )
                        for c in found.checks
                    ),
                )
            for line in _afterwards(found):
                output.print_line(visible(line))  # because a name with a line end could pass for a line of ours


def _told(found: Any) -> Iterator[str]:
    name = found.target if found.symbol is None else f"{found.target} on {found.symbol}"
    yield f"{name}: {found.route or 'no decision'}"
    yield ""
    if found.route is None:
        yield f"Why run {found.run_id} (commit {found.commit_id}) decided nothing on it:"
    else:
        yield f"Decided by rule {found.rule} in run {found.run_id} (commit {found.commit_id}):"
    for reason in found.reasons:
        yield f"  - {reason}"
    for finding in found.findings:
        yield f"  ! {finding}"


def _afterwards(found: Any) -> Iterator[str]:
    if found.nearest_miss or found.nearest_policy:
        yield ""
        yield "The nearest change that would have flipped it:"
        for what, miss in (("evidence", found.nearest_miss), ("policy", found.nearest_policy)):
            yield f"  {what}: {miss['text']}" if miss else f"  {what}: no single change would"
    elif found.checks:
        yield ""
        yield "No single change of evidence or of the policy would have flipped it."
    if found.jobs:
        yield ""
        yield "What it led to:"
    for job in found.jobs:
        scores = "".join(f", {name} {value:.4g}" for name, value in sorted((job["metrics"] or {}).items()))
        models = f", {len(job['artifacts'])} artifacts" if job["artifacts"] else ""
        families = ", ".join(job["model_families"]) or "no family"
        yield f"  job {job['job_id']} ({families}): {job['status']}{scores}{models}"
    yield ""
    yield "What it was decided from:"
    yield f"  evidence  {found.evidence_id}"
    yield f"  policy    {found.policy_id} ({found.policy_name})"
    yield f"  rules     {found.rules_id}"
    yield f"  plan      {found.plan_id}"


def _threshold(check: dict[str, Any]) -> Any:
    if check["threshold"] is None:
        return "not asked for"
    if not isinstance(check["threshold"], int | float):
        return check["threshold"]
    return f"{'at most' if check['check'] == 'EXPERIMENTAL_LANE_ROOM' else 'at least'} {check['threshold']:g}"
