"""``planstore demo``: twenty real stocks measured, routed, planned and trained; or eleven years of routing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planstore.cli.options import Json

if TYPE_CHECKING:
    from planstore.demo.history import Story
    from planstore.demo.training import Lesson

RANKING = ("target", "score", "null", "leakage", "stability", "single symbols")
TRAINED = ("job", "trained with", "score of the model", "score of the evidence")


def command(
    results: Annotated[
        Path | None,
        typer.Option(
            "--results",
            help="The demo's results folder, new or a demo's own; default: demo, or demo-history with --history.",
        ),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Route eleven years of ready-made evidence instead, as a history to ask.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes, each on one core; default: one a core, as memory allows.")
    ] = None,
    json: Json = False,
) -> None:
    """Take real prices of 20 US stocks all the way: evidence for 8 targets, routes, a plan, trained models, a why.

    It takes a minute or two. With --history: eleven yearly runs, and what changed from year to year.
    """
    from planstore.cli import output

    if history:
        story = _history(results or Path("demo-history"))
        if json:
            output.print_json(story.as_dict())
        else:
            _tell_history(story, results or Path("demo-history"))
        return
    lesson = _train(results or Path("demo"), workers)
    if json:
        output.print_json(lesson.as_dict())
    else:
        _tell_lesson(lesson)


def _train(results: Path, workers: int | None) -> Lesson:
    from planstore.cli import output
    from planstore.demo.history import open_demo
    from planstore.demo.training import learn

    with open_demo(results) as store, output.stages() as (step, show):
        return learn(store, workers=workers, step=step, progress=show)


def _history(results: Path) -> Story:
    from planstore.cli import output
    from planstore.demo.history import YEARS, open_demo, route_year, story

    with open_demo(results) as store:
        for year in output.track(YEARS, "routing"):
            route_year(store, year)
        with output.working("writing files"):
            store.export()
        return story(store)


def _tell_lesson(lesson: Lesson) -> None:
    from planstore.cli import output

    output.print_table(
        "What was measured: AUC or R² out of sample, and the same fit on labels moved in time (null)",
        RANKING,
        lesson.ranking,
    )
    output.print_line()
    output.print_table("What was decided: pairs by route", ("route", "pairs"), lesson.routes.items())
    output.print_line()
    output.print_table(
        f"What was trained: {lesson.progress}; out of sample against the evidence that routed it",
        TRAINED,
        lesson.trained,
        more=lesson.more,
    )
    output.print_line(f"\nFor example, {lesson.example}:")
    for reason in lesson.reasons:
        output.print_line(f"  - {reason}")
    _next(lesson.next_steps, lesson.results)


def _tell_history(told: Story, results: Path) -> None:
    from planstore.cli import output

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
    _next(told.next_steps, results)


def _next(steps: Iterable[str], results: Path | str) -> None:
    from planstore.cli import output

    output.print_line(
        f"\nThe files are in {results}: METRICS/ and globals/training_plan/; the ledger in {results}/planstore/."
    )
    output.print_line("\nThree things to try next:")
    for line in steps:
        output.print_line(f"  {line}")
