"""Conversion of candidates: the columns of a source brought to their types, or refused by row and column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from planstore.checks.arrow_columns import (
    UnfitError,
    doubles,
    each,
    has_nanoseconds,
    is_text,
    moments,
    text_lists,
    texts,
    wholes,
)
from planstore.checks.quoting import quoted
from planstore.errors import CandidatesError
from planstore.events.candidate_columns import (
    NUMBERS,
    REFUSED,
    SIDE_COLUMNS,
    SOURCE,
    STABILITY_METRICS,
    CandidateColumn,
    ColumnKind,
    arrow_type,
)
from planstore.routing.candidate_readers import CandidatesSource, Columns, read_columns
from planstore.routing.candidate_values import parsed, to_count, to_moment, to_number, to_text, to_texts

if TYPE_CHECKING:
    import pyarrow as pa


CONVERSIONS: Mapping[ColumnKind, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    ColumnKind.NUMBER: (doubles, to_number),
    ColumnKind.COUNT: (wholes, to_count),
    ColumnKind.TEXTS: (text_lists, to_texts),
    ColumnKind.TIME: (moments, to_moment),
}
"""How a column is brought to its type as a whole, and how value by value."""


TEXT_KINDS = (ColumnKind.WORD, ColumnKind.TEXT)


IN_ORDER = sorted(SOURCE, key=lambda column: (column.kind not in TEXT_KINDS and column.kind, not column.is_needed))
"""The columns in the order in which they are read and messages name them: texts first, needed ones before others."""


COLUMN_NAMES = tuple(column.name for column in IN_ORDER)


_OLDER_NAMES = {column.older_name: column.name for column in SOURCE if column.older_name}


def short(value: Any) -> str:
    """Return a value as messages show it."""
    return "(empty)" if value is None else quoted(value)


class CandidateConverter:
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
        found = {column.name: self._read(column) for column in IN_ORDER}
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
        if column.kind in TEXT_KINDS:
            return self._text(column.name)
        if column.kind is ColumnKind.METRICS:
            return self._metrics(column.name)
        values = self._column(column.name)
        if column.kind is ColumnKind.TIME and has_nanoseconds(values):
            self.notes.append(f"column {column.name} holds nanoseconds; they are cut off")
        cast, convert = CONVERSIONS[column.kind]
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
        missing = [column for column in SOURCE if column.is_needed and column.name not in found]
        names = ", ".join(column.name for column in missing)
        if missing and (self._strict or any(column.reference_default is REFUSED for column in missing)):
            raise CandidatesError(f"{self.where}: columns missing: {names}; candidates have {', '.join(COLUMN_NAMES)}")
        if missing:
            values = ", ".join(f"{column.name} as {short(column.reference_default)}" for column in missing)
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
                f"{self.where}: refused\n  row {error.row}, column {name}: {short(error.value)} does not fit: {error}"
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
