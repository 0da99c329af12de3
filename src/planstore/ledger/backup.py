"""Backup and restore: copies of a store, made while writers continue."""

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
    """Copy the store as of one commit into the new folder ``target``.

    Writers wait only while the catalog is copied. Parquet files and artifacts never change, so they are copied
    afterwards.

    Raises:
        StoreError: ``target`` exists, or a file cannot be copied; ``target`` is not created.
        RequestError: ``target`` is inside a store.
    """
    target, source = target.absolute(), ledger.folder
    refuse_store("a backup", target)
    if _is_taken(target):
        raise StoreError(f"a backup must go into a new folder, got {target}, which exists: name another one")
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
    """Create the store ``folder`` from the backup ``source``.

    Raises:
        StoreError: a store exists already, ``source`` is no backup, or a file cannot be copied; no store is created.
        RequestError: ``folder`` is inside a store.
    """
    source, folder = source.absolute(), folder.absolute()
    if not StoreLayout(source).marker.exists():
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


def _copy(files: Iterable[Path], source: Path, target: Path) -> None:
    """Copy files from one folder into another, and fsync them."""
    folders = {target}
    for path in files:
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        folders.update(copy.parents[: len(copy.relative_to(target).parts) - 1])
        shutil.copyfile(path, copy)
        with copy.open("rb") as file:
            os.fsync(file.fileno())
    for folder in folders:
        fsync_folder(folder)
