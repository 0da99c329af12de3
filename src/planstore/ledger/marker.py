"""The marker of a store: its format, in a file that makes a folder a store."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from planstore.checks.regular_files import read_regular
from planstore.errors import StoreError
from planstore.events import hashing
from planstore.events.candidate_columns import FORMAT_OF_COLUMNS
from planstore.ledger.embedded.artifacts import fsync_folder

STRUCTS_IN_FILES = 3
"""The first format in which tables with structs have no rows in the catalog."""


OUTCOMES = 5
"""The first format with the table ``outcomes``."""


FORMAT = max(STRUCTS_IN_FILES, OUTCOMES, FORMAT_OF_COLUMNS, hashing.SINCE_FORMAT)
"""The format of stores that this code reads and writes."""


def write_marker(marker: Path, address: Mapping[str, str] | None = None) -> None:
    """Write the marker, which identifies its folder as a store of this format, durably.

    Args:
        marker: the file.
        address: the address of the team store that the folder points to; None means that the folder is the store.
    """
    write_durably(marker, orjson.dumps({"format": FORMAT, **(address or {})}))


def write_durably(path: Path, content: bytes) -> None:
    """Write a small file whole, or leave an existing one as it is."""
    incoming = path.with_suffix(".incoming")
    with incoming.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    incoming.replace(path)
    fsync_folder(path.parent)


def read_marker(marker: Path) -> dict[str, Any] | None:
    """Return a store's marker, which has at least a ``format``, or None if there is no store.

    Raises:
        StoreError: the marker is unreadable, or has no format.
    """
    folder = marker.parent
    try:
        content = orjson.loads(read_regular(marker))
        return {**content, "format": content["format"]}
    except FileNotFoundError:
        return None
    except NotADirectoryError as error:
        raise StoreError(f"{folder.parent} is a file, not a results folder") from error
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise StoreError(f"{marker} does not say what kind of store this is: {error}") from error
    except (OSError, ValueError) as error:
        raise StoreError(f"the store in {folder} cannot be read: {error}") from error
