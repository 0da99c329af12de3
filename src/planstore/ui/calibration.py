"""The page of the calibration: the scores that evidence promised against those that came true."""

from __future__ import annotations

from planstore.errors import NotFoundError
from planstore.ui.asked import Asked
from planstore.ui.flips import Record

NAMED = ("target", "metric")
REPEATED = ("target",)


def calibration_page(asked: Asked) -> Record:
    """Return the page without the comparison, which takes long."""
    return {"filter": {"target": asked.texts("target"), "metric": asked.text("metric")}}


def calibration_part(asked: Asked) -> Record:
    """Return the comparison: tables, and a chart for each side."""
    try:
        found = asked.store.calibrate(targets=asked.texts("target"), metric=asked.text("metric"))
    except NotFoundError as error:
        return {"found": None, "reason": str(error)}
    return {"found": found, "charts": found.charts()}


def calibrate_answer(asked: Asked) -> Record:
    """Return the answer of ``planstore calibrate``."""
    return asked.store.calibrate(targets=asked.texts("target"), metric=asked.text("metric")).as_dict()
