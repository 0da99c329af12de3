"""Backup and restore: copies of a store, made while writers continue."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from planstore.checks.regular_files import files_in
from planstore.errors import StoreBusyError, StoreError
from planstore.ledger.embedded.artifacts import fsync_folder, make_folder
from planstore.ledger.embedded.catalog import copy_catalog
from planstore.ledger.embedded.copy_bytes import wal_files
from planstore.ledger.embedded.foreign_files import irregular_in_store, strays
from planstore.ledger.embedded.store_folder import refuse_store
from planstore.ledger.layout import StoreLayout
from planstore.ledger.ledger import Ledger
from planstore.ledger.marker import write_durably
from planstore.ledger.opening import require_in_folder, storage_in
from planstore.pages.answers import Answer, plural


@dataclass(frozen=True, repr=False)
class BackedUp(Answer):
    """The result of a backup.

    Attributes:
        commit_id: the newest commit of the backup.
        copied: number of copied files, without the catalog.
        copied_bytes: their size, in bytes.
        present: number of files that an earlier backup had copied already.
        removed: number of files that were removed from the backup, because a compaction has replaced them.
    """

    commit_id: int
    copied: int
    copied_bytes: int
    present: int = 0
    removed: int = 0

    def __str__(self) -> str:
        return (
            f"Backed up to commit {self.commit_id}: {plural(self.copied, 'file')} copied "
            f"({self.copied_bytes:,} bytes), {self.present:,} there already, {self.removed:,} removed."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes, for JSON."""
        return asdict(self)


def backup(ledger: Ledger, target: Path, progress: Callable[[str], None] = lambda _: None) -> BackedUp:
    """Copy the store as of one commit into the folder ``target``, which is new or has an earlier backup of the store.

    Writers wait only while the catalog is copied. Parquet files and artifacts never change, so they are copied
    afterwards, and those of an earlier backup are not copied again.

    Args:
        ledger: the ledger.
        target: the folder.
        progress: callback that receives the name of each step before it runs.

    Raises:
        StoreError: ``target`` has something else, or a file cannot be copied; a new folder is not created, and an
            earlier backup stays as it was.
        RequestError: ``target`` is inside a store, or the store is a team store.
    """
    require_in_folder(ledger.storage, "a backup", "copy it to a folder or another team store with `planstore copy`")
    target = target.absolute()
    try:
        if StoreLayout(target).backup_mark.is_file():
            refuse_store("a backup", target.parent)
            return _extended(ledger, Ledger(storage_in(target, lock_timeout=0), create=False), progress)
        refuse_store("a backup", target)
        if _is_taken(target):
            raise StoreError(
                f"a backup must go into a new folder or one with an earlier backup, got {target}, which has something "
                "else: name another one"
            )
        with _incoming(target) as incoming:
            commit_id, files = _copied_catalog(ledger, incoming, progress)
            progress(f"copying {len(files)} files")
            size = _copy([*files, StoreLayout(ledger.layout.folder).marker], ledger.layout.folder, incoming)
            write_durably(StoreLayout(incoming).backup_mark, b"{}")
        return BackedUp(commit_id, len(files), size)
    except FileNotFoundError as error:
        raise StoreError(f"{error.filename} was removed by a compaction meanwhile; make the backup again") from error
    except OSError as error:
        raise StoreError(f"the backup in {target} could not be made: {error}") from error


def _extended(ledger: Ledger, earlier: Ledger, progress: Callable[[str], None]) -> BackedUp:
    """Extend an earlier backup: first by new files, then by the catalog that names them, in one renaming."""
    source, target = ledger.layout.folder, earlier.layout.folder
    with closing(earlier), earlier.locked():
        _check_earlier(ledger, earlier)
        for unfinished in target.glob("incoming-*"):
            shutil.rmtree(unfinished)  # because a killed backup left it
        incoming = target / f"incoming-{uuid.uuid4().hex}"
        make_folder(incoming)
        try:
            commit_id, files = _copied_catalog(ledger, incoming, progress)
            new = [path for path in files if not _is_copied(path, target / path.relative_to(source))]
            progress(f"copying {len(new)} of {len(files)} files")
            size = _copy(new, source, target, by_way_of=incoming / "file")
            progress("replacing the catalog")
            _replace_catalog(StoreLayout(incoming), earlier.layout)
        finally:
            shutil.rmtree(incoming, ignore_errors=True)
        progress("removing files")
        present = {str(path.relative_to(source)) for path in files}
        replaced = [name for name in strays(earlier.writer(), target).orphans if name not in present]
        for name in replaced:
            (target / name).unlink()
    return BackedUp(commit_id, len(new), size, len(files) - len(new), len(replaced))


def _check_earlier(ledger: Ledger, earlier: Ledger) -> None:
    """Check that a backup is an earlier state of a ledger, and close its catalog.

    Raises:
        StoreError: the backup is of another ledger, or has commits of its own.
    """
    last = earlier.writer().row("ledger/last_commit")
    if last is not None and not ledger.has_commit(last[0], last[1]):
        raise StoreError(
            f"the backup in {earlier.layout.folder} must be of this store, got one whose commit {last[0]} is not in "
            f"{ledger.layout.folder}: name another folder"
        )
    earlier.close()  # which moves its WAL file into the catalog, if nobody else has it open


def _replace_catalog(incoming: StoreLayout, earlier: StoreLayout) -> None:
    """Replace the catalog of a backup, which commits all.

    Raises:
        StoreBusyError: another process has opened the backup, whose WAL file would be taken for the new catalog's.
    """
    if any(path.exists() for path in wal_files(earlier.catalog)):
        raise StoreBusyError(
            f"the backup in {earlier.folder} must be closed while it is extended, and another process has opened it: "
            "make the backup again"
        )
    incoming.catalog.replace(earlier.catalog)
    fsync_folder(earlier.folder)


def _copied_catalog(ledger: Ledger, folder: Path, progress: Callable[[str], None]) -> tuple[int, list[Path]]:
    """Copy the catalog into a folder; return its newest commit and the files of the store at that moment."""
    progress("copying the catalog")
    with ledger.quiet():
        files = _files(ledger.layout.folder)
        copy_catalog(ledger.layout.catalog, StoreLayout(folder).catalog)
        return ledger.last_commit(), files


def _is_copied(path: Path, copy: Path) -> bool:
    """Return whether a file is in the backup; a copy of another size, as after damage, counts as missing."""
    return copy.is_file() and copy.stat().st_size == path.stat().st_size


def restore(source: Path, folder: Path) -> None:
    """Create the store ``folder`` from the backup ``source``.

    Raises:
        StoreError: a store exists already, ``source`` is no backup, or a file cannot be copied; no store is created.
        RequestError: ``folder`` is inside a store.
    """
    source, folder = source.absolute(), folder.absolute()
    if not StoreLayout(source).marker.exists():
        raise StoreError(f"{source} is no complete backup: it has no {StoreLayout(source).marker.name}")
    require_in_folder(storage_in(source), "a backup", "it is a pointer, which `planstore init` makes anywhere")
    refuse_store("the results folder", folder.parent)
    if folder.exists():
        raise StoreError(f"there is a store in {folder.parent} already; restore into another results folder")
    try:
        with _incoming(folder) as incoming:
            files = _files(source)
            copy_catalog(StoreLayout(source).catalog, StoreLayout(incoming).catalog)
            _copy([*files, StoreLayout(source).marker], source, incoming)
    except OSError as error:
        raise StoreError(f"{source} could not be restored into {folder.parent}: {error}") from error


@contextmanager
def _incoming(target: Path) -> Iterator[Path]:
    """Yield a folder that is renamed to ``target`` after the block, or removed if the block raises."""
    incoming = target.with_name(f"{target.name}.incoming-{uuid.uuid4().hex}")
    try:
        make_folder(incoming)
        for part in StoreLayout(incoming).folders:
            part.mkdir()
        yield incoming
        if _is_taken(target):
            raise StoreError(f"{target} was created meanwhile by another process, and was not replaced")
        incoming.replace(target)
    except BaseException:
        shutil.rmtree(incoming, ignore_errors=True)
        raise
    fsync_folder(target.parent)


def _is_taken(target: Path) -> bool:
    return target.exists() and (not target.is_dir() or any(target.iterdir()))


def _files(store: Path) -> list[Path]:
    """Return the files of a store; refuse links, which may lead out of it, and pipes, which would block."""
    for path, kind_name in irregular_in_store(store):
        raise StoreError(
            f"{path} is {kind_name}: put the file or folder itself there, or remove it if nothing names it"
        )
    return [Path(entry) for part in StoreLayout(store).folders for entry in files_in(part)]


def _copy(files: Iterable[Path], source: Path, target: Path, by_way_of: Path | None = None) -> int:
    """Copy files from one folder into another, fsync them, and return their size in bytes.

    Args:
        files: the files.
        source: the folder that they are in.
        target: the other folder.
        by_way_of: path of each file until it is complete; None if nobody uses ``target`` yet.
    """
    folders, size = {target}, 0
    for path in files:
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        folders.update(copy.parents[: len(copy.relative_to(target).parts) - 1])
        unfinished = copy if by_way_of is None else by_way_of
        shutil.copyfile(path, unfinished)
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
            size += file.seek(0, os.SEEK_END)
        unfinished.replace(copy)
    for folder in folders:
        fsync_folder(folder)
    return size
