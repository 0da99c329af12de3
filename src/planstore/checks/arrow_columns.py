"""Exact conversion of Arrow columns to planstore's types, or the row of the first value that has none."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")

THREADS = 2
"""Threads that work on columns, because Arrow copies an array on one; more are limited by the memory's speed."""
EXACT = 2**53
"""Doubles represent every whole number below this one exactly, and not every one above it."""
_TICKS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_FIRST, _END = -62_135_596_800, 253_402_300_800
"""First seconds of the years 1 and 10000, since 1970."""
_DAY = 86_400
_NANOSECONDS = re.compile(r"[.,]\d{6}0*[1-9]")


class UnfitError(ValueError):
    """A value that cannot be converted.

    Attributes:
        row: its row, from 1.
        value: the value, or its text if Python has no such value.
    """

    def __init__(self, row: int, value: Any, reason: str) -> None:
        super().__init__(reason)
        self.row = row
        self.value = value


class _Shown(str):
    """The text of a value that Python cannot represent, shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def for_each_column(names: Sequence[str], work: Callable[[str], T]) -> dict[str, T]:
    """Return what ``work`` returns for each column, in order; several columns are worked on at once."""
    with ThreadPoolExecutor(THREADS) as threads:
        return dict(zip(names, threads.map(work, names), strict=True))


def plain(column: pa.ChunkedArray) -> Any:
    """Return a column as one array, or unchanged if Arrow cannot decode its dictionaries or runs."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    try:
        array = column.combine_chunks()
        if types.is_dictionary(array.type):
            return _without_views(array.dictionary).take(array.indices)
        if types.is_run_end_encoded(array.type):
            views = types.is_string_view(array.type.value_type) or types.is_binary_view(array.type.value_type)
            return pa.array(array.to_pylist()) if views else pc.run_end_decode(array)
        if isinstance(array.type, pa.BaseExtensionType) and is_text(array.type.storage_type):
            return array.storage
    except (pa.ArrowException, UnicodeDecodeError):
        return column
    return array


def _without_views(array: Any) -> Any:
    import pyarrow as pa
    import pyarrow.types as types

    views = types.is_string_view(array.type) or types.is_binary_view(array.type)
    return array.cast(pa.large_binary() if types.is_binary_view(array.type) else pa.large_string()) if views else array


def may_hold_nul(texts: pa.Array) -> bool:
    """Return whether a text column may contain a NUL character; False is certain."""
    import numpy as np

    data = texts.buffers()[2]
    return data is not None and data.size > 0 and bool(np.frombuffer(data, np.uint8).min() == 0)


def is_text(kind: pa.DataType) -> bool:
    """Return whether a type holds text, or bytes that may be text, as in older parquet files."""
    import pyarrow.types as types

    return any(
        is_kind(kind)
        for is_kind in (
            types.is_string, types.is_large_string, types.is_string_view,
            types.is_binary, types.is_large_binary, types.is_binary_view, types.is_fixed_size_binary,
        )
    )  # fmt: skip


def is_list(kind: pa.DataType) -> bool:
    """Return whether a type holds lists."""
    import pyarrow.types as types

    return any(
        is_kind(kind)
        for is_kind in (
            types.is_list, types.is_large_list, types.is_fixed_size_list, types.is_list_view, types.is_large_list_view
        )
    )  # fmt: skip


def texts(array: Any) -> Any:
    """Return a column as text, or None if it has another type or holds invalid UTF-8."""
    import pyarrow as pa

    return _cast(array, pa.string()) if is_text(array.type) else None


def text_lists(array: Any) -> Any:
    """Return a column as lists of text, or None if it has another type or holds invalid UTF-8."""
    import pyarrow as pa
    import pyarrow.types as types

    inner = array.type.value_type if is_list(array.type) else None
    fits = inner is not None and (is_text(inner) or types.is_null(inner))
    return _cast(array, pa.list_(pa.string())) if fits else None


def _cast(array: Any, kind: Any) -> Any:
    import pyarrow as pa

    try:
        converted = array.cast(kind)
        converted.validate(full=True)
    except pa.ArrowException:
        return None
    return converted


def doubles(array: Any) -> Any:
    """Return the nearest doubles of a numeric column, or None if it has another type."""
    import pyarrow as pa
    import pyarrow.types as types

    if types.is_decimal(array.type):
        array = array.cast(pa.string())  # because Arrow rounds decimals twice, but text once
    elif not (types.is_integer(array.type) or types.is_floating(array.type)):
        return None
    return array.cast(pa.float64(), safe=False)


def wholes(array: Any) -> Any:
    """Return a column as 64-bit integers, or None if a value is no integer or may have been rounded before."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    kind = array.type
    if not (types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)):
        return None
    try:
        converted = array.cast(pa.int64())
    except pa.ArrowException:
        return None
    if types.is_floating(kind):
        ends = pc.min_max(converted).as_py()
        if ends["min"] is not None and not -EXACT < ends["min"] <= ends["max"] < EXACT:
            return None
    return converted


def moments(array: Any) -> Any:
    """Return a column as UTC times in microseconds, or None if it has another type or a year outside 1 to 9999."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    if types.is_timestamp(array.type):
        ticks = _TICKS[array.type.unit]
        counts = array.cast(pa.int64())
    elif types.is_date32(array.type):
        ticks = 1
        counts = pc.multiply(array.cast(pa.int32()).cast(pa.int64()), _DAY)
    elif types.is_date64(array.type):
        ticks = _TICKS["ms"]
        counts = array.cast(pa.int64())
    else:
        return None
    ends = pc.min_max(counts).as_py()
    within = ends["min"] is None or _FIRST * ticks <= ends["min"] <= ends["max"] < _END * ticks
    if ticks < _TICKS["ns"] and not within:
        return None
    if ticks == _TICKS["ns"]:
        microseconds = pc.divide(counts, 1000)
        rounded_up = pc.greater(pc.multiply(microseconds, 1000), counts)  # because division rounds towards 1970
        counts = pc.subtract(microseconds, rounded_up.cast(pa.int64()))
    else:
        counts = pc.multiply(counts, _TICKS["us"] // ticks)
    return counts.cast(pa.timestamp("us", "UTC"))


def has_nanoseconds(values: Any) -> bool:
    """Return whether any time has a finer resolution than microseconds."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    if isinstance(values, list):
        return any(
            bool(_NANOSECONDS.search(value) if isinstance(value, str) else getattr(value, "nanosecond", 0))
            for value in values
        )
    if is_text(values.type):
        converted = texts(values)
        return converted is not None and bool(pc.any(pc.match_substring_regex(converted, _NANOSECONDS.pattern)).as_py())
    if not types.is_timestamp(values.type) or values.type.unit != "ns":
        return False
    counts = values.cast(pa.int64())
    return bool(pc.any(pc.not_equal(pc.multiply(pc.divide(counts, 1000), 1000), counts)).as_py())


def each(
    values: Any, convert: Callable[[Any], Any], forgive: Callable[[UnfitError], bool] = lambda _: False
) -> list[Any]:
    """Return all values converted; None stays None.

    Args:
        values: an array, or a list of Python values.
        convert: converts one Python value; the text of its error states the rule for a value.
        forgive: returns whether None replaces a value that ``convert`` refuses.

    Raises:
        UnfitError: ``convert`` refused a value, or Python cannot represent it; names the first one.
    """
    import pyarrow as pa

    if not isinstance(values, list) and isinstance(values.type, pa.BaseExtensionType):
        raise UnfitError(1, _Shown(f"a value of type {values.type}"), "planstore does not know this type")
    try:
        plain_values = values if isinstance(values, list) else values.to_pylist(maps_as_pydicts="strict")
    except (ValueError, OverflowError, KeyError):
        plain_values = (_python(scalar, row) for row, scalar in enumerate(values, 1))
    return [_converted(value, row, convert, forgive) for row, value in enumerate(plain_values, 1)]


def _converted(value: Any, row: int, convert: Callable[[Any], Any], forgive: Callable[[UnfitError], bool]) -> Any:
    try:
        return None if value is None else convert(value)
    except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
        unfit = UnfitError(row, value, str(error))
        if forgive(unfit):
            return None
        raise unfit from error


def _python(scalar: Any, row: int) -> Any:
    import pyarrow.types as types

    try:
        return scalar.as_py(maps_as_pydicts="strict")
    except (OverflowError, UnicodeDecodeError, KeyError, ValueError) as error:
        if types.is_temporal(scalar.type):
            raise UnfitError(row, _Shown(_time_text(scalar)), "it lies out of the years 1 to 9999") from error
        if is_text(scalar.type):
            raise UnfitError(row, scalar.as_buffer().to_pybytes(), "it is no UTF-8 text") from error
        reason = "a text in it is no UTF-8 text" if isinstance(error, UnicodeError) else "a key is given twice"
        raise UnfitError(row, f"a value of type {scalar.type}", reason) from error


def _time_text(scalar: Any) -> str:
    import numpy as np
    import pyarrow.types as types

    kind = scalar.type
    unit = "D" if types.is_date32(kind) else "ms" if types.is_date64(kind) else kind.unit
    time = np.array(scalar.value).astype(f"datetime64[{unit}]")
    return f"{scalar.value} {unit} since 1970" if np.isnat(time) else str(time)
