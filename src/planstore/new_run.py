"""A new run: decided, planned and recorded from what was checked at the door."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from planstore.database import Session
from planstore.errors import RequestError
from planstore.events.digest import DigestBeside
from planstore.ledger.ledger import OVERRIDE_COMMIT, Ledger, newest_commit_of_kind
from planstore.planning.plan import Plan, make_plan
from planstore.publication import OverriddenError, Publication
from planstore.routing.candidates import Evidence
from planstore.routing.rules import Rules, apply_rules, current_rules
from planstore.run import Run

if TYPE_CHECKING:
    from planstore.routing.policy import Policy

_log = logging.getLogger("planstore.routing")


@dataclass(frozen=True)
class NewRun:
    """What a run is made from.

    Attributes:
        evidence: the candidates.
        policy: the policy.
        policy_name: where it came from.
        settings: ``metrics_snapshot``, ``model_families`` and ``include_blocked``, as they were asked for.
        run_id: its name; one is made up when None.
        git_commit, config_hash: recorded with the run.
        idempotency_key: a name for the call.
        expected_commit: the commit that must be the newest.
    """

    evidence: Evidence
    policy: Policy
    policy_name: str
    settings: Mapping[str, Any]
    run_id: str | None
    git_commit: str | None
    config_hash: str | None
    idempotency_key: str | None
    expected_commit: int | None

    def record(self, ledger: Ledger) -> Run:
        """Decide, plan and record it in one commit; again, as often as an override is set meanwhile.

        Raises:
            RunConflictError, KeyConflictError: the run id or key stands for another run.
            StaleError: another commit than ``expected_commit`` is the newest.
        """
        while True:
            session = ledger.working()
            try:
                return self._record(ledger, session)
            except OverriddenError:
                continue
            finally:
                session.close()

    def _record(self, ledger: Ledger, session: Session) -> Run:
        started_at = datetime.now(UTC)
        overrides_as_of = newest_commit_of_kind(session, OVERRIDE_COMMIT)
        self._stage(session, overrides_as_of, started_at)
        decisions = DigestBeside(apply_rules(session).drop_columns(["position", "scenario"]))
        rules = current_rules()
        plan = self._plan(session, rules)
        for content in (self.policy.document, rules.document, plan.document):
            ledger.artifacts.put(content)
        recorded = Publication(
            policy=self.policy,
            policy_name=self.policy_name,
            evidence=self.evidence.digest,
            decisions=decisions,
            plan=plan,
            settings=self.settings,
            started_at=started_at,
            git_commit=self.git_commit,
            config_hash=self.config_hash,
            rules_document=rules.document,
            overrides_as_of=overrides_as_of,
            idempotency_key=self.idempotency_key,
            expected_commit=self.expected_commit,
        ).record(ledger, session, self.run_id or f"{started_at:%Y%m%d_%H%M%S}_{secrets.token_hex(3)}")
        self._log_reasons(session)
        return Run(
            run_id=recorded.run_id,
            commit_id=recorded.commit_id,
            evidence_id=plan.evidence_id,
            policy_id=plan.policy_id,
            rules_id=plan.rules_id,
            plan_id=plan.plan_id,
            is_new_plan=recorded.is_new_plan,
            routes=dict(session.rows("store/routes")),
            _ledger=ledger,
        )

    def _stage(self, session: Session, overrides_as_of: int, moment: datetime) -> None:
        """Lay out what the rules read: one scenario, its evidence, and the overrides in force."""
        session.give("evidence", self.evidence.table)
        session.run("scenario/scenario_evidence")
        session.run(
            "scenario/scenarios",
            document=self.policy.document.decode(),
            model_families=self.settings["model_families"],
            include_blocked=self.settings["include_blocked"],
        )
        if overrides_as_of:
            session.run("scenario/overrides_in_force")
            session.run("scenario/scenario_overrides", before_commit=overrides_as_of + 1, moment=moment)
        else:
            session.run("scenario/no_overrides")

    def _plan(self, session: Session, rules: Rules) -> Plan:
        return make_plan(
            session,
            evidence_id=self.evidence.digest.hexdigest(),
            policy_id=self.policy.policy_id,
            rules_id=rules.rules_id,
            requested=self.settings["model_families"],
        )

    def _log_reasons(self, session: Session) -> None:
        if self.policy.log_decision_reasons and _log.isEnabledFor(logging.INFO):
            for target, symbol, route, reasons in session.rows("store/log_reasons"):
                _log.info("%s%s: %s (%s)", target, f" / {symbol}" if symbol else "", route, reasons)


def checked_families(families: Sequence[str] | None, *, strict: bool) -> list[str] | None:
    """Return the families asked for, or refuse what cannot be one."""
    if families is None:
        return None
    if isinstance(families, str) or not all(isinstance(family, str) for family in families):
        raise RequestError(f"model_families is a list of names, got {families!r}")
    selectors = {"mutualinformation", "univariateselection"}
    for family in families if strict else ():
        if not family.isprintable():
            raise RequestError(f"{family!r} is no name of a model family: it holds what cannot be printed")
        plain = "".join(character for character in family.lower() if character.isalnum())
        if not plain:
            raise RequestError("a model family needs a name, got an empty one")
        if plain in selectors:
            raise RequestError(f"{family!r} selects features; it is no model family that can be trained")
    return list(families)
