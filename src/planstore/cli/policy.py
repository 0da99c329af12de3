"""``planstore policy``: what can be done with a policy by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import Json

app = typer.Typer(no_args_is_help=True, help="Check a policy by itself, without a store.")


@app.callback()
def _policy() -> None:
    """Keep ``test`` a verb of its own, because a lone command would stand in the place of its group."""


@app.command("test")
def try_(
    policy: Annotated[Path, typer.Argument(help="The policy: a YAML file.")],
    cases: Annotated[Path, typer.Argument(help="The cases: a YAML list of evidence and the route it must be given.")],
    json: Json = False,
) -> None:
    """Check that POLICY gives each of CASES the route it expects. Exit code 1 when one gets another."""
    from planstore.audit.policy_cases import try_cases
    from planstore.cli import output
    from planstore.cli.ending import ending

    found = try_cases(policy, cases)
    with ending(0 if all(case.passed for case in found) else 1):
        if json:
            output.print_json([case.as_dict() for case in found])
        else:
            output.print_table(
                f"{sum(case.passed for case in found)} of {len(found)} cases get the route they expect",
                ("case", "expected", "route", "", "reasons"),
                (
                    (case.title, case.expected, case.route or "no decision", "ok" if case.passed else "FAILED",
                     "" if case.passed else "; ".join(case.reasons))
                    for case in found
                ),
            )  # fmt: skip
