"""Candidates at the door: read from files and frames, checked, and only then let in."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planstore.database import BATCH_ROWS, memory
from planstore.errors import CandidatesError
from planstore.events.digest import RowsDigest

if TYPE_CHECKING:
    import pyarrow as pa

CandidatesSource = Any
"""A path (parquet, CSV, JSON, JSON lines), a pandas or Polars frame, or anything Arrow can read."""

TEXT = ("target", "symbol", "mode", "stability", "leakage_status", "feature_set_id", "model_status", "task_type",
        "metric_name", "git_commit")  # fmt: skip
NUMBERS = ("score", "score_ci_low", "score_ci_high")
COUNTS = ("sample_size", "stability_snapshots")
METRICS = ("mean_overlap", "std_overlap", "mean_tau", "std_tau")
REQUIRED = ("target", "symbol", "mode", "score", "stability", "sample_size", "leakage_status")
EVIDENCE = (
    "target", "symbol", "mode", "score", "score_ci_low", "score_ci_high", "stability", "stability_metrics",
    "stability_snapshots", "sample_size", "leakage_status", "feature_set_id", "failed_model_families", "model_status",
    "task_type", "metric_name", "evidence_as_of", "git_commit",
)  # fmt: skip
"""The columns of candidates, in the order of ``sql/schema/tables/candidates.sql``."""
COLUMNS = (*TEXT, *NUMBERS, *COUNTS, "failed_model_families", "stability_metrics", "evidence_as_of")


class CandidatesWarning(UserWarning):
    """Something about candidates that is not wrong, but that their owner should know."""


@dataclass(frozen=True)
class Evidence:
    """Checked candidates: their rows, in order and numbered, as a session's table ``evidence``, and their digest."""

    table: pa.Table
    _digest: Future[RowsDigest]

    @property
    def digest(self) -> RowsDigest:
        """The digest of the rows; it is computed beside what else is done with them, until it is asked for."""
        return self._digest.result()


def read_candidates(source: CandidatesSource, *, strict: bool) -> Evidence:
    """Read and check candidates.

    Strict evidence has an order of its own, by target and symbol, so that the order of rows in a file means nothing;
    the reference takes rows as they came.

    Raises:
        CandidatesError: names the file, row (the first data row is 1), column and value of up to 20 problems.
    """
    table, where = read_table(source)
    if table.num_rows == 0:
        raise CandidatesError(f"{where} is empty: there is nothing to route")
    columns = _Door(table, where).columns()
    import numpy as np
    import pyarrow as pa

    incoming = _chunked(pa.table({"row": np.arange(1, table.num_rows + 1), **columns}))
    session = memory()
    with session.given("incoming", incoming):
        problems = session.records("candidates/problems", strict=strict)
    session.close()
    if problems:
        raise CandidatesError("\n".join([f"{where}: refused", *(_sentence(**problem) for problem in problems)]))
    evidence = _evidence(columns, strict=strict)
    return Evidence(evidence, RowsDigest.beside(evidence.drop_columns("position").to_batches()))


def _evidence(columns: dict[str, Any], *, strict: bool) -> pa.Table:
    """Return checked candidates as ``sql/schema/tables/candidates.sql`` has them, in their order, with positions."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    table = pa.table({name: columns[name] for name in EVIDENCE})
    for name in NUMBERS:
        if pc.any(pc.is_nan(table[name])).as_py():
            values = pc.if_else(pc.is_nan(table[name]), None, table[name])
            table = table.set_column(EVIDENCE.index(name), name, values)
    if strict:
        if pc.any(pc.equal(table["mode"], "SYMBOL")).as_py():
            mode = pc.if_else(pc.equal(table["mode"], "SYMBOL"), "SYMBOL_SPECIFIC", table["mode"])
            table = table.set_column(EVIDENCE.index("mode"), "mode", mode)
        symbols = _ranks(table["symbol"])
        places = _ranks(table["target"]) * (symbols.max() + 1) + symbols
        if np.any(np.diff(places) < 0):
            table = table.take(np.argsort(places, kind="stable"))
    return _chunked(table.add_column(0, "position", pa.array(np.arange(1, table.num_rows + 1))))


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
    text = "(empty)" if value is None else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def read_table(source: CandidatesSource) -> tuple[pa.Table, str]:
    """Return the rows of ``source`` as an Arrow table of its own types, and what to call it in messages."""
    import pyarrow as pa

    if isinstance(source, str | Path):
        path = Path(source)
        return _read_file(path), str(path)
    name = type(source).__name__
    try:
        if type(source).__module__.partition(".")[0] == "pandas":
            return _from_pandas(source), "the data frame"
        if isinstance(source, pa.RecordBatchReader):
            return source.read_all(), "the table"
        return pa.table(source), "the table"
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise CandidatesError(f"an object of type {name} cannot be read as candidates: {error}") from error


def _read_file(path: Path) -> pa.Table:
    import pyarrow as pa

    readers: Mapping[str, Callable[[Path], pa.Table]] = {
        ".parquet": _read_parquet,
        ".pq": _read_parquet,
        ".csv": _read_csv,
        ".json": _read_json,
        ".jsonl": _read_json_lines,
        ".ndjson": _read_json_lines,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise CandidatesError(f"{path}: candidates come as {', '.join(readers)}, not as {path.suffix or 'no suffix'!r}")
    if not path.is_file():
        raise CandidatesError(f"{path}: there is no such file")
    try:
        return reader(path)
    except (OSError, ValueError, RecursionError, pa.ArrowException) as error:
        raise CandidatesError(f"{path} cannot be read as {path.suffix.lower()[1:]}: {error}") from error


def _read_parquet(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    with path.open("rb") as file:
        return pq.ParquetFile(file).read()


def _read_csv(path: Path) -> pa.Table:
    import pyarrow as pa
    import pyarrow.csv as csv

    with path.open("rb") as file:
        names = csv.open_csv(file).schema.names
    options = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
    )
    return csv.read_csv(path, csv.ReadOptions(), csv.ParseOptions(newlines_in_values=True), options)


def _read_json(path: Path) -> pa.Table:
    return _from_records(json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_distinct))


def _read_json_lines(path: Path) -> pa.Table:
    records = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if line.strip():
            try:
                records.append(json.loads(line, object_pairs_hook=_distinct))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error
    return _from_records(records)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"a record gives a key twice: {', '.join(key for key, _ in pairs)}")
    return found


def _from_records(records: Any) -> pa.Table:
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise ValueError("it must be an array of records")
    names = dict.fromkeys(name for record in records for name in record)
    return _from_values({name: [record.get(name) for record in records] for name in names})


def _from_pandas(frame: Any) -> pa.Table:
    import pyarrow as pa

    columns: dict[str, Any] = {}
    _refuse_twice([str(name) for name in frame.columns], "the data frame")
    for name in frame.columns:
        try:
            columns[str(name)] = pa.array(frame[name], from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            columns[str(name)] = None
    mixed = [name for name, values in columns.items() if values is None]
    if not mixed:
        return pa.table(columns)
    values = {name: [None if v != v else v for v in frame[name]] for name in mixed}
    columns.update(zip(mixed, _from_values(values).columns, strict=True))
    return pa.table(columns)


def _from_values(columns: Mapping[str, list[Any]]) -> pa.Table:
    """Return a table of Python values, each column of the type that it should have where its values allow that."""
    import pyarrow as pa

    arrays = {}
    for name, values in columns.items():
        try:
            arrays[name] = pa.array(values)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            arrays[name] = pa.array(
                [v if v is None or isinstance(v, str) else json.dumps(v, default=str) for v in values]
            )
    return pa.table(arrays)


def _refuse_twice(names: list[str], where: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CandidatesError(f"{where}: columns given twice: {', '.join(twice)}")


class _Door:
    """Brings each column of a table to the type that candidates have, or says which row does not fit."""

    def __init__(self, table: pa.Table, where: str) -> None:
        self._where = where
        self._table = self._known(table)

    def columns(self) -> dict[str, Any]:
        """Return every column of candidates; one that the table lacks is all null."""
        import pyarrow as pa

        return (
            {name: self._text(name) for name in TEXT}
            | {name: self._converted(name, pa.float64(), _to_number) for name in NUMBERS}
            | {name: self._converted(name, pa.int64(), _to_count) for name in COUNTS}
            | {
                "failed_model_families": self._converted("failed_model_families", pa.list_(pa.string()), _to_texts),
                "stability_metrics": self._metrics(),
                "evidence_as_of": self._converted("evidence_as_of", pa.timestamp("us", "UTC"), _to_moment),
            }
        )

    def _known(self, table: pa.Table) -> pa.Table:
        names = table.column_names
        _refuse_twice(names, self._where)
        if "timestamp" in names and "evidence_as_of" not in names:
            names = ["evidence_as_of" if name == "timestamp" else name for name in names]
            table = table.rename_columns(names)
        missing = [name for name in REQUIRED if name not in names]
        if missing:
            raise CandidatesError(
                f"{self._where}: columns missing: {', '.join(missing)}; candidates have {', '.join(COLUMNS)}"
            )
        unknown = [name for name in names if name not in COLUMNS]
        if unknown:
            self._say(f"columns not used: {', '.join(unknown)}")
        return table.combine_chunks()

    def _column(self, name: str) -> Any:
        import pyarrow as pa

        if name not in self._table.column_names:
            return pa.nulls(self._table.num_rows)
        column = self._table.column(name)
        chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
        array = chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks)
        return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array

    def _text(self, name: str) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.types as types

        array = self._column(name)
        if types.is_floating(array.type) and pc.all(pc.equal(array, pc.floor(array))).as_py():
            array = array.cast(pa.int64())  # because pandas turns whole numbers beside a gap into floats
        if types.is_integer(array.type):
            self._say(f"column {name} holds whole numbers; they are read as text")
        elif not (types.is_string(array.type) or types.is_large_string(array.type) or types.is_string_view(array.type)
                  or types.is_null(array.type)):  # fmt: skip
            raise CandidatesError(f"{self._where}: column {name} should hold text, not {array.type}")
        return self._cast(name, array, pa.string())

    def _converted(self, name: str, kind: Any, convert: Callable[[Any], Any]) -> Any:
        import pyarrow as pa
        import pyarrow.types as types

        array = self._column(name)
        try:
            if types.is_boolean(array.type) or types.is_string(array.type) or types.is_large_string(array.type):
                raise pa.ArrowInvalid("converted value by value")
            return array.cast(kind)
        except pa.ArrowException:
            return pa.array(
                [self._value(name, row, value, convert) for row, value in enumerate(array.to_pylist(), 1)], kind
            )

    def _metrics(self) -> Any:
        import pyarrow as pa
        import pyarrow.types as types

        kind = pa.struct([(field, pa.float64()) for field in METRICS])
        array = self._column("stability_metrics")
        if types.is_struct(array.type):
            names = [array.type.field(i).name for i in range(array.type.num_fields)]
            unknown = [name for name in names if name not in METRICS]
            if unknown:
                self._say(f"stability metrics not used: {', '.join(unknown)}")
            if set(METRICS) <= set(names) and not unknown:
                fields = dict(zip(names, array.flatten(), strict=True))
                if all(types.is_floating(values.type) for values in fields.values()):
                    return pa.StructArray.from_arrays(
                        [fields[name].cast(pa.float64()) for name in METRICS], names=METRICS, mask=array.is_null()
                    )
        elif types.is_map(array.type):
            array = pa.array([None if value is None else dict(value) for value in array.to_pylist()])
        return pa.array(
            [
                self._value("stability_metrics", row, value, _to_metrics)
                for row, value in enumerate(array.to_pylist(), 1)
            ],
            kind,
        )

    def _value(self, name: str, row: int, value: Any, convert: Callable[[Any], Any]) -> Any:
        try:
            return None if value is None else convert(value)
        except (TypeError, ValueError, OverflowError, SyntaxError) as error:
            raise CandidatesError(
                f"{self._where}: refused\n  row {row}, column {name}: {_short(value)} does not fit: {error}"
            ) from error

    def _cast(self, name: str, array: Any, kind: Any) -> Any:
        import pyarrow as pa

        try:
            return array.cast(kind)
        except pa.ArrowException as error:
            raise CandidatesError(f"{self._where}: column {name} cannot be read: {error}") from error

    def _say(self, message: str) -> None:
        warnings.warn(f"{self._where}: {message}", CandidatesWarning, stacklevel=5)


def _to_number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError("a number is needed, not true or false")
    return float(value)


def _to_count(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError("a whole number is needed, not true or false")
    number = float(value) if not isinstance(value, int) else value
    if number != int(number):
        raise ValueError("a whole number is needed")
    if not -(2**63) <= int(number) < 2**63:
        raise ValueError("the number is too large")
    return int(value) if isinstance(value, str) and value.lstrip("+-").isdigit() else int(number)


def _parsed(value: Any) -> Any:
    """Return what a text holds: JSON, or, in older files, the text Python prints."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (json.JSONDecodeError, RecursionError):
        pass
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError("it is neither JSON nor what Python prints of a list or mapping") from error


def _to_texts(value: Any) -> list[str] | None:
    items = _parsed(value)
    if items is None:
        return None
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise TypeError("a list of texts is needed")
    return list(items)


def _to_metrics(value: Any) -> dict[str, float | None] | None:
    metrics = _parsed(value)
    if metrics is None:
        return None
    if not isinstance(metrics, dict):
        raise TypeError(f"a mapping of {', '.join(METRICS)} is needed")
    unknown = [str(name) for name in metrics if name not in METRICS and metrics[name] is not None]
    if unknown and not set(METRICS) <= set(metrics):
        raise ValueError(f"metrics are {', '.join(METRICS)}, not {', '.join(unknown)}")
    return {name: None if metrics.get(name) is None else _to_number(metrics[name]) for name in METRICS}


def _to_moment(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        raise TypeError("a date or time is needed")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
