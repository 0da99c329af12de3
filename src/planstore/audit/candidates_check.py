"""Check of candidates against a policy, column by column, without a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from planstore.audit.scenario import EvidenceSet, Scenario
from planstore.audit.staging import stage
from planstore.checks.arguments import checked
from planstore.checks.quoting import shown_names
from planstore.database.connection import memory
from planstore.events.candidate_columns import TABLE, CandidateColumn, ColumnKind
from planstore.events.vocabulary import Semantics
from planstore.pages.answers import TableAnswer, in_prose, plural
from planstore.routing.candidate_readers import CandidatesSource
from planstore.routing.candidates import read_candidates
from planstore.routing.derived_columns import no_tests
from planstore.routing.policy_reader import PolicySource, read_runnable_policy
from planstore.routing.rules import apply_rules, current_rules, explain_rules

if TYPE_CHECKING:
    import pyarrow as pa

CHECKS: Mapping[str, str] = {
    "TASK": "task_type", "SAMPLE_SIZE": "sample_size", "LEAKAGE": "leakage_status", "MODEL_STATUS": "model_status",
    "SAFE_FEATURES": "leakage_status", "WORKING_FAMILIES": "failed_model_families", "NULL_MARGIN": "null_score",
    "EFFECTIVE_SAMPLES": "effective_samples", "FALSE_DISCOVERY": "p_value", "SHRUNKEN_SCORE": "shrunken_score",
    "STRONG_SCORE": "score", "MIN_SCORE": "score", "STABILITY": "stability", "EXPERIMENTAL_SCORE": "score",
    "EXPERIMENTAL_STABILITY": "stability",
}  # fmt: skip
"""The column of candidates that each check of the rules looks at."""
SHOWN_WORDS = 5
"""Maximum number of a column's values that are listed."""


@dataclass(frozen=True)
class CheckedColumn:
    """A column of candidates under a policy.

    Attributes:
        column: its name.
        rows: number of rows with a value.
        values: its least and greatest value, or its values.
        policy: each check of the policy that reads it, with the number of sides that pass it.
    """

    column: str
    rows: int
    values: str
    policy: str


@dataclass(frozen=True, repr=False)
class CheckedCandidates(TableAnswer):
    """Candidates that can be routed, with the checks of a policy.

    Attributes:
        rows: number of candidates.
        columns: all columns of candidates.
        routes: number of pairs by the route that they would get, most first.
        notes: peculiarities of the candidates.
    """

    rows: int
    columns: tuple[CheckedColumn, ...]
    routes: Mapping[str, int]
    notes: Sequence[str]

    def records(self) -> list[dict[str, Any]]:
        """Return the columns."""
        return [asdict(column) for column in self.columns]

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return {
            "rows": self.rows,
            "columns": self.records(),
            "routes": dict(self.routes),
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        routes = ", ".join(f"{pairs:,} {route}" for route, pairs in self.routes.items()) or "no pair"
        pairs = plural(sum(self.routes.values()), "pair")
        return f"{plural(self.rows, 'candidate')} of {pairs} can be routed: {routes}"


@checked
def check_candidates(
    candidates: CandidatesSource, policy: PolicySource, families: Sequence[str] | None = None
) -> CheckedCandidates:
    """Check candidates, and each of their columns against a policy; nothing is recorded.

    Raises:
        CandidatesError, PolicyError: the candidates or the policy are invalid.
    """
    import pyarrow as pa

    read = read_runnable_policy(policy).policy
    is_strict = read.semantics == Semantics.STRICT
    found = read_candidates(candidates, strict=is_strict, required=read.required_columns)
    if read.count_trials:
        found = found.over_trials(no_tests())
    session = memory(confined=True)
    try:
        scenario = Scenario(EvidenceSet(0), read.document.decode(), families, include_blocked=False)
        numbers = pa.array([0] * len(found.table), pa.int64())
        stage(session, found.table.append_column("evidence_set", numbers), [scenario])
        apply_rules(session)
        routes = Counter(
            row["route"] for row in session.records("scenario/replay/all_decisions") if row["symbol"] is not None
        )
        explain_rules(session, current_rules())
        passed: dict[str, list[str]] = {}
        for row in session.records("policy/checks_passed"):
            text = f"{row['check']}: {row['passed']:,} of {row['sides']:,} pass"
            passed.setdefault(CHECKS[row["check"]], []).append(text)
    finally:
        session.close()
    columns = tuple(
        CheckedColumn(
            column.name,
            len(found.table) - found.table[column.name].null_count,
            _values(found.table[column.name]) if column.kind is not ColumnKind.METRICS else "",
            "; ".join(passed.get(column.name, ())) or _part(column),
        )
        for column in TABLE
    )
    return CheckedCandidates(len(found.table), columns, dict(routes.most_common()), found.notes)


def _part(column: CandidateColumn) -> str:
    if column.name in ("target", "symbol", "mode"):
        return "names the side"
    if column.is_derived:
        return "derived from all candidates"
    if not column.is_read:
        return "no rule reads it"
    return f"read with {column.part_of}" if column.part_of else "read; the policy asks nothing of it"


def _values(column: pa.ChunkedArray) -> str:
    """Return the range of numbers and times, or the words of a column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if column.null_count == len(column):
        return ""
    if pa.types.is_list(kind):
        column = pc.list_flatten(column)
    elif not pa.types.is_string(kind):
        least, most = (in_prose(end) for end in pc.min_max(column).as_py().values())
        return least if least == most else f"{least} to {most}"
    return shown_names(sorted(pc.unique(column.drop_null()).to_pylist()), SHOWN_WORDS)
