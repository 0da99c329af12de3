"""Scales of charts: values along an axis, and round numbers to write beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MOST_TICKS = 6


@dataclass(frozen=True)
class Scale:
    """An axis of a chart.

    Attributes:
        low, high: values at its ends.
        start, end: coordinates of its ends, in the units of the drawing.
    """

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def over(cls, values: Iterable[float], start: float, end: float) -> Scale:
        """Return the axis of values, with some space at its ends."""
        known = list(values) or [0.0]
        low, high = min(known), max(known)
        space = (high - low) * 0.06 or 0.05
        return cls(low - space, high + space, start, end)

    def at(self, value: float) -> float:
        """Return the coordinate of a value."""
        return round(self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low), 1)

    def ticks(self) -> list[dict[str, Any]]:
        """Return round values between the ends, each with its coordinate and its text; all have the same decimals."""
        step = 10 ** math.floor(math.log10(self.high - self.low))
        while (self.high - self.low) / step < MOST_TICKS / 2:
            step /= 2
        places = range(math.ceil(self.low / step), math.floor(self.high / step) + 1)
        values = [round(place * step, 10) for place in places]
        decimals = max(len(f"{value:.10f}".rstrip("0").partition(".")[2]) for value in values)
        return [{"at": self.at(value), "value": value, "text": f"{value:.{decimals}f}"} for value in values]
