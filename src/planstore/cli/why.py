"""``planstore why``: explain a decision on a target or a pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from planstore.checks.number_text import aligned_numbers, is_number
from planstore.checks.value_text import value_text
from planstore.cli.options import RESULTS, AsOf, Json, Results, Run, Symbol, Target
from planstore.events.vocabulary import UPPER_LIMITS, Side

if TYPE_CHECKING:
    from planstore.audit.why import Explanation

MARKS = {True: "passed", False: "failed"}


def command(
    target: Target,
    symbol: Symbol = None,
    run: Run = None,
    results: Results = RESULTS,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Explain the decision on TARGET (on SYMBOL).

    Shows the rule, each check, and the nearest change that would have flipped the route.
    Exit code 1 when the run has no decision on it, or when the stored rules do not reproduce the recorded decision.
    """
    import planstore
    from planstore.cli import output
    from planstore.cli.exit import exit_with
    from planstore.cli.printable import printable

    with planstore.open(results, create=False, as_of=as_of) as store:
        found = store.why(target, symbol, run_id=run)
    with exit_with(1 if found.route is None or found.findings else 0):
        if json:
            output.print_json(found.as_dict())
        else:
            for line in found.decision_lines():
                output.print_line(printable(line))  # because a line break in a name could imitate an output line
            if found.checks:
                output.print_line()
                output.print_table(
                    "Checks, in the order in which the rules ran",
                    ("side", "check", "observed", "threshold", "", "source"),
                    _check_rows(found.checks),
                    least=("source", "threshold"),
                )
            for line in _context_lines(found):
                output.print_line(printable(line))  # because a line break in a name could imitate an output line


def _context_lines(found: Explanation) -> Iterator[str]:
    yield from found.nearest_lines()
    if found.jobs:
        yield ""
        yield "Jobs:"
    for job in found.jobs:
        scores = "".join(f", {name} {value_text(value)}" for name, value in sorted((job["metrics"] or {}).items()))
        models = f", {len(job['artifacts'])} artifacts" if job["artifacts"] else ""
        families = ", ".join(job["model_families"]) or "no family"
        reused = f", reused from {job['reused_from']}" if job["reused_from"] else ""
        notes = f", left out: {job['left_out']}" if job["left_out"] else f": {job['error']}" if job["error"] else ""
        yield f"  job {job['job_id']} ({families}): {job['status']}{reused}{scores}{models}{notes}"
    yield ""
    yield "Decided from:"
    yield f"  evidence  {found.evidence_id}"
    yield f"  policy    {found.policy_id} ({found.policy_name})"
    yield f"  rules     {found.rules_id}"
    yield f"  plan      {found.plan_id}"


def _check_rows(checks: Sequence[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """Yield a row per check; the numbers of both columns have equal decimals, so that they can be compared."""
    values = aligned_numbers([check[name] for name in ("observed", "threshold") for check in checks])
    for check, observed, threshold in zip(checks, values, values[len(checks) :], strict=False):
        yield (
            Side(check["side"]).label,
            check["check"],
            observed,
            _threshold(check, threshold),
            MARKS[check["passed"]],
            check["source"],
        )


def _threshold(check: dict[str, Any], text: Any) -> Any:
    if check["threshold"] is None:
        return "not asked for"
    if not is_number(check["threshold"]):
        return text
    return f"{'at most' if check['check'] in UPPER_LIMITS else 'at least'} {text}"
