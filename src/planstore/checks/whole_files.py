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
    unfinished = _unfinished(path)
    try:
        try:
            yield unfinished
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror or error}") from error


def check_file_path(name: str, path: Path, suffix: str) -> None:
    """Check that a file with a suffix, such as ``.parquet``, can be written to a path.

    Call it before work that takes long or is recorded.

    Raises:
        RequestError: it has another suffix, its folder does not exist, or no file can be written there; ``name`` is the
            name of the argument.
    """
    if path.suffix.lower() != suffix or path.is_dir() or not path.absolute().parent.is_dir():
        raise RequestError(f"{name} must be a {suffix} file in an existing folder, got {path}: name another file")
    unfinished = _unfinished(path)
    try:
        unfinished.touch(exist_ok=False)
        unfinished.unlink()
    except OSError as error:
        raise RequestError(
            f"{name} must be a file that can be written, got {path}, {error.strerror or error}: name another file"
        ) from error


def _unfinished(path: Path) -> Path:
    return path.with_name(f".{secrets.token_hex(8)}.tmp")
