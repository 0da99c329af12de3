"""A chart of the scores of a side over the runs: points with intervals, nulls, and thresholds as steps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from planstore.events.vocabulary import Side
from planstore.pages.scale import MOST_TICKS, Scale

Record = dict[str, Any]
WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 30
MIN_CHECK, STRONG_CHECK = "MIN_SCORE", "STRONG_SCORE"
MOST_NAME = 14
"""Characters of a run's name below the chart."""


def charts(rows: Sequence[Record]) -> list[Record]:
    """Return the chart of each side that has a score in a run; the template draws it.

    Args:
        rows: a row for each run, oldest first, as of ``ui/pair_scores`` with ``thresholds``.
    """
    sides = (Side.SYMBOL, Side.CROSS_SECTIONAL)
    return [chart for side in sides if (chart := _chart(side.value, rows)) is not None]


def _chart(side: str, rows: Sequence[Record]) -> Record | None:
    points = [
        (place, row) for place, row in enumerate(rows) if row[side] is not None and _is_number(row[side]["score"])
    ]
    if not points:
        return None
    values = [
        value
        for _, row in points
        for value in (*(row[side][name] for name in ("score", "low", "high", "null_score")), *_of(row, side).values())
        if _is_number(value)
    ]
    scale = Scale.over(values, HEIGHT - BOTTOM, TOP)
    y = scale.at

    def x(place: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (place + 0.5) / len(rows), 1)

    return {
        "side": side,
        "metric": next((row[side]["metric"] for _, row in reversed(points) if row[side]["metric"]), "score"),
        "size": {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "bottom": HEIGHT - BOTTOM},
        "line": " ".join(f"{x(place)},{y(row[side]['score'])}" for place, row in points),
        "points": [_point(place, row, side, x, y) for place, row in points],
        "steps": [step for level in ("min", "strong") for step in _steps(level, side, rows, x, y)],
        "ticks": scale.ticks(),
        "labels": [{"x": x(place), "text": _short(rows[place]["run_id"])} for place in _places(len(rows))],
    }


def _point(place: int, row: Record, side: str, x: Any, y: Any) -> Record:
    values = row[side]
    has_interval = _is_number(values["low"]) and _is_number(values["high"])
    return {
        "x": x(place),
        "y": y(values["score"]),
        "low": y(values["low"]) if has_interval else None,
        "high": y(values["high"]) if has_interval else None,
        "null": y(values["null_score"]) if _is_number(values["null_score"]) else None,
        "row": row,
        "values": values,
    }


def _steps(level: str, side: str, rows: Sequence[Record], x: Any, y: Any) -> Iterable[Record]:
    """Yield the horizontal lines of a threshold: a run of equal values is one."""
    values = [_of(row, side).get(level) for row in rows]
    start = 0
    for place in range(1, len(rows) + 1):
        if place == len(rows) or values[place] != values[start]:
            if _is_number(values[start]):
                x1, x2 = x(start - 0.5), x(place - 0.5)
                yield {"level": level, "value": values[start], "y": y(values[start]), "x1": x1, "x2": x2}
            start = place


def _of(row: Record, side: str) -> Record:
    found: Record = (row["thresholds"] or {}).get(side, {})
    return found


def _places(number: int) -> list[int]:
    """Return the runs whose names are written below the chart."""
    step = max(1, -(-number // MOST_TICKS))
    return list(range(0, number, step))


def _short(name: str) -> str:
    return name if len(name) <= MOST_NAME else f"{name[: MOST_NAME - 1]}…"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
