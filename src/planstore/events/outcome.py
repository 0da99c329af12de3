"""An outcome of evidence, as an event."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from numbers import Real
from typing import Any

from planstore.checks.quoting import quoted
from planstore.errors import RequestError
from planstore.events import fields
from planstore.events.commit import utc_text
from planstore.events.status import JOB_ID
from planstore.events.vocabulary import OutcomeMode

_AUC, _R2 = "auc", "r2"
_WORDS = {_AUC: {"auc", "rocauc", "aucroc", "auroc", "rocaucscore"}, _R2: {"r2", "r2score", "rsquared"}}
_RANGES = {_AUC: (0.0, 1.0), _R2: (-math.inf, 1.0)}


def metric_word(name: str) -> str:
    """Return the word of a metric without what its spellings differ in: ``auc`` of ``ROC-AUC``, ``r2`` of ``R²``."""
    plain = re.sub(r"\W|_", "", name.lower().replace("²", "2"))
    return next((word for word, spellings in _WORDS.items() if plain in spellings), plain)


@dataclass(frozen=True)
class Outcome:
    """The score that came true of what the evidence of a run promised, on rows that came after.

    Target, symbol, mode, stretch, job and model identify it within its run.

    Attributes:
        target: the target.
        symbol: the symbol of the scored rows; None means all symbols.
        mode: the scored model, one of ``OutcomeMode``; only a cross-sectional one has rows of all symbols.
        metric_name: the metric of the score, as ``auc`` or ``r2``; a greater one is better.
        score: the score.
        sample_size: number of scored rows.
        first_timestamp, last_timestamp: the stretch of those rows.
        learned_until: the newest data that evidence and model had seen, before the stretch; None is not recorded.
        null_score: mean score of the same predictions on time-shifted labels.
        null_sd: standard deviation of such scores.
        p_value: probability that chance scores as high.
        effective_samples: number of independent timestamps.
        job_id: the job of the model; None where no job trained it.
        model: digest of the model, or of its description.

    Raises:
        RequestError: a field is invalid.
    """

    target: str
    symbol: str | None
    mode: str
    metric_name: str
    score: float
    sample_size: int
    first_timestamp: datetime
    last_timestamp: datetime
    learned_until: datetime | None = None
    null_score: float | None = None
    null_sd: float | None = None
    p_value: float | None = None
    effective_samples: float | None = None
    job_id: str | None = None
    model: str | None = None

    def __post_init__(self) -> None:
        metric = fields.name("metric_name", self.metric_name)
        low, high = _RANGES.get(metric_word(metric), (-math.inf, math.inf))
        score = _number("score", self.score, low, high)
        if score is None:
            raise RequestError("score must be a number, got nothing: leave the row out")
        fields.keep(
            self,
            target=fields.name("target", self.target),
            symbol=fields.optional_name("symbol", self.symbol),
            mode=fields.one_of("mode", self.mode, tuple(OutcomeMode)),
            metric_name=metric,
            score=score,
            sample_size=fields.whole_number("sample_size", self.sample_size, least=1, most=2**62),
            first_timestamp=fields.moment("first_timestamp", self.first_timestamp),
            last_timestamp=fields.moment("last_timestamp", self.last_timestamp),
            learned_until=fields.optional_moment("learned_until", self.learned_until),
            null_score=_number("null_score", self.null_score, low, high),
            null_sd=_number("null_sd", self.null_sd, 0.0, math.inf),
            p_value=_number("p_value", self.p_value, 0.0, 1.0),
            effective_samples=_number("effective_samples", self.effective_samples, 0.0, math.inf),
            job_id=fields.optional_name("job_id", self.job_id, most=JOB_ID),
            model=None if self.model is None else fields.digest("model", self.model),
        )
        if self.symbol is None and self.mode != OutcomeMode.CROSS_SECTIONAL:
            raise RequestError(f"symbol must be given where mode is {self.mode}, got none: name the symbol")
        if self.last_timestamp < self.first_timestamp:
            raise RequestError(
                f"last_timestamp must be {utc_text(self.first_timestamp)} (first_timestamp) or later, "
                f"got {utc_text(self.last_timestamp)}"
            )
        if self.learned_until is not None and self.first_timestamp <= self.learned_until:
            raise RequestError(
                f"first_timestamp must be later than {utc_text(self.learned_until)}, the newest data that evidence and "
                f"model have seen, got {utc_text(self.first_timestamp)}: leave out the rows until then"
            )

    @property
    def key(self) -> tuple[Any, ...]:
        """The fields that identify the outcome within its run."""
        stretch = (self.first_timestamp, self.last_timestamp)
        return (self.target, self.symbol, self.mode, *stretch, self.job_id, self.model)

    @property
    def name(self) -> str:
        """The side and stretch in messages."""
        rows = "all symbols" if self.symbol is None else self.symbol
        return (
            f"{self.target} on {rows} ({self.mode}, {self.first_timestamp:%Y-%m-%d} to {self.last_timestamp:%Y-%m-%d})"
        )

    def as_row(self) -> Mapping[str, Any]:
        """Return the columns of the table after ``run_id``."""
        return asdict(self)


def _number(what: str, value: Any, least: float, most: float) -> float | None:
    if value is None:
        return None
    is_number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if is_number and least <= float(value) <= most:
        return float(value) + 0.0  # because -0.0 and 0.0 are equal, and only one of them is recorded
    bounds = f"from {least:g} to {most:g}" if math.isfinite(most) else f"{least:g} or more"
    rule = "finite" if math.isinf(least) and math.isinf(most) else bounds.replace("from -inf to", "at most")
    raise RequestError(f"{what} must be a number {rule}, got {quoted(value)}")
