"""Disk space of a store, by part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from planstore.ledger.layout import StoreLayout


@dataclass(frozen=True)
class DiskUsage:
    """Disk space of one part of a store.

    Attributes:
        part: ``catalog``, ``table NAME``, ``artifacts`` or ``other``.
        files: number of files.
        size: bytes.
    """

    part: str
    files: int
    size: int


def disk_usage(layout: StoreLayout) -> list[DiskUsage]:
    """Return the disk space of a store by part, largest first; its parts together are the whole folder."""
    found: dict[str, list[Path]] = {}
    for path in layout.folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            found.setdefault(_part(layout, path), []).append(path)
    usage = [DiskUsage(part, len(paths), sum(_sizes(paths))) for part, paths in found.items()]
    return sorted(usage, key=lambda one: (-one.size, one.part))


def _part(layout: StoreLayout, path: Path) -> str:
    if path.is_relative_to(layout.artifacts):
        return "artifacts"
    if path.is_relative_to(layout.data):
        return f"table {path.parent.name}"
    return "catalog" if path.name.startswith(layout.catalog.name) else "other"


def _sizes(paths: Iterable[Path]) -> Iterator[int]:
    for path in paths:
        try:
            yield path.stat().st_size
        except FileNotFoundError:  # because a compaction may remove it meanwhile
            yield 0
