"""Backup and restore: a second store with the same commits, made while writers go on."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from planstore.checks.regular_files import files_in
from planstore.errors import StoreError
from planstore.ledger.embedded.artifacts import fsync_folder, make_folder
from planstore.ledger.embedded.catalog import copy_catalog
from planstore.ledger.embedded.store_folder import refuse_store
from planstore.ledger.foreign_files import irregular_in_store
from planstore.ledger.layout import StoreLayout
from planstore.ledger.ledger import Ledger


def backup(ledger: Ledger, target: Path, progress: Callable[[str], None] = lambda _: None) -> None:
    """Copy the store into the new folder ``target``, as of one commit.

    Writers wait only while the catalog is copied; files of events are never changed, so they are copied afterwards.

    Raises:
        StoreError: ``target`` is taken, or something cannot be copied; there is no ``target`` then.
        RequestError: ``target`` is inside of a store, of this one or of another.
    """
    target, source = target.absolute(), ledger.folder
    refuse_store("a backup", target)
    if _is_taken(target):
        raise StoreError(f"{target} is there already; a backup goes into a new folder")
    try:
        with _incoming(target) as incoming:
            progress("copying the catalog")
            with ledger.quiet():
                files = _files(source)
                copy_catalog(StoreLayout(source).catalog, StoreLayout(incoming).catalog)
            progress(f"copying {len(files)} files")
            _copy([*files, StoreLayout(source).marker], source, incoming)
    except FileNotFoundError as error:
        raise StoreError(f"{error.filename} was removed by a compaction meanwhile; make the backup again") from error
    except OSError as error:
        raise StoreError(f"the backup in {target} could not be made: {error}") from error


def restore(source: Path, folder: Path) -> None:
    """Make the store ``folder`` out of the backup ``source``.

    Raises:
        StoreError: there is a store already, ``source`` is no backup, or something cannot be copied; there is no store
            then.
        RequestError: ``folder`` would be inside of a store.
    """
    source, folder = source.absolute(), folder.absolute()
    if not (StoreLayout(source).marker).exists():
        raise StoreError(f"{source} is no complete backup: it has no {StoreLayout(source).marker.name}")
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
    """Give a folder that becomes ``target`` when the block is done, and goes away when it is not."""
    incoming = target.with_name(f"{target.name}.incoming-{uuid.uuid4().hex}")
    try:
        make_folder(incoming)
        for part in StoreLayout(incoming).folders:
            part.mkdir()
        yield incoming
        if _is_taken(target):
            raise StoreError(f"{target} was made meanwhile, by somebody else; that one stays")
        incoming.replace(target)
    except BaseException:
        shutil.rmtree(incoming, ignore_errors=True)
        raise
    fsync_folder(target.parent)


def _is_taken(target: Path) -> bool:
    return target.exists() and (not target.is_dir() or any(target.iterdir()))


def _files(store: Path) -> list[Path]:
    """Return the files of a store, and refuse what is none: a link may lead out of it, a pipe would be waited for."""
    for path, what in irregular_in_store(store):
        raise StoreError(f"{path} is {what}: put the file or folder itself there, or remove it if nothing names it")
    return [Path(entry) for part in StoreLayout(store).folders for entry in files_in(part)]


def _copy(files: Iterable[Path], source: Path, target: Path) -> None:
    """Copy files of one folder into another and make them durable."""
    folders = {target}
    for path in files:
        there = target / path.relative_to(source)
        there.parent.mkdir(parents=True, exist_ok=True)
        folders.update(there.parents[: len(there.relative_to(target).parts) - 1])
        shutil.copyfile(path, there)
        with there.open("rb") as file:
            os.fsync(file.fileno())
    for folder in folders:
        fsync_folder(folder)
