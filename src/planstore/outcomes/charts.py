"""Charts of outcomes: what templates of pages and of SVG files draw."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from planstore import pages
from planstore.checks.whole_files import whole_file
from planstore.events.vocabulary import SIDES
from planstore.ledger.embedded.store_folder import refuse_store
from planstore.pages.scale import Scale

Record = dict[str, Any]
SIZE, MARGIN = 320, 60
"""Side of a chart of promises, and the room for its numbers, in the units of the drawing."""
MOST_POINTS = 2_000
"""Maximum number of points of a chart: the newest outcomes."""
WIDTH, HEIGHT = 640, 320
"""Size of a chart of values."""


def promise_charts(metric: str, compared: Sequence[Mapping[str, Any]]) -> list[Record]:
    """Return a chart of each kind of side with outcomes: promised scores to the right, realized ones to the top.

    Args:
        metric: metric of the scores.
        compared: promised and realized scores, oldest first, as of `Calibration`.
    """
    by_side = {side: [one for one in compared if (one["symbol"] is None) is (side == SIDES[0])] for side in SIDES}
    return [_promise_chart(side.value, metric, found) for side, found in by_side.items() if found]


def _promise_chart(side: str, metric: str, outcomes: Sequence[Mapping[str, Any]]) -> Record:
    shown = [
        one for one in outcomes[-MOST_POINTS:] if math.isfinite(one["promised"]) and math.isfinite(one["realized"])
    ]
    scores = [one[name] for one in shown for name in ("promised", "realized")]
    right, top = Scale.over(scores, 0, SIZE), Scale.over(scores, SIZE, 0)
    return {
        "side": side,
        "metric": metric,
        "size": SIZE,
        "margin": MARGIN,
        "left_out": len(outcomes) - len(shown),
        "points": [{"x": right.at(one["promised"]), "y": top.at(one["realized"]), "of": one} for one in shown],
        "right": right.ticks(),
        "top": top.ticks(),
    }


def value_chart(costs: Sequence[float], lines: Mapping[str, Sequence[float]]) -> Record:
    """Return the chart of the value per pair by the cost of a job, with a line for each policy.

    Args:
        costs: costs per job, ascending.
        lines: values at those costs, by policy.
    """
    right = Scale.over(costs, 0, WIDTH)
    top = Scale.over([0.0, *(value for values in lines.values() for value in values)], HEIGHT, 0)
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "margin": MARGIN,
        "zero": top.at(0),
        "lines": [
            {"policy": name, "points": [(right.at(cost), top.at(one)) for cost, one in zip(costs, values, strict=True)]}
            for name, values in lines.items()
        ],
        "right": right.ticks(),
        "top": top.ticks(),
    }


def svg(template: str, **values: Any) -> str:
    """Return an SVG file, which needs nothing but itself, from a template of pages."""
    return pages.render(template, style=pages.part("plot.css"), **values)


def write_svg(path: str | Path, text: str) -> Path:
    """Write an SVG file, whole or not at all, and return its path.

    Raises:
        ExportError: it cannot be written.
        RequestError: the path is inside of a store.
    """
    path = Path(path)
    refuse_store("the plot", path)
    with whole_file(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8", newline="\n")
    return path
