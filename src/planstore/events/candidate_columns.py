"""The columns of candidates, each defined once for readers, table, evidence, exports, rules and docs.

``sql/schema/tables/candidates.sql`` repeats names, types and meanings; a test compares them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from planstore.events.vocabulary import LeakageStatus, Mode, ModelStatus, Stability

if TYPE_CHECKING:
    import pyarrow as pa


class ColumnKind(IntEnum):
    """The type of a column; causes are listed in this order of their columns' types."""

    NUMBER = 1
    COUNT = 2
    WORD = 3
    TEXTS = 4
    TEXT = 5
    METRICS = 6
    TIME = 7


STABILITY_METRICS = ("mean_overlap", "std_overlap", "mean_tau", "std_tau")
"""The numeric fields of a column of kind ``METRICS``."""
REFUSED: Any = object()
"""The default of a required column."""


@dataclass(frozen=True)
class CandidateColumn:
    """A column of candidates.

    Attributes:
        name: its name in files, frames and the table.
        kind: its type.
        meaning: its description in the docs.
        is_needed: whether strict semantics refuse candidates without it.
        reference_default: the reference's default for a missing column.
        is_read: whether the rules read it, other than as a key.
        is_measured: whether evidence measured by planstore has a value for it.
        is_derived: whether planstore derives it from all candidates of a run. Sources do not have it, and it is no part
            of the evidence's identity.
        part_of: the column that it is a part of in displays.
        words: its closed vocabulary, if it has one.
        since: the store format that added it to the table.
        older_name: its name in older files.
        required_by: the policy key, if any, that requires it of each score.
        not_finite: advice about a number that is not finite.
    """

    name: str
    kind: ColumnKind
    meaning: str
    is_needed: bool = False
    reference_default: Any = REFUSED
    is_read: bool = False
    is_measured: bool = True
    is_derived: bool = False
    part_of: str | None = None
    words: type[StrEnum] | None = None
    since: int = 1
    older_name: str | None = None
    required_by: str | None = None
    not_finite: str = ""


COLUMNS = (
    CandidateColumn("target", ColumnKind.TEXT, "the target, a name of at most 1,000 characters", is_needed=True),
    CandidateColumn(
        "symbol", ColumnKind.TEXT, "the symbol; null: evidence over all symbols",
        is_needed=True, reference_default=None,
    ),
    CandidateColumn(
        "mode", ColumnKind.WORD, "`CROSS_SECTIONAL` or `SYMBOL_SPECIFIC` (older files: `SYMBOL`)",
        is_needed=True, words=Mode,
    ),
    CandidateColumn(
        "score", ColumnKind.NUMBER, "AUC or R² out of sample; null where there is none",
        is_needed=True, is_read=True, not_finite="; leave it empty where there is no score",
    ),
    CandidateColumn("score_ci_low", ColumnKind.NUMBER, "lower end of the score's confidence interval"),
    CandidateColumn("score_ci_high", ColumnKind.NUMBER, "upper end of it"),
    CandidateColumn(
        "null_score", ColumnKind.NUMBER,
        "the score of the same predictions on time-shifted labels: the score of a model that has learned nothing",
        is_read=True, since=2, required_by="min_margin_over_null",
    ),
    CandidateColumn(
        "null_sd", ColumnKind.NUMBER, "the standard deviation of such scores over all shifts", since=4,
        not_finite="; leave it empty where there is none",
    ),
    CandidateColumn(
        "p_value", ColumnKind.NUMBER, "the probability that chance scores as high, from 0 to 1",
        is_read=True, since=4, required_by="max_false_discovery_rate",
        not_finite="; leave it empty where there is none",
    ),
    CandidateColumn(
        "effective_samples", ColumnKind.NUMBER, "how many of the rows' timestamps are independent of one another",
        is_read=True, since=4, required_by="min_effective_samples",
        not_finite="; leave it empty where it is not known",
    ),
    CandidateColumn(
        "q_value", ColumnKind.NUMBER,
        "the least rate of false discoveries at which `p_value` is a discovery among the run's sides of the same mode, "
        "by Benjamini and Hochberg",
        is_read=True, is_derived=True, is_measured=False, since=5,
    ),
    CandidateColumn(
        "q_value_by", ColumnKind.NUMBER, "the same by Benjamini and Yekutieli, which holds under any dependence",
        is_read=True, is_derived=True, is_measured=False, since=5,
    ),
    CandidateColumn(
        "q_value_over_trials", ColumnKind.NUMBER,
        "`q_value` among the sides of this run and of all earlier ones; null where the policy counts no trials",
        is_read=True, is_derived=True, is_measured=False, since=5,
    ),
    CandidateColumn(
        "q_value_by_over_trials", ColumnKind.NUMBER, "`q_value_by` among the same sides",
        is_read=True, is_derived=True, is_measured=False, since=5,
    ),
    CandidateColumn(
        "shrunken_score", ColumnKind.NUMBER,
        "the score, moved towards the mean of its target's symbols by the share of chance in their differences; that "
        "of a cross-sectional side is its score",
        is_read=True, is_derived=True, is_measured=False, since=5,
    ),
    CandidateColumn(
        "stability", ColumnKind.WORD, "`STABLE`, `DRIFTING`, `DIVERGED` or `UNKNOWN`, as it was given",
        is_needed=True, reference_default=Stability.UNKNOWN.value, is_read=True, words=Stability,
    ),
    CandidateColumn(
        "stability_metrics", ColumnKind.METRICS,
        "the four metrics by which a stability that is `UNKNOWN` is classified",
        is_read=True, part_of="stability",
    ),
    CandidateColumn(
        "stability_snapshots", ColumnKind.COUNT,
        "how many snapshots those metrics rest on; fewer than `min_snapshots_for_stability` classify nothing",
        is_read=True, part_of="stability",
    ),
    CandidateColumn(
        "sample_size", ColumnKind.COUNT, "rows that the evidence rests on",
        is_needed=True, reference_default=0, is_read=True,
    ),
    CandidateColumn(
        "leakage_status", ColumnKind.WORD, "`SAFE`, `SUSPECT`, `BLOCKED` or `UNKNOWN`",
        is_needed=True, reference_default=LeakageStatus.UNKNOWN.value, is_read=True, words=LeakageStatus,
    ),
    CandidateColumn("feature_set_id", ColumnKind.TEXT, "the features that it was made with"),
    CandidateColumn("failed_model_families", ColumnKind.TEXTS, "model families that did not work", is_read=True),
    CandidateColumn(
        "model_status", ColumnKind.WORD, "`OK`, `FAILED`, `SKIPPED` or `UNKNOWN`", is_read=True, words=ModelStatus
    ),
    CandidateColumn(
        "task_type", ColumnKind.TEXT,
        "the task, as `BINARY_CLASSIFICATION` or `REGRESSION`; without one it is the task of `metric_name`",
        is_read=True,
    ),
    CandidateColumn(
        "metric_name", ColumnKind.TEXT, "the metric of the score, as `auc`, `roc_auc` or `r2`", is_read=True
    ),
    CandidateColumn(
        "evidence_as_of", ColumnKind.TIME,
        "the end of the data behind it, UTC where no zone is given (older files: `timestamp`)", older_name="timestamp",
    ),
    CandidateColumn("git_commit", ColumnKind.TEXT, "the code that made it", is_measured=False),
)  # fmt: skip
"""All columns, in the order of files that planstore writes."""

SOURCE = tuple(column for column in COLUMNS if not column.is_derived)
"""The columns that candidates have in their source."""
DERIVED = tuple(column.name for column in COLUMNS if column.is_derived)
"""The names of the columns that planstore derives."""
REQUIRED = {column.name: column.required_by for column in COLUMNS if column.required_by}
"""The columns that a policy can require of each score, with the key by which it does."""
TABLE = tuple(sorted(COLUMNS, key=lambda column: column.since))
"""All columns, in the order of the table: columns of later formats come last."""
SIDE_COLUMNS = ("target", "symbol", "mode")
"""The columns that identify a candidate's side."""
READ = tuple(column for column in COLUMNS if column.is_read)
"""The columns that the rules read, except those of the side."""
RULE_INPUTS = [*SIDE_COLUMNS, *(column.name for column in READ)]
"""The names of all columns that the rules need."""
NUMBERS = [column.name for column in COLUMNS if column.kind is ColumnKind.NUMBER]
"""The names of all columns of numbers that may be infinite."""
FORMAT_OF_COLUMNS = max(column.since for column in COLUMNS)
"""The first store format with all columns."""


_JSON_TYPES: dict[ColumnKind, Any] = {
    ColumnKind.NUMBER: "DOUBLE",
    ColumnKind.COUNT: "BIGINT",
    ColumnKind.WORD: "VARCHAR",
    ColumnKind.TEXTS: ["VARCHAR"],
    ColumnKind.TEXT: "VARCHAR",
    ColumnKind.METRICS: dict.fromkeys(STABILITY_METRICS, "DOUBLE"),
}
RULE_INPUT_TYPES = {column.name: _JSON_TYPES[column.kind] for column in COLUMNS if column.name in RULE_INPUTS}
"""The types of those columns, as DuckDB's ``from_json`` spells them."""


@cache
def arrow_type(kind: ColumnKind) -> pa.DataType:
    """Return the Arrow type of a column's values."""
    import pyarrow as pa

    return {
        ColumnKind.NUMBER: pa.float64(),
        ColumnKind.COUNT: pa.int64(),
        ColumnKind.WORD: pa.string(),
        ColumnKind.TEXTS: pa.list_(pa.string()),
        ColumnKind.TEXT: pa.string(),
        ColumnKind.METRICS: pa.struct([(name, pa.float64()) for name in STABILITY_METRICS]),
        ColumnKind.TIME: pa.timestamp("us", "UTC"),
    }[kind]
