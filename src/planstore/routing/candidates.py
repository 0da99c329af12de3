"""Candidates at the door: read from files and frames, checked, and only then let in."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from numbers import Complex, Real
from typing import TYPE_CHECKING, Any

from planstore.checks.arrow_columns import (
    EXACT,
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
from planstore.checks.times import utc
from planstore.database.batches import BATCH_ROWS
from planstore.database.connection import memory
from planstore.errors import CandidatesError
from planstore.events.digest import StagedRows
from planstore.events.vocabulary import OLDER_SYMBOL_MODE, LeakageStatus, Mode, Stability
from planstore.routing.candidate_readers import CandidatesSource, Columns, read_columns, read_json

if TYPE_CHECKING:
    import pyarrow as pa

NAMES = ("target", "symbol", "mode")
TEXT = ("target", "symbol", "mode", "stability", "leakage_status", "feature_set_id", "model_status", "task_type",
        "metric_name", "git_commit")  # fmt: skip
NUMBERS = ("score", "score_ci_low", "score_ci_high", "null_score")
COUNTS = ("sample_size", "stability_snapshots")
METRICS = ("mean_overlap", "std_overlap", "mean_tau", "std_tau")
REQUIRED = ("target", "symbol", "mode", "score", "stability", "sample_size", "leakage_status")
REFERENCE: Mapping[str, Any] = {
    "symbol": None,
    "stability": Stability.UNKNOWN,
    "sample_size": 0,
    "leakage_status": LeakageStatus.UNKNOWN,
}
"""What the reference takes for each of those columns that may be missing there."""
EVIDENCE = (
    "target", "symbol", "mode", "score", "score_ci_low", "score_ci_high", "stability", "stability_metrics",
    "stability_snapshots", "sample_size", "leakage_status", "feature_set_id", "failed_model_families", "model_status",
    "task_type", "metric_name", "evidence_as_of", "git_commit", "null_score",
)  # fmt: skip
"""The columns of candidates, in the order of ``sql/schema/tables/candidates.sql``."""
PROBLEMS = 20
"""How many problems a message tells."""
LONGEST_NUMBER = 1000
"""The longest text of a number, in characters."""
LONGEST_TEXT = 100_000
"""The longest text of a list or mapping, in characters."""
OLDER_NAME = "timestamp"
"""The name that ``evidence_as_of`` has in older files."""
COLUMNS = (*TEXT, *NUMBERS, *COUNTS, "failed_model_families", "stability_metrics", "evidence_as_of")


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


def _evidence(columns: dict[str, Any], *, strict: bool) -> pa.Table:
    """Return checked candidates as ``sql/schema/tables/candidates.sql`` has them, in their order, with positions."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    table = pa.table({name: columns[name] for name in EVIDENCE})
    for name in NUMBERS:
        table = table.set_column(EVIDENCE.index(name), name, _plain(table[name]))
    metrics = columns["stability_metrics"]
    fields = [_plain(pc.struct_field(metrics, name)) for name in METRICS]
    struct = pa.StructArray.from_arrays(fields, names=METRICS, mask=metrics.is_null())
    table = table.set_column(EVIDENCE.index("stability_metrics"), "stability_metrics", struct)
    if strict:
        if pc.any(pc.equal(table["mode"], OLDER_SYMBOL_MODE)).as_py():
            mode = pc.if_else(pc.equal(table["mode"], OLDER_SYMBOL_MODE), Mode.SYMBOL_SPECIFIC, table["mode"])
            table = table.set_column(EVIDENCE.index("mode"), "mode", mode)
        symbols = _ranks(table["symbol"])
        places = _ranks(table["target"]) * (symbols.max() + 1) + symbols
        if np.any(np.diff(places) < 0):
            table = table.take(np.argsort(places, kind="stable"))
    return _chunked(table.add_column(0, "position", pa.array(np.arange(1, table.num_rows + 1))))


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
        found = read_columns(source, (*COLUMNS, OLDER_NAME))
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
        import pyarrow as pa

        found = (
            {name: self._names[name] if name in NAMES else self._text(name) for name in TEXT}
            | {name: self._converted(name, pa.float64(), doubles, _to_number) for name in NUMBERS}
            | {name: self._converted(name, pa.int64(), wholes, _to_count) for name in COUNTS}
            | {
                "failed_model_families": self._converted(
                    "failed_model_families", pa.list_(pa.string()), text_lists, _to_texts
                ),
                "stability_metrics": self._metrics(),
                "evidence_as_of": self._times("evidence_as_of"),
            }
        )
        if self._left_out:
            row, column = min(self._left_out.items())
            self.notes.append(
                f"values that do not fit are left out on {len(self._left_out)} rows that no rule reads, "
                f"first on row {row}, column {column}"
            )
        return found

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
        return {name: self._text(name) for name in NAMES}

    def _forgive(self, name: str, error: UnfitError) -> bool:
        if error.row in self.unread:
            self._left_out.setdefault(error.row, name)
        return error.row in self.unread

    def _known(self, found: Columns) -> Columns:
        if OLDER_NAME in found:
            if "evidence_as_of" in found:
                raise CandidatesError(f"{self.where}: timestamp and evidence_as_of are one column; give one of them")
            found = {"evidence_as_of" if name == OLDER_NAME else name: column for name, column in found.items()}
        missing = [name for name in REQUIRED if name not in found]
        if missing and (self._strict or not set(missing) <= set(REFERENCE)):
            raise CandidatesError(
                f"{self.where}: columns missing: {', '.join(missing)}; candidates have {', '.join(COLUMNS)}"
            )
        if missing:
            values = ", ".join(f"{name} as {_short(REFERENCE[name])}" for name in missing)
            self.notes.append(f"columns missing, which the reference takes as the same on all rows: {values}")
        return {**found, **{name: [REFERENCE[name]] * self.rows for name in missing}}

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
        values = self._each(name, array, _to_text)
        if is_array and _is_number(array.type):
            self.notes.append(f"column {name} holds whole numbers; they are read as text")
        elif not all(value is None or isinstance(value, str) for value in array):
            self.notes.append(f"column {name} holds numbers beside texts; they are read as text")
        return pa.array(values, pa.string())

    def _converted(
        self, name: str, kind: Any, cast: Callable[[Any], Any], convert: Callable[[Any], Any], values: Any = None
    ) -> Any:
        """Return a column of type ``kind``: by ``cast`` where it takes the column as a whole, else value by value."""
        import pyarrow as pa

        values = self._column(name) if values is None else values
        if not isinstance(values, list):
            found = values.cast(kind) if pa.types.is_null(values.type) else cast(values)
            if found is not None:
                return found
        return pa.array(self._each(name, values, convert), kind)

    def _times(self, name: str) -> Any:
        import pyarrow as pa

        values = self._column(name)
        found = self._converted(name, pa.timestamp("us", "UTC"), moments, _to_moment, values)
        if has_nanoseconds(values):
            self.notes.append(f"column {name} holds nanoseconds; they are cut off")
        return found

    def _metrics(self) -> Any:
        import pyarrow as pa

        kind = pa.struct([(field, pa.float64()) for field in METRICS])
        unknown: dict[str, None] = {}
        found = self._converted(
            "stability_metrics",
            kind,
            lambda array: self._metric_columns(array, unknown),
            lambda value: self._to_metrics(value, unknown),
        )
        if unknown:
            self.notes.append(f"stability metrics not used: {', '.join(map(_short_name, unknown))}")
        return found

    def _to_metrics(self, value: Any, unknown: dict[str, None]) -> dict[str, float | None] | None:
        metrics = _parsed(value)
        if metrics is None:
            return None
        if not isinstance(metrics, dict):
            raise TypeError(f"a mapping of {', '.join(METRICS)} is needed")
        others = [str(name) for name in metrics if name not in METRICS and metrics[name] is not None]
        if others and self._strict and not set(METRICS) <= set(metrics):
            raise ValueError(f"metrics are {', '.join(METRICS)}, not {', '.join(others)}")
        unknown.update(dict.fromkeys(others))
        return {name: None if metrics.get(name) is None else _to_number(metrics[name]) for name in METRICS}

    def _metric_columns(self, array: Any, unknown: dict[str, None]) -> Any:
        """Return structs of metrics as candidates have them, or None where their fields need a look one by one."""
        import pyarrow as pa

        if not pa.types.is_struct(array.type) or isinstance(array, pa.ChunkedArray):
            return None
        names = [array.type.field(place).name for place in range(array.type.num_fields)]
        unknown.update(dict.fromkeys(name for name in names if name not in METRICS))
        if not set(METRICS) <= set(names) or len(set(names)) < len(names):
            return None
        fields = dict(zip(names, array.flatten(), strict=True))
        found = [
            fields[name].cast(pa.float64()) if pa.types.is_null(fields[name].type) else doubles(fields[name])
            for name in METRICS
        ]
        if any(values is None for values in found):
            return None
        return pa.StructArray.from_arrays(found, names=METRICS, mask=array.is_null())

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


def _decoded(value: Any) -> Any:
    """Return bytes as the text that they are, and any other value as it is; refuse half characters."""
    try:
        if isinstance(value, str):
            value.encode()
        return value.decode() if isinstance(value, bytes) else value
    except UnicodeError as error:
        raise ValueError("it is no UTF-8 text") from error


def _to_text(value: Any) -> str | None:
    value = _decoded(value)
    if isinstance(value, str):
        return value
    if isinstance(value, float) and math.isnan(value):
        return None  # because a frame has no other way to leave a number out
    number = _whole(value)
    if number is None:
        raise TypeError("a text is needed")
    if isinstance(value, float) and abs(number) >= EXACT:
        raise ValueError("write it as a text, because a number of this size is rounded")
    return str(number)


def _to_number(value: Any) -> float:
    value = _numeric(value)
    if isinstance(value, str):
        if len(value) > LONGEST_NUMBER:
            raise ValueError(f"a number has at most {LONGEST_NUMBER} characters")
        try:
            return float(value)
        except ValueError as error:
            raise ValueError("it is no number") from error
    return float(value)


def _numeric(value: Any) -> Any:
    """Return a number, or the text of one, or refuse what is neither."""
    if isinstance(value, bool):
        raise TypeError("a number is needed, not true or false")
    if isinstance(value, Complex) and not isinstance(value, Real) and value.imag == 0:
        return value.real
    value = _decoded(value)
    if not isinstance(value, Real | Decimal | str):
        raise TypeError("a number is needed")
    return value


def _whole(value: Any) -> int | None:
    """Return the whole number that a number is, exactly; None where it is none, or far out of every range."""
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return None
    if isinstance(value, Decimal):
        if not value.is_finite() or value.adjusted() > 40:
            return None
    elif not math.isfinite(value):
        return None
    number = int(value)  # type: ignore[arg-type]  # because Real says less than all of its kinds can
    return number if value == number else None


def _to_count(value: Any) -> int:
    value = _numeric(value)
    if isinstance(value, str):
        if len(value) > LONGEST_NUMBER:
            raise ValueError(f"a number has at most {LONGEST_NUMBER} characters")
        try:
            value = Decimal(value)
        except ArithmeticError as error:
            raise ValueError("it is no number") from error
    number = _whole(value)
    if number is None:
        raise ValueError("a whole number is needed")
    if not -(2**63) <= number < 2**63:
        raise ValueError("the number is too large")
    if isinstance(value, float) and abs(number) >= EXACT:
        raise ValueError("write it as a whole number, because a float of this size is rounded")
    return number


def _parsed(value: Any) -> Any:
    """Return what a text holds: JSON, or, in older files, the text Python prints."""
    value = _decoded(value)
    if not isinstance(value, str):
        return value
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"a list or mapping has at most {LONGEST_TEXT:,} characters")
    try:
        return read_json(value)
    except json.JSONDecodeError:
        pass
    try:
        tree = ast.parse(value.strip(), mode="eval")
        found = ast.literal_eval(tree)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError) as error:
        raise ValueError("it is neither JSON nor what Python prints of a list or mapping") from error
    for node in ast.walk(tree):
        keys = [key.value for key in getattr(node, "keys", ()) if isinstance(key, ast.Constant)]
        if len(set(keys)) < len(keys):
            raise ValueError("a key is given twice")
    return found


def _to_texts(value: Any) -> list[str] | None:
    items = _parsed(value)
    if items is None:
        return None
    items = items.tolist() if hasattr(items, "tolist") else items
    if not isinstance(items, list | tuple) or not all(isinstance(item, str | bytes) for item in items):
        raise TypeError("a list of texts is needed")
    return [_to_text(item) or "" for item in items]


def _to_moment(value: Any) -> datetime:
    try:
        return utc(_decoded(value))
    except ValueError as error:
        raise ValueError(f"it {error}") from error
