"""Creation of a run: decisions, plan and commit from a checked request."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime

from planstore.checks.quoting import quoted
from planstore.database.connection import memory
from planstore.database.session import Session
from planstore.errors import RequestError
from planstore.events.digest import StagedRows
from planstore.events.vocabulary import CommitKind, Semantics
from planstore.ledger.ledger import Ledger, newest_commit_of_kind
from planstore.plans.planning import make_plan
from planstore.routing.rules import apply_rules, current_rules, refuse_sides_left_out
from planstore.runs.commit import OverriddenError, RunCommit
from planstore.runs.request import RunRequest
from planstore.runs.run import Run

_WORD = re.compile(r"[^\W_]+")
_FAMILY = re.compile(r"[^\W_]+(?:[_ -]+[^\W_]+)*")
"""Family names that a plan only respells: each separator between words becomes one underscore."""
_SELECTORS = {"mutualinformation", "univariateselection"}

_log = logging.getLogger("planstore.routing")


def make_run(ledger: Ledger, request: RunRequest) -> Run:
    """Decide, plan and record a run in one commit; repeat if an override is set or cleared meanwhile.

    Raises:
        RunConflictError, KeyConflictError: the run id or key identifies another run.
        StaleError: another commit than ``expected_commit`` is the newest.
        PolicyError: the policy leaves out a side that has candidates.
    """
    if request.policy.leaves_out_a_side:
        with closing(memory()) as session:  # because a refused call must not create a store
            _stage_scenario(session, request)
            refuse_sides_left_out(session)
    while True:
        session = ledger.writer()
        try:
            return _decide_and_record(ledger, session, request)
        except OverriddenError:
            continue
        finally:
            session.close()


def _decide_and_record(ledger: Ledger, session: Session, request: RunRequest) -> Run:
    started_at = ledger.now(session)
    overrides_as_of = newest_commit_of_kind(session, CommitKind.OVERRIDE)
    _stage(session, request, overrides_as_of, started_at)
    is_reference = request.policy.semantics == Semantics.REFERENCE
    rules = current_rules(float32=is_reference and request.evidence.has_float32_scores)
    decisions = StagedRows(apply_rules(session, rules).drop_columns(["position", "scenario"]))
    plan = make_plan(
        session,
        evidence_id=request.evidence.digest.hexdigest(),
        policy_id=request.policy.policy_id,
        rules_id=rules.rules_id,
        requested=request.settings["model_families"],
    )
    ledger.artifacts.put_all([request.policy.document, rules.document, plan.document])
    recorded = RunCommit(
        request=request,
        decisions=decisions,
        plan=plan,
        started_at=started_at,
        rules_document=rules.document,
        overrides_as_of=overrides_as_of,
    ).record(ledger, session, request.run_id or f"{started_at:%Y%m%d_%H%M%S}_{secrets.token_hex(3)}")
    if request.policy.log_decision_reasons and _log.isEnabledFor(logging.INFO):
        for target, symbol, route, reasons in session.rows("store/log_reasons"):
            _log.info("%s%s: %s (%s)", target, f" / {symbol}" if symbol else "", route, reasons)
    return Run(
        run_id=recorded.run_id,
        commit_id=recorded.commit_id,
        evidence_id=plan.evidence_id,
        policy_id=plan.policy_id,
        rules_id=plan.rules_id,
        plan_id=recorded.plan_id,
        is_new_plan=recorded.is_new_plan,
        # because a repeated run may have been decided under other overrides
        routes=dict(
            session.rows("store/route_counts")
            if recorded.is_new
            else ledger.query_session().rows("store/run_route_counts", commit_id=recorded.commit_id)
        ),
        _ledger=ledger,
    )


def _stage_scenario(session: Session, request: RunRequest) -> None:
    """Stage a scenario and its evidence."""
    session.register("evidence", request.evidence.table)
    session.run("scenario/run/scenario_evidence")
    session.run(
        "scenario/run/scenarios",
        document=request.policy.document.decode(),
        model_families=request.settings["model_families"],
        include_blocked=request.settings["include_blocked"],
    )


def _stage(session: Session, request: RunRequest, overrides_as_of: int, moment: datetime) -> None:
    """Stage the input of the rules: a scenario, its evidence, and the overrides in force."""
    _stage_scenario(session, request)
    if overrides_as_of:
        session.run("scenario/overrides_in_force")
        session.run("scenario/run/scenario_overrides", before_commit=overrides_as_of + 1, moment=moment)
    else:
        session.run("scenario/no_overrides/scenario_overrides")


def checked_families(families: Sequence[str] | None, *, strict: bool) -> list[str] | None:
    """Return the requested families, checked."""
    if families is None:
        return None
    if isinstance(families, str) or not all(isinstance(family, str) for family in families):
        raise RequestError(f"model_families must be a list of names, got {quoted(families)}")
    if strict:
        refuse_odd_families("each of model_families", families)
    return list(families)


def refuse_odd_families(what: str, families: Iterable[str]) -> None:
    """Refuse names that cannot be a model family's, and names that a plan would normalise to another name.

    Raises:
        RequestError: a name is refused; the message names it and its normalised form.
    """
    for family in families:
        if not _FAMILY.fullmatch(family):
            words = _WORD.findall(family)
            hint = f": write {'_'.join(words)!r}" if words else ""
            hint += f", or give {' and '.join(map(repr, words))} each by itself" if len(words) > 1 else ""
            raise RequestError(
                f"{what} must be one name of letters and digits, with `_`, `-` or a space in between, "
                f"got {quoted(family)}{hint}"
            )
        if "".join(_WORD.findall(family)).lower() in _SELECTORS:
            raise RequestError(
                f"{what} must be a family that can be trained, got {quoted(family)}: it selects features"
            )
