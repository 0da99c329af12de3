"""A panel: features and targets of symbols over time, checked, in order, and quick to take samples from."""

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
from planstore.training.panel.reading import read_panel
from planstore.training.panel.target import Target

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa


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
        witnesses: targets that were not asked for; they tell only which features know the future.
        notes: what was done to the panel or is odd about it.
        troubles: what had to be left out, and why.
        missing: symbols that were asked for or have a file, but no rows that can be used, and why.
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
        places = table["symbol"].combine_chunks().dictionary_encode()
        self._codes = places.indices.to_numpy()
        self._names = np.array(places.dictionary.to_pylist(), dtype=object)
        self._columns = {name: place for place, name in enumerate(self.features)}
        self._values = np.empty((table.num_rows, len(self.features)))
        for name, place in self._columns.items():
            self._values[:, place] = table[name].to_numpy()

    @classmethod
    @checked
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
        return cls(*read_panel(Path(source), symbols, targets))

    @classmethod
    def open(cls, source: Path | pa.NativeFile) -> Panel:
        """Return the panel in a file that `save` wrote."""
        import pyarrow.parquet as pq

        table = pq.read_table(source, partitioning=None)
        return cls(table, orjson.loads(table.schema.metadata[b"planstore"]))

    def save(self, path: Path) -> None:
        """Write the panel as one parquet file; a reader sees the whole file or none."""
        import pyarrow.parquet as pq

        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        table = self._table.replace_schema_metadata({"planstore": orjson.dumps(self._description)})
        pq.write_table(table, unfinished, compression="none", use_dictionary=["symbol"])
        unfinished.replace(path)

    @property
    def last_timestamp(self) -> datetime:
        """The last timestamp of any symbol, UTC."""
        return datetime.fromisoformat(str(self._timestamps[-1])).replace(tzinfo=UTC)

    def target(self, name: str) -> Target:
        """Return a target, or a witness, by its name.

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
