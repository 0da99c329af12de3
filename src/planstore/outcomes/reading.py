"""Outcomes from files and frames, converted row by row."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from planstore.checks.arrow_columns import UnfitError, each
from planstore.checks.quoting import quoted
from planstore.errors import OutcomesError
from planstore.routing.candidate_readers import CandidatesSource, SourceKind, read_columns
from planstore.routing.candidate_values import to_count, to_moment, to_number, to_text

OUTCOMES = SourceKind("outcomes", "there is nothing to record", OutcomesError)


def _to_number(value: Any) -> float | None:
    number = to_number(value)
    return None if math.isnan(number) else number


COLUMNS: Mapping[str, Callable[[Any], Any]] = {
    "run_id": to_text,
    "target": to_text,
    "symbol": to_text,
    "mode": to_text,
    "metric_name": to_text,
    "score": _to_number,
    "null_score": _to_number,
    "null_sd": _to_number,
    "p_value": _to_number,
    "effective_samples": _to_number,
    "sample_size": to_count,
    "first_timestamp": to_moment,
    "last_timestamp": to_moment,
    "learned_until": to_moment,
    "job_id": to_text,
    "model": to_text,
}
"""The conversion of each column."""
NEEDED = ("target", "score", "sample_size", "first_timestamp", "last_timestamp")


def read_outcomes(source: CandidatesSource, run_id: str | None) -> tuple[str, list[dict[str, Any]]]:
    """Return the name of a source, and the values of its rows; a missing column is None.

    Args:
        source: a path (parquet, CSV, JSON, JSON lines), a pandas or Polars frame, or an Arrow table.
        run_id: the run of all rows; None means that a column names it.

    Raises:
        OutcomesError: the source cannot be read, a column is missing, or a value is of a wrong type.
    """
    found = read_columns(source, tuple(COLUMNS), OUTCOMES)
    if not found.rows:
        raise OutcomesError(f"{found.where} is empty: {OUTCOMES.nothing}")
    needed = NEEDED if run_id is not None else ("run_id", *NEEDED)
    missing = [name for name in needed if name not in found.columns]
    if missing:
        raise OutcomesError(
            f"{found.where}: outcomes must have the columns {', '.join(needed)}, got none of {', '.join(missing)}: add "
            f"{'them' if len(missing) > 1 else 'it'}"
        )
    if found.unused:
        raise OutcomesError(
            f"{found.where}: the columns of outcomes must be among {', '.join(COLUMNS)}, got "
            f"{', '.join(map(quoted, found.unused))}: leave it out"
        )
    if run_id is not None and "run_id" in found.columns:
        raise OutcomesError(f"{found.where} must not have a column run_id where the call names the run: leave one out")
    columns = {}
    for name, convert in COLUMNS.items():
        try:
            values = found.columns.get(name)
            columns[name] = [None] * found.rows if values is None else each(values, convert)
        except UnfitError as error:
            raise OutcomesError(
                f"{found.where}: row {error.row}, column {name}: {quoted(error.value)} does not fit: {error}"
            ) from error
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return found.where, [row if run_id is None else {**row, "run_id": run_id} for row in rows]
