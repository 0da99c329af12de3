"""``planstore candidates``: check candidates without a store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.argument_completion import complete_family
from planstore.cli.options import Json

app = typer.Typer(no_args_is_help=True, help="Check candidates without a store.")


@app.callback()
def _candidates() -> None:
    """Group for ``check``, because typer replaces a group that has a single command with that command."""


@app.command("check")
def check(
    candidates: Annotated[Path, typer.Argument(metavar="FILE", help="Candidates: .parquet, .csv, .json or .jsonl.")],
    policy: Annotated[Path | None, typer.Option(help="Policy (YAML file). Default: the default policy.")] = None,
    family: Annotated[
        list[str] | None,
        typer.Option(
            help="Requested model family; repeatable. Default: lightgbm, xgboost.", autocompletion=complete_family
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Check the candidates in FILE, and show each column with the checks of the policy that it passes.

    Exit code 2 when they are invalid. Nothing is recorded.
    """
    from planstore.audit.candidates_check import check_candidates
    from planstore.cli import output
    from planstore.routing.policy_defaults import DEFAULT_POLICY

    found = check_candidates(candidates, DEFAULT_POLICY if policy is None else policy, family)
    for note in found.notes:
        output.print_note(f"planstore: {note}")
    if json:
        output.print_json(found.as_dict())
        return
    columns = ("column", "rows", "values", "policy")
    output.print_table(str(found), columns, ([row[name] for name in columns] for row in found.records()))
    output.print_line(f"\nNext: planstore route {candidates} --policy {policy or 'POLICY'}")
