"""``planstore rebuild``: the projections, from events alone."""

from __future__ import annotations

from planstore.cli.options import RESULTS, Json, Results


def command(results: Results = RESULTS, json: Json = False) -> None:
    """Drop the projections and derive them again from events. Exit code 1 when they were not what they should be."""
    import planstore
    from planstore.cli import output
    from planstore.cli.ending import ending

    with planstore.open(results, create=False) as store, output.working("deriving documents"):
        done = store.maintenance.rebuild()
    with ending(0 if done.same else 1):
        if json:
            output.print_json(done.as_dict())
        else:
            state = "byte for byte what they were" if done.same else "NOT what they were; they are right now"
            output.print_line(f"{done.documents} documents derived from events: {state}.")
