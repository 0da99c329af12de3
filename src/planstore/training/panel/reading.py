"""Panel reader: finds or makes the layout of a panel's files, and describes its targets and features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from planstore.checks.quoting import shown_names
from planstore.errors import PanelError
from planstore.training.panel.cache import PanelUse, panel_cache
from planstore.training.panel.horizons import Spacing
from planstore.training.panel.lacking import SHOWN, lacking_notes
from planstore.training.panel.laying_out import lay_out
from planstore.training.panel.layout import Layout
from planstore.training.panel.places import PanelPlace, reading
from planstore.training.panel.settings import DURATION, PanelSettings, TargetSettings
from planstore.training.panel.source_digest import source_digest
from planstore.training.panel.target import DOUBTFUL, TARGETS, Target, matches, stated_task
from planstore.training.panel.values import changed


def read_panel(
    source: PanelPlace,
    where: str,
    symbols: Sequence[str] | None,
    targets: Sequence[str] | None,
    settings: PanelSettings,
) -> tuple[PanelUse, dict[str, Any]]:
    """Return the use of a panel's layout, and the description for `Panel`.

    Args:
        source: the panel's place.
        where: the panel's name in messages.
        symbols: symbols to read; None means all.
        targets: names or patterns of targets; None means the usual ones, and those of the settings.
        settings: settings of targets and columns.

    Raises:
        PanelError: the panel cannot be read, or no target or no feature remains.
    """
    with reading(source) as (session, files):

        def make(folder: Path) -> None:
            lay_out(session, files, symbols, where, folder)
            now = source.files()
            if now != files and source_digest(str(source), where, now, symbols) != digest:
                raise changed(where)

        digest = source_digest(str(source), where, files, symbols)
        use = panel_cache().use(digest, make)
    try:
        return use, _Describing(Layout.open(use.folder), targets, settings).description(where)
    except BaseException:
        use.release()
        raise


@dataclass
class _Describing:
    """Description of a panel from its layout and its settings."""

    layout: Layout
    patterns: Sequence[str] | None
    settings: PanelSettings

    def __post_init__(self) -> None:
        facts = self.layout.facts
        ignored = set(self.settings.ignore)
        self.notes = list(facts.notes)
        self.missing = dict(facts.missing)
        self.troubles = [f"symbol {name} is left out: {reason}" for name, reason in self.missing.items()]
        self.columns = {column.name: column for column in facts.columns if column.name not in ignored}
        self.texts = {name: kind for name, kind in facts.texts.items() if name not in ignored}

    def description(self, source: str) -> dict[str, Any]:
        """Return the description.

        Raises:
            PanelError: no target or no feature remains.
        """
        self._refuse_unknown_names(source)
        spacing = Spacing(self.layout.facts.minutes, self.layout.facts.per_day)
        targets = self._targets(spacing)
        witnesses = self._witnesses(spacing)
        features = self._features()
        if not targets:
            raise PanelError(
                f"{source} must have a numeric column named {' or '.join(self.patterns or TARGETS)}, got none: "
                "name a target of the panel"
            )
        if not features:
            raise PanelError(
                f"{source} must have a numeric column besides timestamp, symbol and targets, got none: add a feature"
            )
        return {
            "symbols": list(self.layout.facts.symbols),
            "features": features,
            "targets": [asdict(target) for target in targets],
            "witnesses": [asdict(target) for target in witnesses],
            "notes": self.notes,
            "troubles": self.troubles,
            "missing": self.missing,
            "settings": self.settings.stated(),
        }

    def _refuse_unknown_names(self, source: str) -> None:
        facts = self.layout.facts
        columns = {*facts.texts, *(column.name for column in facts.columns)}
        for key in ("targets", "features", "ignore"):
            for name in getattr(self.settings, key):
                if name not in columns:
                    raise PanelError(f"{source} must have each column of its settings, and lacks {key}.{name}: fix it")

    def _targets(self, spacing: Spacing) -> list[Target]:
        found = []
        patterns = (*TARGETS, *self.settings.targets) if self.patterns is None else self.patterns
        columns = [*self.texts, *self.columns]
        for pattern in patterns if self.patterns else ():
            if not any(matches(name, [pattern]) for name in columns):
                ignored = [name for name in self.settings.ignore if matches(name, [pattern])]
                found_none = (
                    f"only ignored ones are called so: {shown_names(ignored, SHOWN)}"
                    if ignored
                    else "no column is called so"
                )
                self.troubles.append(f"target {pattern} is asked for, and {found_none}")
        for name in self.texts:
            if matches(name, patterns):
                self.troubles.append(f"target {name} is left out: it holds {self.texts[name]}, not numbers")
        for name in self.columns:
            if not matches(name, patterns) or name in self.settings.features:
                continue
            target = self._target(name, spacing)
            if spacing.horizon(name) is None and self._stated(name).horizon is None:
                self.notes.append(
                    f"target {name} names no horizon: 1 timestamp assumed; set it with --horizon {name}=DURATION"
                )
            found.append(target)
        return found

    def _witnesses(self, spacing: Spacing) -> list[Target]:
        """Return the columns with usual target names that were not requested."""
        names = [
            name for name in self.columns if matches(name, TARGETS) and not matches(name, self.patterns or TARGETS)
        ]
        return [self._target(name, spacing) for name in names if name not in self.settings.features]

    def _stated(self, name: str) -> TargetSettings:
        return self.settings.targets.get(name, TargetSettings())

    def _target(self, name: str, spacing: Spacing) -> Target:
        self._note_infinite(name)
        stated = self._stated(name)
        horizon = spacing.horizon(name) if stated.horizon is None else _timestamps(stated.horizon, spacing)
        return Target(
            name,
            stated_task(name, self.layout.columns[name], stated.task, stated.classes),
            horizon or 1,
            0 if stated.embargo is None else _timestamps(stated.embargo, spacing),
            tuple(stated.classes or ()),
        )

    def _features(self) -> list[str]:
        target_patterns = (*TARGETS, *self.settings.targets, *(self.patterns or ()))
        for name, kind in self.texts.items():
            if not matches(name, target_patterns):
                self.troubles.append(f"feature {name} is left out: it holds {kind}, not numbers")
        found = []
        for name in self.columns:
            is_stated = name in self.settings.features
            if matches(name, target_patterns) and not is_stated:
                continue
            if DOUBTFUL.search(name) and not is_stated:
                self.troubles.append(
                    f"column {name} is left out: is it a target, as its name says? Answer with --target {name}, "
                    f"--feature {name} or --ignore {name}"
                )
                continue
            self._note_infinite(name)
            if self.columns[name].values:
                found.append(name)
            else:
                self.troubles.append(f"feature {name} is left out: it has no value at all")
        advice = "add the column to their files, or leave it out with --ignore"
        lacking = {name: self.columns[name].lacking for name in found}
        self.notes += [f"{note}; {advice}" for note in lacking_notes(lacking)]
        return found

    def _note_infinite(self, name: str) -> None:
        infinite = self.columns[name].infinite
        if infinite:
            self.notes.append(f"{name}: {infinite} infinite values are taken for none")


def _timestamps(timespan: str | int, spacing: Spacing) -> int:
    """Return a stated horizon or embargo in timestamps."""
    if isinstance(timespan, int):
        return timespan
    ((number, unit),) = DURATION.findall(timespan)
    return spacing.timestamps(int(number), unit)
