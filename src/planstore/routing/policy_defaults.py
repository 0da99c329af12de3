"""The default policy, which completes strict policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from planstore.documents.yaml_loader import read_yaml
from planstore.routing.score_order import TIERS

DEFAULT_POLICY = Path(__file__).parent / "default_policy.yaml"
"""The policy that planstore ships: a conservative one, which completes strict policies."""


@cache
def shipped_policy() -> Mapping[str, Any]:
    """Return the keys of the policy that planstore ships, every one that there is."""
    found: Mapping[str, Any] = read_yaml(DEFAULT_POLICY.read_text(encoding="utf-8")).value["routing"]
    return found


def with_defaults(given: Any, default: Any) -> Any:
    """Complete a document by the default values of its missing keys."""
    if not isinstance(given, Mapping):
        return given
    known = _by_key(given, default)
    return {**known, **{key: with_defaults(value, known.get(key)) for key, value in given.items()}}


def left_out_keys(given: Any, default: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the keys of ``default`` that were not given; of a section that was not, only its own."""
    if isinstance(given, Mapping):
        for key, value in _by_key(given, default).items():
            if key in given:
                yield from left_out_keys(given[key], value, (*path, key))
            else:
                yield ".".join((*path, key))


def without_nulls(given: Any) -> Any:
    """Return a document without the keys that are null, which mean the default under the reference."""
    if not isinstance(given, Mapping):
        return given
    return {key: without_nulls(value) for key, value in given.items() if value is not None}


def _by_key(given: Mapping[str, Any], default: Any) -> Mapping[str, Any]:
    """Return a default by its keys; a number is that of all tiers, where tiers were given."""
    if isinstance(default, Mapping):
        return default
    return {"default": default} if default is not None and set(given) <= {"default", *TIERS} else {}
