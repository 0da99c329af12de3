"""Nearest flip: the smallest change that would have flipped a route, for one decision or all of a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context
from functools import lru_cache
from typing import Any

import orjson

from planstore.audit.scenario import Record, Scenario
from planstore.events.vocabulary import Semantics, Side
from planstore.routing.score_order import crossed_scores

DIGITS = 6
"""Significant digits of numbers in texts; the answer itself has them all."""

POLICIES = 1024
"""Cached checks of policies, because a run tries each policy on many targets."""
_FREE = (
    "cross_sectional.", "symbol.", "experimental.min_score", "min_margin_over_null", "min_effective_samples",
    "stability_classification.stable_", "stability_classification.drifting_", "stability_classification.max_std_",
)  # fmt: skip
"""The beginnings of the keys that take any finite number, while no minimum score is above its strong score."""


@dataclass(frozen=True)
class Try:
    """A change to try.

    Attributes:
        row: the change, as the rules' explanation lists it: of evidence by ``metric``, of the policy by ``key``.
        scenario: the scenario that tries it.
    """

    row: Record
    scenario: Scenario

    @classmethod
    def of_evidence(cls, row: Record, scenario: Scenario) -> Try:
        """Return the try that replaces the value of one metric."""
        outer, _, inner = row["metric"].partition(".")  # because fields of a struct are written ``metric.field``
        value = json.loads(row["needed"])
        return cls(row, scenario.changed(row["side"], {outer: {inner: value} if inner else value}))

    @classmethod
    def of_policy(cls, row: Record, scenario: Scenario) -> Try:
        """Return the try that replaces the value of one policy key."""
        return cls(row, replace(scenario, policy=with_key(scenario.policy, row["key"], json.loads(row["needed"]))))

    @property
    def current(self) -> str:
        """The column of the present value: ``observed`` for evidence, ``current`` for the policy."""
        return "current" if "key" in self.row else "observed"

    @property
    def is_possible(self) -> bool:
        """Whether the change is possible: of evidence always, of a policy if the result is a valid policy."""
        if self.current == "observed":
            return True
        if self.row["key"].startswith(_FREE):  # because the import of the policy's model takes longer than the answer
            return has_ordered_scores(self.scenario.policy)
        return is_valid_policy(self.scenario.policy)


def nearest_flip(tries: Iterable[Try], turned: Callable[[Try], str | None]) -> Record | None:
    """Return the first change that flips a route, as people read it; None where none does.

    Args:
        tries: changes to try on one decision, nearest first.
        turned: returns the route that a try flips it to, None where it does not.
    """
    found = ((one, turned(one)) for one in tries)
    return next((_miss(one, route) for one, route in found if route is not None and one.is_possible), None)


def has_ordered_scores(document: str) -> bool:
    """Return whether no minimum score of a policy is above its strong score, as only a strict policy needs it."""
    policy = orjson.loads(document)
    return policy["semantics"] != Semantics.STRICT or not any(crossed_scores(policy))


@lru_cache(maxsize=POLICIES)
def is_valid_policy(document: str) -> bool:
    """Return whether a document is a valid policy; one threshold, for example, may not pass another."""
    from pydantic import ValidationError

    from planstore.routing.policy import Policy

    try:
        Policy.model_validate_json(document)
    except ValidationError:
        return False
    return True


def _miss(one: Try, route: str) -> Record:
    row, was = one.row, one.current
    found = {**row, was: json.loads(row[was] or "null"), "needed": json.loads(row["needed"]), "route": route}
    return found | {"text": _text(found, was)}


def _text(found: Mapping[str, Any], was: str) -> str:
    name = f"{Side(found['side']).label} {found['metric']}" if "side" in found else found["key"]
    reason = ", because it moves other symbols in the lane" if found.get("of_others") else ""
    none = "missing" if "side" in found else "null"
    present, needed = found[was], found["needed"]
    is_rise = isinstance(present, int | float) and isinstance(needed, int | float) and needed > present
    shown = _shown(needed, none, ROUND_CEILING if is_rise else ROUND_FLOOR)
    return f"{name} is {_shown(present, none)}; with {shown} the route would be {found['route']}{reason}"


def _shown(value: Any, none: str, rounding: str = ROUND_HALF_EVEN) -> str:
    """Return a value with at most ``DIGITS`` digits, or ``just above`` or ``just below`` such a number.

    A number that is needed is rounded away from the present one, so that the shown one is far enough too.
    """
    if isinstance(value, list):
        return f"[{', '.join(_shown(item, none, rounding) for item in value)}]"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(item, none, rounding)}" for key, item in value.items() if item is not None)
    if not isinstance(value, float):
        return none if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    short = f"{value:.{DIGITS}g}"
    if float(short) == value:
        return short
    return (
        f"{'just above' if value > float(short) else 'just below'} {short}"
        if abs(value - float(short)) < 1e-12
        else f"{float(Context(prec=DIGITS, rounding=rounding).create_decimal_from_float(value)):.{DIGITS}g}"
    )


def with_key(document: str, key: str, value: Any) -> str:
    """Return a policy's document with the value of one key replaced."""
    changed: Record = orjson.loads(document)
    *path, last = key.split(".")
    mapping = changed
    for part in path:
        mapping = mapping[part]
    mapping[last] = value
    return orjson.dumps(changed).decode()
