"""Maintenance: compaction, backup, and rebuild of projections."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from planstore.api.access import StoreAccess
from planstore.checks.arguments import checked
from planstore.ledger.backup import BackedUp, backup
from planstore.ledger.compaction import Compacted, compact
from planstore.ledger.copy_store import Copied, copy
from planstore.ledger.ledger import Ledger
from planstore.ledger.opening import storage_at, store_place
from planstore.projections.rebuild import Rebuilt, rebuild


class Maintenance:
    """The maintenance of a store, as ``store.maintenance``."""

    def __init__(self, access: StoreAccess) -> None:
        self._access = access

    @checked
    def compact(
        self, *, grace: timedelta = timedelta(days=1), progress: Callable[[str], None] = lambda _: None
    ) -> Compacted:
        """Flush inlined rows, merge small files and remove files of killed writers; no digest changes.

        Args:
            grace: minimum age of unreferenced files before they are deleted, because readers may still use them.
            progress: callback that receives the name of each step before it runs.
        """
        self._access.require_now("maintenance.compact")
        return compact(self._access.ledger, grace, progress)

    @checked
    def backup(self, target: str | Path, *, progress: Callable[[str], None] = lambda _: None) -> BackedUp:
        """Copy the store as of one commit into the folder ``target``, while writers continue.

        Args:
            target: a new folder, or one with an earlier backup of this store, which is extended by the new files. A
                killed call leaves the earlier backup as it was.
            progress: callback that receives the name of each step before it runs.

        Raises:
            StoreError: ``target`` has something else, or a file cannot be copied.
        """
        self._access.require_now("maintenance.backup")
        return backup(self._access.ledger, Path(target), progress)

    @checked
    def copy(self, target: str | Path, *, progress: Callable[[str], None] = lambda _: None) -> Copied:
        """Copy the commits that another store lacks, and their artifacts, while writers of this one continue.

        Args:
            target: a results folder, or the address of a team store. The store there is created, or is an earlier copy
                of this one. A copy that was killed is continued by the next call.
            progress: callback that receives the name of each step before it runs.

        Raises:
            ConflictError: the store there is another one.
            StoreError: a row or an artifact cannot be read or written.
        """
        self._access.require_now("maintenance.copy")
        ledger = Ledger(storage_at(store_place(str(target))))
        with closing(ledger):
            return copy(self._access.ledger, ledger, progress)

    def rebuild(self) -> Rebuilt:
        """Drop the projections and derive them again from events."""
        self._access.require_now("maintenance.rebuild")
        return rebuild(self._access.ledger)
