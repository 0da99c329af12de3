"""Candidates at the door: read from files and frames, checked, and only then let in."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from planstore.database import BATCH_ROWS, memory
from planstore.errors import CandidatesError
from planstore.events.digest import DigestBeside
from planstore.routing.sources import CandidatesSource, Columns, read_columns

if TYPE_CHECKING:
    import pyarrow as pa

TEXT = ("target", "symbol", "mode", "stability", "leakage_status", "feature_set_id", "model_status", "task_type",
        "metric_name", "git_commit")  # fmt: skip
NUMBERS = ("score", "score_ci_low", "score_ci_high", "null_score")
COUNTS = ("sample_size", "stability_snapshots")
METRICS = ("mean_overlap", "std_overlap", "mean_tau", "std_tau")
REQUIRED = ("target", "symbol", "mode", "score", "stability", "sample_size", "leakage_status")
EVIDENCE = (
    "target", "symbol", "mode", "score", "score_ci_low", "score_ci_high", "stability", "stability_metrics",
    "stability_snapshots", "sample_size", "leakage_status", "feature_set_id", "failed_model_families", "model_status",
    "task_type", "metric_name", "evidence_as_of", "git_commit", "null_score",
)  # fmt: skip
"""The columns of candidates, in the order of ``sql/schema/tables/candidates.sql``."""
PROBLEMS = 20
"""How many problems a message tells."""
COLUMNS = (*TEXT, *NUMBERS, *COUNTS, "failed_model_families", "stability_metrics", "evidence_as_of")


class CandidatesWarning(UserWarning):
    """Something about candidates that is not wrong, but that their owner should know."""


@dataclass(frozen=True)
class Evidence:
    """Checked candidates: their rows, in order and numbered, as a session's table ``evidence``, and their digest.

    Attributes:
        notes: what is not wrong about them, but what their owner should know.
    """

    table: pa.Table
    notes: Sequence[str]
    digest: DigestBeside


def read_candidates(source: CandidatesSource, *, strict: bool, nulls_count: bool = False) -> Evidence:
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

    door = _Door(source)
    columns = door.columns()
    incoming = _chunked(pa.table({"row": np.arange(1, door.rows + 1), **columns}))
    session = memory()
    with ThreadPoolExecutor(max_workers=1) as beside, session.given("incoming", incoming):
        ordered = beside.submit(_evidence, columns, strict=strict)
        problems = session.records("candidates/problems", strict=strict)
    session.close()
    if problems:
        lines = [_sentence(**problem) for problem in problems]
        if len(lines) > PROBLEMS:
            lines[PROBLEMS:] = ["  and more problems, which are told when these are mended"]
        raise CandidatesError("\n".join([f"{door.where}: refused", *lines]))
    evidence = ordered.result()
    notes = [f"{door.where}: {note}" for note in door.notes]
    lacking = pc.and_(pc.is_valid(evidence["score"]), pc.is_null(evidence["null_score"]))
    without = pc.sum(lacking).as_py() if nulls_count else 0
    if without:
        notes.append(
            f"{door.where}: {without} scores have no null_score beside them and count for nothing, because the policy "
            "asks for a margin over the null; leave min_margin_over_null out of the policy to route them"
        )
    return Evidence(evidence, notes, DigestBeside(evidence.drop_columns("position")))


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
    if not isinstance(value, str | int | float | list | dict | date | timedelta | Decimal | bytes | None):
        return f"a value of type {type(value).__name__}"
    text = "(empty)" if value is None else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


class _Door:
    """Brings each column to the type that candidates have, or says which row does not fit."""

    def __init__(self, source: CandidatesSource) -> None:
        found, self.where = read_columns(source)
        self.notes: list[str] = []
        self.rows = len(next(iter(found.values()))) if found else 0
        if self.rows == 0:
            raise CandidatesError(f"{self.where} is empty: there is nothing to route")
        self._found = self._known(found)

    def columns(self) -> dict[str, Any]:
        """Return every column of candidates; one that the source lacks is all null."""
        import pyarrow as pa

        return (
            {name: self._text(name) for name in TEXT}
            | {name: self._converted(name, pa.float64(), _is_number, _to_number) for name in NUMBERS}
            | {name: self._converted(name, pa.int64(), _is_number, _to_count) for name in COUNTS}
            | {
                "failed_model_families": self._converted(
                    "failed_model_families", pa.list_(pa.string()), _is_texts, _to_texts
                ),
                "stability_metrics": self._metrics(),
                "evidence_as_of": self._converted(
                    "evidence_as_of", pa.timestamp("us", "UTC"), pa.types.is_timestamp, _to_moment
                ),
            }
        )

    def _known(self, found: Columns) -> Columns:
        if "timestamp" in found:
            if "evidence_as_of" in found:
                raise CandidatesError(f"{self.where}: timestamp and evidence_as_of are one column; give one of them")
            found = {"evidence_as_of" if name == "timestamp" else name: column for name, column in found.items()}
        missing = [name for name in REQUIRED if name not in found]
        if missing:
            raise CandidatesError(
                f"{self.where}: columns missing: {', '.join(missing)}; candidates have {', '.join(COLUMNS)}"
            )
        unknown = [name for name in found if name not in COLUMNS]
        if unknown:
            self.notes.append(f"columns not used: {', '.join(map(_short_name, unknown))}")
        return found

    def _column(self, name: str) -> Any:
        import pyarrow as pa

        return self._found[name] if name in self._found else pa.nulls(self.rows)

    def _text(self, name: str) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.types as types

        array = self._column(name)
        if isinstance(array, list):
            values = [self._value(name, row, value, _to_text) for row, value in enumerate(array, 1)]
            self.notes.append(f"column {name} holds numbers beside texts; they are read as text")
            return pa.array(values, pa.string())
        if types.is_floating(array.type) and pc.all(pc.equal(array, pc.floor(array))).as_py():
            array = array.cast(pa.int64())  # because pandas turns whole numbers beside a gap into floats
        if types.is_integer(array.type):
            self.notes.append(f"column {name} holds whole numbers; they are read as text")
        elif not (_is_text(array.type) or types.is_null(array.type)):
            raise CandidatesError(f"{self.where}: column {name} should hold text, not {array.type}")
        return array.cast(pa.string())

    def _converted(
        self, name: str, kind: Any, fits: Callable[[pa.DataType], bool], convert: Callable[[Any], Any]
    ) -> Any:
        """Return a column of type ``kind``: cast where its own type ``fits`` and all values do, else one by one."""
        import pyarrow as pa

        array = self._column(name)
        if not isinstance(array, list):
            if fits(array.type) or pa.types.is_null(array.type):
                try:
                    return array.cast(kind)
                except pa.ArrowException:
                    pass  # because the loop below finds the row that does not fit, and names it
            array = array.to_pylist()
        return pa.array([self._value(name, row, value, convert) for row, value in enumerate(array, 1)], kind)

    def _metrics(self) -> Any:
        import pyarrow as pa
        import pyarrow.types as types

        kind = pa.struct([(field, pa.float64()) for field in METRICS])
        array = self._column("stability_metrics")
        if isinstance(array, pa.StructArray):
            names = [array.type.field(i).name for i in range(array.type.num_fields)]
            unknown = [name for name in names if name not in METRICS]
            if unknown:
                self.notes.append(f"stability metrics not used: {', '.join(map(_short_name, unknown))}")
            elif set(METRICS) <= set(names):
                fields = dict(zip(names, array.flatten(), strict=True))
                if all(types.is_floating(values.type) for values in fields.values()):
                    return pa.StructArray.from_arrays(
                        [fields[name].cast(pa.float64()) for name in METRICS], names=METRICS, mask=array.is_null()
                    )
        values = array if isinstance(array, list) else array.to_pylist(maps_as_pydicts="strict")
        return pa.array(
            [self._value("stability_metrics", row, value, _to_metrics) for row, value in enumerate(values, 1)], kind
        )

    def _value(self, name: str, row: int, value: Any, convert: Callable[[Any], Any]) -> Any:
        try:
            return None if value is None else convert(value)
        except (TypeError, ValueError, OverflowError, SyntaxError) as error:
            raise CandidatesError(
                f"{self.where}: refused\n  row {row}, column {name}: {_short(value)} does not fit: {error}"
            ) from error


def _short_name(name: str) -> str:
    return name if name.isprintable() and len(name) <= 80 else _short(name)


def _is_number(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_texts(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    return bool(types.is_list(kind) or types.is_large_list(kind)) and (
        _is_text(kind.value_type) or types.is_null(kind.value_type)
    )


def _to_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise TypeError("a text is needed")
    return str(int(value))


def _to_number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError("a number is needed, not true or false")
    if not isinstance(value, int | float | Decimal | str):
        raise TypeError("a number is needed")
    try:
        return float(value)
    except ValueError as error:
        raise ValueError("it is no number") from error


def _to_count(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError("a whole number is needed, not true or false")
    number = value if isinstance(value, int) else _to_number(value)
    if not math.isfinite(number) or number != int(number):
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
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise ValueError("a time in ISO 8601 is needed, as 2022-12-31T00:00:00Z is") from error
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        raise TypeError("a date or time is needed")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
