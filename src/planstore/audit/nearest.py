"""Nearest flip: the smallest change that would have flipped a route, of one decision as of every one of a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import orjson

from planstore.audit.scenario import Record, Scenario
from planstore.events.vocabulary import Side

POLICIES = 1024
"""Policies that are remembered as ones that could be adopted or not: a run tries each of them on many targets."""


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
        """Return the try of another value of one metric."""
        outer, _, inner = row["metric"].partition(".")  # because fields of a struct are written ``metric.field``
        value = json.loads(row["needed"])
        return cls(row, scenario.changed(row["side"], {outer: {inner: value} if inner else value}))

    @classmethod
    def of_policy(cls, row: Record, scenario: Scenario) -> Try:
        """Return the try of another value of one of the policy's keys."""
        return cls(row, replace(scenario, policy=with_key(scenario.policy, row["key"], json.loads(row["needed"]))))

    @property
    def current(self) -> str:
        """The column that says what is now: ``observed`` of evidence, ``current`` of the policy."""
        return "current" if "key" in self.row else "observed"

    @property
    def can_be(self) -> bool:
        """Whether what is tried could be: evidence always, a policy where it could be adopted."""
        return self.current == "observed" or is_policy(self.scenario.policy)


def nearest_flip(tries: Iterable[Try], turned: Callable[[Try], str | None]) -> Record | None:
    """Return the first change that flips a route, as people read it; None where none does.

    Args:
        tries: changes to try on one decision, nearest first.
        turned: returns the route that a try flips it to, None where it does not.
    """
    found = ((one, turned(one)) for one in tries)
    return next((_told(one, route) for one, route in found if route is not None and one.can_be), None)


@lru_cache(maxsize=POLICIES)
def is_policy(document: str) -> bool:
    """Tell whether a document could be adopted: a threshold cannot be moved past another that must not be below it."""
    from pydantic import ValidationError

    from planstore.routing.policy import Policy

    try:
        Policy.model_validate_json(document)
    except ValidationError:
        return False
    return True


def _told(one: Try, route: str) -> Record:
    row, was = one.row, one.current
    found = {**row, was: json.loads(row[was] or "null"), "needed": json.loads(row["needed"]), "route": route}
    return found | {"text": _text(found, was)}


def _text(found: Mapping[str, Any], was: str) -> str:
    name = f"{Side(found['side']).label} {found['metric']}" if "side" in found else found["key"]
    moved = ", because it moves other symbols in the lane" if found.get("of_others") else ""
    none = "missing" if "side" in found else "null"
    there, needed = _shown(found[was], none), _shown(found["needed"], none)
    return f"{name} is {there}; with {needed} the route would be {found['route']}{moved}"


def _shown(value: Any, none: str) -> str:
    """Return a value with as many digits as tell it apart: a threshold that is passed by the last bit says so."""
    if isinstance(value, list):
        return f"[{', '.join(_shown(item, none) for item in value)}]"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(item, none)}" for key, item in value.items() if item is not None)
    if not isinstance(value, float):
        return none if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    short = f"{value:.6g}"
    if float(short) == value:
        return short
    return (
        f"{'just above' if value > float(short) else 'just below'} {short}"
        if abs(value - float(short)) < 1e-12
        else f"{value:.17g}"
    )


def with_key(document: str, key: str, value: Any) -> str:
    """Return the policy's document with another value of a key."""
    changed: Record = orjson.loads(document)
    *path, last = key.split(".")
    place = changed
    for part in path:
        place = place[part]
    place[last] = value
    return orjson.dumps(changed).decode()
