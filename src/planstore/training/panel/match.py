"""Check that a panel fits the plan to be trained on it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from planstore.checks.quoting import shown_names
from planstore.checks.value_text import value_text
from planstore.errors import PanelError
from planstore.training.panel.files import column_names
from planstore.training.panel.places import PanelPlace, reading
from planstore.training.panel.settings import (
    PanelSettings,
    PanelSettingsSource,
    TargetSettings,
    read_settings,
    same_timespan,
)
from planstore.training.panel.target import TARGETS, matches

if TYPE_CHECKING:
    from planstore.api.parts import StoreParts
    from planstore.training.panel.panel import Panel

_log = logging.getLogger("planstore.training")


def refuse_panel_without_targets(source: PanelPlace, plan_id: str, targets: Collection[str]) -> None:
    """Refuse the files of a panel if none has a column of a plan's targets, before any row is read.

    Args:
        source: the panel's place.
        plan_id: id of the plan.
        targets: targets of the plan's jobs.

    Raises:
        PanelError: there are no such files, or they have no such column.
    """
    found: set[str] = set()
    with reading(source) as (session, files):
        for names in column_names(session, files):
            found |= {*names}
            if not targets or not found.isdisjoint(targets):
                return
    if found:  # because of files that cannot be read at all, their reader says why
        raise _other_panel("target", plan_id, sorted(targets), sorted(name for name in found if matches(name, TARGETS)))


def planned_settings(
    source: PanelPlace, settings: PanelSettingsSource | None, targets: Collection[str]
) -> PanelSettings:
    """Return the settings of a panel in which the targets of a plan are targets, whatever their names or a file say.

    Args:
        source: the panel's place.
        settings: as for :meth:`Panel.read <planstore.Panel.read>`.
        targets: targets on which the run of the plan decided.

    Raises:
        PanelError: the settings are invalid, or give a target another role.
    """
    found = read_settings(source, settings)
    taken = {*found.features, *found.ignore}
    others = {name for name in targets if name in taken or not matches(name, (*TARGETS, *found.targets))}
    if others:
        with reading(source) as (session, files):
            others &= {name for names in column_names(session, files) for name in names}
        found = read_settings(source, settings, sorted(others))
    new = {name: TargetSettings() for name in sorted(others - {*found.targets})}
    return found.model_copy(update={"targets": found.targets | new})


def refuse_other_panel(
    store: StoreParts, plan_id: str, panel: Panel, features: Mapping[str, Sequence[str]], targets: Sequence[str]
) -> None:
    """Refuse a panel on which no job of a plan can be trained; log the plan's targets that the panel lacks.

    Args:
        store: store with the plan.
        plan_id: id of the plan.
        panel: the panel.
        features: feature names by target.
        targets: targets of the jobs to train.

    Raises:
        PanelError: the panel has no target or no symbol of the plan, or lacks features of each target.
    """
    if not targets:
        return
    symbols = [symbol for (symbol,) in store.access.ledger.reader().rows("training/decided_symbols", plan_id=plan_id)]
    available = {target.name for target in panel.targets}
    found = [target for target in targets if target in available]
    for kind, planned, present in (("target", targets, sorted(available)), ("symbol", symbols, panel.symbols)):
        if planned and not set(planned) & set(present):
            raise _other_panel(kind, plan_id, planned, present)
    lacking = {target: [name for name in features.get(target, ()) if name not in panel.features] for target in found}
    if all(lacking.values()):
        raise PanelError(
            f"the panel must have the features that the evidence selected, and lacks "
            f"{shown_names(lacking[found[0]])} for {found[0]}: train on the panel that the evidence was measured on, "
            "or measure and route this one"
        )
    if len(found) < len(targets):
        missing = [target for target in targets if target not in available]
        _log.warning(
            "the panel lacks %d of %d targets of the plan: %s", len(missing), len(targets), shown_names(missing)
        )


def refuse_other_settings(stated: Mapping[str, Any], measured: Mapping[str, Any], targets: Sequence[str]) -> None:
    """Refuse settings of targets other than those that the evidence of a plan was measured with.

    Args:
        stated: settings of the panel to train on, as ``Panel.settings`` has them.
        measured: settings of the panel that the evidence was measured on.
        targets: targets of the jobs to train.

    Raises:
        PanelError: a horizon, embargo, task or order of classes differs; names the first ones.
    """
    differing = other_settings(stated, measured, targets)
    if differing:
        raise PanelError(
            "settings of the panel must be those that the plan's evidence was measured with, got "
            f"{shown_names(differing)}: state the same ones, or train with --other-settings"
        )


def other_settings(stated: Mapping[str, Any], measured: Mapping[str, Any], targets: Sequence[str]) -> list[str]:
    """Return the settings of targets in which a panel differs from that of the evidence, each in words.

    Args:
        stated: settings of the panel, as ``Panel.settings`` has them.
        measured: settings of the panel that the evidence was measured on.
        targets: targets whose settings are compared.
    """
    return [
        f"{_stated(key, ours)} of {target}, measured with {_stated(key, theirs)}"
        for target in targets
        for key in TargetSettings.model_fields
        if not _same(key, ours := _setting(stated, target, key), theirs := _setting(measured, target, key))
    ]


def _same(key: str, one: Any, other: Any) -> bool:
    return same_timespan(one, other) if key in {"horizon", "embargo"} else bool(one == other)


def _setting(settings: Mapping[str, Any], target: str, key: str) -> Any:
    return settings.get("targets", {}).get(target, {}).get(key)


def _stated(key: str, value: object) -> str:
    return f"no stated {key}" if value is None else f"{key} {value_text(value)}"


def _other_panel(kind: str, plan_id: str, planned: Sequence[str], present: Sequence[str]) -> PanelError:
    return PanelError(
        f"the panel must have a {kind} of plan {plan_id[:12]}, such as {shown_names(planned)}, got "
        f"{shown_names(present) or 'none'}: train on the panel that the plan's evidence was measured on, "
        "or route evidence of this one"
    )
