"""Creation of a team store, and of local folders that point to it."""

from __future__ import annotations

from pathlib import Path

from planstore.errors import StoreError
from planstore.ledger.embedded.artifacts import make_folder
from planstore.ledger.embedded.store_folder import refuse_store
from planstore.ledger.layout import StoreLayout
from planstore.ledger.ledger import Ledger
from planstore.ledger.marker import read_marker, write_marker
from planstore.ledger.team.address import TeamAddress
from planstore.ledger.team.pointer import pointed_to
from planstore.ledger.team.storage import TeamStorage


def join(address: TeamAddress, folder: Path) -> bool:
    """Make ``folder`` point to the team store at ``address``, which is created if it does not exist.

    Args:
        address: the address.
        folder: the local folder, ``<results>/planstore``.

    Returns:
        whether the store was created.

    Raises:
        StoreError: the folder is a store, or points to another one; the bucket is not versioned; the database or the
            bucket cannot be used. The folder is left unchanged.
    """
    layout = StoreLayout(folder.absolute())
    refuse_store("the results folder", layout.folder.parent)
    _refuse_other(layout, address)
    storage = TeamStorage(address, layout.folder)
    ledger = Ledger(storage)
    try:
        is_new = not ledger.is_made
        if is_new:
            storage.check_bucket()
        ledger.create()
        ledger.last_commit()  # because another schema beside the same bucket is another catalog, which may not exist
    finally:
        ledger.close()
    try:
        make_folder(layout.folder)
    except (OSError, ValueError) as error:
        raise StoreError(f"a store cannot be made in {layout.folder.parent}: {error}") from error
    write_marker(layout.marker, address.as_dict())
    return is_new


def _refuse_other(layout: StoreLayout, address: TeamAddress) -> None:
    if read_marker(layout.marker) is None:
        return
    results, other = layout.folder.parent, pointed_to(layout.marker)
    if other is None:
        raise StoreError(
            f"{results} holds a store of its own: name another results folder, or copy it to the team store"
        )
    if other != address:
        raise StoreError(f"{results} points to the store {other.url}: name another results folder")
