"""Maintenance: compaction, backup, and projections made anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from planstore.api.access import StoreAccess
from planstore.checks.arguments import checked
from planstore.ledger.backup import backup
from planstore.ledger.compaction import Compacted, compact
from planstore.projections.rebuild import Rebuilt, rebuild


class Maintenance:
    """The maintenance of a store, as ``store.maintenance``."""

    def __init__(self, access: StoreAccess) -> None:
        self._access = access

    @checked
    def compact(
        self, *, grace: timedelta = timedelta(days=1), progress: Callable[[str], None] = lambda _: None
    ) -> Compacted:
        """Flush inlined rows, merge small files, remove what killed writers left; every digest stays the same.

        Args:
            grace: how long files stay at least that nothing names any more, for readers that may still be at them.
            progress: is told the name of each step when it begins.
        """
        self._access.require_now("maintenance.compact")
        return compact(self._access.ledger, grace, progress)

    @checked
    def backup(self, target: str | Path, *, progress: Callable[[str], None] = lambda _: None) -> None:
        """Copy the store into the new folder ``target``, as of one commit, while writers go on.

        Raises:
            StoreError: ``target`` is taken, or something cannot be copied.
        """
        self._access.require_now("maintenance.backup")
        backup(self._access.ledger, Path(target), progress)

    def rebuild(self) -> Rebuilt:
        """Drop the projections and derive them again from events alone."""
        self._access.require_now("maintenance.rebuild")
        return rebuild(self._access.ledger)
