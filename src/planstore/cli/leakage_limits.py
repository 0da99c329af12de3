"""The option ``--leakage-limit``: limits from which features and scores count as leaking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from planstore.errors import RequestError

if TYPE_CHECKING:
    from planstore.training.evidence.leakage import LeakageLimits

LeakageLimit = Annotated[
    list[str] | None,
    typer.Option(
        "--leakage-limit",
        metavar="NAME=SUSPECT,BLOCKED",
        help="Limits of a sign of leakage, as returns=0.25,0.5 (auc, r2, single, shifted, future, returns), or "
        "known=0.8; repeatable.",
    ),
]


def leakage_limits(options: Sequence[str] | None) -> LeakageLimits | None:
    """Return the limits of options; None without one.

    Raises:
        RequestError: an option is not NAME=SUSPECT,BLOCKED, or its limits cannot be used.
    """
    from planstore.training.evidence.leakage import LeakageLimits

    if not options:
        return None
    limits: dict[str, tuple[float, ...] | float] = {}
    for option in options:
        name, _, text = option.partition("=")
        if name in limits:
            raise RequestError(f"--leakage-limit must be given once for {name}, got it twice: leave one out")
        try:
            numbers = tuple(float(part) for part in text.split(","))
        except ValueError as error:
            raise RequestError(
                f"--leakage-limit must be NAME=SUSPECT,BLOCKED, got {option}: write it like returns=0.25,0.5"
            ) from error
        limits[name] = numbers[0] if len(numbers) == 1 else numbers
    return LeakageLimits.of(limits)
