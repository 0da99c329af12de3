"""``planstore migrate``: a store of an older format, brought to this one."""

from __future__ import annotations

from planstore.cli.options import RESULTS, Json, Results


def command(
    results: Results = RESULTS,
    json: Json = False,
) -> None:
    """Bring the store to the format that this planstore writes; it appends and never rewrites."""
    from planstore.cli import output
    from planstore.ledger.migrate import migrate

    done = migrate(results / "planstore")
    if json:
        output.print_json(done.as_dict())
        return
    output.print_line(f"The store has format {done.after}; there is nothing to migrate.")
