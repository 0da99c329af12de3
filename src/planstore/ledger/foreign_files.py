"""Detection of files in a store's folder that planstore did not write, or that are not regular files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from planstore.checks.regular_files import files_in, irregular_in, kind
from planstore.database.session import Session
from planstore.events.hashing import ALGORITHM, DIGEST
from planstore.ledger.layout import StoreLayout

_WRITTEN = re.compile(r"main/\w+/ducklake-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.parquet")
"""Names of parquet files, relative to the data folder."""
_INCOMING = re.compile(rf"{ALGORITHM}/incoming-[0-9a-f]{{32}}")
"""Names of artifacts that are not complete yet."""

Stray: TypeAlias = tuple[str, str]
"""A table or part of the store, and the problem."""


@dataclass(frozen=True)
class Strays:
    """Unreferenced files.

    Attributes:
        strangers: files whose names no writer uses.
        orphans: paths of files with names of writers: left by a killed writer, or not committed yet.
    """

    strangers: list[Stray]
    orphans: list[str]


def irregular_in_store(store: Path) -> Iterator[tuple[Path, str]]:
    """Yield the path and kind of entries in a store that are neither file nor folder, such as links."""
    layout = StoreLayout(store)
    for path in (*layout.folders, *layout.files):
        if path.is_symlink() or (path.exists() and not (path.is_dir() if path in layout.folders else path.is_file())):
            yield path, kind(path.lstat().st_mode)
    for part in layout.folders:
        yield from irregular_in(part)


def place(store: Path, path: Path) -> str:
    """Return the table that a file of the store belongs to, or its part of the store."""
    parts = path.relative_to(store).parts
    return parts[2] if parts[0] == StoreLayout(store).data.name and len(parts) > 3 else parts[0]


def strays(session: Session, store: Path) -> Strays:
    """Return the files in a store's folders that the catalog does not list and that are not artifacts."""
    foreign = Strays([], [])
    data, artifacts = StoreLayout(store).folders
    files = sorted(str(Path(entry).relative_to(data)) for entry in files_in(data))
    named = {path for (path,) in session.rows("verify/named_files")}
    for name in files:
        if name in named:
            continue
        if _WRITTEN.fullmatch(name):
            foreign.orphans.append(f"data/{name}")
        else:
            foreign.strangers.append((place(store, data / name), f"data/{name} is there, and nothing names it"))
    for entry in files_in(artifacts):
        path = Path(entry).relative_to(artifacts)
        is_artifact = DIGEST.fullmatch(path.name) and path == Path(ALGORITHM, path.name[:2], path.name)
        if entry.is_file(follow_symlinks=False) and not is_artifact and not _INCOMING.fullmatch(str(path)):
            foreign.strangers.append(("artifacts", f"artifacts/{path} is there, and is no artifact"))
    return foreign
