"""Cases of a policy: given evidence, the route it must give."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeGuard

from pydantic import BaseModel, ConfigDict, Field, RootModel

from planstore.audit.policy_coverage import Coverage, read_coverage
from planstore.audit.scenario import EvidenceSet, Record, Scenario
from planstore.audit.staging import stage
from planstore.checks.arguments import checked
from planstore.checks.quoting import quoted
from planstore.database.connection import memory
from planstore.database.session import Session
from planstore.documents.yaml_document import Kind, OneOf
from planstore.errors import CandidatesError, PolicyError
from planstore.events.candidate_columns import READ, REQUIRED
from planstore.events.vocabulary import LeakageStatus, Mode, ModelStatus, Route, Semantics, Stability, TargetState
from planstore.routing.candidate_conversion import COLUMN_NAMES
from planstore.routing.candidate_readers import Records
from planstore.routing.candidates import read_candidates
from planstore.routing.derived_columns import no_tests, over_trials, with_derived
from planstore.routing.policy import Policy
from planstore.routing.policy_reader import PolicySource, note_left_out, read_runnable_policy
from planstore.routing.rules import apply_rules

if TYPE_CHECKING:
    import pyarrow as pa

_READ = tuple(name for name in COLUMN_NAMES if name in {column.name for column in READ})
"""The columns of candidates that a case can give: those that the rules read."""
_USUAL = {
    "stability": Stability.STABLE, "sample_size": 1_000_000, "leakage_status": LeakageStatus.SAFE,
    "model_status": ModelStatus.OK, "p_value": 0.0, "effective_samples": 1_000_000.0,
}  # fmt: skip
"""Default evidence of a case, which passes every check of a policy."""


class PolicyCase(BaseModel):
    """One case, as its file has it.

    Attributes:
        title: its statement, one sentence.
        target: the target's name; its horizon is read from it.
        symbol: the symbol; without one, ``expect`` is ``ENABLED`` or ``DISABLED``.
        cross_sectional, local: the evidence of either side, columns of candidates; a side left out has none.
        families: the requested model families.
        expect: the route that the policy must give.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: Annotated[str, Field(min_length=1)]
    target: Annotated[str, Field(min_length=1)]
    symbol: str | None = None
    cross_sectional: dict[str, Any] | None = None
    local: dict[str, Any] | None = None
    families: list[str] | None = None
    expect: Annotated[str, OneOf([*Route, *TargetState])]


class _Cases(RootModel[list[PolicyCase]]):
    """A file of cases."""


_KIND = Kind("case", None, PolicyError)


@dataclass(frozen=True)
class CaseResult:
    """The outcome of a case under a policy.

    Attributes:
        route: the route, None where the rules decided nothing.
        passed: whether it is the one expected.
    """

    title: str
    expected: str
    route: str | None
    rule: str | None
    reasons: list[str]
    passed: bool

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@checked
def try_cases(policy: PolicySource, cases: Path) -> list[CaseResult]:
    """Return what ``policy`` gives each case of a YAML file; every case is decided by itself.

    Raises:
        PolicyError: the policy or the file of cases is not one; says which case and key.
        CandidatesError: the evidence of a case is none.
    """
    return _tried(policy, cases)[0]


@checked
def cover_cases(policy: PolicySource, cases: Path) -> tuple[list[CaseResult], Coverage]:
    """Return the same as :func:`try_cases`, and the rules and thresholds that the cases reach."""
    results, coverage = _tried(policy, cases, is_covered=True)
    assert coverage is not None
    return results, coverage


def _tried(policy: PolicySource, cases: Path, *, is_covered: bool = False) -> tuple[list[CaseResult], Coverage | None]:
    read = read_runnable_policy(policy)
    note_left_out(read)
    checked = read.policy
    found = _read(cases)
    session = memory(confined=True)
    try:
        document = checked.document.decode()
        scenarios = [
            Scenario(EvidenceSet(place), document, case.families, include_blocked=False)
            for place, case in enumerate(found)
        ]
        evidence = _evidence(session, found, checked, cases)
        stage(session, over_trials(evidence, no_tests()) if checked.count_trials else evidence, scenarios)
        apply_rules(session)
        decided = {
            (row["scenario"], row["target"], row["symbol"]): row
            for row in session.records("scenario/replay/all_decisions")
        }
        results = [_result(case, decided.get((place, case.target, case.symbol))) for place, case in enumerate(found)]
        coverage = read_coverage(session, checked, [one.rule for one in results]) if is_covered else None
    finally:
        session.close()
    return results, coverage


def _result(case: PolicyCase, row: Record | None) -> CaseResult:
    route = None if row is None else row["route"]
    return CaseResult(
        title=case.title,
        expected=case.expect,
        route=route,
        rule=None if row is None else row["rule"],
        reasons=["the rules decide nothing on a pair without evidence of its own"] if row is None else row["reasons"],
        passed=route == case.expect,
    )


def _read(path: Path) -> list[PolicyCase]:
    found = _KIND.read(path, _Cases).root
    if not found:
        raise PolicyError(f"{path} holds no case")
    for case in found:
        if (case.symbol is None) != (case.expect in tuple(TargetState)):
            raise PolicyError(
                f"{path}: {case.title!r}: a case with a symbol expects a route, one without expects ENABLED or DISABLED"
            )
        for name in (*(case.cross_sectional or ()), *(case.local or ())):
            if name not in _READ:
                reason = "no rule reads it" if name in COLUMN_NAMES else "it is no column of candidates"
                raise PolicyError(
                    f"{path}: {case.title!r}: {quoted(name)} has no effect, because {reason}; evidence has "
                    f"{', '.join(_READ)}"
                )
        if case.symbol is None and case.local is not None:
            raise PolicyError(f"{path}: {case.title!r}: evidence under local needs a symbol")
    return found


def _evidence(session: Session, cases: list[PolicyCase], policy: Policy, path: Path) -> pa.Table:
    """Return the checked evidence of all cases, each as a set of its own."""
    import pyarrow as pa

    strict = policy.semantics == Semantics.STRICT
    rows = [_rows(case, policy, path) for case in cases]
    try:
        # because candidates name each pair once, and reading them case by case takes long
        named = [{**row, "target": str(place)} for place, own in enumerate(rows) for row in own]
        table = read_candidates(Records(named), strict=strict).table
    except CandidatesError:
        return pa.concat_tables(
            _read_alone(*one, path, strict=strict) for one in zip(range(len(cases)), cases, rows, strict=True)
        )
    places = [int(name) for name in table["target"].to_pylist()]
    targets = pa.array([cases[place].target for place in places], pa.string())
    table = table.set_column(table.column_names.index("target"), "target", targets)
    table = table.append_column("evidence_set", pa.array(places, pa.int64()))
    return with_derived(session, table) if strict else table


def _read_alone(place: int, case: PolicyCase, rows: list[Record], path: Path, *, strict: bool) -> pa.Table:
    """Return the evidence of one case, or refuse it by its title."""
    import pyarrow as pa

    try:
        table = read_candidates(Records(rows), strict=strict).table
    except CandidatesError as error:
        raise CandidatesError(f"{path}: {case.title!r}: {error}") from error
    return table.append_column("evidence_set", pa.array([place] * len(table), pa.int64()))


def _rows(case: PolicyCase, policy: Policy, path: Path) -> list[Record]:
    sides = (
        _row(case, case.cross_sectional, policy, Mode.CROSS_SECTIONAL, None),
        _row(case, case.local, policy, Mode.SYMBOL_SPECIFIC, case.symbol),
    )
    rows = [row for row in sides if row is not None]
    if not rows:
        raise PolicyError(f"{path}: {case.title!r} has no evidence: give cross_sectional, local or both")
    return rows


def _row(
    case: PolicyCase, given: Mapping[str, Any] | None, policy: Policy, mode: str, symbol: str | None
) -> Record | None:
    if given is None:
        return None
    score = given.get("score")
    is_required = {name: getattr(policy, key) is not None for name, key in REQUIRED.items()}
    usual = {**_USUAL, "null_score": _usual_null(score)} if _is_finite(score) else _USUAL
    return {
        "score": None, **{name: value for name, value in usual.items() if is_required.get(name, True)}, **given,
        "target": case.target, "symbol": symbol, "mode": mode,
    }  # fmt: skip


def _usual_null(score: float) -> float:
    """Return the next whole number below a score, which is a value of its metric: 0 of an AUC or R² from 0 to 1."""
    return math.ceil(score) - 1.0 if score else 0.0


def _is_finite(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and math.isfinite(value)
