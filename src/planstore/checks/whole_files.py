"""Files that a reader sees whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from planstore.errors import ExportError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield the path of a hidden file that replaces ``path`` after the block; on an exception ``path`` is unchanged.

    Raises:
        ExportError: the file cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            yield unfinished
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror or error}") from error
