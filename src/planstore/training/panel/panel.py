"""Panel: checked and sorted features and targets of symbols over time, of which samples are copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import orjson

from planstore.checks.arguments import checked
from planstore.checks.whole_files import whole_file
from planstore.errors import NotFoundError
from planstore.events.hashing import digest_of
from planstore.pages.answers import Answer, plural
from planstore.training.panel.feature_rows import FeatureRows
from planstore.training.panel.frames import FRAME, PanelSource, written_frame
from planstore.training.panel.layout import Layout
from planstore.training.panel.places import LocalPanel, panel_place
from planstore.training.panel.reading import read_panel
from planstore.training.panel.settings import PanelSettings, PanelSettingsSource, read_settings
from planstore.training.panel.target import Target

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True)
class Sample:
    """Labelled rows of one target, sorted by timestamp and symbol.

    Attributes:
        timestamps: datetime64[us], UTC.
        symbols: one text per row.
        source: the features of these rows, which are copied when they are taken.
        labels: doubles, never NaN; classes are numbered from 0 in the order of their values over the whole panel, or as
            the panel's settings state.
        classes: those values; empty for a regression.
        places: number of each row's timestamp among all timestamps of the panel, with or without labels.
    """

    timestamps: np.ndarray
    symbols: np.ndarray
    source: FeatureRows
    labels: np.ndarray
    classes: np.ndarray
    places: np.ndarray

    @property
    def features(self) -> pd.DataFrame:
        """A copy of all features: NaN where there is no value; float32 where that has all values, else doubles."""
        import numpy as np

        return self.source.frame(np.arange(len(self.labels)))


@dataclass(frozen=True)
class PanelOrigin:
    """Origin of a panel that other machines can read too, with the arguments of `Panel.read`."""

    address: str
    symbols: tuple[str, ...] | None
    targets: tuple[str, ...] | None
    settings: PanelSettings

    def read(self) -> Panel:
        """Read the panel again.

        Raises:
            PanelError: it cannot be read.
        """
        return Panel.read(self.address, symbols=self.symbols, targets=self.targets, settings=self.settings)


class Panel(Answer):
    """Features and targets of symbols over time; `read` checks a panel, `save` and `open` pass it to worker processes.

    Its rows are on the disk, laid out once by symbol and column, and shared by all processes that read the same files.

    Attributes:
        symbols: symbols with rows, sorted.
        features: names of the feature columns.
        targets: the requested target columns.
        witnesses: targets that were not requested; they serve only to detect features with future information.
        notes: corrections and peculiarities of the panel.
        troubles: excluded columns and symbols, with the reason.
        missing: symbols that were requested or have a file, but have no usable rows, with the reason.
        settings: stated settings of targets and columns.
        layout: the rows.
        origin: where other machines can read it; None where they may not be able to.
    """

    def __init__(self, layout: Layout, description: dict[str, Any], origin: PanelOrigin | None = None) -> None:
        self.symbols: list[str] = description["symbols"]
        self.features: list[str] = description["features"]
        self.targets = [_target(target) for target in description["targets"]]
        self.witnesses = [_target(target) for target in description["witnesses"]]
        self.settings: dict[str, Any] = description["settings"]
        self.notes: list[str] = description["notes"]
        self.troubles: list[str] = description["troubles"]
        self.missing: dict[str, str] = description["missing"]
        self.origin = origin
        self.layout = layout
        self._description = description
        self._classes: dict[str, np.ndarray] = {}

    @classmethod
    @checked
    def read(
        cls,
        source: PanelSource,
        *,
        symbols: Sequence[str] | None = None,
        targets: Sequence[str] | None = None,
        settings: PanelSettingsSource | None = None,
    ) -> Panel:
        """Read and check a panel: a folder (one file per symbol, or hive folders), one long file, or a long frame.

        Files are parquet or CSV, on this machine or in object storage, then with the credentials of AWS's own places; a
        frame is one of pandas or Polars, or an Arrow table.

        A fault of one symbol or column excludes only that one, with its reason in `missing` or `troubles`.

        Args:
            source: the folder or file, or the address ``s3://BUCKET/PREFIX`` of either; or the frame.
            symbols: symbols to read; None means all.
            targets: names or patterns of targets, such as ``y_*``; None means `TARGETS`. A column that is named is a
                target whatever the file of the panel says of it.
            settings: horizon, embargo, task and classes of targets, and doubtful columns: a mapping, such as
                ``{"targets": {"y_regime": {"horizon": "1h"}}, "ignore": ["y_old"]}``, which comes before the file
                beside the panel; or the path of a file instead of that one.

        Raises:
            PanelError: the panel cannot be read, no target or no feature remains, or settings contradict each other.
        """
        if isinstance(source, str | Path):
            place = panel_place(source)
            stated = read_settings(place, settings, targets)
            use, description = read_panel(place, str(place), symbols, targets, stated)
            origin = None
            if place.address is not None:
                named, wanted = (None if names is None else tuple(names) for names in (symbols, targets))
                origin = PanelOrigin(place.address, named, wanted, stated)
        else:
            with TemporaryDirectory(prefix="planstore-") as folder:
                place = LocalPanel(written_frame(source, Path(folder)), FRAME)
                stated = read_settings(place, settings, targets)
                use, description = read_panel(place, FRAME, symbols, targets, stated)
            origin = None
        panel = cls(Layout.open(use.folder), description, origin)
        use.release_with(panel)
        return panel

    @classmethod
    def open(cls, path: Path) -> Panel:
        """Return the panel in a file written by `save`; its columns stay on the disk."""
        saved = orjson.loads(path.read_bytes())
        return cls(Layout.open(Path(saved["layout"])), saved["description"])

    def save(self, path: Path) -> None:
        """Write a file by which other processes of this machine open the panel, while this one has it.

        Raises:
            ExportError: the file cannot be written.
        """
        with whole_file(path) as unfinished:
            unfinished.write_bytes(orjson.dumps({"layout": str(self.layout.folder), "description": self._description}))

    def held(self) -> Panel:
        """Return the panel with its columns as arrays, which an object store passes to other machines."""
        return Panel(self.layout.held([*self.features, *self._labels]), self._description)

    @cached_property
    def digest(self) -> str:
        """Digest of the rows and the description, whatever the files they were read from."""
        description = orjson.dumps(self._description, option=orjson.OPT_SORT_KEYS)
        return digest_of(self.layout.digest([*self.features, *self._labels]).encode() + description)

    @property
    def fitted_bytes(self) -> int:
        """Bytes of the features of all rows, which a cross-sectional model is fitted on."""
        return len(self.layout.times) * len(self.features) * self.layout.dtype(self.features).itemsize

    @property
    def first_timestamp(self) -> datetime:
        """Earliest timestamp of all symbols, UTC."""
        return _moment(self.layout.times[self.layout.order[0]])

    def __str__(self) -> str:
        witnesses = f", {plural(len(self.witnesses), 'other target')}" if self.witnesses else ""
        notes = "".join(f"\n  {note}" for note in (*self.notes, *self.troubles))
        return (
            f"Panel of {plural(self.layout.facts.rows, 'row')}: {plural(len(self.symbols), 'symbol')}, "
            f"{plural(len(self.features), 'feature')}, {plural(len(self.targets), 'target')}{witnesses}; "
            f"from {self.first_timestamp:%Y-%m-%d %H:%M} to {self.last_timestamp:%Y-%m-%d %H:%M} UTC{notes}"
        )

    @property
    def last_timestamp(self) -> datetime:
        """Latest timestamp of all symbols, UTC."""
        return _moment(self.layout.times[self.layout.order[-1]])

    def target(self, name: str) -> Target:
        """Return the target or witness with this name.

        Raises:
            NotFoundError: the panel has no such target.
        """
        for target in (*self.targets, *self.witnesses):
            if target.name == name:
                return target
        raise NotFoundError(
            f"the panel has no target {name}; it has {', '.join(target.name for target in self.targets)}"
        )

    def sample(
        self, target: str, *, symbols: Sequence[str] | None = None, features: Sequence[str] | None = None
    ) -> Sample:
        """Return the labelled rows of a target.

        Args:
            target: name of the target.
            symbols: symbols of the rows; None means all.
            features: features in order; None means all.

        Raises:
            NotFoundError: the panel has no such target or feature.
        """
        import numpy as np

        requested = self.target(target)
        names = self.features if features is None else list(features)
        lacking = [name for name in names if name not in self.features]
        if lacking:
            raise NotFoundError(f"the panel has no feature {', '.join(lacking)}")
        labels = self.layout.columns[target]
        rows = self.layout.rows(symbols)
        rows = rows[~np.isnan(labels[rows])]
        found = np.asarray(labels[rows], dtype=float)
        classes = self._classes_of(requested)
        if requested.is_classification:
            order = np.argsort(classes)
            found = order[np.searchsorted(classes, found, sorter=order).clip(max=len(classes) - 1)].astype(float)
        times = self.layout.times[rows]
        return Sample(
            times.view("M8[us]"),
            np.array(list(self.layout.facts.symbols), dtype=object)[self.layout.codes(rows)],
            FeatureRows(self.layout, tuple(names), rows),
            found,
            classes,
            np.searchsorted(self.layout.moments, times),
        )

    @property
    def _labels(self) -> list[str]:
        """Names of all columns of labels."""
        return [target.name for target in (*self.targets, *self.witnesses)]

    def _classes_of(self, target: Target) -> np.ndarray:
        """Return the values of a target's classes over all rows, in their order; empty for a regression."""
        import numpy as np

        if not target.is_classification or target.classes:
            return np.array(target.classes)
        if target.name not in self._classes:
            labels = self.layout.columns[target.name]
            self._classes[target.name] = np.unique(labels[~np.isnan(labels)]).astype(float)
        return self._classes[target.name]


def _moment(microseconds: np.int64) -> datetime:
    return datetime.fromisoformat(str(microseconds.view("M8[us]"))).replace(tzinfo=UTC)


def _target(described: dict[str, Any]) -> Target:
    return Target(**described | {"classes": tuple(described["classes"])})
