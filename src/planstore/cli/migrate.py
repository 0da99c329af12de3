"""``planstore migrate``: migrate a store from an older format."""

from __future__ import annotations

import typer

from planstore.cli.options import RESULTS, Json, Results


def command(
    results: Results = RESULTS,
    json: Json = False,
) -> None:
    """Migrate the store to the current format. No digest changes. Exit code 1 when the old format had lost values."""
    from planstore.cli import output
    from planstore.ledger.layout import StoreLayout
    from planstore.ledger.migration import migrate

    done = migrate(StoreLayout.in_results(results).folder)
    if json:
        output.print_json(done.as_dict())
        raise typer.Exit(1 if done.lost else 0)
    if done.before == done.after:
        output.print_line(f"The store has format {done.after}; there is nothing to migrate.")
        return
    output.print_line(f"The store was of format {done.before} and is of format {done.after} now.")
    if done.restored:
        output.print_line(f"{len(done.restored)} values that could not be read, or were read as others, are readable:")
        for value in done.restored:
            output.print_line(f"  commit {value.commit_id}, {value.where}, position {value.position}: {value.stored}")
    if done.lost:
        output.print_line("Lost by the older format, when it moved rows from the catalog into files:")
        for finding in done.lost:
            output.print_line(f"  {finding}")
    raise typer.Exit(1 if done.lost else 0)
