"""The JSON Schema of policy files, for editors."""

from __future__ import annotations

from typing import Any

from planstore.routing.policy import Policy

LISTED = ("HorizonPattern", "FamilyRule")
"""Sections that stand in lists: their keys are required, and no default policy completes them."""


def policy_schema() -> dict[str, Any]:
    """Return the JSON Schema of a strict policy file."""
    model = Policy.model_json_schema(by_alias=True)
    sections = model.pop("$defs")
    model["description"] = "the routing policy; a key that is left out has the value of the default policy"
    for section in sections.values():
        if section["type"] == "object":
            del section["description"]  # because the keys that hold a section have descriptions
    for name, section in (("Policy", model), *sections.items()):
        if name not in LISTED:
            # because a strict policy may leave out any key, and means the default one there
            section.pop("required", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "planstore policy",
        "type": "object",
        "required": ["routing"],
        "properties": {"routing": model},
        "$defs": sections,
    }
