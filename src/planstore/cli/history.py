"""``planstore history``: changes of a route over the runs, with their causes."""

from __future__ import annotations

from planstore.cli.options import RESULTS, AsOf, Json, Limit, Results, Symbol, Target


def command(
    target: Target,
    symbol: Symbol = None,
    results: Results = RESULTS,
    limit: Limit = None,
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
    shown, more = output.shown_rows(limit, len(changes))
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
            for change in changes[:shown]
        ),
        more=more,
        least=("commit", "from"),
    )
