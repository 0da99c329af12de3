"""Panel reader: checks, describes and sorts the rows of a panel's files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from planstore.database.session import Session
from planstore.errors import PanelError
from planstore.training.panel.files import read_files
from planstore.training.panel.horizons import Spacing
from planstore.training.panel.places import PanelPlace, reading
from planstore.training.panel.settings import DURATION, PanelSettings, TargetSettings
from planstore.training.panel.target import DOUBTFUL, TARGETS, Target, matches, stated_task

if TYPE_CHECKING:
    import pyarrow as pa


def read_panel(
    source: PanelPlace,
    where: str,
    symbols: Sequence[str] | None,
    targets: Sequence[str] | None,
    settings: PanelSettings,
) -> tuple[pa.Table, dict[str, Any]]:
    """Return the rows of a panel, sorted by timestamp and symbol, and the description for `Panel`.

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
        rows = read_files(session, files, None if symbols is None else set(symbols))
        return _PanelReader(session, rows.table, rows.texts, dict(rows.missing), targets, settings).read(where)


@dataclass
class _PanelReader:
    """Reader that turns the rows of files into the sorted rows and the description of a panel."""

    session: Session
    table: pa.Table
    texts: dict[str, str]
    missing: dict[str, str]
    patterns: Sequence[str] | None
    settings: PanelSettings

    def __post_init__(self) -> None:
        self.notes: list[str] = []
        self.troubles: list[str] = []

    def read(self, source: str) -> tuple[pa.Table, dict[str, Any]]:
        """Return the panel's sorted rows and its description.

        Raises:
            PanelError: no row, no target or no feature remains.
        """
        self._refuse_unknown_names(source)
        self._drop_ignored()
        self._drop_symbols_with_duplicates()
        if self.table.num_rows == 0:
            raise PanelError(f"{source}: {'; '.join(f'{name}: {reason}' for name, reason in self.missing.items())}")
        with self.session.registered("panel_source", self._keys()):
            self._note_order_and_gaps()
            minutes, per_day = self.session.rows("panel/spacing")[0]
        self.table = self.table.sort_by([("timestamp", "ascending"), ("symbol", "ascending")])
        self.troubles += [f"symbol {name} is left out: {reason}" for name, reason in self.missing.items()]
        spacing = Spacing(minutes, per_day)
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
        description = {
            "symbols": sorted(self.table["symbol"].unique().to_pylist()),
            "features": features,
            "targets": [asdict(target) for target in targets],
            "witnesses": [asdict(target) for target in witnesses],
            "notes": self.notes,
            "troubles": self.troubles,
            "missing": self.missing,
            "settings": self.settings.stated(),
        }
        names = ["timestamp", "symbol", *features, *(target.name for target in (*targets, *witnesses))]
        return self.table.select(names), description

    def _refuse_unknown_names(self, source: str) -> None:
        columns = {*self.texts, *self._numbers()}
        for key in ("targets", "features", "ignore"):
            for name in getattr(self.settings, key):
                if name not in columns:
                    raise PanelError(f"{source} must have each column of its settings, and lacks {key}.{name}: fix it")

    def _drop_ignored(self) -> None:
        ignored = set(self.settings.ignore)
        self.table = self.table.drop_columns([name for name in self._numbers() if name in ignored])
        self.texts = {name: kind for name, kind in self.texts.items() if name not in ignored}

    def _keys(self) -> pa.Table:
        """Return timestamp, symbol and row number in file order of every row."""
        import pyarrow as pa

        numbers = pa.array(range(self.table.num_rows), pa.int64())
        return self.table.select(["timestamp", "symbol"]).append_column("row", numbers)

    def _drop_symbols_with_duplicates(self) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        with self.session.registered("panel_source", self._keys()):
            repeated = self.session.rows("panel/repeated")
        for symbol, duplicates, first in repeated:
            self.missing[symbol] = (
                f"{duplicates} of its rows repeat a timestamp, the first {first}; a timestamp has one row"
            )
        if repeated:
            names = pa.array([symbol for symbol, *_ in repeated], pa.string())
            self.table = self.table.filter(pc.invert(pc.is_in(self.table["symbol"], names)))

    def _note_order_and_gaps(self) -> None:
        unordered = [symbol for (symbol,) in self.session.rows("panel/out_of_order")]
        if unordered:
            self.notes.append(f"sorted, because rows were not in order of time: {_list(unordered)}")
        gaps = self.session.rows("panel/gaps")
        lacking = [f"{symbol} ({missing})" for symbol, missing, _ in gaps if missing]
        if lacking:
            self.notes.append(f"timestamps that other symbols have are missing: {_list(lacking)}")
        pauses = [f"{symbol} ({days:.0f} days)" for symbol, _, days in gaps if days]
        if pauses:
            self.notes.append(f"long pauses: {_list(pauses)}")

    def _targets(self, spacing: Spacing) -> list[Target]:
        found = []
        patterns = (*TARGETS, *self.settings.targets) if self.patterns is None else self.patterns
        columns = [*self.texts, *self._numbers()]
        for pattern in patterns if self.patterns else ():
            if not any(matches(name, [pattern]) for name in columns):
                self.troubles.append(f"target {pattern} is asked for, and no column is called so")
        for name in self.texts:
            if matches(name, patterns):
                self.troubles.append(f"target {name} is left out: it holds {self.texts[name]}, not numbers")
        for name in self._numbers():
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
            name for name in self._numbers() if matches(name, TARGETS) and not matches(name, self.patterns or TARGETS)
        ]
        return [self._target(name, spacing) for name in names if name not in self.settings.features]

    def _stated(self, name: str) -> TargetSettings:
        return self.settings.targets.get(name, TargetSettings())

    def _target(self, name: str, spacing: Spacing) -> Target:
        self._drop_infinite(name)
        stated = self._stated(name)
        horizon = spacing.horizon(name) if stated.horizon is None else _timestamps(stated.horizon, spacing)
        return Target(
            name,
            stated_task(name, self.table[name].to_numpy(), stated.task, stated.classes),
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
        for name in self._numbers():
            is_stated = name in self.settings.features
            if matches(name, target_patterns) and not is_stated:
                continue
            if DOUBTFUL.search(name) and not is_stated:
                self.troubles.append(
                    f"column {name} is left out: is it a target, as its name says? Answer with --target {name}, "
                    f"--feature {name} or --ignore {name}"
                )
                continue
            self._drop_infinite(name)
            if self.table[name].null_count == self.table.num_rows:
                self.troubles.append(f"feature {name} is left out: it has no value at all")
            else:
                found.append(name)
        return found

    def _drop_infinite(self, name: str) -> None:
        """Replace infinite values and NaN of a column by null; note the infinite ones."""
        import numpy as np
        import pyarrow as pa

        values = self.table[name].to_numpy()
        infinite = np.isinf(values)
        if infinite.any():
            self.notes.append(f"{name}: {infinite.sum()} infinite values are taken for none")
        cleaned = pa.array(np.where(infinite, np.nan, values), from_pandas=True)
        self.table = self.table.set_column(self.table.column_names.index(name), name, cleaned)

    def _numbers(self) -> list[str]:
        return [name for name in self.table.column_names if name not in ("timestamp", "symbol")]


def _timestamps(timespan: str | int, spacing: Spacing) -> int:
    """Return a stated horizon or embargo in timestamps."""
    if isinstance(timespan, int):
        return timespan
    ((number, unit),) = DURATION.findall(timespan)
    return spacing.timestamps(int(number), unit)


def _list(names: Sequence[str], limit: int = 10) -> str:
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")
