"""Notes on overrides that end soon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planstore.cli import output

if TYPE_CHECKING:
    from planstore.api.store import Store


def note_ending(store: Store) -> None:
    """Print a note for each override that expires soon, because its pair is routed by the rules from then on."""
    for override in store.overrides.ending():
        output.print_warning(
            f"planstore: an override ends soon: {override}; set it again, or let the rules decide from then on"
        )
