"""The store of a server, as it is now and as of earlier commits."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from planstore.api.store import Store
from planstore.errors import RequestError
from planstore.runs.lookup import find_commit

MOST_COMMITS = 8
"""Maximum number of earlier commits whose sessions stay open."""


class Stores:
    """Views of one store as of commits; they share one database, so that looking back opens nothing anew.

    Args:
        newest: the store without a commit of its own, or as of the latest commit that the server shows.
    """

    def __init__(self, newest: Store) -> None:
        self.newest = newest
        self._earlier: OrderedDict[int, Store] = OrderedDict()
        self._lock = Lock()

    def at(self, when: str | None) -> Store:
        """Return the store as of a commit number or a time; None means the newest.

        Raises:
            NotFoundError: the ledger has no such commit.
            RequestError: the text is neither, or the commit is later than the server shows.
        """
        if when is None:
            return self.newest
        access = self.newest.access
        commit = find_commit(access.ledger, when)
        if access.as_of is not None and commit > access.as_of:
            raise RequestError(
                f"as_of must be at most {access.as_of}, got {commit}: the server shows the store as of that commit"
            )
        with self._lock:
            if commit not in self._earlier:
                self._earlier[commit] = Store(
                    access.place, create=False, as_of=commit, memory=access.memory, ledger=access.ledger
                )
            self._earlier.move_to_end(commit)
            while len(self._earlier) > MOST_COMMITS:
                self._earlier.popitem(last=False)
            return self._earlier[commit]

    def limited(self, memory: str) -> Stores:
        """Return the same store with another database, whose reads together take at most ``memory``."""
        access = self.newest.access
        return Stores(Store(access.place, create=False, as_of=access.as_of, memory=memory))

    def last_commit(self) -> int:
        """Return the number of the newest commit that the server shows; 0 in an empty store."""
        access = self.newest.access
        return access.ledger.last_commit() if access.as_of is None else access.as_of
