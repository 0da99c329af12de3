"""Columns of Arrow brought to the types that planstore has, exactly; or the row of the first value that does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

EXACT = 2**53
"""Doubles hold every whole number below this one, and above it not every one."""
_TICKS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_FIRST, _BEHIND = -62_135_596_800, 253_402_300_800
"""The seconds of the years 1 and 10000, since 1970."""
_DAY = 86_400
_NANOSECONDS = re.compile(r"[.,]\d{6}0*[1-9]")


class UnfitError(ValueError):
    """A value that does not fit.

    Attributes:
        row: its row, from 1.
        value: the value, or its text where Python cannot hold it.
    """

    def __init__(self, row: int, value: Any, reason: str) -> None:
        super().__init__(reason)
        self.row = row
        self.value = value


class _Shown(str):
    """The text of a value that Python cannot hold, shown as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def plain(column: pa.ChunkedArray) -> Any:
    """Return a column as one array, or, where Arrow cannot resolve its dictionaries or runs, as it is."""
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


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a type holds texts, or bytes that may be texts, as older parquet files do."""
    import pyarrow.types as types

    return any(
        is_kind(kind)
        for is_kind in (
            types.is_string, types.is_large_string, types.is_string_view,
            types.is_binary, types.is_large_binary, types.is_binary_view, types.is_fixed_size_binary,
        )
    )  # fmt: skip


def is_list(kind: pa.DataType) -> bool:
    """Tell whether a type holds lists."""
    import pyarrow.types as types

    return any(
        is_kind(kind)
        for is_kind in (
            types.is_list, types.is_large_list, types.is_fixed_size_list, types.is_list_view, types.is_large_list_view
        )
    )  # fmt: skip


def texts(array: Any) -> Any:
    """Return texts, or None where the column holds something else, or a text that is not UTF-8."""
    import pyarrow as pa

    return _validated(array, pa.string()) if is_text(array.type) else None


def text_lists(array: Any) -> Any:
    """Return lists of texts, or None where the column holds something else, or a text that is not UTF-8."""
    import pyarrow as pa
    import pyarrow.types as types

    inner = array.type.value_type if is_list(array.type) else None
    fits = inner is not None and (is_text(inner) or types.is_null(inner))
    return _validated(array, pa.list_(pa.string())) if fits else None


def _validated(array: Any, kind: Any) -> Any:
    import pyarrow as pa

    try:
        found = array.cast(kind)
        found.validate(full=True)
    except pa.ArrowException:
        return None
    return found


def doubles(array: Any) -> Any:
    """Return the doubles nearest to numbers, or None where the column holds something else."""
    import pyarrow as pa
    import pyarrow.types as types

    if types.is_decimal(array.type):
        array = array.cast(pa.string())  # because Arrow rounds decimals twice, and texts once
    elif not (types.is_integer(array.type) or types.is_floating(array.type)):
        return None
    return array.cast(pa.float64(), safe=False)


def wholes(array: Any) -> Any:
    """Return whole numbers of 64 bits, or None where a value is none, or not known to be the one that was meant."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    kind = array.type
    if not (types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)):
        return None
    try:
        found = array.cast(pa.int64())
    except pa.ArrowException:
        return None
    if types.is_floating(kind):
        ends = pc.min_max(found).as_py()
        if ends["min"] is not None and not -EXACT < ends["min"] <= ends["max"] < EXACT:
            return None
    return found


def moments(array: Any) -> Any:
    """Return times in UTC to the microsecond, or None where the column holds none, or one out of years 1 to 9999."""
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
    within = ends["min"] is None or _FIRST * ticks <= ends["min"] <= ends["max"] < _BEHIND * ticks
    if ticks < _TICKS["ns"] and not within:
        return None
    if ticks == _TICKS["ns"]:
        behind = pc.divide(counts, 1000)
        too_late = pc.greater(pc.multiply(behind, 1000), counts)  # because division rounds towards 1970
        counts = pc.subtract(behind, too_late.cast(pa.int64()))
    else:
        counts = pc.multiply(counts, _TICKS["us"] // ticks)
    return counts.cast(pa.timestamp("us", "UTC"))


def has_nanoseconds(values: Any) -> bool:
    """Tell whether times are given more exactly than to the microsecond."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    if isinstance(values, list):
        return any(
            bool(_NANOSECONDS.search(value) if isinstance(value, str) else getattr(value, "nanosecond", 0))
            for value in values
        )
    if is_text(values.type):
        found = texts(values)
        return found is not None and bool(pc.any(pc.match_substring_regex(found, _NANOSECONDS.pattern)).as_py())
    if not types.is_timestamp(values.type) or values.type.unit != "ns":
        return False
    counts = values.cast(pa.int64())
    return bool(pc.any(pc.not_equal(pc.multiply(pc.divide(counts, 1000), 1000), counts)).as_py())


def each(
    values: Any, convert: Callable[[Any], Any], forgive: Callable[[UnfitError], bool] = lambda _: False
) -> list[Any]:
    """Return every value converted; None stays None.

    Args:
        values: an array, or a list of Python values.
        convert: turns a Python value into another; raises an error whose text says what is needed instead.
        forgive: tells of a value that ``convert`` refuses whether None may stand for it.

    Raises:
        UnfitError: the first value that ``convert`` refuses, or that is none that Python can hold.
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
    found = np.array(scalar.value).astype(f"datetime64[{unit}]")
    return f"{scalar.value} {unit} since 1970" if np.isnat(found) else str(found)
