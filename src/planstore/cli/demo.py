"""``planstore demo``: eleven years of real evidence, routed one year after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from planstore.cli.options import Json


def command(
    results: Annotated[
        Path, typer.Option("--results", help="The results folder of the demo; it must be new or a demo's own.")
    ] = Path("demo"),
    json: Json = False,
) -> None:
    """Route eleven years of real evidence (8 targets × 20 US stocks), and show what was decided and what changed."""
    from planstore.cli import output
    from planstore.demo.history import YEARS, open_demo, route_year, story

    with open_demo(results) as store:
        for year in output.track(YEARS, "routing"):
            route_year(store, year)
        with output.working("writing files"):
            store.export()
        told = story(store)
    if json:
        output.print_json(told.as_dict())
        return
    output.print_table(
        "What was decided: pairs by route",
        ("year", *told.routes, "jobs", "against the year before"),
        (
            (year.year, *(year.routes.get(route, 0) for route in told.routes), year.jobs, year.changes)
            for year in told.years
        ),
    )
    output.print_line()
    output.print_table(
        f"What changed from {told.years[-2].year} to {told.years[-1].year}: symbols by route",
        ("target", "from", "to", "symbols"),
        told.flips,
    )
    output.print_line(
        f"\nThe files are in {results}: METRICS/ and globals/training_plan/; the ledger in {results}/planstore/."
    )
    output.print_line("\nThree things to try next:")
    for line in told.next_steps:
        output.print_line(f"  {line}")
