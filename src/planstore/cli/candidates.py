"""``planstore candidates``: check candidates without a store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.argument_completion import complete_family
from planstore.cli.options import Families, Json, is_typed

app = typer.Typer(no_args_is_help=True, help="Check candidates without a store.")


@app.callback()
def _candidates() -> None:
    """Group for ``check``, because typer replaces a group that has a single command with that command."""


@app.command("check")
def check(
    ctx: typer.Context,
    candidates: Annotated[Path, typer.Argument(metavar="FILE", help="Candidates: .parquet, .csv, .json or .jsonl.")],
    policy: Annotated[
        Path | None,
        typer.Option(envvar="PLANSTORE_POLICY", help="Policy (YAML file). Default: the default policy."),
    ] = None,
    family: Annotated[
        list[str] | None,
        typer.Option(
            help="Requested model family; repeatable. Default: lightgbm, xgboost.", autocompletion=complete_family
        ),
    ] = None,
    families: Families = None,
    json: Json = False,
) -> None:
    """Check the candidates in FILE, and show each column with the checks of the policy that it passes.

    Exit code 2 when they are invalid. Nothing is recorded.
    """
    from planstore.audit.candidates_check import check_candidates
    from planstore.cli import output
    from planstore.cli.project import policy_option
    from planstore.cli.requested_families import check_families
    from planstore.routing.policy_defaults import DEFAULT_POLICY
    from planstore.routing.policy_reader import read_policy

    read = read_policy(DEFAULT_POLICY if policy is None else policy)
    check_families(family or (), read.policy, families)
    found = check_candidates(candidates, read, family)
    for note in found.notes:
        output.print_note(f"planstore: {note}")
    if json:
        output.print_json(found.as_dict())
        return
    columns = ("column", "rows", "values", "policy")
    title = f"By {policy or 'the default policy'}: {found}"
    output.print_table(title, columns, ([row[name] for name in columns] for row in found.records()))
    output.print_line()
    families_given = [word for name in family or () for word in ("--family", name)]
    output.print_next("route", candidates, *policy_option(policy if is_typed(ctx, "policy") else None), *families_given)
