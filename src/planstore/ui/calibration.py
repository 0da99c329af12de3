"""The page of the calibration: the scores that evidence promised against those that came true."""

from __future__ import annotations

import math

from planstore.errors import NotFoundError
from planstore.events.outcome import metric_word
from planstore.events.vocabulary import SIDES, Side
from planstore.ui.asked import Asked
from planstore.ui.flips import Record

NAMED = ("target", "metric")
REPEATED = ("target",)
SIZE, MARGIN = 320, 40
"""Side of a chart, and the room for its numbers, in its own units."""
MOST_POINTS = 2_000
"""Maximum number of points of a chart: the newest outcomes."""


def calibration_page(asked: Asked) -> Record:
    """Return the page without the comparison, which takes long."""
    return {"filter": {"target": asked.texts("target"), "metric": asked.text("metric")}}


def calibration_part(asked: Asked) -> Record:
    """Return the comparison: tables, and a chart for each side."""
    try:
        found = asked.store.calibrate(targets=asked.texts("target"), metric=asked.text("metric"))
    except NotFoundError as error:
        return {"found": None, "reason": str(error)}
    rows = asked.store.access.session.records("outcomes/compared", targets=asked.texts("target"))
    outcomes = [row for row in rows if metric_word(row["metric_name"]) == found.metric]
    charts = [
        _chart(side, [row for row in outcomes if (row["symbol"] is None) is (side == SIDES[0])]) for side in SIDES
    ]
    return {"found": found, "charts": [chart for chart in charts if chart["points"]], "size": SIZE, "margin": MARGIN}


def calibrate_answer(asked: Asked) -> Record:
    """Return the answer of ``planstore calibrate``."""
    return asked.store.calibrate(targets=asked.texts("target"), metric=asked.text("metric")).as_dict()


def _chart(side: Side, outcomes: list[Record]) -> Record:
    """Return the points of a side, promised to the right and realized to the top, and the line of perfect promises."""
    pairs = [(one["promised"], one["realized"], one) for one in outcomes[-MOST_POINTS:]]
    pairs = [pair for pair in pairs if all(value is not None and math.isfinite(value) for value in pair[:2])]
    values = [value for pair in pairs for value in pair[:2]]
    low, high = min(values, default=0.0), max(values, default=1.0)
    space = (high - low) * 0.05 or 0.05
    low, high = low - space, high + space

    def at(value: float) -> float:
        return round(SIZE * (value - low) / (high - low), 1)

    points = [
        {"x": at(promised), "y": SIZE - at(realized), "promised": promised, "realized": realized, "of": one}
        for promised, realized, one in pairs
    ]
    middle = (low + high) / 2
    ticks = [{"place": at(value), "value": value} for value in (low + space, middle, high - space)]
    return {"side": side.value, "points": points, "ticks": ticks, "left_out": len(outcomes) - len(pairs)}
