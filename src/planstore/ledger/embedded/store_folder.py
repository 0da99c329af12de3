"""The folder of a store: the same folder for as long as the store is open."""

from __future__ import annotations

import os
import weakref
from pathlib import Path

from planstore.errors import RequestError, StoreError, StoreMissingError
from planstore.ledger.layout import StoreLayout


class Place:
    """The folder of a store, fixed when the store is opened; a new working directory or link does not change it.

    Attributes:
        folder: the absolute path of the folder.

    Raises:
        StoreError: the path is invalid.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self.folder = folder.parent.resolve() / folder.name
        except (OSError, RuntimeError, ValueError) as error:  # because a cycle of links raises RuntimeError
            raise StoreError(f"the store in {folder} cannot be read: {error}") from error
        self._handle: int | None = None
        self._letting_go: weakref.finalize[[int], Place] | None = None

    def hold(self) -> None:
        """Open the current folder, so that another folder at this path is detected."""
        if self._handle is None:
            # because the inode number of an open folder is not reused
            self._handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self._letting_go = weakref.finalize(self, os.close, self._handle)

    def check(self) -> None:
        """Check that the path still leads to the opened folder.

        Raises:
            StoreMissingError: the folder was removed or renamed.
            StoreError: another folder has its path.
        """
        if self._handle is None:
            return
        advice = "nothing was written; open the store again where it is now"
        try:
            current, opened = self.folder.stat(), os.fstat(self._handle)
        except OSError as error:
            raise StoreMissingError(
                f"the store in {self.folder} was removed or renamed while it was open ({error.strerror}): {advice}"
            ) from error
        if not os.path.samestat(current, opened):
            raise StoreError(f"another folder was put in the place of {self.folder} while it was open: {advice}")

    def let_go(self) -> None:
        """Close the folder; the next :meth:`hold` opens the folder at the path then."""
        if self._letting_go is not None:
            self._letting_go()
        self._handle = self._letting_go = None


def refuse_store(what: str, path: Path) -> None:
    """Refuse an output path inside a store, this one or any other, links resolved.

    Args:
        what: description of the output in the message.
        path: the path; it need not exist.

    Raises:
        RequestError: the path is inside a store; names the store.
    """
    try:
        place = path.resolve()
        store = next((folder for folder in (place, *place.parents) if _is_store(folder)), None)
    except (OSError, RuntimeError, ValueError) as error:  # because a cycle of links raises RuntimeError
        raise RequestError(f"{what} must be a place that can be found, got {path}: {error}") from error
    if store is not None:
        raise RequestError(
            f"{what} must be outside of every store, got {path}, which is inside the store {store}: "
            "only the ledger writes there; name another place"
        )


def _is_store(folder: Path) -> bool:
    """Return whether a folder is a store or a backup, even a damaged one."""
    layout = StoreLayout(folder)
    return layout.marker.is_file() and layout.data.is_dir()
