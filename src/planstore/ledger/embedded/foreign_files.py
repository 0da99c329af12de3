"""Detection of files in a store's folder that planstore did not write, or that are not regular files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from planstore.checks.regular_files import files_in, irregular_in, kind
from planstore.database.session import Session
from planstore.ledger.layout import StoreLayout
from planstore.ledger.object_names import is_artifact, is_incoming, is_written
from planstore.ledger.storage import Strays


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
    named = {path for path, _ in session.rows("verify/named_files")}
    for name in files:
        if name in named:
            continue
        if is_written(name):
            foreign.orphans.append(f"data/{name}")
        else:
            foreign.strangers.append((place(store, data / name), f"data/{name} is there, and nothing names it"))
    for entry in files_in(artifacts):
        name = Path(entry).relative_to(artifacts).as_posix()
        if entry.is_file(follow_symlinks=False) and not is_artifact(name) and not is_incoming(name):
            foreign.strangers.append(("artifacts", f"artifacts/{name} is there, and is no artifact"))
    return foreign
