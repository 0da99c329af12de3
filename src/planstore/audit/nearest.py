"""Nearest miss: a change that would have flipped a route: how it is tried, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson

from planstore.audit.scenario import Record
from planstore.events.vocabulary import Side


def is_policy(document: str) -> bool:
    """Tell whether a document could be adopted: a threshold cannot be moved past another that must not be below it."""
    from pydantic import ValidationError

    from planstore.routing.policy import Policy

    try:
        Policy.model_validate_json(document)
    except ValidationError:
        return False
    return True


def told(flip: tuple[Record, str] | None, was: str) -> Record | None:
    """Return a change that flips a route, as people read it; ``was`` names what it is now."""
    if flip is None:
        return None
    row, route = flip
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


def patch(metric: str, value: Any) -> Record:
    """Return a change of one metric; fields of a struct are written ``metric.field``."""
    outer, _, inner = metric.partition(".")
    return {outer: {inner: value}} if inner else {outer: value}


def with_key(document: str, key: str, value: Any) -> str:
    """Return the policy's document with another value of a key."""
    changed: Record = orjson.loads(document)
    *path, last = key.split(".")
    place = changed
    for part in path:
        place = place[part]
    place[last] = value
    return orjson.dumps(changed).decode()
