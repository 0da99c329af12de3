"""Replay: the rules of a day, run again over kept evidence, as it was or with something swapped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson

from planstore.database import Session, memory
from planstore.ledger.artifacts import Artifacts
from planstore.ledger.ledger import OVERRIDE_COMMIT, newest_commit_of_kind
from planstore.routing.rules import Rules, apply_rules, explain_rules

if TYPE_CHECKING:
    import pyarrow as pa

Record = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """What a run was decided from, as the ledger keeps it.

    Attributes:
        run: the row of ``runs``.
        policy: the policy's document, canonical JSON.
        rules: the rules.
        overrides: the overrides that stood when the run was decided, as far as they matter to what is asked about.
    """

    run: Record
    policy: str
    rules: Rules
    overrides: tuple[Record, ...]

    @classmethod
    def of(
        cls, session: Session, artifacts: Artifacts, run: Record, target: str | None = None, symbol: str | None = None
    ) -> Kept:
        """Read what ``run`` was decided from, with the overrides that matter to a pair, a target, or to anything.

        Raises:
            StoreError: an artifact is missing or was altered.
        """
        key = {"commit_id": run["commit_id"], "started_at": run["started_at"], "target": target, "symbol": symbol}
        any_override = newest_commit_of_kind(session, OVERRIDE_COMMIT, run["commit_id"])
        overrides = session.records("audit/run_overrides", **key) if any_override else []
        return cls(
            run=run,
            policy=artifacts.get(run["policy_id"]).decode(),
            rules=Rules(artifacts.get(run["rules_id"])),
            overrides=tuple(overrides),
        )

    @property
    def commit_id(self) -> int:
        """The run's commit."""
        return int(self.run["commit_id"])

    def scenario(self) -> Scenario:
        """Return the run as it was decided."""
        settings = self.run["settings"]
        return Scenario(
            commit_id=self.commit_id,
            policy=self.policy,
            model_families=settings["model_families"],
            include_blocked=settings["include_blocked"],
            overrides=self.overrides,
        )


@dataclass(frozen=True)
class Scenario:
    """Evidence under a policy, for the rules to decide.

    Attributes:
        commit_id: whose evidence it is.
        policy: the policy's document.
        overrides: what people pinned.
        changes: what is different in the evidence, by side (``cross_sectional``, ``symbol``): metrics and their values,
            or ``{"absent": True}``.
        symbol: the symbol whose evidence the changes of the side ``symbol`` are in.
    """

    commit_id: int
    policy: str
    model_families: Sequence[str] | None
    include_blocked: bool
    overrides: tuple[Record, ...] = ()
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    symbol: str | None = None

    @property
    def has_lane(self) -> bool:
        """Whether other symbols of a target can matter to one, because the experimental lane ranks them."""
        policy = orjson.loads(self.policy)
        return bool(policy["semantics"] == "strict" and policy["enable_experimental_lane"])

    def changed(self, side: str, patch: Mapping[str, Any]) -> Scenario:
        """Return the scenario with metrics of one side changed."""
        return replace(self, changes={**self.changes, side: {**self.changes.get(side, {}), **patch}})


Outcome = Mapping[str, Any] | None
"""What a scenario decides on a pair: route, rule, states, reasons; None where it decides nothing."""


LANE_RULES = ("EXPERIMENTAL_LANE", "EXPERIMENTAL_LANE_FULL")
"""The rules that leave a pair to its rank among the other symbols of its target."""


class Replay:
    """Runs rules over scenarios of one pair or target, all of them at once.

    A target's other symbols matter to a pair only through the experimental lane, which ranks them. A pair is therefore
    decided alone, on its own rows, and again among all of its target only where a rule of the lane decides.

    Args:
        evidence: the candidates that the pair or target rests on, of one or more runs, with their ``commit_id``; as
            :func:`own_rows` picks them.
        target: the target.
        symbol: the symbol, or None for the target's cross-sectional side.
        whole: returns all candidates of the target in some commits; asked only where the lane decides.
    """

    def __init__(
        self, evidence: pa.Table, target: str, symbol: str | None, whole: Callable[[Collection[int]], pa.Table]
    ) -> None:
        self._evidence = evidence
        self._target = target
        self._symbol = symbol
        self.whole = whole
        self._session: Session | None = None

    @contextmanager
    def opened(self) -> Iterator[Replay]:
        """Keep a database for replays open while the block runs."""
        import pyarrow as pa

        self._session = memory(confined=True, threads=1)
        asked = {"target": self._target, "symbol": self._symbol}
        self._session.give("asked", _table([asked], target=pa.string(), symbol=pa.string()))
        try:
            yield self
        finally:
            self._session.close()
            self._session = None

    def decide(self, rules: Rules, scenarios: Sequence[Scenario]) -> list[Outcome]:
        """Return what the rules decide in each scenario, in order."""
        outcomes = self.alone(rules, scenarios)
        ranked = [
            place
            for place, (outcome, scenario) in enumerate(zip(outcomes, scenarios, strict=True))
            if in_lane(outcome) and scenario.has_lane
        ]
        if ranked:
            among_all = self.among_all(rules, [scenarios[place] for place in ranked])
            for place, outcome in zip(ranked, among_all, strict=True):
                outcomes[place] = outcome
        return outcomes

    def alone(self, rules: Rules, scenarios: Sequence[Scenario]) -> list[Outcome]:
        """Return what the rules decide in each scenario where a pair is all that its target has."""
        return self._decide(self._evidence, rules, scenarios, narrow=None)

    def among_all(self, rules: Rules, scenarios: Sequence[Scenario], *, is_explained: bool = False) -> list[Outcome]:
        """Return what the rules decide in each scenario among all symbols of the target.

        ``is_explained`` says that :meth:`explain` follows, to which the other symbols matter as well.
        """
        evidence = self.whole({scenario.commit_id for scenario in scenarios})
        return self._decide(evidence, rules, scenarios, narrow=None if is_explained else "audit/keep_asked")

    def _decide(
        self, evidence: pa.Table, rules: Rules, scenarios: Sequence[Scenario], *, narrow: str | None
    ) -> list[Outcome]:
        session = self._opened
        session.give("kept_evidence", evidence)
        stage(session, [replace(scenario, symbol=self._symbol) for scenario in scenarios])
        apply_rules(session, rules, narrow=narrow)
        found = session.records("scenario/replayed_decisions", target=self._target, symbol=self._symbol)
        by_scenario = {row["scenario"]: row for row in found}
        return [by_scenario.get(place) for place in range(len(scenarios))]

    def explain(self, rules: Rules, *, others: int = 0) -> tuple[list[Record], list[Record], list[Record]]:
        """Return the checks of the scenario decided last, and the changes of evidence and of policy to try on it.

        ``others`` is how many thresholds are tried at which a check of another symbol turns.
        """
        session = self._opened
        explain_rules(session, rules)
        session.run("audit/nearness")
        pair = {"target": self._target, "symbol": self._symbol}
        return (
            session.records("audit/checks", **pair),
            session.records("audit/turning_points", **pair),
            session.records("audit/policy_turning_points", **pair, others=others),
        )

    @property
    def _opened(self) -> Session:
        assert self._session is not None, "a replay is used inside `with replay.opened()`"
        return self._session


def in_lane(outcome: Outcome) -> bool:
    """Tell whether a rule of the lane decided."""
    return outcome is not None and outcome["rule"] in LANE_RULES


def own_rows(evidence: pa.Table, symbol: str | None) -> pa.Table:
    """Return the candidates that a pair, or (``symbol`` None) a target rests on, and the first one of each commit.

    That one is there because a target is decided wherever a commit holds any row of it.

    Args:
        evidence: candidates of one target, by commit and position.
        symbol: the symbol.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    own = pc.equal(evidence["mode"], "CROSS_SECTIONAL")
    if symbol is not None:
        own = pc.or_kleene(own, pc.equal(evidence["symbol"], symbol))
    commits = evidence["commit_id"].to_numpy()
    first = pa.array(np.diff(commits, prepend=-1) != 0)
    return evidence.filter(pc.or_kleene(own, first))


def stage(session: Session, scenarios: Sequence[Scenario]) -> None:
    """Lay scenarios out as the rules read them, over the session's ``kept_evidence``."""
    import pyarrow as pa

    changes = [
        {"scenario": place, "side": side, "symbol": scenario.symbol, "patch": orjson.dumps(patch).decode()}
        for place, scenario in enumerate(scenarios)
        for side, patch in scenario.changes.items()
    ]
    text = pa.string()
    session.give("staged_changes", _table(changes, scenario=pa.int64(), side=text, symbol=text, patch=text))
    _stage_policies(session, scenarios)
    session.run("scenario/replay_evidence")


def stage_run(session: Session, scenario: Scenario) -> None:
    """Lay one scenario that changes no evidence out as the rules read it, over the session's ``evidence``."""
    _stage_policies(session, [scenario])
    session.run("scenario/scenario_evidence")


def _stage_policies(session: Session, scenarios: Sequence[Scenario]) -> None:
    import pyarrow as pa

    rows = [
        {
            "scenario": place,
            "commit_id": scenario.commit_id,
            "document": scenario.policy,
            "model_families": None if scenario.model_families is None else list(scenario.model_families),
            "include_blocked": scenario.include_blocked,
        }
        for place, scenario in enumerate(scenarios)
    ]
    overrides = [
        {**override, "scenario": place} for place, scenario in enumerate(scenarios) for override in scenario.overrides
    ]
    text, number = pa.string(), pa.int64()
    session.give(
        "staged_scenarios",
        _table(
            rows,
            scenario=number,
            commit_id=number,
            document=text,
            model_families=pa.list_(text),
            include_blocked=pa.bool_(),
        ),
    )
    session.give(
        "scenario_overrides",
        _table(
            overrides, override_id=text, target=text, symbol=text, route=text, author=text, reason=text,
            expires_at=pa.timestamp("us", "UTC"), scenario=number,
        ),
    )  # fmt: skip
    session.run("scenario/replay_scenarios")


def _table(rows: list[Record], **columns: pa.DataType) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(rows, pa.schema(list(columns.items())))
