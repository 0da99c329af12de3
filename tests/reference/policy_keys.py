"""The reference of a policy's keys, and their JSON Schema, from the model that checks policies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from planstore.routing.policy_defaults import DEFAULT_POLICY
from planstore.routing.policy_schema import policy_schema
from reference.markdown import table


def schema_text() -> str:
    """Return the JSON Schema as it is written to its file."""
    return json.dumps(policy_schema(), indent=2, ensure_ascii=False) + "\n"


def text() -> str:
    """Return a table of all keys, each with its type, the value of the default policy, and its meaning."""
    whole = policy_schema()
    default = yaml.safe_load(DEFAULT_POLICY.read_text(encoding="utf-8"))["routing"]
    return table(("key", "type", "default policy", "meaning"), _keys(whole["properties"]["routing"], whole, default))


def _keys(
    section: Mapping[str, Any], whole: Mapping[str, Any], default: Any, path: str = ""
) -> Iterator[tuple[str, str, str, str]]:
    for key, entry in section["properties"].items():
        value = default.get(key) if isinstance(default, Mapping) else None
        name = f"{path}{key}"
        inner = _inner(entry, whole)
        shown = "" if inner or value is None else f"`{json.dumps(value, ensure_ascii=False)}`"
        yield f"`{name}`", _type(entry, whole), shown, entry.get("description", "")
        if inner:
            step = f"{name}[]." if entry.get("type") == "array" else f"{name}."
            first = value[0] if isinstance(value, list) and value else value
            yield from _keys(inner, whole, first, step)


def _inner(entry: Mapping[str, Any], whole: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the section that an entry is, or is a list of; thresholds are told once, for all."""
    for one in (entry, *entry.get("anyOf", ()), entry.get("items", {})):
        if "$ref" in one:
            found: Mapping[str, Any] = whole["$defs"][one["$ref"].rpartition("/")[2]]
            if "properties" in found and found["title"] not in ("ByTask", "ByTier"):
                return found
    return None


def _type(entry: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    if "anyOf" in entry:
        kinds = [_type(one, whole) for one in entry["anyOf"]]
        return "threshold" + (" or null" if "null" in kinds else "") if "ByTask" in kinds else " or ".join(kinds)
    if "$ref" in entry:
        name = entry["$ref"].rpartition("/")[2]
        found = whole["$defs"][name]
        return _type(found, whole) if "enum" in found else name if name.startswith("By") else "section"
    if "enum" in entry:
        return ", ".join(f"`{one}`" for one in entry["enum"])
    if "const" in entry:
        return f"`{entry['const']}`"
    if entry.get("type") == "array":
        return f"list of {_type(entry['items'], whole)}"
    bounds = [f"{word} {entry[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in entry]
    return " ".join((str(entry.get("type", "any")), *bounds))
