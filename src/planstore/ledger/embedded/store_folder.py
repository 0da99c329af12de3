"""Where a store is: one folder, the same one for as long as the store is open."""

from __future__ import annotations

import os
import weakref
from pathlib import Path

from planstore.errors import RequestError, StoreError, StoreMissingError
from planstore.ledger.layout import StoreLayout


class Place:
    """The folder of a store, fixed when the store is opened: neither the working directory nor a link moves it.

    Attributes:
        folder: the folder, absolute.

    Raises:
        StoreError: there can be no folder of that name.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self.folder = folder.parent.resolve() / folder.name
        except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links that lead to each other
            raise StoreError(f"the store in {folder} cannot be read: {error}") from error
        self._handle: int | None = None
        self._letting_go: weakref.finalize[[int], Place] | None = None

    def hold(self) -> None:
        """Remember the folder that is there now, so that no other one is taken for it."""
        if self._handle is None:
            # because the number of a folder that is open is not given to another one
            self._handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self._letting_go = weakref.finalize(self, os.close, self._handle)

    def check(self) -> None:
        """Refuse to go on when the folder is no longer the one that was opened.

        Raises:
            StoreMissingError: it was removed or renamed.
            StoreError: another one stands in its place.
        """
        if self._handle is None:
            return
        advice = "nothing was written; open the store again where it is now"
        try:
            found, opened = self.folder.stat(), os.fstat(self._handle)
        except OSError as error:
            raise StoreMissingError(
                f"the store in {self.folder} was removed or renamed while it was open ({error.strerror}): {advice}"
            ) from error
        if not os.path.samestat(found, opened):
            raise StoreError(f"another folder was put in the place of {self.folder} while it was open: {advice}")

    def let_go(self) -> None:
        """Forget which folder it was: the one that is there when the place is next held counts."""
        if self._letting_go is not None:
            self._letting_go()
        self._handle = self._letting_go = None


def refuse_store(what: str, path: Path) -> None:
    """Refuse a place to write to that is inside of a store, of this one or of any other, also by way of links.

    Args:
        what: what is written there, for the message.
        path: the place; it need not be there.

    Raises:
        RequestError: names the store.
    """
    try:
        place = path.resolve()
        store = next((folder for folder in (place, *place.parents) if _is_store(folder)), None)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links that lead to each other
        raise RequestError(f"{what} must be a place that can be found, got {path}: {error}") from error
    if store is not None:
        raise RequestError(
            f"{what} must be outside of every store, got {path}, which is inside the store {store}: "
            "only the ledger writes there; name another place"
        )


def _is_store(folder: Path) -> bool:
    """Return whether a folder is a store or a backup of one, damaged ones included."""
    layout = StoreLayout(folder)
    return layout.marker.is_file() and layout.data.is_dir()
