"""Opens the store of a results folder."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from planstore.api.store import Store
from planstore.checks.arguments import checked
from planstore.checks.quoting import quoted
from planstore.checks.texts import is_recordable
from planstore.errors import StoreError
from planstore.ledger.opening import store_place

_log = logging.getLogger("planstore.store")

ResultsFolder = str | Path
"""The path of a results folder."""


@checked
def open(
    results: ResultsFolder = "results",
    *,
    create: bool = True,
    as_of: int | datetime | str | None = None,
    memory: str | None = None,
) -> Store:
    """Return the store of a results folder; a missing store is created on first use.

    A warning in the logger ``planstore.store`` says so of a missing one, because its name may be misspelt.

    Args:
        results: the results folder, or the address of a team store,
            ``postgresql://HOST/DATABASE?schema=NAME&data=s3://BUCKET/PREFIX``.
        create: whether a missing store is created.
        as_of: a commit or time; the store is read as of it, as by :meth:`Store.at`.
        memory: memory limit of all reads together, such as ``2GB``; None means most of the machine's memory.

    Raises:
        StoreMissingError: there is no store, and ``create`` is false.
        StoreVersionError: the store has a format that this version of planstore does not know.
        StoreError: the store cannot be used.
        RequestError: ``memory`` is not an amount of memory, or the address is malformed.
    """
    if not isinstance(results, str | Path) or not is_recordable(str(results)):
        raise StoreError(f"the results folder must be a path in UTF-8, got {quoted(results)}")
    place = store_place(str(results))
    store = Store(place, create=create, memory=memory)
    with suppress(OSError):  # because the first use says what cannot be read
        if create and isinstance(place, Path) and not store.access.ledger.layout.marker.exists():
            _log.warning("there is no store in %s yet: a new one is made on first use", results)
    if as_of is None:
        return store
    with store:
        return store.at(as_of)
