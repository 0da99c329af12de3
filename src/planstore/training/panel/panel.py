"""Panel: checked and sorted features and targets of symbols over time, with fast sampling."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from planstore.checks.arguments import checked
from planstore.errors import NotFoundError
from planstore.pages.answers import Answer, plural
from planstore.training.panel.reading import read_panel
from planstore.training.panel.target import Target

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Sample:
    """Labelled rows of one target, sorted by timestamp and symbol.

    Attributes:
        timestamps: datetime64[us], UTC.
        symbols: one text per row.
        features: doubles; NaN where there is no value.
        labels: doubles, never NaN; classes are numbered from 0 in the order of their values over the whole panel.
        classes: those values; empty for a regression.
    """

    timestamps: np.ndarray
    symbols: np.ndarray
    features: pd.DataFrame
    labels: np.ndarray
    classes: np.ndarray


class Panel(Answer):
    """Features and targets of symbols over time; `read` checks a panel, `save` and `open` pass it to worker processes.

    Attributes:
        symbols: symbols with rows, sorted.
        features: names of the feature columns.
        targets: the requested target columns.
        witnesses: targets that were not requested; they serve only to detect features with future information.
        notes: corrections and peculiarities of the panel.
        troubles: excluded columns and symbols, with the reason.
        missing: symbols that were requested or have a file, but have no usable rows, with the reason.
    """

    def __init__(self, table: pa.Table, description: dict[str, Any]) -> None:
        import numpy as np

        self.symbols: list[str] = description["symbols"]
        self.features: list[str] = description["features"]
        self.targets = [Target(**target) for target in description["targets"]]
        self.witnesses = [Target(**target) for target in description["witnesses"]]
        self.notes: list[str] = description["notes"]
        self.troubles: list[str] = description["troubles"]
        self.missing: dict[str, str] = description["missing"]
        self._description = description
        self._table = table
        self._timestamps = table["timestamp"].to_numpy()
        encoded = table["symbol"].combine_chunks().dictionary_encode()
        self._codes = encoded.indices.to_numpy()
        self._names = np.array(encoded.dictionary.to_pylist(), dtype=object)
        self._columns = {name: index for index, name in enumerate(self.features)}
        self._values = np.empty((table.num_rows, len(self.features)))
        for name, index in self._columns.items():
            self._values[:, index] = table[name].to_numpy()

    @classmethod
    @checked
    def read(
        cls, source: Path | str, *, symbols: Sequence[str] | None = None, targets: Sequence[str] | None = None
    ) -> Panel:
        """Read and check a panel: a folder (one file per symbol, or hive folders) or one long file; parquet or CSV.

        A fault of one symbol or column excludes only that one, with its reason in `missing` or `troubles`.

        Args:
            source: the folder or file.
            symbols: symbols to read; None means all.
            targets: names or patterns of targets, such as ``y_*``; None means `TARGETS`.

        Raises:
            PanelError: the panel cannot be read, or no target or no feature remains.
        """
        return cls(*read_panel(Path(source), symbols, targets))

    @classmethod
    def open(cls, source: Path | pa.NativeFile) -> Panel:
        """Return the panel in a file written by `save`."""
        import pyarrow.parquet as pq

        table = pq.read_table(source, partitioning=None)
        return cls(table, orjson.loads(table.schema.metadata[b"planstore"]))

    def save(self, path: Path) -> None:
        """Write the panel as one parquet file, atomically."""
        import pyarrow.parquet as pq

        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        table = self._table.replace_schema_metadata({"planstore": orjson.dumps(self._description)})
        pq.write_table(table, unfinished, compression="none", use_dictionary=["symbol"])
        unfinished.replace(path)

    @property
    def first_timestamp(self) -> datetime:
        """Earliest timestamp of all symbols, UTC."""
        return datetime.fromisoformat(str(self._timestamps[0])).replace(tzinfo=UTC)

    def __str__(self) -> str:
        witnesses = f", {plural(len(self.witnesses), 'other target')}" if self.witnesses else ""
        notes = "".join(f"\n  {note}" for note in (*self.notes, *self.troubles))
        return (
            f"Panel of {plural(self._table.num_rows, 'row')}: {plural(len(self.symbols), 'symbol')}, "
            f"{plural(len(self.features), 'feature')}, {plural(len(self.targets), 'target')}{witnesses}; "
            f"from {self.first_timestamp:%Y-%m-%d %H:%M} to {self.last_timestamp:%Y-%m-%d %H:%M} UTC{notes}"
        )

    @property
    def last_timestamp(self) -> datetime:
        """Latest timestamp of all symbols, UTC."""
        return datetime.fromisoformat(str(self._timestamps[-1])).replace(tzinfo=UTC)

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
        import pandas as pd

        requested = self.target(target)
        names = self.features if features is None else list(features)
        lacking = [name for name in names if name not in self._columns]
        if lacking:
            raise NotFoundError(f"the panel has no feature {', '.join(lacking)}")
        labels = self._table[target].to_numpy()
        selected = ~np.isnan(labels)
        if symbols is not None:
            selected &= np.isin(self._codes, np.flatnonzero(np.isin(self._names, list(symbols))))
        classes = np.unique(labels[~np.isnan(labels)]) if requested.is_classification else np.empty(0)
        if requested.is_classification:
            labels = np.searchsorted(classes, labels).astype(float)
        values = self._values[selected]
        if features is not None:
            values = values[:, [self._columns[name] for name in names]]
        return Sample(
            self._timestamps[selected],
            self._names[self._codes[selected]],
            pd.DataFrame(values, columns=names, copy=False),
            labels[selected],
            classes,
        )
