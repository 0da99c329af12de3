"""Panels in memory: frames that are read like a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from planstore.checks.quoting import quoted
from planstore.errors import PanelError, RequestError

FRAME = "the frame"
"""Name of a frame in messages."""
PanelSource = Path | str | Any
"""The path or address of a folder or file; or a frame of pandas or Polars, or an Arrow table, with a row per timestamp
and symbol."""


def written_frame(source: Any, folder: Path) -> Path:
    """Write a frame into ``folder`` as a parquet file, because a panel is read from files, and return its path.

    Raises:
        RequestError: it is no frame.
        PanelError: it has a column that parquet cannot hold.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / "frame.parquet"
    try:
        table = pa.table(source)
    except TypeError as error:
        raise RequestError(
            f"source must be a path, a pandas or Polars frame, or an Arrow table, got {quoted(source)}"
        ) from error
    except (ValueError, pa.ArrowException) as error:
        raise PanelError(f"the frame cannot be read as a panel: {error}") from error
    try:
        pq.write_table(table, path)
    except (ValueError, pa.ArrowException) as error:
        raise PanelError(f"the frame must have columns that parquet can hold: {error}") from error
    return path
