"""Predictions of a plan's models on the rows of a panel, streamed into a parquet file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planstore.checks.quoting import shown_names
from planstore.checks.times import utc
from planstore.checks.whole_files import check_file_path, whole_file
from planstore.errors import PanelError, RequestError
from planstore.ledger.embedded.store_folder import refuse_store
from planstore.models.frame import features_of
from planstore.models.loading import Blend
from planstore.training.panel.files import stream_files
from planstore.training.panel.places import PanelPlace, panel_place, reading
from planstore.training.panel.settings import PanelSettingsSource, read_settings
from planstore.training.prediction.outcome import PanelPredictions
from planstore.training.prediction.predicted_keys import PredictedKeys
from planstore.training.prediction.serving import ServingModels

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa


CHUNK_CELLS = 8_000_000
"""About the number of values of a panel in memory at once."""
GROUP_ROWS = 131_072
"""Minimum number of predictions in a row group of the file, but for the last one."""


@dataclass(frozen=True)
class PredictionFiles:
    """A panel to predict and the file of its predictions, as :meth:`Store.predict <planstore.Store.predict>` has them.

    Attributes:
        panel: the panel's place.
        ignored: columns of the panel that are not read.
        out: the file.
    """

    panel: PanelPlace
    ignored: Sequence[str]
    out: Path

    @classmethod
    def checked(cls, panel: Path | str, out: Path, settings: PanelSettingsSource | None) -> PredictionFiles:
        """Return the files, before a model is read.

        Raises:
            PanelError: the settings of the panel are invalid.
            RequestError: the predictions cannot be written there.
        """
        place = panel_place(panel)
        _refuse_place(panel, out)
        return cls(place, read_settings(place, settings).ignore, out)


def predict_panel(
    files: PredictionFiles, serving: ServingModels, after: datetime | None, progress: Callable[[int], None]
) -> PanelPredictions:
    """Predict the rows of a panel with the models of a plan, as :meth:`Store.predict <planstore.Store.predict>` says.

    Raises:
        PanelError: the panel cannot be read, lacks features, has a row twice, or has no row that the plan predicts.
        ExportError: the file cannot be written.
    """
    found = PanelPredictions(serving.plan_id, str(files.out))
    later = None if after is None else utc(after)
    with (
        reading(files.panel) as (session, panel_files),
        PredictedKeys() as keys,
        whole_file(files.out) as unfinished,
        _Writer(unfinished) as writer,
    ):
        run = PanelPrediction(serving, found, keys, str(files.panel), later)
        for file, chunk in stream_files(session, panel_files, CHUNK_CELLS):
            used = chunk.drop_columns([one for one in files.ignored if one in chunk.column_names])
            for table in run.predict(used, file.name):
                writer.write(table)
            progress(found.rows)
        run.finish()
    return found


def _refuse_place(panel: Path | str, path: Path) -> None:
    refuse_store("the file of predictions", path)
    check_file_path("out", path, ".parquet")
    place = path.resolve()
    if Path(panel).resolve() in (place, *place.parents):
        raise RequestError(f"out must be outside of the panel, got {path}: name another file")


class PanelPrediction:
    """Prediction of a panel in chunks.

    Args:
        serving: the models.
        found: the outcome, which is counted up.
        keys: receives the keys of the rows that are predicted.
        where: name of the panel, for errors.
        after: predict only rows later than this time; None means all.
    """

    def __init__(
        self,
        serving: ServingModels,
        found: PanelPredictions,
        keys: PredictedKeys,
        where: str,
        after: datetime | None,
    ) -> None:
        self._serving = serving
        self._found = found
        self._keys = keys
        self._where = where
        self._after = after
        self._symbols: set[str] = set()
        self._jobs: set[str] = set()
        self._later_rows = 0
        self._has_value: defaultdict[str, dict[str, bool]] = defaultdict(dict)

    def predict(self, chunk: pa.Table, file: str) -> Iterator[pa.Table]:
        """Yield the predictions for a chunk of rows of a file, a table for each job."""
        import pyarrow as pa
        import pyarrow.compute as pc

        self._found.rows += chunk.num_rows
        if self._after is not None:
            limit = pa.scalar(self._after.replace(tzinfo=None), pa.timestamp("us"))
            chunk = chunk.filter(pc.greater(chunk["timestamp"], limit))
        self._later_rows += chunk.num_rows
        if not chunk.num_rows:
            return
        rows = _RowsBySymbol(chunk)
        self._symbols |= {*rows.symbols}
        predicted: set[str] = set()
        known: tuple[tuple[str, ...], pd.DataFrame] | None = None
        for target in self._serving.jobs:
            for job_id, symbols in self._serving.jobs_of(target, rows.symbols).items():
                blend = self._serving.blend(job_id)
                if known is None or known[0] != blend.features:
                    known = (blend.features, features_of(chunk, blend.features, file))
                for symbol in symbols:
                    self._note_values(symbol, known[1], rows.of([symbol]))
                predicted |= {*symbols}
                yield self._table(target, job_id, blend, chunk, known[1], rows.of(symbols))
        if predicted:
            used = chunk.select(["timestamp", "symbol"]).take(pa.array(rows.of(list(predicted))))
            self._keys.add(used["timestamp"], used["symbol"], file)

    def _note_values(self, symbol: str, features: pd.DataFrame, positions: np.ndarray) -> None:
        """Note which features have a value in the rows of a symbol."""
        import numpy as np

        has_value = self._has_value[symbol]
        for place, name in enumerate(features.columns):
            if not has_value.get(name):
                has_value[name] = not np.isnan(features.to_numpy()[positions, place]).all()

    def _table(
        self, target: str, job_id: str, blend: Blend, chunk: pa.Table, features: pd.DataFrame, positions: np.ndarray
    ) -> pa.Table:
        import numpy as np
        import pyarrow as pa
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):  # because starting threads takes longer than most predictions
            values = blend.predict(features.iloc[positions])
        labels = blend.labels if blend.has_columns else blend.labels[1:2]
        keys = chunk.select(["timestamp", "symbol"]).take(pa.array(np.repeat(positions, values.shape[1])))
        number = keys.num_rows
        newest = blend.newest_data
        if newest is not None:
            learned = np.datetime64(newest.replace(tzinfo=None), "us")
            self._found.in_sample += int((keys["timestamp"].to_numpy() <= learned).sum())
        self._jobs.add(job_id)
        self._found.predictions += number
        self._found.targets[target] += number
        return pa.table(
            {
                "timestamp": keys["timestamp"].cast(pa.timestamp("us", "UTC")),
                "symbol": keys["symbol"],
                "target": pa.repeat(target, number),
                "class": pa.array(np.tile(labels, len(positions))) if labels else pa.nulls(number, pa.float64()),
                "prediction": pa.array(values.ravel()),
                "job": pa.repeat(job_id, number),
                "model": pa.repeat(blend.own.files.digest, number),
            }
        )

    def finish(self) -> None:
        """Complete the outcome.

        Raises:
            PanelError: a row is there twice, or the panel has no row that the plan predicts.
        """
        self._keys.refuse_repeated()
        found, serving = self._found, self._serving
        found.jobs = len(self._jobs)
        wanted = [by_symbol[name] for by_symbol in serving.jobs.values() for name in by_symbol if name in self._symbols]
        found.blocked = 0 if serving.everywhere else sum(job_id is None for job_id in wanted)
        found.untrained = sorted({one for one in wanted if one is not None and one not in serving.files})
        if serving.requested is None and not serving.everywhere:
            found.unknown_symbols = sorted(self._symbols - serving.symbols)
        lacking: defaultdict[str, list[str]] = defaultdict(list)
        for symbol, has_value in sorted(self._has_value.items()):
            for name in has_value:
                if not has_value[name]:
                    lacking[name].append(symbol)
        found.lacking = dict(lacking)
        if found.predictions:
            return
        if not found.rows:
            raise PanelError(f"{self._where} must have rows, got none: name a panel with new rows")
        if not self._later_rows:
            raise PanelError(
                f"{self._where} must have rows later than {self._after:%Y-%m-%d %H:%M:%S} UTC, got none: name an "
                "earlier time"
            )
        if self._symbols.isdisjoint(serving.requested or serving.symbols):
            planned = sorted(serving.requested or serving.symbols)
            raise PanelError(
                f"{self._where} must have a symbol that is predicted, such as {shown_names(planned)}, got "
                f"{shown_names(sorted(self._symbols))}: name another panel"
            )
        raise PanelError(
            f"{self._where} must have rows that a trained model predicts, got none: {'; '.join(found.notes)}; "
            "`planstore jobs` shows the jobs of the plan"
        )


class _RowsBySymbol:
    """Positions of a chunk's rows by symbol."""

    def __init__(self, chunk: pa.Table) -> None:
        import numpy as np

        encoded = chunk["symbol"].combine_chunks().dictionary_encode()
        self.symbols: list[str] = encoded.dictionary.to_pylist()
        codes = encoded.indices.to_numpy()
        order = np.argsort(codes, kind="stable")
        ends = np.flatnonzero(np.diff(codes[order])) + 1
        self._positions = dict(zip(self.symbols, np.split(order, ends), strict=True))

    def of(self, symbols: Sequence[str]) -> np.ndarray:
        """Return the positions of the rows of some symbols, in the order of the rows."""
        import numpy as np

        return np.sort(np.concatenate([self._positions[symbol] for symbol in symbols]))


class _Writer:
    """Writer of a parquet file in row groups of at least `GROUP_ROWS` rows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: list[pa.Table] = []
        self._writer: Any = None

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._write()
        if self._writer is not None:
            self._writer.close()

    def write(self, table: pa.Table) -> None:
        """Add rows."""
        self._waiting.append(table)
        if sum(one.num_rows for one in self._waiting) >= GROUP_ROWS:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._waiting:
            if self._writer is None:
                self._writer = pq.ParquetWriter(self._path, self._waiting[0].schema)
            self._writer.write_table(pa.concat_tables(self._waiting))
            self._waiting.clear()
