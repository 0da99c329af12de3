"""Columns of candidates that are derived from all candidates of a run: q-values and shrunken scores."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from planstore.database.connection import memory
from planstore.database.session import Session
from planstore.events.candidate_columns import DERIVED, ColumnKind, arrow_type
from planstore.events.vocabulary import Mode

if TYPE_CHECKING:
    import pyarrow as pa

_Q_VALUES = ("q_value", "q_value_by")
_OVER_TRIALS = ("q_value_over_trials", "q_value_by_over_trials")


def with_derived(session: Session, evidence: pa.Table) -> pa.Table:
    """Return strict evidence with its derived columns; those over trials have no values.

    Args:
        session: a session on a database in memory.
        evidence: checked candidates, each with its ``evidence_set`` where they are of several runs or cases.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = evidence.num_rows
    has_p, has_sd = (evidence[name].null_count < rows for name in ("p_value", "null_sd"))
    pooled = pc.equal(evidence["mode"], Mode.CROSS_SECTIONAL)
    found = {"shrunken_score": pc.if_else(pooled, evidence["score"], pa.scalar(None, pa.float64()))}
    if has_p or has_sd:  # because most candidates from elsewhere have neither
        with session.registered("tests", _tests(evidence)):
            found |= _columns(session, "candidates/q_values", rows, _Q_VALUES) if has_p else {}
            found |= _columns(session, "candidates/shrunken_scores", rows, ("shrunken_score",)) if has_sd else {}
    return _replaced(evidence, found)


def without_derived(evidence: pa.Table) -> pa.Table:
    """Return evidence whose derived columns have no values."""
    return _replaced(evidence, {})


def earlier_tests(session: Session, before_commit: int) -> pa.Table:
    """Return the tests that the ledger knew before a commit: mode, target, symbol, score and p_value."""
    return session.batches("candidates/earlier_tests", before_commit=before_commit).read_all()


def no_tests() -> pa.Table:
    """Return the tests of a ledger without runs."""
    import pyarrow as pa

    text, number = pa.string(), pa.float64()
    return pa.schema(
        [("mode", text), ("target", text), ("symbol", text), ("score", number), ("p_value", number)]
    ).empty_table()


def over_trials(evidence: pa.Table, earlier: pa.Table) -> pa.Table:
    """Return strict evidence with its q-values among all tests so far.

    Args:
        evidence: the candidates of a run, with their derived columns.
        earlier: the tests of earlier runs, from :func:`earlier_tests`.
    """
    with closing(memory()) as session:
        session.register("evidence_tests", _tests(evidence).append_column("symbol", evidence["symbol"]))
        session.register("earlier_tests", earlier)
        session.run("candidates/tests")
        found = _columns(session, "candidates/q_values", evidence.num_rows, _OVER_TRIALS)
    return _replaced(evidence, {name: evidence[name] for name in DERIVED} | found)


def _tests(evidence: pa.Table) -> pa.Table:
    """Return the columns that others are derived from, with a position for each row and its evidence set."""
    import numpy as np
    import pyarrow as pa

    rows = evidence.num_rows
    several = "evidence_set" in evidence.column_names
    return pa.table(
        {
            "position": np.arange(1, rows + 1),
            "evidence_set": evidence["evidence_set"] if several else np.zeros(rows, dtype=np.int64),
            **{name: evidence[name] for name in ("mode", "target", "score", "null_sd", "p_value")},
        }
    )


def _columns(session: Session, statement: str, rows: int, names: Sequence[str]) -> dict[str, Any]:
    """Return the columns of a statement's rows by ``names``, each in its place; the others are null."""
    import numpy as np
    import pyarrow as pa

    found = session.batches(statement).read_all()
    places = found["position"].to_numpy() - 1
    columns = {}
    for name, values in zip(names, found.drop_columns("position").columns, strict=True):
        column, is_missing = np.zeros(rows), np.ones(rows, dtype=bool)
        column[places], is_missing[places] = values.to_numpy(), False
        columns[name] = pa.array(column, mask=is_missing)
    return columns


def _replaced(evidence: pa.Table, columns: dict[str, Any]) -> pa.Table:
    """Return evidence with these derived columns, the others without values, all in the order of the table."""
    import pyarrow as pa

    evidence = evidence.drop_columns([name for name in DERIVED if name in evidence.column_names])
    none = pa.nulls(evidence.num_rows, arrow_type(ColumnKind.NUMBER))
    for name in DERIVED:
        evidence = evidence.append_column(name, columns.get(name, none))
    return evidence
