"""Disk space of a store, by part."""

from __future__ import annotations

from dataclasses import dataclass

from planstore.ledger.storage import StoreStorage


@dataclass(frozen=True)
class DiskUsage:
    """Disk space of one part of a store.

    Attributes:
        part: ``catalog``, ``table NAME``, ``artifacts`` or ``other``.
        files: number of files or objects; of a catalog in PostgreSQL, of tables.
        size: bytes.
    """

    part: str
    files: int
    size: int


def disk_usage(storage: StoreStorage) -> list[DiskUsage]:
    """Return the disk space of a store by part, largest first; its parts together are the whole store.

    Raises:
        StoreError: the storage cannot be read.
    """
    found: dict[str, list[int]] = {}
    for part, size in storage.sizes():
        found.setdefault(part, []).append(size)
    usage = [DiskUsage(part, len(sizes), sum(sizes)) for part, sizes in found.items()]
    return sorted(usage, key=lambda one: (-one.size, one.part))
