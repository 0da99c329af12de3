"""``planstore migrate``: a store of an older format, brought to this one."""

from __future__ import annotations

from planstore.cli.options import RESULTS, Json, Results


def command(
    results: Results = RESULTS,
    json: Json = False,
) -> None:
    """Bring the store to the format that this planstore writes; no row is rewritten, no digest changes."""
    from planstore.cli import output
    from planstore.ledger.migrate import migrate

    done = migrate(results / "planstore")
    if json:
        output.print_json(done.as_dict())
        return
    if done.before == done.after:
        output.print_line(f"The store has format {done.after}; there is nothing to migrate.")
        return
    output.print_line(f"The store was of format {done.before} and is of format {done.after} now.")
