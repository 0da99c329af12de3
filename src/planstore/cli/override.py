"""``planstore override``: pin the route of a pair or a target."""

from __future__ import annotations

from typing import Annotated

import typer

from planstore.cli.argument_completion import complete_symbol, complete_symbol_or_route
from planstore.cli.options import RESULTS, AsOf, Json, Limit, Results, Target

app = typer.Typer(no_args_is_help=True, help="Pin the route of a pair or a target.")
COLUMNS = ("target", "symbol", "route", "author", "reason", "expires_at", "override_id")


@app.command("set")
def set_(
    target: Target,
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="[SYMBOL] ROUTE", help="Symbol (optional), then the route.", autocompletion=complete_symbol_or_route
        ),
    ],
    reason: Annotated[str, typer.Option(help="Reason, recorded with the override.")],
    expires: Annotated[
        str | None,
        typer.Option(help="Expiry: a date or time (ISO 8601; default zone: UTC). Default: never."),
    ] = None,
    author: Annotated[str | None, typer.Option(help="Author. Default: the user of this process.")] = None,
    results: Results = RESULTS,
    json: Json = False,
) -> None:
    """Pin TARGET (on SYMBOL) to ROUTE for every later run until the override is cleared or expires.

    Without SYMBOL it pins the target and all its pairs that have no override of their own.
    """
    import planstore
    from planstore.checks.times import requested_time
    from planstore.cli import output
    from planstore.cli.printable import printable

    if len(names) > 2:
        raise typer.BadParameter(
            f"the arguments must be TARGET, SYMBOL and ROUTE, or TARGET and ROUTE, got {len(names) + 1} arguments"
        )
    symbol, route = (None, names[0]) if len(names) == 1 else (names[0], names[1])
    expires_at = None if expires is None else requested_time("--expires", expires)
    with planstore.open(results, create=False) as store:
        made = store.overrides.set(target, symbol, route, reason=reason, author=author, expires_at=expires_at)
        unknown = store.overrides.unknown_to_newest_run(target, symbol)
        pinned, own = store.overrides.pinned_pairs(target) if symbol is None else (1, 0)
    if json:
        output.print_json(made.as_dict() | {"pinned_pairs": pinned})
    else:
        name = f"{target}, with {_pairs_text(pinned, own)}," if symbol is None else f"{target} on {symbol}"
        until = f" until {made.expires_at:%Y-%m-%d %H:%M UTC}" if made.expires_at else " until it is cleared"
        line = f"{name} is pinned to {made.route} from the next run on{until} (override {made.override_id})."
        output.print_line(printable(line))  # because a line break in a name could imitate an output line
    if unknown:
        output.print_warning(f"planstore: {unknown}")


def _pairs_text(pinned: int, own: int) -> str:
    text = f"all its pairs ({pinned} in the newest run)"
    return text if own == 0 else f"{text} but {own} with {'a pin of its own' if own == 1 else 'pins of their own'}"


@app.command("list")
def list_(
    author: Annotated[str | None, typer.Option(help="Only overrides of this author.")] = None,
    expires_before: Annotated[
        str | None, typer.Option(help="Only overrides that expire before this date or time (ISO 8601; zone: UTC).")
    ] = None,
    results: Results = RESULTS,
    limit: Limit = None,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """List the overrides in force, and warn of those that expire within seven days."""
    import planstore
    from planstore.checks.times import requested_time
    from planstore.cli import output
    from planstore.cli.override_notes import note_ending

    with planstore.open(results, create=False, as_of=as_of) as store:
        before = None if expires_before is None else requested_time("--expires-before", expires_before)
        found = [override.as_dict() for override in store.overrides.list(author=author, expires_before=before)]
        note_ending(store)
    if json:
        output.print_json(found)
    elif not found:
        output.print_line("No such override is in force." if author or before else "No override is in force.")
    else:
        shown, more = output.shown_rows(limit, len(found))
        rows = ([row[column] for column in COLUMNS] for row in found[:shown])
        output.print_table("Overrides in force", COLUMNS, rows, more=more)


@app.command("clear")
def clear(
    target: Target,
    symbol: Annotated[
        str | None,
        typer.Argument(help="Symbol. Default: the override of the target itself.", autocompletion=complete_symbol),
    ] = None,
    reason: Annotated[str, typer.Option(help="Reason for the end.")] = "cleared",
    author: Annotated[str | None, typer.Option(help="Author. Default: the user of this process.")] = None,
    results: Results = RESULTS,
    json: Json = False,
) -> None:
    """Clear the override of TARGET (on SYMBOL). Recorded runs do not change."""
    import planstore
    from planstore.cli import output
    from planstore.cli.printable import printable

    with planstore.open(results, create=False) as store:
        ended = store.overrides.clear(target, symbol, reason=reason, author=author)
    if json:
        output.print_json(ended.as_dict())
    else:
        line = f"Override {ended.override_id} ({ended.route}, by {ended.author}: {ended.reason}) is cleared."
        output.print_line(printable(line))
