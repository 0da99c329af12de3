"""What is in the folder of a store that planstore did not put there, or not as it stands there."""

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
"""What a file of rows is called in the folder of data."""
_INCOMING = re.compile(rf"{ALGORITHM}/incoming-[0-9a-f]{{32}}")
"""What an artifact is called until it is whole."""

Stray: TypeAlias = tuple[str, str]
"""A table or a part of the store, and what is wrong there."""


@dataclass(frozen=True)
class Strays:
    """Files that nothing names.

    Attributes:
        strangers: those that no writer makes.
        orphans: paths of those that a writer makes: it was killed before it named them, or is at work.
    """

    strangers: list[Stray]
    orphans: list[str]


def irregular_in_store(store: Path) -> Iterator[tuple[Path, str]]:
    """Yield what is neither file nor folder where the store keeps those, links among them, and what it is."""
    layout = StoreLayout(store)
    for path in (*layout.folders, *layout.files):
        if path.is_symlink() or (path.exists() and not (path.is_dir() if path in layout.folders else path.is_file())):
            yield path, kind(path.lstat().st_mode)
    for part in layout.folders:
        yield from irregular_in(part)


def place(store: Path, path: Path) -> str:
    """Return the table that a file of the store belongs to, or the part of the store."""
    parts = path.relative_to(store).parts
    return parts[2] if parts[0] == StoreLayout(store).data.name and len(parts) > 3 else parts[0]


def strays(session: Session, store: Path) -> Strays:
    """Return the files in a store's folders that neither the catalog names nor an artifact can be."""
    found = Strays([], [])
    data, artifacts = StoreLayout(store).folders
    files = sorted(str(Path(entry).relative_to(data)) for entry in files_in(data))
    named = {path for (path,) in session.rows("verify/named_files")}
    for name in files:
        if name in named:
            continue
        if _WRITTEN.fullmatch(name):
            found.orphans.append(f"data/{name}")
        else:
            found.strangers.append((place(store, data / name), f"data/{name} is there, and nothing names it"))
    for entry in files_in(artifacts):
        path = Path(entry).relative_to(artifacts)
        is_artifact = DIGEST.fullmatch(path.name) and path == Path(ALGORITHM, path.name[:2], path.name)
        if entry.is_file(follow_symlinks=False) and not is_artifact and not _INCOMING.fullmatch(str(path)):
            found.strangers.append(("artifacts", f"artifacts/{path} is there, and is no artifact"))
    return found
