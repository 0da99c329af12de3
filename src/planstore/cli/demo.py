"""``planstore demo``: measure, route, plan and train twenty real stocks; or route eleven years of evidence."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planstore.cli.options import Json

if TYPE_CHECKING:
    from planstore.demo.history import DemoSummary
    from planstore.demo.training import Lesson

RANKING = ("target", "score", "null", "q", "leakage", "found", "single symbols", "shrunken")
RANKING_MEANINGS = (
    "null: the same predictions scored on time-shifted labels",
    "q: the least rate of false discoveries at which the score is a discovery",
    "found: symbols with q up to 0.10",
    "single symbols: worst / middle / best",
    "shrunken: the same three, drawn towards the target's mean",
)
TRAINED = ("job", "trained with", "score of the model", "score of the evidence")


def command(
    results: Annotated[
        Path | None,
        typer.Option(
            "--results",
            help="Results folder: new, or that of an earlier demo. Default: demo, or demo-history with --history.",
        ),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Route eleven years of shipped evidence instead, one run per year.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes. Default: one per CPU core, limited by memory.")
    ] = None,
    json: Json = False,
) -> None:
    """Run every step on real prices of 20 US stocks.

    The steps are evidence for 8 targets, routes, a plan, trained models and one explained decision; they take one or
    two minutes. With --history: eleven yearly runs, the changes between them, and the scores that came true.
    """
    from planstore.cli import output

    if history:
        summary = _history(results or Path("demo-history"))
        if json:
            output.print_json(summary.as_dict())
        else:
            _print_history(summary, results or Path("demo-history"))
        return
    lesson = _train(results or Path("demo"), workers)
    if json:
        output.print_json(lesson.as_dict())
    else:
        _print_lesson(lesson)


def _train(results: Path, workers: int | None) -> Lesson:
    from planstore.cli import output
    from planstore.demo.history import open_demo
    from planstore.demo.training import learn

    with open_demo(results) as store, output.step_bars() as (step, show):
        return learn(store, workers=workers, step=step, progress=show)


def _history(results: Path) -> DemoSummary:
    from planstore.cli import output
    from planstore.demo.history import YEARS, open_demo, record_outcomes, route_year, summarize

    with open_demo(results) as store:
        for year in output.track(YEARS, "routing"):
            route_year(store, year)
        record_outcomes(store)
        with output.spinner("writing files"):
            store.export()
        return summarize(store)


def _print_lesson(lesson: Lesson) -> None:
    from planstore.cli import output

    output.print_table(
        "Evidence: AUC or R² out of sample, best target first",
        RANKING,
        lesson.ranking,
        more="\n".join(f"  {meaning}" for meaning in RANKING_MEANINGS),
    )
    output.print_line()
    output.print_table("Decisions: pairs by route", ("route", "pairs"), lesson.routes.items())
    output.print_line()
    output.print_table(
        f"Training: {lesson.progress}; score out of sample next to the score of the evidence",
        TRAINED,
        lesson.trained,
        more=lesson.more,
    )
    output.print_line(f"\nFor example, {lesson.example}:")
    for reason in lesson.reasons:
        output.print_line(f"  - {reason}")
    _print_next_steps(lesson.next_steps, lesson.results)


def _print_history(summary: DemoSummary, results: Path) -> None:
    from planstore.cli import output
    from planstore.cli.calibrate import print_states

    output.print_table(
        "Decisions: pairs by route",
        ("year", *summary.routes, "jobs", "jobs against the year before"),
        (
            (year.year, *(year.routes.get(route, 0) for route in summary.routes), year.jobs, year.changes)
            for year in summary.years
        ),
    )
    output.print_line()
    output.print_table(
        f"Flips from {summary.years[-2].year} to {summary.years[-1].year}: symbols by route",
        ("target", "from", "to", "symbols"),
        summary.flips,
    )
    output.print_line()
    print_states(summary.metric, summary.calibration)
    _print_next_steps(summary.next_steps, results)


def _print_next_steps(steps: Iterable[str], results: Path | str) -> None:
    from planstore.cli import output

    output.print_line(
        f"\nThe files are in {results}: METRICS/ and globals/training_plan/; the ledger in {results}/planstore/."
    )
    output.print_line("\nNext:")
    for line in steps:
        output.print_line(f"  {line}")
