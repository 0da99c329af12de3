"""Check that a panel fits the plan to be trained on it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from planstore.errors import PanelError

if TYPE_CHECKING:
    from planstore.api.store import Store
    from planstore.training.panel.panel import Panel

_log = logging.getLogger("planstore.training")
SHOWN = 5
"""Maximum number of names in a message."""


def refuse_other_panel(store: Store, plan_id: str, panel: Panel, features: Mapping[str, Sequence[str]]) -> None:
    """Refuse a panel on which no job of a plan can be trained; log the plan's targets that the panel lacks.

    Raises:
        PanelError: the panel has no target or no symbol of the plan, or lacks features of each target.
    """
    row = store.access.ledger.reader().row("training/expected_panel", plan_id=plan_id)
    assert row is not None, "the statement has one row"
    targets, symbols = row
    if not targets:
        return
    available = {target.name for target in panel.targets}
    found = [target for target in targets if target in available]
    for kind, planned, present in (("target", targets, sorted(available)), ("symbol", symbols, panel.symbols)):
        if planned and not set(planned) & set(present):
            raise PanelError(
                f"the panel must have a {kind} of plan {plan_id[:12]}, such as {_names(planned)}, got "
                f"{_names(present)}: train on the panel that the plan's evidence was measured on, "
                "or route evidence of this one"
            )
    lacking = {target: [name for name in features.get(target, ()) if name not in panel.features] for target in found}
    if all(lacking.values()):
        raise PanelError(
            f"the panel must have the features that the evidence selected, and lacks {_names(lacking[found[0]])} for "
            f"{found[0]}: train on the panel that the evidence was measured on, or measure and route this one"
        )
    if len(found) < len(targets):
        missing = [target for target in targets if target not in available]
        _log.warning("the panel lacks %d of %d targets of the plan: %s", len(missing), len(targets), _names(missing))


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
