"""Candidates at the door: read from files and frames, checked, and only then let in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from planstore.checks.arrow_columns import (
    UnfitError,
    doubles,
    each,
    has_nanoseconds,
    is_text,
    may_hold_nul,
    moments,
    text_lists,
    texts,
    wholes,
)
from planstore.checks.quoting import quoted
from planstore.database.batches import BATCH_ROWS
from planstore.database.connection import memory
from planstore.database.session import Session
from planstore.errors import CandidatesError
from planstore.events.candidate_columns import (
    COLUMNS,
    NUMBERS,
    REFUSED,
    SIDE_COLUMNS,
    STABILITY_METRICS,
    TABLE,
    CandidateColumn,
    ColumnKind,
    arrow_type,
)
from planstore.events.digest import StagedRows
from planstore.events.vocabulary import OLDER_SYMBOL_MODE, Mode
from planstore.routing.candidate_readers import CandidatesSource, Columns, read_columns
from planstore.routing.candidate_values import parsed, to_count, to_moment, to_number, to_text, to_texts

if TYPE_CHECKING:
    import pyarrow as pa

PROBLEMS = 20
"""How many problems a message tells."""
_CONVERSIONS: Mapping[ColumnKind, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    ColumnKind.NUMBER: (doubles, to_number),
    ColumnKind.COUNT: (wholes, to_count),
    ColumnKind.TEXTS: (text_lists, to_texts),
    ColumnKind.TIME: (moments, to_moment),
}
"""How a column is brought to its type as a whole, and how value by value."""
_TEXTS = (ColumnKind.WORD, ColumnKind.TEXT)
_IN_ORDER = sorted(COLUMNS, key=lambda column: (column.kind not in _TEXTS and column.kind, not column.is_needed))
"""The columns in the order in which they are read and messages name them: texts first, needed ones before others."""
_READ_ONE_BY_ONE = ("target", "symbol", "task_type")
"""The columns whose texts ``sql/candidates/problems.sql`` looks through one by one."""
COLUMN_NAMES = tuple(column.name for column in _IN_ORDER)
_OLDER_NAMES = {column.older_name: column.name for column in COLUMNS if column.older_name}


class CandidatesWarning(UserWarning):
    """Something about candidates that is not wrong, but that their owner should know."""


@dataclass(frozen=True)
class Candidates:
    """Checked candidates: their rows, in order and numbered, as a session's table ``evidence``, and their digest.

    Attributes:
        notes: what is not wrong about them, but what their owner should know.
        has_float32_scores: whether their scores came as 32-bit floats.
    """

    table: pa.Table
    notes: Sequence[str]
    digest: StagedRows
    has_float32_scores: bool


def read_candidates(source: CandidatesSource, *, strict: bool, nulls_count: bool = False) -> Candidates:
    """Read and check candidates.

    Args:
        source: where they are.
        strict: whether the semantics are. Strict evidence has an order of its own, by target and symbol, so that the
            order of rows in a file means nothing; the reference takes rows as they came.
        nulls_count: whether a score without its null will count for nothing, so that its owner should know.

    Raises:
        CandidatesError: names the file, row (the first data row is 1), column and value of up to 20 problems.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    with closing(memory()) as session:
        door = _Door(source, strict=strict)
        with session.registered("incoming_names", door.names()):
            session.run("candidates/unread", strict=strict)
        door.unread = frozenset(row for (row,) in session.rows("candidates/unread_rows"))
        columns = door.columns()
        incoming = _chunked(pa.table({"row": np.arange(1, door.rows + 1), **columns}))
        for step in ("plain_word", "stated_task", "metric_word", "known_metrics"):  # because rules read tasks by these
            session.run(f"routing/{step}")
        with ThreadPoolExecutor(max_workers=1) as beside, session.registered("incoming", incoming):
            ordered = beside.submit(_evidence, columns, strict=strict)
            _find_column_problems(session, columns, strict=strict)
            problems = session.records("candidates/problems", strict=strict)
            guessed = session.records("candidates/unread_tasks") if strict else []
    if problems:
        lines = [_sentence(**problem) for problem in problems]
        if len(lines) > PROBLEMS:
            lines[PROBLEMS:] = ["  and more problems, which are told when these are mended"]
        raise CandidatesError("\n".join([f"{door.where}: refused", *lines]))
    evidence = ordered.result()
    notes = [f"{door.where}: {note}" for note in door.notes]
    notes += [
        f"{door.where}: row {found['row']}, column task_type: {_short(found['task_type'])} says neither classification "
        f"nor regression; it is {found['task']}, because metric_name is {_short(found['metric_name'])}"
        for found in guessed
    ]
    lacking = pc.and_(pc.is_valid(evidence["score"]), pc.is_null(evidence["null_score"]))
    without = pc.sum(lacking).as_py() if nulls_count else 0
    if without:
        notes.append(
            f"{door.where}: {without} scores have no null_score beside them and count for nothing, because the policy "
            "asks for a margin over the null; set min_margin_over_null: null in the policy to route them"
        )
    digest = StagedRows(evidence.drop_columns("position"))
    return Candidates(evidence, notes, digest, door.has_float32_scores)


def _find_column_problems(session: Session, columns: Mapping[str, Any], *, strict: bool) -> None:
    """Look for values that no column of their kind may hold; the database names those of columns that have any."""
    import pyarrow.compute as pc

    session.run("candidates/column_problems")
    for column in COLUMNS:
        values = columns[column.name]
        if column.kind is ColumnKind.NUMBER and strict and pc.any(pc.invert(pc.is_finite(values))).as_py():
            session.run("candidates/append_not_finite", column=column.name, advice=column.not_finite)
        # because other words are refused as such, and names and tasks one by one
        is_free = column.words is None or not strict
        if column.kind in _TEXTS and is_free and column.name not in _READ_ONE_BY_ONE and may_hold_nul(values):
            session.run("candidates/append_nul", column=column.name)


def _evidence(columns: dict[str, Any], *, strict: bool) -> pa.Table:
    """Return checked candidates as ``sql/schema/tables/candidates.sql`` has them, in their order, with positions."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    table = pa.table({column.name: _without_nan(columns[column.name], column.kind) for column in TABLE})
    if strict:
        if pc.any(pc.equal(table["mode"], OLDER_SYMBOL_MODE)).as_py():
            mode = pc.if_else(pc.equal(table["mode"], OLDER_SYMBOL_MODE), Mode.SYMBOL_SPECIFIC, table["mode"])
            table = table.set_column(table.column_names.index("mode"), "mode", mode)
        symbols = _ranks(table["symbol"])
        places = _ranks(table["target"]) * (symbols.max() + 1) + symbols
        if np.any(np.diff(places) < 0):
            table = table.take(np.argsort(places, kind="stable"))
    return _chunked(table.add_column(0, "position", pa.array(np.arange(1, table.num_rows + 1))))


def _without_nan(values: Any, kind: ColumnKind) -> Any:
    """Return a column whose numbers, also those in structs, are :func:`_plain`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind is ColumnKind.METRICS:
        fields = [_plain(pc.struct_field(values, name)) for name in STABILITY_METRICS]
        return pa.StructArray.from_arrays(fields, names=STABILITY_METRICS, mask=values.is_null())
    return _plain(values) if kind is ColumnKind.NUMBER else values


def _plain(numbers: Any) -> Any:
    """Return numbers with null in the place of NaN, which means the same, and with 0.0 in the place of -0.0."""
    import pyarrow.compute as pc

    # because DuckDB's parquet writer may store all zeros of a column as the first of them (its issue 25781)
    numbers = pc.add(numbers, 0.0)
    return pc.if_else(pc.is_nan(numbers), None, numbers) if pc.any(pc.is_nan(numbers)).as_py() else numbers


def _ranks(names: pa.ChunkedArray) -> Any:
    """Return the place of each name in the order of all names by code point; null comes first."""
    import numpy as np

    encoded = names.combine_chunks().dictionary_encode()
    words = encoded.dictionary.to_pylist()
    ranks = np.zeros(len(words) + 1, dtype=np.int64)
    ranks[sorted(range(len(words)), key=words.__getitem__)] = np.arange(1, len(words) + 1)
    return ranks[encoded.indices.fill_null(len(words)).to_numpy()]


def _chunked(table: pa.Table) -> pa.Table:
    """Return the table in batches, because the database reads those side by side."""
    import pyarrow as pa

    return pa.Table.from_batches(table.combine_chunks().to_batches(max_chunksize=BATCH_ROWS), table.schema)


def _sentence(row: int, rows: int, column: str, value: str | None, problem: str) -> str:
    more = f" (and {rows - 1} more rows)" if rows > 1 and column != "target, symbol" else ""
    return f"  row {row}, column {column}: {_short(value)} {problem}{more}"


def _short(value: Any) -> str:
    return "(empty)" if value is None else quoted(value)


class _Door:
    """Brings each column to the type that candidates have, or says which row does not fit.

    Attributes:
        unread: the rows that no rule reads, where null may stand for a value that does not fit.
    """

    def __init__(self, source: CandidatesSource, *, strict: bool = True) -> None:
        found = read_columns(source, (*COLUMN_NAMES, *_OLDER_NAMES))
        self.where = found.where
        self.rows = found.rows
        self.notes: list[str] = []
        self.unread: frozenset[int] = frozenset()
        self._strict = strict
        self._left_out: dict[int, str] = {}
        if not found.rows or not (found.columns or found.unused):
            raise CandidatesError(f"{self.where} is empty: there is nothing to route")
        self._found = self._known(found.columns)
        if found.unused:
            self.notes.append(f"columns not used: {', '.join(map(_short_name, found.unused))}")

    def columns(self) -> dict[str, Any]:
        """Return every column of candidates; one that the source lacks is all null, or has the reference's value."""
        found = {column.name: self._read(column) for column in _IN_ORDER}
        if self._left_out:
            row, column = min(self._left_out.items())
            self.notes.append(
                f"values that do not fit are left out on {len(self._left_out)} rows that no rule reads, "
                f"first on row {row}, column {column}"
            )
        return found

    def _read(self, column: CandidateColumn) -> Any:
        if column.name in SIDE_COLUMNS:
            return self._names[column.name]
        if column.kind in _TEXTS:
            return self._text(column.name)
        if column.kind is ColumnKind.METRICS:
            return self._metrics(column.name)
        values = self._column(column.name)
        if column.kind is ColumnKind.TIME and has_nanoseconds(values):
            self.notes.append(f"column {column.name} holds nanoseconds; they are cut off")
        cast, convert = _CONVERSIONS[column.kind]
        return self._converted(column.name, column.kind, cast, convert, values)

    @property
    def has_float32_scores(self) -> bool:
        """Whether the column of scores is one of 32-bit floats."""
        import pyarrow as pa

        scores = self._found["score"]
        return not isinstance(scores, list) and bool(scores.type == pa.float32())

    def names(self) -> pa.Table:
        """Return the columns by which rows are told apart, and the number of each row."""
        import numpy as np
        import pyarrow as pa

        return pa.table({"row": np.arange(1, self.rows + 1), **self._names})

    @cached_property
    def _names(self) -> dict[str, Any]:
        return {name: self._text(name) for name in SIDE_COLUMNS}

    def _forgive(self, name: str, error: UnfitError) -> bool:
        if error.row in self.unread:
            self._left_out.setdefault(error.row, name)
        return error.row in self.unread

    def _known(self, found: Columns) -> Columns:
        for older, name in _OLDER_NAMES.items():
            if older in found:
                if name in found:
                    raise CandidatesError(f"{self.where}: {older} and {name} are one column; give one of them")
                found = {name if given == older else given: column for given, column in found.items()}
        missing = [column for column in TABLE if column.is_needed and column.name not in found]
        names = ", ".join(column.name for column in missing)
        if missing and (self._strict or any(column.reference_default is REFUSED for column in missing)):
            raise CandidatesError(f"{self.where}: columns missing: {names}; candidates have {', '.join(COLUMN_NAMES)}")
        if missing:
            values = ", ".join(f"{column.name} as {_short(column.reference_default)}" for column in missing)
            self.notes.append(f"columns missing, which the reference takes as the same on all rows: {values}")
        return {**found, **{column.name: [column.reference_default] * self.rows for column in missing}}

    def _column(self, name: str) -> Any:
        """Return a column; one that the source lacks, or has no value in, is all null, whatever its type is."""
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.types as types

        column = self._found.get(name)
        if column is None or (isinstance(column, list) and column.count(None) == self.rows):
            return pa.nulls(self.rows)
        if isinstance(column, list):
            return column
        empty = column.null_count == self.rows
        if types.is_floating(column.type) and name not in NUMBERS:
            # because that is how a frame holds a column without values
            empty = empty or pc.all(pc.is_nan(column)).as_py()
        return pa.nulls(self.rows) if empty else column

    def _text(self, name: str) -> Any:
        import pyarrow as pa
        import pyarrow.types as types

        array = self._column(name)
        is_array = not isinstance(array, list)
        if is_array and types.is_null(array.type):
            return array.cast(pa.string())
        found = texts(array) if is_array else None
        if found is not None:
            return found
        if is_array and not (is_text(array.type) or _is_number(array.type)):
            raise CandidatesError(f"{self.where}: column {name} should hold text, not {array.type}")
        if is_array and types.is_floating(array.type) and not _is_whole(array):
            raise CandidatesError(f"{self.where}: column {name} should hold text, not {array.type}")
        values = self._each(name, array, to_text)
        if is_array and _is_number(array.type):
            self.notes.append(f"column {name} holds whole numbers; they are read as text")
        elif not all(value is None or isinstance(value, str) for value in array):
            self.notes.append(f"column {name} holds numbers beside texts; they are read as text")
        return pa.array(values, pa.string())

    def _converted(
        self, name: str, kind: ColumnKind, cast: Callable[[Any], Any], convert: Callable[[Any], Any], values: Any
    ) -> Any:
        """Return a column of type ``kind``: by ``cast`` where it takes the column as a whole, else value by value."""
        import pyarrow as pa

        if not isinstance(values, list):
            found = values.cast(arrow_type(kind)) if pa.types.is_null(values.type) else cast(values)
            if found is not None:
                return found
        return pa.array(self._each(name, values, convert), arrow_type(kind))

    def _metrics(self, name: str) -> Any:
        unknown: dict[str, None] = {}
        found = self._converted(
            name,
            ColumnKind.METRICS,
            lambda array: self._metric_columns(array, unknown),
            lambda value: self._to_metrics(value, unknown),
            self._column(name),
        )
        if unknown:
            self.notes.append(f"stability metrics not used: {', '.join(map(_short_name, unknown))}")
        return found

    def _to_metrics(self, value: Any, unknown: dict[str, None]) -> dict[str, float | None] | None:
        metrics = parsed(value)
        if metrics is None:
            return None
        if not isinstance(metrics, dict):
            raise TypeError(f"a mapping of {', '.join(STABILITY_METRICS)} is needed")
        others = [str(name) for name in metrics if name not in STABILITY_METRICS and metrics[name] is not None]
        if others and self._strict and not set(STABILITY_METRICS) <= set(metrics):
            raise ValueError(f"metrics are {', '.join(STABILITY_METRICS)}, not {', '.join(others)}")
        unknown.update(dict.fromkeys(others))
        return {name: None if metrics.get(name) is None else to_number(metrics[name]) for name in STABILITY_METRICS}

    def _metric_columns(self, array: Any, unknown: dict[str, None]) -> Any:
        """Return structs of metrics as candidates have them, or None where their fields need a look one by one."""
        import pyarrow as pa

        if not pa.types.is_struct(array.type) or isinstance(array, pa.ChunkedArray):
            return None
        names = [array.type.field(place).name for place in range(array.type.num_fields)]
        unknown.update(dict.fromkeys(name for name in names if name not in STABILITY_METRICS))
        if not set(STABILITY_METRICS) <= set(names) or len(set(names)) < len(names):
            return None
        fields = dict(zip(names, array.flatten(), strict=True))
        found = [
            fields[name].cast(pa.float64()) if pa.types.is_null(fields[name].type) else doubles(fields[name])
            for name in STABILITY_METRICS
        ]
        if any(values is None for values in found):
            return None
        return pa.StructArray.from_arrays(found, names=STABILITY_METRICS, mask=array.is_null())

    def _each(self, name: str, values: Any, convert: Callable[[Any], Any]) -> list[Any]:
        try:
            return each(values, convert, lambda error: self._forgive(name, error))
        except UnfitError as error:
            raise CandidatesError(
                f"{self.where}: refused\n  row {error.row}, column {name}: {_short(error.value)} does not fit: {error}"
            ) from error


def _short_name(name: str) -> str:
    return name if name.isprintable() and len(name) <= 80 else quoted(name)


def _is_number(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def _is_whole(array: Any) -> bool:
    """Tell whether all numbers of a column of floats are whole; NaN is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = array.cast(pa.float64())
    return bool(pc.all(pc.or_(pc.equal(found, pc.floor(found)), pc.is_nan(found))).as_py())
