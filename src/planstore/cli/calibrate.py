"""``planstore calibrate``: promised scores against those that came true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from planstore.cli.argument_completion import complete_target
from planstore.cli.options import RESULTS, AsOf, Json, Limit, Plot, Results, check_plot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planstore.outcomes.bootstrap import Estimate
    from planstore.outcomes.calibrate import StateCalibration

STATES = ("side", "state", "outcomes", "promised", "realized", "gap", "95 % from", "to", "above null (%)",
          "above chance (%)")  # fmt: skip
SIDES = ("side", "outcomes", "runs", "slope", "95 % from", "to", "slope within", "95 % from", "to", "RMSE",
         "RMSE of means", "coverage (%)")  # fmt: skip
RANKS = ("rank", "of", "targets in runs", "promised", "realized", "realized of all")
MEANINGS = (
    "slope: realized on promised scores, 1 is perfect; slope within: the same for deviations from the mean of the "
    "target in its run;\nRMSE: of the promise as a forecast; RMSE of means: of the target's mean promise instead; "
    "coverage: outcomes inside of the\nevidence's 95 % interval. Intervals are of a bootstrap over runs."
)


def command(
    target: Annotated[
        list[str] | None,
        typer.Option(help="Compare only this target; repeatable. Default: all.", autocompletion=complete_target),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="Metric of the scores, as auc or r2. Default: the one with most outcomes.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the bootstrap.")] = 0,
    plot: Plot = None,
    results: Results = RESULTS,
    limit: Limit = None,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Compare the scores that evidence promised with those that came true, as recorded by `planstore outcomes`.

    By signal state, by slope and coverage, and by the rank of a symbol among those of its target. Nothing is written.
    """
    import planstore
    from planstore.cli import output
    from planstore.pages.answers import plural

    check_plot(plot)
    with planstore.open(results, create=False, as_of=as_of) as store:
        found = store.calibrate(targets=target or (), metric=metric, seed=seed)
    if plot is not None:
        found.write_plot(plot)
    if json:
        output.print_json(found.as_dict())
        return
    print_states(found.metric, found.states)
    output.print_line()
    output.print_table(
        "Forecasts",
        SIDES,
        (
            (
                one.side, one.outcomes, one.runs, *_estimate(one.slope, 2), *_estimate(one.slope_within, 2),
                _text(one.rmse, 4), _text(one.rmse_of_means, 4), _percent(one.coverage.value),
            )
            for one in found.sides
        ),
        more=MEANINGS,
    )  # fmt: skip
    if found.ranks:
        output.print_line()
        shown, more = output.shown_rows(limit, len(found.ranks))
        output.print_table(
            "Symbols by the rank of their promise (the best is promised too much)",
            RANKS,
            (
                (
                    one.rank,
                    one.of,
                    one.groups,
                    f"{one.promised:.3f}",
                    f"{one.realized:.3f}",
                    f"{one.realized_of_all:.3f}",
                )
                for one in found.ranks[:shown]
            ),
            more=more,
        )
    for name, number in found.other_metrics.items():
        output.print_note(f"planstore: {plural(number, 'outcome')} by {name} left out: --metric {name} compares them")


def print_states(metric: str, states: Iterable[StateCalibration]) -> None:
    """Print promised and realized scores by signal state."""
    from planstore.cli import output

    output.print_table(
        f"Promised and realized {metric} by signal state",
        STATES,
        (
            (
                one.side, one.state or "all", one.outcomes, f"{one.promised:.3f}", f"{one.realized:.3f}",
                *_estimate(one.gap), _percent(one.above_null.value), _percent(one.above_chance),
            )
            for one in states
        ),
    )  # fmt: skip


def _estimate(estimate: Estimate, digits: int = 3) -> tuple[str | None, ...]:
    return tuple(_text(one, digits) for one in (estimate.value, estimate.low, estimate.high))


def _text(number: float | None, digits: int) -> str | None:
    return None if number is None else f"{number:.{digits}f}"


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{100 * share:.0f}"
