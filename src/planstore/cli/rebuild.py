"""``planstore rebuild``: derive the projections again from events."""

from __future__ import annotations

from planstore.cli.options import RESULTS, Json, Results


def command(results: Results = RESULTS, json: Json = False) -> None:
    """Drop the projections and derive them again from events.

    Exit code 1 when they differed.
    """
    import planstore
    from planstore.cli import output
    from planstore.cli.exit import exit_with

    with planstore.open(results, create=False) as store, output.spinner("deriving documents"):
        done = store.maintenance.rebuild()
    with exit_with(0 if done.same else 1):
        if json:
            output.print_json(done.as_dict())
        else:
            state = "byte for byte the same" if done.same else "NOT the same as before; they are correct now"
            output.print_line(f"{done.documents} documents derived from events: {state}.")
