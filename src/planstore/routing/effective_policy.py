"""The effective document of a policy: every key with its value, those that the policy left out marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from planstore.routing.policy import Policy
from planstore.routing.policy_keys import is_left_out, is_threshold, keys_and_values, stated

MARK = "default"
_END = "...\n"
"""The end of a YAML document that is a single value."""
_ENDLESS = 10**9
"""A line width that no value reaches, because a mark must stand on the line of its key."""


def effective_text(policy: Policy) -> str:
    """Return the document as a YAML policy file; keys that the policy left out end with the comment ``# default``."""
    document = policy.model_dump(mode="json")
    return "\n".join(["routing:", *_lines(document, "", policy.left_out, 1)]) + "\n"


def left_out_leaves(policy: Policy) -> list[str]:
    """Return each single key that the policy left out, as ``symbol.min_score.regression``."""
    found = []
    for key, value in keys_and_values(policy.model_dump(mode="json")):
        rests = [rest for rest, _ in stated(value)] if is_threshold(key) else [""]
        found += [f"{key}{rest}" for rest in rests if is_left_out(f"{key}{rest}", policy.left_out)]
    return found


def _lines(section: Mapping[str, Any], path: str, left_out: Sequence[str], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for name, value in section.items():
        key = f"{path}{name}"
        is_number = any(map(is_threshold, key.split(".")))
        if isinstance(value, Mapping) and (not is_number or _is_mixed(key, left_out)):
            yield f"{indent}{name}:"
            yield from _lines(_stated(value) if is_number else value, f"{key}.", left_out, depth + 1)
            continue
        text = yaml.safe_dump(_stated(value), default_flow_style=True, sort_keys=False, width=_ENDLESS)
        line = f"{indent}{name}: {text.removesuffix(_END).strip()}"
        yield f"{line}  # {MARK}" if is_left_out(key, left_out) else line


def _is_mixed(key: str, left_out: Sequence[str]) -> bool:
    """Return whether some of a threshold's numbers were left out, and others not."""
    return not is_left_out(key, left_out) and any(one.startswith(f"{key}.") for one in left_out)


def _stated(value: Any) -> Any:
    """Return a value without the keys that are null, which say nothing in thresholds and lists."""
    if isinstance(value, Mapping):
        return {name: _stated(inner) for name, inner in value.items() if inner is not None}
    return [_stated(inner) for inner in value] if isinstance(value, list) else value
