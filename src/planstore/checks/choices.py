"""Message about a name that is none of the possible ones."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from planstore.checks.quoting import quoted

SHOWN = 5
"""Maximum number of possible names in a message."""


def absent(kind: str, name: str, owner: str, choices: Sequence[str]) -> str:
    """Return the message that a name is none of those of its owner, with the nearest one or the first ones.

    Args:
        kind: kind of the name, such as ``target``.
        name: the requested name.
        owner: noun phrase for their owner, such as ``a job of plan 0123456789ab``.
        choices: the possible names.
    """
    near = get_close_matches(name, choices, n=1)
    some = ", ".join(choices[:SHOWN]) + (", …" if len(choices) > SHOWN else "")
    hint = f"did you mean {near[0]}?" if near else f"use one of {some}" if some else "it has none"
    return f"the {kind} must be one of {owner}, got {quoted(name)}: {hint}"
