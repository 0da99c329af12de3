"""Names and kinds of the columns of a panel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from planstore.checks.arrow_columns import doubles

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

TIMESTAMPS = ("timestamp", "ts", "datetime", "date", "time", "__index_level_0__")
"""Accepted names of the timestamp column; the first existing one is used."""
SYMBOLS = ("symbol", "ticker", "instrument")
"""Accepted names of the symbol column; without one, the symbol is that of the file name or the hive folder."""
NUMBERS = "numbers"
NOTHING = "nothing"


def named(columns: Iterable[str], names: tuple[str, ...]) -> str | None:
    """Return the column that has the first of these names, in any letter case."""
    by_name = {column.lower(): column for column in columns}
    return next((by_name[name] for name in names if name in by_name), None)


def kind_of(kind: pa.DataType) -> str:
    """Return the kind of a column's values: `NUMBERS`, `NOTHING`, times, text, or the name of the type."""
    import pyarrow.types as types

    if types.is_null(kind):
        return NOTHING
    if types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_decimal(kind):
        return NUMBERS
    return "times" if types.is_temporal(kind) else "text" if types.is_string(kind) else str(kind)


def as_doubles(values: Any) -> Any:
    """Return a column of numbers as doubles; truth is 1 and 0."""
    import pyarrow as pa
    import pyarrow.types as types

    if types.is_boolean(values.type):
        return values.cast(pa.int8()).cast(pa.float64())
    return values.cast(pa.float64()) if types.is_null(values.type) else doubles(values)


def float_type(kind: pa.DataType) -> np.dtype:
    """Return float32 for a type of numbers all of whose values it represents, else float64."""
    import numpy as np
    import pyarrow.types as types

    is_small = types.is_boolean(kind) or (types.is_integer(kind) and kind.bit_width <= 16)
    is_single = types.is_null(kind) or (types.is_floating(kind) and kind.bit_width <= 32)
    return np.dtype(np.float32 if is_small or is_single else np.float64)


def as_floats(values: pa.Array) -> np.ndarray:
    """Return numbers as their `float_type`; a missing value is NaN, and truth is 1 and 0."""
    import numpy as np
    import pyarrow as pa

    if float_type(values.type) == np.float32 and values.type != pa.bool_():
        values = values.cast(pa.float32())
    else:
        values = as_doubles(values)
    return np.asarray(values.to_numpy(zero_copy_only=False))
