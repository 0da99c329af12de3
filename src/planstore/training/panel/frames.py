"""Panels in memory: frames that are read like a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from planstore.errors import PanelError

PanelSource = Path | str | Any
"""The path of a folder or file; or a frame of pandas or Polars, or an Arrow table, a row per timestamp and symbol."""


def written_frame(source: Any, folder: Path) -> Path:
    """Write a frame into ``folder`` as a parquet file, because a panel is read from files, and return its path.

    Raises:
        PanelError: it is no frame, or has a column that parquet cannot hold.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / "frame.parquet"
    try:
        pq.write_table(pa.table(source), path)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise PanelError(
            f"a panel must be a path, a pandas or Polars frame, or an Arrow table, got {type(source).__name__}: {error}"
        ) from error
    return path
