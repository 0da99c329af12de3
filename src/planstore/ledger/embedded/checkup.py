"""Checks of the machine of an embedded store: lock, catalog, permissions, file system, disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from planstore.ledger.embedded.copy_bytes import can_be_opened
from planstore.ledger.embedded.lock import WriterLock
from planstore.ledger.layout import StoreLayout

NETWORK_FILE_SYSTEMS = {
    "9p", "afs", "ceph", "cifs", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs", "glusterfs", "lustre", "nfs", "nfs4",
    "smb3", "smbfs",
}  # fmt: skip
"""File systems over a network, where a lock of one machine may not exclude writers of another."""
MIN_FREE_BYTES = 10**9
"""Minimum free disk space in bytes: compaction and backups need room for copies."""
WAL_VERSION = 2
"""Bytes 18 and 19 of a SQLite database in WAL mode."""


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Attributes:
        name: the thing that was checked.
        text: its state.
        advice: what to do; None where nothing is wrong.
    """

    name: str
    text: str
    advice: str | None = None


def check_folder(results: Path) -> Iterator[Check]:
    """Yield the checks of the disk under a results folder, which need not exist yet."""
    folder = results.absolute()
    while not folder.exists():
        folder = folder.parent
    yield _file_system(folder)
    yield _free_disk(folder)


def check_store(layout: StoreLayout) -> Iterator[Check]:
    """Yield the checks of an existing store."""
    yield _lock(layout)
    yield _catalog(layout.catalog)
    yield _permissions(layout)


def _file_system(folder: Path) -> Check:
    mounts = {Path(one.mountpoint): one.fstype for one in psutil.disk_partitions(all=True)}
    place = folder.resolve()
    found = next((mounts[one] for one in (place, *place.parents) if one in mounts), "unknown")
    if found in NETWORK_FILE_SYSTEMS:
        return Check(
            "file system",
            f"{found}, over a network: locks may not exclude writers of other machines",
            "write from one machine only, or put the results folder on a local disk",
        )
    return Check("file system", found)


def _free_disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free"
    return Check("disk", text, None if free >= MIN_FREE_BYTES else "make room: at least 1 GB should be free")


def _lock(layout: StoreLayout) -> Check:
    holder = WriterLock(layout.writer_lock, 0).holder()
    return Check("writer lock", "free" if holder is None else f"held by {holder}: writers wait, readers do not")


def _catalog(catalog: Path) -> Check:
    try:
        with catalog.open("rb") as file:
            header = file.read(20)
    except OSError as error:
        return Check("catalog", f"cannot be read: {error.strerror}", "restore a backup, or correct its permissions")
    if header[18:20] == bytes((WAL_VERSION, WAL_VERSION)):
        return Check("catalog", "in WAL mode")
    return Check(
        "catalog",
        "not in WAL mode, so that readers and writers block each other",
        f"while nobody uses the store: sqlite3 {catalog} 'pragma journal_mode=wal'",
    )


def _permissions(layout: StoreLayout) -> Check:
    for path in (layout.catalog, layout.marker, *layout.folders):
        if not os.access(path, os.R_OK, effective_ids=True):
            return Check("permissions", f"{path} cannot be read", f"give this user the right to read {layout.folder}")
    if not can_be_opened(layout.catalog):
        return Check("permissions", "this user can read, not write; readers use a private copy of the catalog")
    return Check("permissions", "this user can read and write")
