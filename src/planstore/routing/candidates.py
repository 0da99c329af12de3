"""Candidates from outside: read from files and frames, converted and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from planstore.checks.arrow_columns import for_each_column, may_hold_nul
from planstore.database.batches import BATCH_ROWS
from planstore.database.connection import memory
from planstore.database.session import Session
from planstore.errors import CandidatesError
from planstore.events.candidate_columns import (
    DERIVED,
    REQUIRED,
    SOURCE,
    STABILITY_METRICS,
    ColumnKind,
)
from planstore.events.digest import StagedRows, table_digest
from planstore.events.vocabulary import OLDER_SYMBOL_MODE, Mode
from planstore.routing.candidate_conversion import TEXT_KINDS, CandidateConverter, short
from planstore.routing.candidate_readers import CandidatesSource
from planstore.routing.derived_columns import over_trials, with_derived, without_derived

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

PROBLEMS = 20
"""The largest number of problems that a message lists."""
_READ_ONE_BY_ONE = ("target", "symbol", "task_type")
"""The columns of text that ``sql/candidates/problems.sql`` checks one by one."""


class CandidatesWarning(UserWarning):
    """A remark on accepted candidates that their owner should read."""


@dataclass(frozen=True)
class Candidates:
    """Checked candidates: their rows, in order and numbered, as a session's table ``evidence``.

    Attributes:
        notes: remarks that their owner should read.
        staged: the rows without their positions, with derived columns.
        has_float32_scores: whether their source has scores as 32-bit floats.
    """

    table: pa.Table
    notes: Sequence[str]
    staged: StagedRows
    has_float32_scores: bool

    @property
    def evidence_id(self) -> str:
        """The digest of the columns that candidates have in their source."""
        return table_digest((name, digest) for name, digest in self.staged.columns() if name not in DERIVED)

    def over_trials(self, earlier: pa.Table) -> Candidates:
        """Return these candidates with q-values among their tests and ``earlier`` ones."""
        table = _chunked(over_trials(self.table, earlier))
        return replace(self, table=table, staged=StagedRows(table.drop_columns("position")))


def ways_out(columns: Sequence[str]) -> str:
    """Return the two ways out for scores without columns that the policy requires."""
    written, keys = " and ".join(columns), " and ".join(f"`{REQUIRED[column]}: null`" for column in columns)
    return f"measure it (`planstore evidence PANEL` writes {written}), or route without it ({keys} in the policy)"


def read_candidates(source: CandidatesSource, *, strict: bool, required: Sequence[str] = ()) -> Candidates:
    """Read and check candidates.

    Args:
        source: a file, a frame or records.
        strict: whether the semantics are strict. Strict evidence is ordered by target and symbol, whatever the order of
            its source; the reference keeps the order of the source.
        required: the columns of ``REQUIRED`` that the policy requires; scores without them are worth a note.

    Raises:
        CandidatesError: names the file, row (the first data row is 1), column and value of up to 20 problems.
    """
    import pyarrow.compute as pc

    with closing(memory()) as session:
        checked = _checked(session, source, strict=strict)
        evidence = _evidence(checked.columns, checked.order, strict=strict)
        evidence = _chunked(with_derived(session, evidence) if strict else without_derived(evidence))
    notes, where = list(checked.notes), checked.where
    has_score = pc.is_valid(evidence["score"])
    lacking = {column: pc.sum(pc.and_(has_score, pc.is_null(evidence[column]))).as_py() for column in required}
    columns = [column for column, rows in lacking.items() if rows]
    if columns:
        scores = ", ".join(f"{lacking[column]} scores have no {column}" for column in columns)
        notes.append(f"{where}: {scores}, which the policy requires: their sides are DISALLOWED; {ways_out(columns)}")
    return Candidates(evidence, notes, StagedRows(evidence.drop_columns("position")), checked.has_float32_scores)


@dataclass(frozen=True)
class _Checked:
    """Checked columns in the order of their source; the other attributes are those of :class:`Candidates`.

    Attributes:
        order: a number for each row, by which evidence is ordered.
    """

    where: str
    columns: dict[str, Any]
    order: np.ndarray[Any, Any]
    notes: Sequence[str]
    has_float32_scores: bool


def _checked(session: Session, source: CandidatesSource, *, strict: bool) -> _Checked:
    """Read the columns of candidates and check them."""
    import numpy as np
    import pyarrow as pa

    converter = CandidateConverter(source, strict=strict)
    with session.registered("incoming_names", converter.names()):
        session.run("candidates/unread", strict=strict)
    converter.unread = frozenset(row for (row,) in session.rows("candidates/unread_rows"))
    columns = converter.columns()
    incoming = _chunked(pa.table({"row": np.arange(1, converter.rows + 1), **columns}))
    for step in (
        "plain_word",
        "plain_task",
        "stated_task",
        "metric_word",
        "known_metrics",
    ):  # because rules read tasks by these
        session.run(f"routing/{step}")
    order = _order(columns) if strict else np.arange(converter.rows)
    with (
        session.registered("incoming", incoming),
        session.registered("repeated_rows", _repeated_rows(order)),
        session.joins_as_written(),
    ):
        _find_column_problems(session, columns, strict=strict)
        session.run("candidates/incoming_tasks")
        problems = session.records("candidates/problems", strict=strict)
        guessed = session.records("candidates/unread_tasks") if strict else []
    if problems:
        lines = [_sentence(**problem) for problem in problems]
        if len(lines) > PROBLEMS:
            lines[PROBLEMS:] = ["  and more problems: mend these first"]
        raise CandidatesError("\n".join([f"{converter.where}: refused", *lines]))
    notes = [f"{converter.where}: {note}" for note in converter.notes]
    notes += [
        f"{converter.where}: row {found['row']}, column task_type: {short(found['task_type'])} says neither "
        f"classification nor regression; it is {found['task']}, because metric_name is {short(found['metric_name'])}"
        for found in guessed
    ]
    return _Checked(converter.where, columns, order, notes, converter.has_float32_scores)


def _find_column_problems(session: Session, columns: Mapping[str, Any], *, strict: bool) -> None:
    """Add the values that a column of their kind may not have to the session's ``column_problems``."""
    import pyarrow.compute as pc

    session.run("candidates/column_problems")
    for column in SOURCE:
        values = columns[column.name]
        if column.kind is ColumnKind.NUMBER and strict and pc.any(pc.invert(pc.is_finite(values))).as_py():
            session.run("candidates/append_not_finite", column=column.name, advice=column.not_finite)
        # because other words are refused as such, and names and tasks one by one
        is_free = column.words is None or not strict
        if column.kind in TEXT_KINDS and is_free and column.name not in _READ_ONE_BY_ONE and may_hold_nul(values):
            session.run("candidates/append_nul", column=column.name)


def _evidence(columns: dict[str, Any], order: np.ndarray[Any, Any], *, strict: bool) -> pa.Table:
    """Return checked candidates, ordered, with positions and with columns in the order of the table.

    ``columns`` are removed as they are used.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    places = np.argsort(order, kind="stable") if np.any(np.diff(order) < 0) else None

    def ordered(name: str) -> Any:
        # because each column is released before it is copied, few are in memory twice
        values = _without_nan(columns.pop(name), kinds[name])
        if strict and name == "mode" and pc.any(pc.equal(values, OLDER_SYMBOL_MODE)).as_py():
            values = pc.if_else(pc.equal(values, OLDER_SYMBOL_MODE), Mode.SYMBOL_SPECIFIC, values)
        return values if places is None else values.take(places)

    kinds = {column.name: column.kind for column in sorted(SOURCE, key=lambda column: column.since)}
    found = for_each_column(list(kinds), ordered)
    rows = len(found["target"])
    return pa.table({"position": np.arange(1, rows + 1), **found})


def _without_nan(values: Any, kind: ColumnKind) -> Any:
    """Return a column whose numbers, also those in structs, are :func:`_plain`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind is ColumnKind.METRICS:
        fields = [_plain(pc.struct_field(values, name)) for name in STABILITY_METRICS]
        return pa.StructArray.from_arrays(fields, names=STABILITY_METRICS, mask=values.is_null())
    return _plain(values) if kind is ColumnKind.NUMBER else values


def _plain(numbers: Any) -> Any:
    """Return numbers with null instead of NaN, which means the same, and with 0.0 instead of -0.0."""
    import pyarrow.compute as pc

    # because DuckDB's parquet writer may store all zeros of a column as the first of them (its issue 25781)
    numbers = pc.add(numbers, 0.0)
    return pc.if_else(pc.is_nan(numbers), None, numbers) if pc.any(pc.is_nan(numbers)).as_py() else numbers


def _order(columns: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """Return numbers that are in the order of target and symbol, the same for candidates of the same side."""
    symbols = _ranks(columns["symbol"])
    order: np.ndarray[Any, Any] = _ranks(columns["target"]) * (symbols.max(initial=0) + 1) + symbols
    return order


def _repeated_rows(order: np.ndarray[Any, Any]) -> pa.Table:
    """Return the numbers of the rows, from 1, that share their number in ``order`` with another row."""
    import numpy as np
    import pyarrow as pa

    ordered = np.sort(order, kind="stable")
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    return pa.table({"row": np.flatnonzero(np.isin(order, twice)) + 1})


def _ranks(names: pa.Array) -> Any:
    """Return the position of each name among all names ordered by code point; null comes first."""
    import numpy as np

    encoded = names.dictionary_encode()
    words = encoded.dictionary.to_pylist()
    ranks = np.zeros(len(words) + 1, dtype=np.int64)
    ranks[sorted(range(len(words)), key=words.__getitem__)] = np.arange(1, len(words) + 1)
    return ranks[encoded.indices.fill_null(len(words)).to_numpy()]


def _chunked(table: pa.Table) -> pa.Table:
    """Return the table in batches, because the database reads batches in parallel."""
    import pyarrow as pa

    return pa.Table.from_batches(table.combine_chunks().to_batches(max_chunksize=BATCH_ROWS), table.schema)


def _sentence(row: int, rows: int, column: str, value: str | None, problem: str) -> str:
    more = f" (and {rows - 1} more rows)" if rows > 1 and column != "target, symbol" else ""
    return f"  row {row}, column {column}: {short(value)} {problem}{more}"
