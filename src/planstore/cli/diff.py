"""``planstore diff``: changes from one run to another."""

from __future__ import annotations

from typing import Annotated

import typer

from planstore.cli.argument_completion import complete_run
from planstore.cli.options import RESULTS, AsOf, Json, Limit, Results


def command(
    a: Annotated[
        str,
        typer.Argument(
            metavar="A", help="Run id, commit number, start of a plan id, or time.", autocompletion=complete_run
        ),
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="Second run, named like A.", autocompletion=complete_run)],
    results: Results = RESULTS,
    limit: Limit = None,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Show the changes from run A to run B.

    Shows pairs by route, flips with their causes, and jobs field by field.
    Exit code 0 when the runs are the same, 1 when they differ.
    """
    import planstore
    from planstore.cli import output
    from planstore.cli.difference import print_difference
    from planstore.cli.exit import exit_with

    with planstore.open(results, create=False, as_of=as_of) as store:
        found = store.diff(a, b)
        with exit_with(1 if found else 0):
            if json:
                output.print_json(found.as_dict())
            else:
                print_difference(found, limit)
