"""The keys of a policy's document, one by one: values, meanings and defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel

from planstore.routing.policy import Policy
from planstore.routing.policy_sections import ByTask
from planstore.routing.score_order import TIERS

TASKS = ("classification", "regression")
THRESHOLDS = ("min_score", "strong_score", "min_margin_over_null", "min_effective_samples")
"""The names of keys that hold a threshold: a number, or one for each task and tier."""


def is_threshold(key: str) -> bool:
    """Return whether a key, such as ``symbol.min_score``, holds a threshold."""
    return key.rpartition(".")[2] in THRESHOLDS


def keys_and_values(document: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each key of a document, as ``symbol.min_score``, with its value; thresholds and lists are whole."""
    for name, value in document.items():
        key = f"{path}{name}"
        if isinstance(value, Mapping) and not is_threshold(key):
            yield from keys_and_values(value, f"{key}.")
        else:
            yield key, value


def stated(threshold: Any) -> Iterator[tuple[str, Any]]:
    """Yield the numbers that a threshold states, each with the rest of its key: ``.regression.short``, or nothing."""
    if not isinstance(threshold, Mapping):
        yield "", threshold
        return
    for name, value in threshold.items():
        if value is not None:
            yield from ((f".{name}{rest}", number) for rest, number in stated(value))


def number_at(threshold: Any, rest: str) -> Any:
    """Return the number of a threshold at the rest of a key, by task and tier where it has them."""
    for name in rest.split(".")[1:]:
        if not isinstance(threshold, Mapping):
            break
        found = threshold.get(name)
        threshold = threshold.get("default") if found is None else found
    # because a key without a tier means the default one of a threshold by tier
    return threshold.get("default", threshold) if isinstance(threshold, Mapping) else threshold


def places(*thresholds: Any) -> Sequence[str]:
    """Return the rests of keys at which thresholds are compared: each task and tier that one of them tells apart."""
    if not any(isinstance(one, Mapping) for one in thresholds):
        return [""]
    tiers = [
        tier for tier in ("default", *TIERS) if any(f".regression.{tier}" in dict(stated(one)) for one in thresholds)
    ]
    return [".classification", *([f".regression.{tier}" for tier in tiers] or [".regression"])]


def meaning(key: str) -> str:
    """Return the description of a key, as the reference of policies has it."""
    model: type[BaseModel] | None = Policy
    found = ""
    for name in key.split("."):
        field = model.model_fields.get(name) if model is not None else None
        if field is None or model is ByTask:
            break
        found = field.description or found
        model = next(
            (
                kind
                for kind in (field.annotation, *get_args(field.annotation))
                if isinstance(kind, type) and issubclass(kind, BaseModel)
            ),
            None,
        )
    return found


def is_left_out(key: str, left_out: Sequence[str]) -> bool:
    """Return whether a key, or a section that it stands in, is among those that were left out."""
    return any(key == one or key.startswith(f"{one}.") for one in left_out)
