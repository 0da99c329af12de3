"""DuckDB's extensions, from their wheels: nothing is downloaded."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from planstore.database.error_translation import store_errors
from planstore.errors import StoreError

DUCKLAKE = "duckdb_extension_ducklake"
"""The module of DuckLake's extension."""


@cache
def check_extensions(modules: tuple[str, ...]) -> None:
    """Compare extensions with the hashes that pip recorded when it installed them.

    DuckDB's own check of their signatures takes five times as long. It is made where no hash is recorded, as in a
    package of an operating system.

    Raises:
        StoreError: an extension is not the file that was installed, or its signature is invalid.
    """
    for module in modules:
        _check(module, extension(module))


@cache
def extension(module: str) -> Path:
    """Return the path of an extension.

    Raises:
        StoreError: its package is not installed.
    """
    found = find_spec(module)
    folders = (found.submodule_search_locations if found else None) or ()
    for path in (path for folder in folders for path in Path(folder).rglob("*.duckdb_extension")):
        return path
    raise StoreError(f"{wheel_of(module)} must be installed, got no extension of it: install planstore again")


def wheel_of(module: str) -> str:
    """Return the package of an extension's module."""
    return module.replace("_", "-")


def _check(module: str, path: Path) -> None:
    from importlib.metadata import distribution

    wheel = wheel_of(module)
    recorded = next(file.hash for file in distribution(wheel).files or () if file.name == path.name)
    if recorded is None:
        _check_signature(path)
        return
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, recorded.mode).digest()
    if urlsafe_b64encode(digest).rstrip(b"=").decode() != recorded.value:
        raise StoreError(f"{path} must be the file that {wheel} installed, got another content: install {wheel} again")


def _check_signature(path: Path) -> None:
    import duckdb

    connect = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    with store_errors(str(path), duckdb.Error), connect as connection:
        connection.load_extension(str(path))
