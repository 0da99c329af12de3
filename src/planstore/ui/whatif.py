"""The page that decides a run again under other thresholds, and writes them as a policy file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, get_args

from starlette.responses import Response

from planstore.checks.quoting import quoted
from planstore.errors import RequestError
from planstore.events.vocabulary import Preference
from planstore.ui.asked import Asked
from planstore.ui.flips import MOST_SHOWN, Record, route_counts
from planstore.ui.policies import named_policy

if TYPE_CHECKING:
    from planstore.routing.policy import Policy

NAMED = ("run", "policy", "set")
REPEATED = ("set",)
_LEFT_OUT = ("horizon.", "budget.", "families", "dump_plan_as", "log_decision_reasons", "semantics", "refit")
"""Starts of keys without a field: they change no route, or are no threshold."""
NULL_MARGIN = "min_margin_over_null"
OTHERS = "other keys"
_OFF = ("max_false_discovery_rate", NULL_MARGIN)
"""Keys that are null where the policy does not ask for them; an empty field means that."""


def whatif_page(asked: Asked) -> Record:
    """Return the page with a field for each threshold of a policy."""
    run = asked.store.access.find_run(asked.text("run"))
    row, policy = named_policy(asked, asked.text("policy") or run["policy_id"])
    changed, _ = _changed(policy, asked.texts("set"))
    fields = list(_fields(policy, changed))
    return {
        "run": run,
        "policy": row,
        "pairs": sum(route_counts(asked, run).values()),
        "fields": fields,
        "sections": sorted({field["section"] for field in fields}, key=lambda name: (name == OTHERS, name)),
        "policies": asked.store.access.session.records("ui/policies"),
        "runs": asked.store.access.session.records("ui/recent_runs", most=200),
    }


def whatif_part(asked: Asked) -> Record:
    """Return the effect of the changes on the run."""
    run, policy, changes = _request(asked)

    def compute() -> Record:
        found = asked.store.whatif(policy, runs=[run["run_id"]])
        return {
            "by_run": found.by_run()[0],
            "by_target": list(found.by_target())[:MOST_SHOWN],
            "flips": found.flip_table().limit(MOST_SHOWN).to_arrow_table().to_pylist(),
            "total": found.flips,
            "budget": list(found.budget_lines()),
        }

    answer = asked.memo.get(("whatif", run["commit_id"], policy.policy_id), compute)
    return {**answer, "run": run, "changes": changes, "is_same": policy.policy_id == run["policy_id"]}


def whatif_answer(asked: Asked) -> Record:
    """Return the answer of ``planstore whatif`` for the changed policy."""
    run, policy, _ = _request(asked)
    return asked.store.whatif(policy, runs=[run["run_id"]]).as_dict()


def policy_file(asked: Asked) -> Response:
    """Return the changed policy as a YAML file to save."""
    from planstore.routing.effective_policy import effective_text

    _, policy, _ = _request(asked)
    headers = {"content-disposition": 'attachment; filename="policy.yaml"'}
    return Response(effective_text(policy), headers=headers, media_type="application/yaml")


def _request(asked: Asked) -> tuple[Record, Policy, list[str]]:
    """Return the run, the checked policy with the changes made, and the keys that were changed."""
    from planstore.routing.policy_reader import read_runnable_policy

    run = asked.store.access.find_run(asked.text("run"))
    _, policy = named_policy(asked, asked.text("policy") or run["policy_id"])
    document, changes = _changed(policy, asked.texts("set"))
    return run, read_runnable_policy({"routing": document}).policy, changes


def _changed(policy: Policy, settings: list[str]) -> tuple[Record, list[str]]:
    """Return the document of a policy with values replaced, and the replaced keys.

    Raises:
        RequestError: a setting is no ``KEY=VALUE`` of a field, or its value has another type.
    """
    document: Record = policy.model_dump(mode="json")
    known = dict(_leaves(policy))
    changes = []
    for setting in settings:
        key, separator, text = setting.partition("=")
        if not separator or key not in known:
            raise RequestError(f"set must be KEY=VALUE of a key with a field, got {quoted(setting)}")
        *sections, last = key.split(".")
        place = document
        for section in sections:
            place = place[section]
        value = _value(key, known[key], text)
        if place[last] != value:
            place[last] = value
            changes.append(f"{key} {_text(known[key])} → {_text(value)}")
    return document, changes


def _value(key: str, before: Any, text: str) -> Any:
    if key in _OFF and not text:
        return None
    if isinstance(before, str):
        return text
    if isinstance(before, bool):
        if text not in ("true", "false"):
            raise RequestError(f"{key} must be true or false, got {quoted(text)}")
        return text == "true"
    try:
        return int(text) if isinstance(before, int) else float(text)
    except ValueError:
        raise RequestError(f"{key} must be a number, got {quoted(text)}") from None


def _leaves(policy: Policy) -> Iterator[tuple[str, Any]]:
    """Yield each key that has a field, with its value; thresholds by task and tier."""
    from planstore.routing.policy_keys import is_threshold, keys_and_values, stated

    for key, value in keys_and_values(policy.model_dump(mode="json")):
        if key.startswith(_LEFT_OUT) or (value is None and key not in _OFF):
            continue
        for rest, leaf in stated(value) if is_threshold(key) else [("", value)]:
            if isinstance(leaf, bool | int | float) or leaf is None or _choices(key):
                yield f"{key}{rest}", leaf


def _fields(policy: Policy, changed: Record) -> Iterator[Record]:
    """Yield the fields: a slider with its range for a number, choices for others."""
    from planstore.routing.policy_keys import meaning

    for key, before in _leaves(policy):
        value: Any = changed
        for section in key.split("."):
            value = value[section]
        field = {
            "key": key,
            "value": value,
            "before": before,
            "meaning": meaning(key),
            "section": _section(key),
        }
        if isinstance(before, bool):
            yield {**field, "choices": ("true", "false"), "value": _text(value), "before": _text(before)}
        elif choices := _choices(key):
            yield {**field, "choices": choices}
        else:
            shown = {"value": "" if value is None else value, "before": "" if before is None else before}
            yield {**field, **_range(key, before or 0.0, value or 0.0), **shown}


def _choices(key: str) -> tuple[str, ...]:
    """Return the words that a key can have; none for a key of another kind."""
    from planstore.routing.policy import Policy

    if key == "both_strong_behavior":
        return tuple(Preference)
    field = Policy.model_fields.get(key)
    words = () if field is None else get_args(field.annotation)
    return words if all(isinstance(word, str) for word in words) else ()


def _section(key: str) -> str:
    """Return the heading of a field: sections of the policy come first, single keys last."""
    section, is_inside, _ = key.partition(".")
    return section.replace("_", " ") if is_inside and section != NULL_MARGIN else OTHERS


def _range(key: str, before: float, value: float) -> Record:
    """Return the ends and the step of a slider; the ends include the present values."""
    if isinstance(before, int):
        low, high, step = 0.0, float(max(10, 4 * before)), 1.0 if before < 100 else 100.0
    elif ".regression" in key:
        low, high, step = -0.1, 0.3, 0.001
    else:
        low, high, step = 0.0, 1.0, 0.005
    return {"low": min(low, before, value), "high": max(high, before, value), "step": step}


def _text(value: Any) -> str:
    if value is None:
        return "off"
    return json.dumps(value) if isinstance(value, bool) else str(value)
