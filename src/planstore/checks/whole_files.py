"""Files that a reader sees whole or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from planstore.errors import ExportError, RequestError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield the path of a hidden file that replaces ``path`` after the block; on an exception ``path`` is unchanged.

    Raises:
        ExportError: the file cannot be written.
    """
    unfinished = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        try:
            yield unfinished
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror or error}") from error


def check_file_path(name: str, path: Path, suffix: str) -> None:
    """Check that a path can be that of a new file with a suffix, such as ``.parquet``.

    Raises:
        RequestError: it has another suffix, or its folder does not exist; ``name`` is the name of the argument.
    """
    if path.suffix.lower() != suffix or not path.absolute().parent.is_dir():
        raise RequestError(f"{name} must be a {suffix} file in an existing folder, got {path}: name another file")
