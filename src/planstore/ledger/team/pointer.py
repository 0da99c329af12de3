"""The marker of a local folder that points to a team store."""

from __future__ import annotations

from pathlib import Path

from planstore.errors import RequestError, StoreVersionError
from planstore.ledger.marker import FORMAT, read_marker
from planstore.ledger.team.address import TeamAddress


def pointed_to(marker: Path) -> TeamAddress | None:
    """Return the address of the team store that a folder's marker points to; None if it does not point to one.

    Raises:
        StoreError: the marker is unreadable.
        StoreVersionError: a newer planstore wrote it.
        RequestError: it has unknown keys, or its address is malformed.
    """
    content = read_marker(marker)
    if content is None or content.keys() == {"format"}:
        return None
    try:
        return TeamAddress.of_marker(content)
    except RequestError as error:
        if type(content["format"]) is int and content["format"] > FORMAT:
            raise StoreVersionError(
                f"{marker} has format {content['format']}, this planstore knows format {FORMAT}: use a newer planstore"
            ) from None
        raise RequestError(f"{marker}: {error}") from None
