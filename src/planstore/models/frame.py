"""Frames of new rows: their columns are checked by name and type, and converted as those of a panel are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from planstore.checks.arrow_columns import is_text, texts, wholes
from planstore.checks.panel_columns import NOTHING, NUMBERS, SYMBOLS, TIMESTAMPS, as_doubles, kind_of, named
from planstore.checks.quoting import shown_names
from planstore.errors import PanelError

if TYPE_CHECKING:
    import pandas as pd

Frame = Any
"""A pandas or Polars frame, or an Arrow table or record batch."""
MIXED = "mixed values"


def features_of(frame: Frame, features: Sequence[str], where: str, *, symbol: str | None = None) -> pd.DataFrame:
    """Return the features of a frame as doubles; a value that is missing or infinite is NaN.

    Args:
        frame: rows with the features as columns of numbers; other columns have no effect.
        features: names of the features, in the order of the answer.
        where: name of the frame, for errors.
        symbol: the only symbol that the rows may have, where the frame has a column of symbols.

    Raises:
        PanelError: it is no frame, lacks features, has one that holds no numbers, or has rows of another symbol; names
            the columns.
    """
    import numpy as np
    import pandas as pd

    columns = _columns(frame, where)
    found = {name: columns[name]() for name in features if name in columns}
    kinds = {name: MIXED if column is None else _kind(column) for name, column in found.items()}
    wrong = [f"{kind} in {name}" for name, kind in kinds.items() if kind not in (NUMBERS, NOTHING)]
    missing = [name for name in features if name not in columns]
    if missing or wrong:
        extra = [name for name in columns if name not in features and name.lower() not in (*TIMESTAMPS, *SYMBOLS)]
        lists = (("no column", missing), ("", wrong), ("unknown to the model:", extra))
        got = "; ".join(f"{what} {shown_names(names)}".strip() for what, names in lists if names)
        raise PanelError(
            f"{where} must have the {len(features)} features of the model as columns of numbers, got {got}: add, "
            "convert or rename columns"
        )
    _refuse_other_symbols(columns, symbol, where)
    rows = len(frame) if not hasattr(frame, "num_rows") else frame.num_rows
    values = np.empty((rows, len(features)))
    for index, name in enumerate(features):
        values[:, index] = np.nan if kinds[name] == NOTHING else as_doubles(found[name]).to_numpy(zero_copy_only=False)
    values[np.isinf(values)] = np.nan
    return pd.DataFrame(values, columns=list(features), copy=False)


def _kind(column: Any) -> str:
    """Return the kind of a column's values; texts of which each is missing, as in an empty column of CSV, are none."""
    return NOTHING if is_text(column.type) and column.null_count == len(column) else kind_of(column.type)


def _columns(frame: Frame, where: str) -> Mapping[str, Callable[[], Any]]:
    """Return a function for each column of a frame that returns it as an Arrow array; None for mixed values."""
    import pyarrow as pa

    pandas, polars = (sys.modules.get(name) for name in ("pandas", "polars"))
    readers: list[Callable[[], Any]]
    if isinstance(frame, pa.Table | pa.RecordBatch):
        names = frame.schema.names
        readers = [partial(_of_arrow, frame, index) for index in range(len(names))]
    elif pandas is not None and isinstance(frame, pandas.DataFrame):
        names = [str(name) for name in frame.columns]
        readers = [partial(_of_pandas, frame, index) for index in range(len(names))]
    elif polars is not None and isinstance(frame, polars.DataFrame):
        names = frame.columns
        readers = [partial(_of_polars, frame, index) for index in range(len(names))]
    else:
        raise PanelError(
            f"{where} must be a pandas or Polars frame or an Arrow table, got {type(frame).__name__}: convert it"
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PanelError(f"{where} must have each column once, got two of {shown_names(twice)}: rename or drop one")
    return dict(zip(names, readers, strict=True))


def _of_arrow(frame: Any, index: int) -> Any:
    return _plain(frame.column(index))


def _of_polars(frame: Any, index: int) -> Any:
    return _plain(frame[:, index].to_arrow())


def _of_pandas(frame: Any, index: int) -> Any:
    import pyarrow as pa

    try:
        return _plain(pa.array(frame.iloc[:, index], from_pandas=True))
    except (pa.ArrowException, TypeError):
        return None


def _plain(column: Any) -> Any:
    """Return an Arrow column as one array without a dictionary."""
    import pyarrow as pa
    import pyarrow.types as types

    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    array = array.dictionary_decode() if types.is_dictionary(array.type) else array
    is_text = types.is_large_string(array.type) or types.is_string_view(array.type)
    return array.cast(pa.string()) if is_text else array


def _refuse_other_symbols(columns: Mapping[str, Callable[[], Any]], symbol: str | None, where: str) -> None:
    name = named(columns, SYMBOLS)
    if symbol is None or name is None:
        return
    column = columns[name]()
    numbers = None if column is None else wholes(column)
    found = column if column is None else texts(column) if numbers is None else numbers.cast("string")
    others = [MIXED] if found is None else [str(one) for one in found.unique().to_pylist() if one != symbol]
    if others:
        raise PanelError(
            f"{where} must have rows of {symbol} alone, because the model is of that symbol, got {name} "
            f"{shown_names(others)}: leave them out, or take another model"
        )
