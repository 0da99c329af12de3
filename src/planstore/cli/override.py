"""``planstore override``: a person pins the route of a pair or a target."""

from __future__ import annotations

from typing import Annotated

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Results

app = typer.Typer(no_args_is_help=True, help="Pin the route of a pair or a target, list the pins, end one.")
COLUMNS = ("target", "symbol", "route", "author", "reason", "expires_at", "override_id")
Target = Annotated[str, typer.Argument(help="A target, as the candidates name it.")]


@app.command("set")
def set_(
    target: Target,
    names: Annotated[list[str], typer.Argument(metavar="[SYMBOL] ROUTE", help="The symbol, if any, then the route.")],
    reason: Annotated[str, typer.Option(help="Why; people read it.")],
    expires: Annotated[
        str | None,
        typer.Option(help="From when it no longer applies: a date or time (ISO 8601, UTC where no zone is given)."),
    ] = None,
    author: Annotated[str | None, typer.Option(help="Who says so; the user of this process when not given.")] = None,
    results: Results = RESULTS,
    json: Json = False,
) -> None:
    """Pin TARGET (on SYMBOL) to ROUTE, for every run from now on until it is cleared or expires.

    Without SYMBOL it pins the target and all its pairs that have no pin of their own.
    """
    import planstore
    from planstore.checks.times import requested_time
    from planstore.cli import output
    from planstore.cli.visible import visible

    if len(names) > 2:
        raise typer.BadParameter("give TARGET, SYMBOL and ROUTE, or TARGET and ROUTE")
    symbol, route = (None, names[0]) if len(names) == 1 else (names[0], names[1])
    expires_at = None if expires is None else requested_time("--expires", expires)
    with planstore.open(results, create=False) as store:
        made = store.overrides.set(target, symbol, route, reason=reason, author=author, expires_at=expires_at)
        unknown = store.overrides.unknown_to_newest_run(target, symbol)
        pinned, own = store.overrides.pinned_pairs(target) if symbol is None else (1, 0)
    if json:
        output.print_json(made.as_dict() | {"pinned_pairs": pinned})
    else:
        name = f"{target}, with {_pairs_told(pinned, own)}," if symbol is None else f"{target} on {symbol}"
        until = f" until {made.expires_at:%Y-%m-%d %H:%M UTC}" if made.expires_at else " until it is cleared"
        told = f"{name} is pinned to {made.route} from the next run on{until} (override {made.override_id})."
        output.print_line(visible(told))  # because a name with a line end could pass for a line of ours
    if unknown:
        output.print_note(f"planstore: {unknown}")


def _pairs_told(pinned: int, own: int) -> str:
    told = f"all its pairs ({pinned} in the newest run)"
    return told if own == 0 else f"{told} but {own} with {'a pin of its own' if own == 1 else 'pins of their own'}"


@app.command("list")
def list_(results: Results = RESULTS, as_of: AsOf = None, json: Json = False) -> None:
    """List the overrides in force."""
    import planstore
    from planstore.cli import output

    with planstore.open(results, create=False, as_of=as_of) as store:
        found = [override.as_dict() for override in store.overrides.list()]
    if json:
        output.print_json(found)
    elif not found:
        output.print_line("No override is in force.")
    else:
        output.print_table("Overrides in force", COLUMNS, ([row[column] for column in COLUMNS] for row in found))


@app.command("clear")
def clear(
    target: Target,
    symbol: Annotated[str | None, typer.Argument(help="The symbol; left out, the pin of the target itself.")] = None,
    reason: Annotated[str, typer.Option(help="Why it ends.")] = "cleared",
    author: Annotated[str | None, typer.Option(help="Who says so; the user of this process when not given.")] = None,
    results: Results = RESULTS,
    json: Json = False,
) -> None:
    """End the override of TARGET (on SYMBOL); runs that are recorded stay as they are."""
    import planstore
    from planstore.cli import output
    from planstore.cli.visible import visible

    with planstore.open(results, create=False) as store:
        ended = store.overrides.clear(target, symbol, reason=reason, author=author)
    if json:
        output.print_json(ended.as_dict())
    else:
        told = f"Override {ended.override_id} ({ended.route}, by {ended.author}: {ended.reason}) is cleared."
        output.print_line(visible(told))
