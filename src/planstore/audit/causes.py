"""Causes of a flip between two runs, found by substituting one input at a time and running the rules again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson

from planstore.audit.replay import Outcome, Replay
from planstore.audit.scenario import ABSENT, Change, Record, RunInputs, Scenario
from planstore.checks.value_text import value_text
from planstore.events.candidate_columns import READ
from planstore.events.vocabulary import SIDES, Cause, Side
from planstore.routing.rules import Rules

_METRICS = {
    column.name: tuple(part.name for part in READ if column.name in (part.name, part.part_of))
    for column in sorted(READ, key=lambda column: column.kind)
    if column.part_of is None
}
"""The columns that the rules read of a candidate, by the metric that people know them by."""

_shown = partial(value_text, none="none")


@dataclass(frozen=True)
class ComparedRun:
    """One of the two runs of a flip: its inputs, its route of the pair, and the pair's candidates by side."""

    inputs: RunInputs
    route: str | None
    candidates: Mapping[str, Record]

    @property
    def scenario(self) -> Scenario:
        """The scenario of the run, with nothing substituted."""
        return self.inputs.scenario()


class ReplayBatch:
    """Scenarios to decide, added one by one and decided together: one pass of the rules for each version of them."""

    def __init__(self) -> None:
        self._scenarios: dict[str, tuple[Rules, list[Scenario]]] = {}
        self._outcomes: dict[str, list[Outcome]] = {}

    def add(self, rules: Rules, scenario: Scenario) -> tuple[str, int]:
        """Add a scenario, and return the position of its route for `route`."""
        _, scenarios = self._scenarios.setdefault(rules.rules_id, (rules, []))
        scenarios.append(scenario)
        return rules.rules_id, len(scenarios) - 1

    def run(self, replay: Replay) -> None:
        """Decide all added scenarios."""
        for rules_id, (rules, scenarios) in self._scenarios.items():
            self._outcomes[rules_id] = replay.decide(rules, scenarios)

    def route(self, position: tuple[str, int]) -> str | None:
        """Return the route of a decided scenario; None if it has no decision."""
        rules_id, index = position
        outcome = self._outcomes[rules_id][index]
        return None if outcome is None else str(outcome["route"])


@dataclass(frozen=True)
class Factor:
    """An input that differs between two runs.

    Attributes:
        cause: the input and its two values, as people read them.
        without: the rules and the scenario of the later run, with this input of the earlier one.
        alone: the rules and the scenario of the earlier run, with this input of the later one.
    """

    cause: Record
    without: tuple[Rules, Scenario]
    alone: tuple[Rules, Scenario]


def factors(before: RunInputs, after: RunInputs) -> Iterator[Factor]:
    """Yield each input that differs between two runs."""
    a, b = before.scenario(), after.scenario()
    old, new = before.rules, after.rules
    if before.run["evidence_id"] != after.run["evidence_id"]:
        cause = {
            "cause": Cause.EVIDENCE.value, "metric": None, "text": "the evidence",
            "from": before.run["evidence_id"], "to": after.run["evidence_id"],
        }  # fmt: skip
        yield Factor(cause, (new, replace(b, evidence=a.evidence)), (old, replace(a, evidence=b.evidence)))
    if a.policy != b.policy:
        cause = {
            "cause": Cause.POLICY.value, "key": None, "from": before.run["policy_id"], "to": after.run["policy_id"],
            "text": "the policy",
        }  # fmt: skip
        yield Factor(cause, (new, replace(b, policy=a.policy)), (old, replace(a, policy=b.policy)))
    if _ids(a.overrides) != _ids(b.overrides):
        cause = _override_cause(a.overrides, b.overrides)
        yield Factor(cause, (new, replace(b, overrides=a.overrides)), (old, replace(a, overrides=b.overrides)))
    if a.model_families != b.model_families:
        cause = {
            "cause": Cause.FAMILIES.value, "from": a.model_families, "to": b.model_families,
            "text": f"the model families asked for: {_shown(a.model_families)} → {_shown(b.model_families)}",
        }  # fmt: skip
        yield Factor(
            cause,
            (new, replace(b, model_families=a.model_families)),
            (old, replace(a, model_families=b.model_families)),
        )
    if old.rules_id != new.rules_id:
        cause = {"cause": Cause.RULES.value, "from": old.rules_id, "to": new.rules_id, "text": "the rules"}
        yield Factor(cause, (old, b), (new, a))


@dataclass(frozen=True)
class _Difference:
    """A difference between two runs, with the positions of its counterfactuals; None for one that is not decided.

    Attributes:
        cause: the input, metric or key and its two values.
        without: the later run, with this of the earlier one.
        alone: the earlier run, with this of the later one.
        only: for a metric or key: the later run, with all evidence or the policy of the earlier one except this.
        all_but: for a metric or key: the earlier run, with all evidence or the policy of the later one except this.
    """

    cause: Record
    without: tuple[str, int] | None
    alone: tuple[str, int] | None
    only: tuple[str, int] | None = None
    all_but: tuple[str, int] | None = None


class Flip:
    """A change of route between two runs, and its possible causes.

    A difference is a cause if the later run has another route without it, or if it alone gives the earlier run the
    later route. A metric or key is also a cause if it decides whether its evidence or policy is one: where the route
    has another sufficient cause, the later run shows the effect of no metric, nor the earlier one if it needs two.
    """

    def __init__(self, batch: ReplayBatch, before: ComparedRun, after: ComparedRun) -> None:
        self._batch = batch
        self._before = before
        self._after = after
        self._parts: dict[str, list[_Difference]] = {}
        self._factors: dict[str, _Difference] = {}
        if before.route is None or after.route is None:
            return
        differing = list(factors(before.inputs, after.inputs))
        for factor in differing:
            # because the only difference is the cause, whatever its counterfactual gives
            counterfactuals = (factor.without, factor.alone) if len(differing) > 1 else ()
            without, alone = [batch.add(*counterfactual) for counterfactual in counterfactuals] or (None, None)
            self._factors[factor.cause["cause"]] = _Difference(factor.cause, without, alone)
        if Cause.EVIDENCE in self._factors:
            self._parts[Cause.EVIDENCE] = list(self._metrics())
        if Cause.POLICY in self._factors:
            self._parts[Cause.POLICY] = list(self._keys())

    def causes(self) -> list[Record]:
        """Return the causes of the flip: of evidence by metric, of a policy by key."""
        if self._before.route is None or self._after.route is None:
            return [self._presence()]
        causes = [kind for kind, difference in self._factors.items() if self._is_cause(difference)]
        found: list[Record] = []
        for kind in causes or list(self._factors):
            factor, parts = self._factors[kind], self._parts.get(kind, [])
            certain = [difference.cause for difference in parts if self._is_part(difference, factor)]
            found += certain or [difference.cause for difference in parts] or [factor.cause]
        return found

    def _is_cause(self, difference: _Difference) -> bool:
        return self._is_needed(difference.without) or self._suffices(difference.alone)

    def _is_part(self, difference: _Difference, factor: _Difference) -> bool:
        return (
            self._is_cause(difference)
            or (self._suffices(factor.alone) and self._is_needed(difference.all_but))
            or (self._is_needed(factor.without) and self._suffices(difference.only))
        )

    def _is_needed(self, position: tuple[str, int] | None) -> bool:
        return position is not None and self._batch.route(position) != self._after.route

    def _suffices(self, position: tuple[str, int] | None) -> bool:
        return position is not None and self._batch.route(position) == self._after.route

    def _presence(self) -> Record:
        appeared = self._before.route is None
        values, run = (("absent", "present"), self._after) if appeared else (("present", "absent"), self._after)
        text = f"run {run.inputs.run['run_id']} holds {'a' if appeared else 'no'} candidate of it"
        return {"cause": Cause.EVIDENCE.value, "metric": "candidate", "from": values[0], "to": values[1], "text": text}

    def _difference(
        self, cause: Record, without: Scenario | None, alone: Scenario | None, **more: Scenario
    ) -> _Difference:
        old, new, add = self._before.inputs.rules, self._after.inputs.rules, self._batch.add
        scenarios = {"without": (new, without), "alone": (old, alone)}
        if len(self._factors) > 1:  # because with one difference they would be the same scenarios
            scenarios |= {"only": (new, more.get("only")), "all_but": (old, more.get("all_but"))}
        positions = {
            name: add(rules, scenario) for name, (rules, scenario) in scenarios.items() if scenario is not None
        }
        return _Difference(cause, **{"without": None, "alone": None, **positions})

    def _metrics(self) -> Iterator[_Difference]:
        a, b = self._before.scenario, self._after.scenario
        a_then, b_then = replace(a, evidence=b.evidence), replace(b, evidence=a.evidence)
        for side in SIDES:
            old, new = self._before.candidates.get(side), self._after.candidates.get(side)
            if old is None and new is None:
                continue
            if new is None:
                cause = _candidate_cause(side, "present", "absent", "is gone")
                yield self._difference(cause, None, a.changed(side, ABSENT), only=b_then.changed(side, ABSENT))
            elif old is None:
                cause = _candidate_cause(side, "absent", "present", "is new")
                yield self._difference(cause, b.changed(side, ABSENT), None, all_but=a_then.changed(side, ABSENT))
            else:
                for metric, columns in _METRICS.items():
                    was, now = _patch(old, columns), _patch(new, columns)
                    if was != now:
                        yield self._difference(
                            _metric_cause(side, metric, old, new), b.changed(side, was), a.changed(side, now),
                            only=b_then.changed(side, now), all_but=a_then.changed(side, was),
                        )  # fmt: skip
        yield from self._others(a, b)

    def _others(self, a: Scenario, b: Scenario) -> Iterator[_Difference]:
        """Yield the evidence of other symbols, on which the route depends if the experimental lane ranks them."""
        if not (self._before.scenario.has_lane or self._after.scenario.has_lane):
            return
        columns = tuple(column for group in _METRICS.values() for column in group)
        without, alone = replace(b, evidence=a.evidence), replace(a, evidence=b.evidence)
        only, all_but = b, a
        for side in SIDES:
            old, new = self._before.candidates.get(side), self._after.candidates.get(side)
            if (old is None) != (new is None):
                return  # because a row that a run does not have cannot be substituted in its evidence
            if old is not None and new is not None:
                was, now = _patch(old, columns), _patch(new, columns)
                without, alone = without.changed(side, now), alone.changed(side, was)
                only, all_but = only.changed(side, was), all_but.changed(side, now)
        cause = {
            "cause": Cause.EVIDENCE.value, "side": Side.SYMBOL.value, "metric": "rank", "from": None, "to": None,
            "text": "the evidence of other symbols, which moves this one's rank in the experimental lane",
        }  # fmt: skip
        yield self._difference(cause, without, alone, only=only, all_but=all_but)

    def _keys(self) -> Iterator[_Difference]:
        a, b = self._before.scenario, self._after.scenario
        old, new = orjson.loads(a.policy), orjson.loads(b.policy)
        for path in _differing(old, new):
            key, was, now = ".".join(path), _at(old, path), _at(new, path)
            cause = {
                "cause": Cause.POLICY.value,
                "key": key,
                "from": was,
                "to": now,
                "text": f"policy {key}: {_shown(was)} → {_shown(now)}",
            }
            without, only = _with(new, path, was), _with(old, path, now)
            yield self._difference(
                cause, replace(b, policy=without), replace(a, policy=only),
                only=replace(b, policy=only), all_but=replace(a, policy=without),
            )  # fmt: skip


def _candidate_cause(side: Side, was: str, now: str, change: str) -> Record:
    return {
        "cause": Cause.EVIDENCE.value, "side": side.value, "metric": "candidate", "from": was, "to": now,
        "text": f"the {side.label} candidate {change}",
    }  # fmt: skip


def _metric_cause(side: Side, metric: str, old: Record, new: Record) -> Record:
    named = metric
    if metric == "stability" and old["stability"] == new["stability"]:
        named = "stability_metrics" if old["stability_metrics"] != new["stability_metrics"] else "stability_snapshots"
    return {
        "cause": Cause.EVIDENCE.value, "side": side.value, "metric": named, "from": old[named], "to": new[named],
        "text": f"{side.label} {named}: {_shown(old[named])} → {_shown(new[named])}",
    }  # fmt: skip


def _override_cause(before: tuple[Record, ...], after: tuple[Record, ...]) -> Record:
    old, new = {o["override_id"]: o for o in before}, {o["override_id"]: o for o in after}
    added = [o for key, o in new.items() if key not in old]
    ended = [o for key, o in old.items() if key not in new]
    texts = [f"override {o['route']} set by {o['author']}: {o['reason']}" for o in added]
    texts += [f"override {o['route']} of {o['author']} cleared, replaced or expired" for o in ended]
    return {
        "cause": Cause.OVERRIDE.value,
        "from": [o["override_id"] for o in ended] or None,
        "to": [o["override_id"] for o in added] or None,
        "text": "; ".join(texts),
    }


def _ids(overrides: tuple[Record, ...]) -> list[str]:
    return sorted(str(override["override_id"]) for override in overrides)


def _patch(candidate: Record, columns: tuple[str, ...]) -> Change:
    return {column: candidate[column] for column in columns}


def _differing(old: Any, new: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every key whose value differs; a value that is not a mapping in both is compared whole."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield path
        return
    for key in sorted({*old, *new}):
        yield from _differing(old.get(key), new.get(key), (*path, key))


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _with(document: Record, path: tuple[str, ...], value: Any) -> str:
    changed = orjson.loads(orjson.dumps(document))
    mapping = changed
    for key in path[:-1]:
        mapping = mapping[key]
    mapping[path[-1]] = value
    return orjson.dumps(changed).decode()
