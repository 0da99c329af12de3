"""Nearest miss: the smallest single change that would have flipped a route."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from planstore.audit.replay import Outcome, Record, Replay, Scenario
from planstore.events.sides import SIDE_NAMES
from planstore.routing.rules import Rules


def nearest_misses(
    replay: Replay,
    rules: Rules,
    scenario: Scenario,
    route: str,
    tries: Sequence[Record],
    policy_tries: Sequence[Record],
) -> tuple[Record | None, Record | None]:
    """Return the smallest change of evidence, and of a threshold, that flips ``route``; None where no single one does.

    Args:
        replay: replays the pair that is asked about.
        rules: the rules of its day.
        scenario: the run as it was decided.
        route: the route that it gave.
        tries: changes of evidence at which a check turns, nearest first.
        policy_tries: the same of the policy's thresholds.

    Returns:
        For evidence ``side, metric, observed, needed, distance, route, text``; for the policy ``key, current, needed,
        distance, of_others, route, text``. ``needed`` flips the route to ``route``; any value between it and what was
        observed leaves it as it is. ``of_others`` says that it flips because of other symbols in the lane.
    """
    evidence = [scenario.changed(row["side"], patch(row["metric"], json.loads(row["needed"]))) for row in tries]
    policies = [with_threshold(scenario.policy, row["key"], json.loads(row["needed"])) for row in policy_tries]
    outcomes = replay.decide(rules, [*evidence, *(replace(scenario, policy=policy) for policy in policies)])
    flips = _flips(tries, outcomes[: len(evidence)], route)
    policy_flips = (
        (row, outcome["route"])
        for row, policy, outcome in zip(policy_tries, policies, outcomes[len(evidence) :], strict=True)
        if outcome is not None and outcome["route"] != route and is_policy(policy)
    )
    return told(next(flips, None), "observed"), told(next(policy_flips, None), "current")


def is_policy(document: str) -> bool:
    """Tell whether a document could be adopted: a threshold cannot be moved past another that must not be below it."""
    from pydantic import ValidationError

    from planstore.routing.policy import Policy

    try:
        Policy.model_validate_json(document)
    except ValidationError:
        return False
    return True


def _flips(tries: Sequence[Record], outcomes: Sequence[Outcome], route: str) -> Iterator[tuple[Record, str]]:
    for row, outcome in zip(tries, outcomes, strict=True):
        if outcome is not None and outcome["route"] != route:
            yield row, outcome["route"]


def told(flip: tuple[Record, str] | None, was: str) -> Record | None:
    """Return a change that flips a route, as people read it; ``was`` names what it is now."""
    if flip is None:
        return None
    row, route = flip
    found = {**row, was: json.loads(row[was] or "null"), "needed": json.loads(row["needed"]), "route": route}
    return found | {"text": _text(found, was)}


def _text(found: Mapping[str, Any], was: str) -> str:
    name = f"{SIDE_NAMES[found['side']]} {found['metric']}" if "side" in found else found["key"]
    moved = ", because it moves other symbols in the lane" if found.get("of_others") else ""
    return f"{name} is {_shown(found[was])}; with {_shown(found['needed'])} the route would be {found['route']}{moved}"


def _shown(value: Any) -> str:
    """Return a value with as many digits as tell it apart: a threshold that is passed by the last bit says so."""
    if not isinstance(value, float):
        return "missing" if value is None else str(value)
    short = f"{value:.6g}"
    if float(short) == value:
        return short
    return (
        f"{'just above' if value > float(short) else 'just below'} {short}"
        if abs(value - float(short)) < 1e-12
        else f"{value:.17g}"
    )


def patch(metric: str, value: Any) -> Record:
    """Return a change of one metric; fields of a struct are written ``metric.field``."""
    outer, _, inner = metric.partition(".")
    return {outer: {inner: value}} if inner else {outer: value}


def with_threshold(document: str, key: str, value: float) -> str:
    """Return the policy's document with another threshold."""
    changed: Record = orjson.loads(document)
    *path, last = key.split(".")
    place = changed
    for part in path:
        place = place[part]
    place[last] = value
    return orjson.dumps(changed).decode()
