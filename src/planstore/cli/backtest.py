"""``planstore backtest``: judge policies by the scores that came true of their routes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planstore.cli.options import RESULTS, AsOf, Json, Plot, Results, check_plot

if TYPE_CHECKING:
    from planstore.outcomes.bootstrap import Estimate

POLICIES = ("policy", "pooled", "own", "both", "experimental", "none", "jobs", "hours", "mean over null",
            "value per pair", "95 % from", "to")  # fmt: skip
DIFFERENCES = ("policy", "against", "more value per pair", "95 % from", "to")
THRESHOLDS = ("policy", "key", "given", "chosen", "first half", "chosen there", "second half", "chosen there", "gain",
              "95 % from", "to")  # fmt: skip
MODELS = ("symbol side", "pairs", "pooled", "own", "both", "own − pooled", "95 % from", "to", "both − pooled",
          "95 % from", "to", "pooled jobs", "own jobs", "pooled hours", "own hours")  # fmt: skip


def command(
    policies: Annotated[list[Path], typer.Argument(metavar="POLICY...", help="Policies to judge (YAML files).")],
    cost_per_job: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Cost of training one job, in score over null of one pair. Default: 0.02, or 0 with --cost-per-hour.",
        ),
    ] = None,
    cost_per_hour: Annotated[
        float | None,
        typer.Option(min=0, help="Cost of an hour of training on one CPU core, by the mean time of recorded jobs."),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="Metric of the scores, as auc or r2. Default: the one with most outcomes.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the bootstrap.")] = 0,
    plot: Plot = None,
    results: Results = RESULTS,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Decide the evidence of earlier runs under each POLICY, and judge the routes by the scores that came true.

    Only pairs count whose cross-sectional model, own model and mean of both have outcomes on the symbol, as of
    `planstore outcomes measure --refit`. Nothing is written.
    """
    import planstore
    from planstore.cli import output
    from planstore.pages.answers import plural

    check_plot(plot)
    with planstore.open(results, create=False, as_of=as_of) as store, output.step_spinner() as progress:
        found = store.backtest(
            policies,
            cost_per_job=cost_per_job,
            cost_per_hour=cost_per_hour,
            metric=metric,
            seed=seed,
            progress=lambda run: progress(f"deciding {run} again"),
        )
    if plot is not None:
        found.write_plot(plot)
    if json:
        output.print_json(found.as_dict())
        return
    output.print_table(
        f"Policies over {len(found.runs)} runs with {found.pairs:,} pairs, by {found.metric} over null at "
        f"{found.costs}",
        POLICIES,
        (
            (
                one.policy, one.pooled, one.own, one.both, one.experimental, one.blocked, one.jobs, _hours(one.hours),
                _text(one.advantage), *_estimate(one.value),
            )
            for one in found.policies
        ),
        more=f"hours: of one CPU core; {found.untimed or 'by the mean time of the recorded jobs of each kind'}",
    )  # fmt: skip
    output.print_line(f"\n{found.verdict}\n")
    output.print_table(
        "Differences in the same runs",
        DIFFERENCES,
        ((one.policy, one.other, *_estimate(one.difference)) for one in found.differences),
    )
    output.print_line()
    names = [one.policy for one in found.policies]
    output.print_table(
        "Value per pair by the cost of a job",
        ("cost per job", *names, "best"),
        ((f"{one.cost_per_job:g}", *(_text(one.values[name]) for name in names), one.best) for one in found.curve),
    )
    if found.thresholds:
        output.print_line()
        output.print_table(
            "Thresholds chosen on the first half of the runs, tested on the second (value per pair)",
            THRESHOLDS,
            (
                (
                    one.policy, one.key, f"{one.given:g}", f"{one.chosen:g}", _text(one.first_given),
                    _text(one.first_chosen), _text(one.second_given), _text(one.second_chosen), *_estimate(one.gain),
                )
                for one in found.thresholds
            ),
        )  # fmt: skip
    output.print_line()
    output.print_table(
        "The three models on the same symbols: mean score over null, by state of the symbol side",
        MODELS,
        (
            (
                one.state or "all", one.pairs, _text(one.pooled), _text(one.own), _text(one.both),
                *_estimate(one.own_over_pooled), *_estimate(one.both_over_pooled), one.pooled_jobs, one.own_jobs,
                _hours(one.pooled_hours), _hours(one.own_hours),
            )
            for one in found.models
        ),
    )  # fmt: skip
    for name, number in found.other_metrics.items():
        output.print_note(f"planstore: {plural(number, 'pair')} by {name} left out: --metric {name} judges by them")


def _estimate(estimate: Estimate) -> tuple[str | None, ...]:
    return tuple(_text(one) for one in (estimate.value, estimate.low, estimate.high))


def _hours(hours: float | None) -> str | None:
    return None if hours is None else f"{hours:.3g}"


def _text(number: float | None) -> str | None:
    return None if number is None else f"{number:.4f}"
