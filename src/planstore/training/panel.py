"""A panel: features and targets of symbols over time, checked, in order, and quick to take samples from."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from planstore.database import Session, memory
from planstore.errors import NotFoundError, PanelError
from planstore.training.horizons import Spacing
from planstore.training.panel_files import find_files, read_files

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

TARGETS = ("y_*", "fwd_ret_*", "target", "target_*", "label", "label_*")
"""Patterns of the names of targets. A column that matches one is never a feature, whichever targets are asked for."""
MOST_CLASSES = 10
"""A target of whole numbers with more different values than this is a regression."""


@dataclass(frozen=True)
class Target:
    """A label column.

    Attributes:
        name: of the column.
        task_type: BINARY_CLASSIFICATION (one or two whole numbers), MULTICLASS_CLASSIFICATION, or REGRESSION.
        horizon: how many timestamps of the panel the label looks ahead.
    """

    name: str
    task_type: str
    horizon: int

    @property
    def is_classification(self) -> bool:
        """Whether the label is a class."""
        return "CLASSIFICATION" in self.task_type


@dataclass(frozen=True)
class Sample:
    """The labelled rows of one target, by timestamp and symbol.

    Attributes:
        timestamps: datetime64[us], UTC.
        symbols: one text a row.
        features: doubles; NaN where there is no value.
        labels: doubles, never NaN; classes are numbered from 0 in the order of their values over the whole panel.
    """

    timestamps: np.ndarray
    symbols: np.ndarray
    features: pd.DataFrame
    labels: np.ndarray


class Panel:
    """Features and targets of symbols over time; `read` checks one, `save` and `open` pass it to worker processes.

    Attributes:
        symbols: those with rows, sorted.
        features: the columns to learn from.
        targets: the columns to predict.
        notes: what was done to the panel or is odd about it.
        troubles: what had to be left out, and why.
        missing: symbols that were asked for or have a file, but no rows that can be used, and why.
    """

    def __init__(self, table: pa.Table, description: dict[str, Any]) -> None:
        import numpy as np

        self.symbols: list[str] = description["symbols"]
        self.features: list[str] = description["features"]
        self.targets = [Target(**target) for target in description["targets"]]
        self.notes: list[str] = description["notes"]
        self.troubles: list[str] = description["troubles"]
        self.missing: dict[str, str] = description["missing"]
        self._table = table
        self._timestamps = table["timestamp"].to_numpy()
        self._places = table["symbol"].combine_chunks().dictionary_encode()
        self._codes = self._places.indices.to_numpy()
        self._names = np.array(self._places.dictionary.to_pylist(), dtype=object)
        self._columns = {name: place for place, name in enumerate(self.features)}
        self._values = np.empty((table.num_rows, len(self.features)))
        for name, place in self._columns.items():
            self._values[:, place] = table[name].to_numpy()

    @classmethod
    def read(
        cls, source: Path | str, *, symbols: Sequence[str] | None = None, targets: Sequence[str] | None = None
    ) -> Panel:
        """Read a folder (a file a symbol, hive folders) or one long file, parquet or CSV, and check it.

        What is wrong with one symbol or one column leaves it out, in `troubles` and `missing`, and the rest goes on.

        Args:
            source: the folder or file.
            symbols: the only ones to read; None for all.
            targets: names or patterns of targets, as ``y_*``; None for `TARGETS`.

        Raises:
            PanelError: the panel cannot be read, or nothing is left of it.
        """
        session = memory()
        try:
            rows = read_files(session, find_files(Path(source)), None if symbols is None else set(symbols))
            return _Reading(session, rows.table, rows.texts, dict(rows.missing), targets).panel(str(source))
        finally:
            session.close()

    @classmethod
    def open(cls, path: Path) -> Panel:
        """Return the panel that `save` wrote to ``path``."""
        import pyarrow.parquet as pq

        table = pq.read_table(path, partitioning=None)
        return cls(table, orjson.loads(table.schema.metadata[b"planstore"]))

    def save(self, path: Path) -> None:
        """Write the panel as one parquet file; a reader sees the whole file or none."""
        import pyarrow.parquet as pq

        description = {
            "symbols": self.symbols,
            "features": self.features,
            "targets": [asdict(target) for target in self.targets],
            "notes": self.notes,
            "troubles": self.troubles,
            "missing": self.missing,
        }
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        table = self._table.replace_schema_metadata({"planstore": orjson.dumps(description)})
        pq.write_table(table, unfinished, compression="none", use_dictionary=["symbol"])
        unfinished.replace(path)

    def target(self, name: str) -> Target:
        """Return a target by its name.

        Raises:
            NotFoundError: the panel has no such target.
        """
        for target in self.targets:
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
            target: its name.
            symbols: whose rows; None for all.
            features: which, and in which order; None for all.

        Raises:
            NotFoundError: the panel has no such target, or lacks a feature.
        """
        import numpy as np
        import pandas as pd

        asked = self.target(target)
        names = self.features if features is None else list(features)
        lacking = [name for name in names if name not in self._columns]
        if lacking:
            raise NotFoundError(f"the panel has no feature {', '.join(lacking)}")
        labels = self._table[target].to_numpy()
        known = ~np.isnan(labels)
        if symbols is not None:
            known &= np.isin(self._codes, np.flatnonzero(np.isin(self._names, list(symbols))))
        if asked.is_classification:
            labels = np.searchsorted(np.unique(labels[~np.isnan(labels)]), labels).astype(float)
        values = self._values[known]
        if features is not None:
            values = values[:, [self._columns[name] for name in names]]
        return Sample(
            self._timestamps[known],
            self._names[self._codes[known]],
            pd.DataFrame(values, columns=names, copy=False),
            labels[known],
        )


@dataclass
class _Reading:
    """A panel on its way in: the rows of its files become columns that are known and rows in order."""

    session: Session
    table: pa.Table
    texts: dict[str, str]
    missing: dict[str, str]
    patterns: Sequence[str] | None

    def __post_init__(self) -> None:
        self.notes: list[str] = []
        self.troubles: list[str] = []

    def panel(self, source: str) -> Panel:
        """Return the panel.

        Raises:
            PanelError: nothing is left of it.
        """
        self._drop_repeated()
        if self.table.num_rows == 0:
            raise PanelError(f"{source}: {'; '.join(f'{name}: {why}' for name, why in self.missing.items())}")
        with self.session.given("panel_source", self.table.select(["timestamp", "symbol", "row"])):
            self._say_order_and_gaps()
            minutes, per_day = self.session.rows("panel/spacing")[0]
        self.table = self.table.sort_by([("timestamp", "ascending"), ("symbol", "ascending")]).drop_columns(["row"])
        self.troubles += [f"symbol {name} is left out: {why}" for name, why in self.missing.items()]
        targets = self._targets(Spacing(minutes, per_day))
        features = self._features()
        if not targets:
            raise PanelError(
                f"{source} has no target: no column of numbers is called {' or '.join(self.patterns or TARGETS)}"
            )
        if not features:
            raise PanelError(f"{source} has no feature: no column of numbers beside timestamp, symbol and targets")
        description = {
            "symbols": sorted(self.table["symbol"].unique().to_pylist()),
            "features": features,
            "targets": [asdict(target) for target in targets],
            "notes": self.notes,
            "troubles": self.troubles,
            "missing": self.missing,
        }
        names = ["timestamp", "symbol", *features, *(target.name for target in targets)]
        return Panel(self.table.select(names), description)

    def _drop_repeated(self) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        with self.session.given("panel_source", self.table.select(["timestamp", "symbol", "row"])):
            repeated = self.session.rows("panel/repeated")
        for symbol, too_many, first in repeated:
            self.missing[symbol] = (
                f"{too_many} of its rows repeat a timestamp, the first {first}; a timestamp has one row"
            )
        if repeated:
            names = pa.array([symbol for symbol, *_ in repeated], pa.string())
            self.table = self.table.filter(pc.invert(pc.is_in(self.table["symbol"], names)))

    def _say_order_and_gaps(self) -> None:
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
        patterns = TARGETS if self.patterns is None else self.patterns
        for name in self.texts:
            if _matches(name, patterns):
                self.troubles.append(f"target {name} is left out: it holds {self.texts[name]}, not numbers")
        for name in self._numbers():
            if not _matches(name, patterns):
                continue
            horizon = spacing.horizon(name)
            if horizon is None:
                self.notes.append(f"target {name} names no horizon: taken to look one timestamp ahead")
            found.append(Target(name, self._task_type(name), horizon or 1))
        return found

    def _task_type(self, name: str) -> str:
        import numpy as np

        self._finite(name)
        values = self.table[name].to_numpy()
        values = np.unique(values[~np.isnan(values)])
        if not len(values) or len(values) > MOST_CLASSES or (values != np.round(values)).any():
            return "REGRESSION"
        return "BINARY_CLASSIFICATION" if len(values) <= 2 else "MULTICLASS_CLASSIFICATION"

    def _features(self) -> list[str]:
        kept = (*TARGETS, *(self.patterns or ()))
        for name, kind in self.texts.items():
            if not _matches(name, kept):
                self.troubles.append(f"feature {name} is left out: it holds {kind}, not numbers")
        found = []
        for name in self._numbers():
            if _matches(name, kept):
                continue
            self._finite(name)
            if self.table[name].null_count == self.table.num_rows:
                self.troubles.append(f"feature {name} is left out: it has no value at all")
            else:
                found.append(name)
        return found

    def _finite(self, name: str) -> None:
        """Take infinite values of a column for none, and say so; NaN is none already."""
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


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _list(names: Sequence[str], most: int = 10) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
