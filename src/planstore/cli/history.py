"""``planstore history``: changes of a route over the runs, with their causes."""

from __future__ import annotations

from typing import Annotated

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Results


def command(
    target: Annotated[str, typer.Argument(help="Target, as in the candidates.")],
    symbol: Annotated[str | None, typer.Argument(help="Symbol. Default: the target's cross-sectional side.")] = None,
    results: Results = RESULTS,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Show the changes of a route over the runs.

    The route is that of TARGET (on SYMBOL). Each change is shown with its causes.
    """
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False, as_of=as_of) as store:
        changes = store.history(target, symbol)
    if json:
        output.print_json([change.as_dict() for change in changes])
        return
    output.print_table(
        f"Changes of route: {target if symbol is None else f'{target} on {symbol}'}",
        ("run", "commit", "from", "to", "caused by"),
        (
            (
                change.run_id,
                change.commit_id,
                change.previous_route or "no decision",
                change.route or "no decision",
                "; ".join(cause["text"] for cause in change.causes),
            )
            for change in changes
        ),
        least=("commit", "from"),
    )
