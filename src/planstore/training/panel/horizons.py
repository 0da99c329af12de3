"""Horizons of targets: parsed from their names, in timestamps of the panel."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_HORIZON = re.compile(r"(?<![a-z0-9.])(\d+)(m|min|h|d)(?![a-z0-9])", re.IGNORECASE)
_MINUTES = {"m": 1, "min": 1, "h": 60}
_DAY = 1440


@dataclass(frozen=True)
class Spacing:
    """Spacing of a panel's timestamps.

    Attributes:
        minutes: usual distance of two successive timestamps of a symbol.
        per_day: usual number of timestamps of a symbol per day; 1 in a daily or coarser panel.
    """

    minutes: float
    per_day: int

    def horizon(self, target: str) -> int | None:
        """Return the horizon of ``target`` in timestamps, None where its name has none.

        A day is a trading day: `per_day` timestamps, so that ``5d`` is 5 timestamps of a daily panel. Minutes and hours
        are rounded up. Of several horizons in a name the longest is used, because the gap between train and test must
        be long enough for each.
        """
        horizons = [self.timestamps(int(number), unit.lower()) for number, unit in _HORIZON.findall(target)]
        if "same_day" in target.lower():
            horizons.append(self.per_day)
        return max(horizons, default=None)

    def timestamps(self, number: int, unit: str) -> int:
        """Return a duration in timestamps, rounded up, at least 1."""
        if unit == "d":
            return max(1, number * self.per_day)
        minutes = number * _MINUTES[unit]
        if self.minutes >= _DAY:
            return max(1, math.ceil(minutes / _DAY))
        return max(1, math.ceil(minutes / self.minutes))
