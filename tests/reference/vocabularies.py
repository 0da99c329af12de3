"""The reference of the closed vocabularies, from their definitions."""

from __future__ import annotations

import inspect
from enum import StrEnum

from planstore.events import vocabulary
from reference.markdown import table


def text() -> str:
    """Return a table of all closed vocabularies, with their words."""
    found = [
        kind
        for kind in vars(vocabulary).values()
        if inspect.isclass(kind) and issubclass(kind, StrEnum) and kind is not StrEnum
    ]
    rows = (
        (str(inspect.getdoc(kind)).replace("``", "`"), ", ".join(f"`{word.value}`" for word in kind)) for kind in found
    )
    return table(("vocabulary", "words"), rows)
