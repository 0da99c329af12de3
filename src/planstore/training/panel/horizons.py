"""How far a target looks ahead: read from its name, counted in timestamps of its panel."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_HORIZON = re.compile(r"(?<![a-z0-9.])(\d+)(m|min|h|d)(?![a-z0-9])", re.IGNORECASE)
_MINUTES = {"m": 1, "min": 1, "h": 60}
_DAY = 1440


@dataclass(frozen=True)
class Spacing:
    """How close together a panel's timestamps are.

    Attributes:
        minutes: the usual distance of one timestamp to its symbol's next.
        per_day: how many timestamps a symbol usually has on a day; 1 in a daily or wider panel.
    """

    minutes: float
    per_day: int

    def horizon(self, target: str) -> int | None:
        """Return how many timestamps ``target`` looks ahead, None when its name does not say.

        A day is a day of trading: as many timestamps as a day usually has, and one where a day has no more, so that
        ``5d`` is 5 timestamps of a daily panel. Minutes and hours are rounded up. Of several horizons in a name the
        farthest counts, because the gap between train and test must be long enough for each.
        """
        ahead = [self._timestamps(int(number), unit.lower()) for number, unit in _HORIZON.findall(target)]
        if "same_day" in target.lower():
            ahead.append(self.per_day)
        return max(ahead, default=None)

    def _timestamps(self, number: int, unit: str) -> int:
        if unit == "d":
            return max(1, number * self.per_day)
        minutes = number * _MINUTES[unit]
        if self.minutes >= _DAY:
            return max(1, math.ceil(minutes / _DAY))
        return max(1, math.ceil(minutes / self.minutes))
