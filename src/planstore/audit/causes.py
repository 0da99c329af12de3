"""Causes: what made a route flip between two runs: one thing at a time is swapped, and the rules run again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from planstore.audit.replay import Outcome, Replay
from planstore.audit.scenario import ABSENT, Change, Record, RunInputs, Scenario
from planstore.events.candidate_columns import READ
from planstore.events.vocabulary import SIDES, Cause, Side
from planstore.routing.rules import Rules

_METRICS = {
    column.name: tuple(part.name for part in READ if column.name in (part.name, part.part_of))
    for column in sorted(READ, key=lambda column: column.kind)
    if column.part_of is None
}
"""What the rules read of a candidate, by the name that people know it by."""


@dataclass(frozen=True)
class ComparedRun:
    """One run's part in a flip: what it was decided from, the route, and the pair's candidates by side."""

    kept: RunInputs
    route: str | None
    candidates: Mapping[str, Record]

    @property
    def scenario(self) -> Scenario:
        """The run as it was decided."""
        return self.kept.scenario()


class Questions:
    """Scenarios to decide, asked one by one and answered at once: one pass of the rules for each version of them."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[Rules, list[Scenario]]] = {}
        self._answers: dict[str, list[Outcome]] = {}

    def ask(self, rules: Rules, scenario: Scenario) -> tuple[str, int]:
        """Return where the answer will be."""
        _, scenarios = self._asked.setdefault(rules.rules_id, (rules, []))
        scenarios.append(scenario)
        return rules.rules_id, len(scenarios) - 1

    def put_to(self, replay: Replay) -> None:
        """Have every question answered."""
        for rules_id, (rules, scenarios) in self._asked.items():
            self._answers[rules_id] = replay.decide(rules, scenarios)

    def route(self, place: tuple[str, int]) -> str | None:
        """Return the route that was decided; None where nothing was."""
        rules_id, index = place
        outcome = self._answers[rules_id][index]
        return None if outcome is None else str(outcome["route"])


@dataclass(frozen=True)
class Factor:
    """One of the things that runs are decided from, where it differs between two runs.

    Attributes:
        cause: what it is, as people read it.
        without: the rules and the scenario of the later run, with this as it was before.
        alone: those of the earlier run, with this as it was afterwards.
    """

    cause: Record
    without: tuple[Rules, Scenario]
    alone: tuple[Rules, Scenario]


def factors(before: RunInputs, after: RunInputs) -> Iterator[Factor]:
    """Yield what differs between two runs, each by itself."""
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
class _Suspect:
    """Something that differs between two runs, and where the answers about it will be; None where there is no asking.

    Attributes:
        cause: what it is.
        without: the later run, with this as it was before.
        alone: the earlier run, with this as it was afterwards.
        only: of a metric or key: the later run, with all of its evidence or policy but this as it was before.
        all_but: of a metric or key: the earlier run, with all of its evidence or policy but this as it was afterwards.
    """

    cause: Record
    without: tuple[str, int] | None
    alone: tuple[str, int] | None
    only: tuple[str, int] | None = None
    all_but: tuple[str, int] | None = None


class Flip:
    """A change of route between two runs, and what may have caused it.

    Something is a cause when the later run without it would not have come to its route, or when it alone takes the
    earlier run there. A metric or a key is one also when it makes that difference to its evidence or policy: where the
    route has another sufficient cause, no metric can be told by the later run, nor by the earlier one if it needs two.
    """

    def __init__(self, questions: Questions, before: ComparedRun, after: ComparedRun) -> None:
        self._questions = questions
        self._before = before
        self._after = after
        self._suspects: dict[str, list[_Suspect]] = {}
        self._factors: dict[str, _Suspect] = {}
        if before.route is None or after.route is None:
            return
        differing = list(factors(before.kept, after.kept))
        for factor in differing:
            # what alone differs is the cause, whatever it comes to
            asked = (factor.without, factor.alone) if len(differing) > 1 else ()
            without, alone = [questions.ask(*swapped) for swapped in asked] or (None, None)
            self._factors[factor.cause["cause"]] = _Suspect(factor.cause, without, alone)
        if Cause.EVIDENCE in self._factors:
            self._suspects[Cause.EVIDENCE] = list(self._metrics())
        if Cause.POLICY in self._factors:
            self._suspects[Cause.POLICY] = list(self._keys())

    def causes(self) -> list[Record]:
        """Return what caused the flip; for evidence by metric, for a policy by key."""
        if self._before.route is None or self._after.route is None:
            return [self._presence()]
        guilty = [kind for kind, suspect in self._factors.items() if self._is_cause(suspect)]
        found: list[Record] = []
        for kind in guilty or list(self._factors):
            factor, closer = self._factors[kind], self._suspects.get(kind, [])
            certain = [suspect.cause for suspect in closer if self._is_part(suspect, factor)]
            found += certain or [suspect.cause for suspect in closer] or [factor.cause]
        return found

    def _is_cause(self, suspect: _Suspect) -> bool:
        return self._is_needed(suspect.without) or self._suffices(suspect.alone)

    def _is_part(self, suspect: _Suspect, factor: _Suspect) -> bool:
        return (
            self._is_cause(suspect)
            or (self._suffices(factor.alone) and self._is_needed(suspect.all_but))
            or (self._is_needed(factor.without) and self._suffices(suspect.only))
        )

    def _is_needed(self, place: tuple[str, int] | None) -> bool:
        return place is not None and self._questions.route(place) != self._after.route

    def _suffices(self, place: tuple[str, int] | None) -> bool:
        return place is not None and self._questions.route(place) == self._after.route

    def _presence(self) -> Record:
        appeared = self._before.route is None
        known, run = (("absent", "present"), self._after) if appeared else (("present", "absent"), self._after)
        text = f"run {run.kept.run['run_id']} holds {'a' if appeared else 'no'} candidate of it"
        return {"cause": Cause.EVIDENCE.value, "metric": "candidate", "from": known[0], "to": known[1], "text": text}

    def _suspect(self, cause: Record, without: Scenario | None, alone: Scenario | None, **more: Scenario) -> _Suspect:
        old, new, ask = self._before.kept.rules, self._after.kept.rules, self._questions.ask
        asked = {"without": (new, without), "alone": (old, alone)}
        if len(self._factors) > 1:  # because without anything else that differs they would ask the same again
            asked |= {"only": (new, more.get("only")), "all_but": (old, more.get("all_but"))}
        places = {name: ask(rules, scenario) for name, (rules, scenario) in asked.items() if scenario is not None}
        return _Suspect(cause, **{"without": None, "alone": None, **places})

    def _metrics(self) -> Iterator[_Suspect]:
        a, b = self._before.scenario, self._after.scenario
        a_then, b_then = replace(a, evidence=b.evidence), replace(b, evidence=a.evidence)
        for side in SIDES:
            old, new = self._before.candidates.get(side), self._after.candidates.get(side)
            if old is None and new is None:
                continue
            if new is None:
                cause = _candidate_cause(side, "present", "absent", "is gone")
                yield self._suspect(cause, None, a.changed(side, ABSENT), only=b_then.changed(side, ABSENT))
            elif old is None:
                cause = _candidate_cause(side, "absent", "present", "is new")
                yield self._suspect(cause, b.changed(side, ABSENT), None, all_but=a_then.changed(side, ABSENT))
            else:
                for metric, columns in _METRICS.items():
                    was, now = _patch(old, columns), _patch(new, columns)
                    if was != now:
                        yield self._suspect(
                            _metric_cause(side, metric, old, new), b.changed(side, was), a.changed(side, now),
                            only=b_then.changed(side, now), all_but=a_then.changed(side, was),
                        )  # fmt: skip
        yield from self._others(a, b)

    def _others(self, a: Scenario, b: Scenario) -> Iterator[_Suspect]:
        """Yield the other symbols' evidence, which matters where the experimental lane ranks them."""
        if not (self._before.scenario.has_lane or self._after.scenario.has_lane):
            return
        columns = tuple(column for group in _METRICS.values() for column in group)
        without, alone = replace(b, evidence=a.evidence), replace(a, evidence=b.evidence)
        only, all_but = b, a
        for side in SIDES:
            old, new = self._before.candidates.get(side), self._after.candidates.get(side)
            if (old is None) != (new is None):
                return  # because a row that one run does not hold cannot be laid into its evidence
            if old is not None and new is not None:
                was, now = _patch(old, columns), _patch(new, columns)
                without, alone = without.changed(side, now), alone.changed(side, was)
                only, all_but = only.changed(side, was), all_but.changed(side, now)
        cause = {
            "cause": Cause.EVIDENCE.value, "side": Side.SYMBOL.value, "metric": "rank", "from": None, "to": None,
            "text": "the evidence of other symbols, which moves this one's rank in the experimental lane",
        }  # fmt: skip
        yield self._suspect(cause, without, alone, only=only, all_but=all_but)

    def _keys(self) -> Iterator[_Suspect]:
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
            yield self._suspect(
                cause, replace(b, policy=without), replace(a, policy=only),
                only=replace(b, policy=only), all_but=replace(a, policy=without),
            )  # fmt: skip


def _candidate_cause(side: Side, was: str, now: str, told: str) -> Record:
    return {
        "cause": Cause.EVIDENCE.value, "side": side.value, "metric": "candidate", "from": was, "to": now,
        "text": f"the {side.label} candidate {told}",
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
    came = [o for key, o in new.items() if key not in old]
    went = [o for key, o in old.items() if key not in new]
    told = [f"override {o['route']} set by {o['author']}: {o['reason']}" for o in came]
    told += [f"override {o['route']} of {o['author']} cleared, replaced or expired" for o in went]
    return {
        "cause": Cause.OVERRIDE.value,
        "from": [o["override_id"] for o in went] or None,
        "to": [o["override_id"] for o in came] or None,
        "text": "; ".join(told),
    }


def _ids(overrides: tuple[Record, ...]) -> list[str]:
    return sorted(str(override["override_id"]) for override in overrides)


def _patch(candidate: Record, columns: tuple[str, ...]) -> Change:
    return {column: candidate[column] for column in columns}


def _differing(old: Any, new: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every key whose value differs; what is no mapping in both is one value."""
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
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return orjson.dumps(changed).decode()


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(_shown(item) for item in value) or "none"
    return str(value)
