"""``planstore policy``: check a policy without a store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import Json

app = typer.Typer(no_args_is_help=True, help="Check a policy without a store.")


@app.callback()
def _policy() -> None:
    """Group for ``test``, because typer replaces a group that has a single command with that command."""


@app.command("test")
def try_(
    policy: Annotated[Path, typer.Argument(help="Policy (YAML file).")],
    cases: Annotated[Path, typer.Argument(help="Cases (YAML file): a list of evidence with the expected route.")],
    json: Json = False,
) -> None:
    """Check that POLICY routes each of CASES as expected. Exit code 1 when a case has another route."""
    from planstore.audit.policy_cases import try_cases
    from planstore.cli import output
    from planstore.cli.exit import exit_with

    found = try_cases(policy, cases)
    with exit_with(0 if all(case.passed for case in found) else 1):
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
