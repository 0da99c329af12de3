"""Rows of a panel that came after what evidence and model have seen, and the scores of predictions for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from planstore.errors import SampleError
from planstore.training.evidence.folds import label_ends
from planstore.training.evidence.nulls import Predicted, shift_null
from planstore.training.evidence.score import DIGITS, score

if TYPE_CHECKING:
    import numpy as np

    from planstore.training.panel.panel import Sample
    from planstore.training.panel.target import Target


def known_rows(sample: Sample, target: Target, until: datetime) -> np.ndarray:
    """Return the numbers of the rows whose labels were known at a time, so that a model could learn from them then."""
    import numpy as np

    moments, places = np.unique(sample.timestamps, return_inverse=True)
    last = int(np.searchsorted(moments, _moment(until), side="right")) - 1
    return np.flatnonzero(label_ends(places, sample.symbols, target.gap) <= last)


def later_rows(sample: Sample, target: Target, until: datetime, length: int | None) -> np.ndarray:
    """Return the numbers of the rows after a time whose labels overlap no label that was learned by then.

    The first ``target.gap`` timestamps after ``until``, of the panel and of each symbol, are left out, because the
    labels of the newest learned rows reach that far.

    Args:
        sample: labelled rows, sorted by timestamp and symbol.
        target: the target.
        until: the time.
        length: maximum number of timestamps; None means all.
    """
    import numpy as np

    moments, places = np.unique(sample.timestamps, return_inverse=True)
    first = int(np.searchsorted(moments, _moment(until), side="right"))
    end = len(moments) if length is None else min(len(moments), first + target.gap + length)
    codes = np.unique(sample.symbols, return_inverse=True)[1]
    later = places >= first
    order = np.lexsort((places, codes))
    counts = np.empty(len(places), dtype=np.int64)
    running = np.cumsum(later[order])
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    before: np.ndarray = np.repeat(running[starts] - later[order][starts], np.diff(np.append(starts, len(order))))
    counts[order] = running - before  # of each row, its number among its symbol's later rows
    return np.flatnonzero(later & (places >= first + target.gap) & (counts > target.gap) & (places < end))


@dataclass(frozen=True)
class Scored:
    """Predictions of some rows, to be scored.

    Attributes:
        sample: labelled rows.
        target: the target.
        rows: the numbers of the predicted rows, ascending.
        values: their predictions, as :func:`score` takes them.
    """

    sample: Sample
    target: Target
    rows: np.ndarray
    values: np.ndarray

    def of_symbol(self, symbol: str) -> Scored:
        """Return the predictions for one symbol."""
        inside = self.sample.symbols[self.rows] == symbol
        return Scored(self.sample, self.target, self.rows[inside], self.values[inside])

    def with_mean(self, other: Scored) -> Scored:
        """Return the mean with other predictions for the same rows."""
        return Scored(self.sample, self.target, self.rows, (self.values + other.values) / 2)

    def outcome(self) -> dict[str, Any]:
        """Return the scores and the stretch, as fields of an outcome.

        Raises:
            SampleError: the rows have no score, or are too few for a null.
        """
        import numpy as np

        sample, labels = self.sample, self.sample.labels[self.rows]
        if not len(labels):
            raise SampleError("no labelled row came after")
        found = score(self.target.task_type, labels, self.values)
        if found is None:
            raise SampleError("the labels that came after are the same, or too few of each class to be scored on")
        timestamps = sample.timestamps[self.rows]
        null = shift_null(
            self.target.task_type,
            timestamps,
            sample.symbols[self.rows],
            labels,
            [Predicted(np.arange(len(labels)), [self.values])],
            horizon=self.target.horizon,
        )
        if null is None:
            raise SampleError(f"{len(np.unique(timestamps))} timestamps came after, which are too few for a null")
        return {
            "metric_name": "auc" if self.target.is_classification else "r2",
            "score": float(f"{found:.{DIGITS}g}"),
            "null_score": null.score,
            "null_sd": null.sd,
            "p_value": null.p_value,
            "effective_samples": null.effective_samples,
            "sample_size": len(labels),
            "first_timestamp": _time(timestamps.min()),
            "last_timestamp": _time(timestamps.max()),
        }


def in_classes(sample: Sample, labels: Sequence[float]) -> Sample:
    """Return a sample whose classes are numbered as in ``labels``, those of a model; a regression stays as it is.

    Raises:
        SampleError: the sample has a class that the model does not know.
    """
    from dataclasses import replace

    import numpy as np

    if not len(sample.classes) or not labels:
        return sample
    known = {float(value): place for place, value in enumerate(labels)}
    unknown = [value for value in sample.classes.tolist() if value not in known]
    if unknown:
        raise SampleError(f"the panel has the class {unknown[0]:g}, which the model does not know")
    places = np.array([known[value] for value in sample.classes.tolist()], dtype=float)
    return replace(sample, labels=places[sample.labels.astype(int)], classes=np.array(labels, dtype=float))


def _moment(time: datetime) -> np.datetime64:
    import numpy as np

    return np.datetime64(time.astimezone(UTC).replace(tzinfo=None), "us")


def _time(moment: np.datetime64) -> datetime:
    return datetime.fromisoformat(str(moment)).replace(tzinfo=UTC)
